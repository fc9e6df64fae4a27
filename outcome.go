package licensespring

// Outcome says what became of the thing asked for. Every create ends in exactly
// one: made (Created, Appended, Recovered, Existing), refused (Refused,
// NotSent), or Unknown. The zero Outcome is that of a call which makes nothing.
type Outcome string

// The outcomes.
const (
	// Created means that this call made the order.
	Created Outcome = "created"
	// Appended means that this call added licenses to an order that was there.
	Appended Outcome = "appended"
	// Recovered means that the order was made although the answer was lost or
	// could not be read: it was looked up, and is what was asked for. If the
	// same order was there already, and the first attempt was lost before it
	// came to the service, it is that one: they cannot be told apart.
	Recovered Outcome = "recovered"
	// Existing means that the order was there before, just as asked for, and
	// nothing was changed. Only EnsureOrder and CreateOrders end so.
	Existing Outcome = "existing"
	// Refused means that the service said no. Nothing was made.
	Refused Outcome = "refused"
	// NotSent means that no attempt can have reached the service. Nothing was
	// made.
	NotSent Outcome = "not sent"
	// Unknown means that the order may or may not have been made.
	Unknown Outcome = "unknown"
)

// Made reports whether the order is there: by this call or before it.
func (o Outcome) Made() bool {
	return o == Created || o == Appended || o == Recovered || o == Existing
}
