package stripehook

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85"
)

// event holds the members of a Stripe event that the handler reads.
type event struct {
	id, kind string
	// version is the API version in which Stripe encoded the object.
	version apiVersion
	// account is the connected account, or empty. context is the context of an event of
	// an organization, or empty.
	account, context string
	live             bool
	object           json.RawMessage
}

// apiVersion is an API version of Stripe, as in "2018-10-31" or
// "2025-03-31.basil".
type apiVersion string

// oldestAPIVersion is the oldest API version in which the billing reason of an
// invoice distinguishes a new subscription from a change.
const oldestAPIVersion apiVersion = "2018-10-31"

// isSupported reports whether a version is at least the oldest supported one. A
// version without a date counts as a current one.
func (v apiVersion) isSupported() bool {
	date, _, _ := strings.Cut(string(v), ".")
	_, err := time.Parse(time.DateOnly, date)
	return err != nil || date >= string(oldestAPIVersion)
}

// unsupportedError returns the error of an object whose meaning depends on a newer
// version. Only a version with a date is unsupported, so that the text is bounded.
func (v apiVersion) unsupportedError() error {
	return errors.New("the API version of the event is " + string(v) + ", and the oldest supported version is " + string(oldestAPIVersion) +
		": the billing reason of older invoices does not distinguish a new subscription from a change;" +
		" set the API version of the webhook endpoint in Stripe, and determine the required licenses of this invoice manually")
}

// The types of the handled events.
const (
	sessionCompleted             = string(stripe.EventTypeCheckoutSessionCompleted)
	sessionAsyncPaymentSucceeded = string(stripe.EventTypeCheckoutSessionAsyncPaymentSucceeded)
	invoicePaid                  = string(stripe.EventTypeInvoicePaid)
	invoicePaymentSucceeded      = string(stripe.EventTypeInvoicePaymentSucceeded)
)

var (
	errNotAnEvent            = errors.New("the payload is not a Stripe event")
	errUnreadable            = errors.New("the object of the event cannot be decoded")
	errNoID                  = errors.New("the object of the event has no id")
	errNoInvoiceSubscription = errors.New("the invoice belongs to a subscription but has no subscription id")
	errNoSessionSubscription = errors.New("the session starts a subscription but has no subscription id")
	errSubscriptionChange    = errors.New("the subscription changed within its billing period: determine the required licenses manually")
	errBillingReason         = errors.New("the invoice belongs to a subscription and has an unknown billing reason: determine the required licenses manually")
	errFreeInvoice           = errors.New("the invoice costs nothing and may belong to a Checkout session that created its order: configure an API key to look up the session, or determine the required licenses manually")
	errSessionMode           = errors.New("the session has an unknown mode")
	errPaymentStatus         = errors.New("the session has an unknown payment status")
	errNotPaid               = errors.New("the event reports a paid invoice, but the status of the invoice is not paid")
)

// parseEvent decodes an event of any API version. The type of stripe-go fails for
// events before 2017-05-25, in which request is a string.
func parseEvent(payload []byte) (event, error) {
	var e struct {
		ID         string     `json:"id"`
		Object     string     `json:"object"`
		Type       string     `json:"type"`
		APIVersion apiVersion `json:"api_version"`
		Account    string     `json:"account"`
		UserID     string     `json:"user_id"` // the account before 2017-05-25
		Context    string     `json:"context"`
		Livemode   bool       `json:"livemode"`
		Data       struct {
			Object json.RawMessage `json:"object"`
		} `json:"data"`
	}
	// The error of the decoder is dropped because it may quote the payload.
	if err := json.Unmarshal(payload, &e); err != nil || e.Object != "event" || e.ID == "" {
		return event{}, errNotAnEvent
	}
	return event{
		id: e.ID, kind: e.Type, version: e.APIVersion, account: firstNonEmpty(e.Account, e.UserID), context: e.Context,
		live: e.Livemode, object: e.Data.Object,
	}, nil
}

// source returns the account of an event.
func (e *event) source() Source {
	if e.account != "" {
		return Source{Account: e.account}
	}
	return Source{Context: e.context}
}

// purchase describes what an event reports as bought.
type purchase struct {
	// id is the Stripe id from which the order id is derived.
	id string
	// ignoreReason is set if the event requires no order.
	ignoreReason string
	// err is set if an order may be required but cannot be derived.
	err error
	// firstInvoice is set for the first invoice of a subscription.
	firstInvoice bool
	// unlicensedRenewal is set for a renewal that requires no order, unless one of its
	// lines, which are not known yet, bills a change of the subscription.
	unlicensedRenewal bool
	// subscription is the id of a subscription that begins, or empty.
	subscription string
	// ofSubscription is set if the purchase begins, renews or changes a subscription.
	ofSubscription bool
	// trialEnd is the end of the trial of the subscription, or zero.
	trialEnd time.Time
	// amount is the amount that was paid.
	amount int64
	// invoiced is set for a paid session whose invoice creates the order. Then id is
	// that of the order, and empty if the invoice is not known yet.
	invoiced bool
	// freeInvoice is set for an invoice that costs nothing and may belong to a
	// session that creates the order.
	freeInvoice bool

	source   Source
	live     bool
	customer customer
	metadata map[string]string
	lines    *lineList
	// lineCorrections are the corrections of lines of a replayed event.
	lineCorrections []Correction
}

// ignoreRenewal ignores a renewal, unless one of its lines bills a change of the
// subscription, such as an additional seat.
func (p *purchase) ignoreRenewal(lines *lineList) {
	p.ignoreReason = ignoreRenewal
	if lines == nil || lines.HasMore || len(lines.Data) == 0 {
		p.ignoreReason, p.unlicensedRenewal = "", true
	}
	if lines == nil {
		return
	}
	for i := range lines.Data {
		if line := lines.Data[i].line(); line.isChange() {
			p.ignoreReason, p.err = "", errSubscriptionChange
		}
	}
}

// isChange reports whether a line of a renewal bills a change of the subscription.
func (l *Line) isChange() bool { return l.Proration && l.Amount > 0 }

// The reasons for which events are ignored.
const (
	ignoreTestMode    = "test mode"
	ignoreEventType   = "unhandled event type"
	ignoreRenewal     = "renewal"
	ignoreNoLicense   = "no line requires a license"
	ignoreUnlicensed  = "no line has license metadata"
	ignoreFreeSession = "the Checkout session of the invoice creates the order"
	ignoreSetup       = "setup session without a payment"
	ignoreUnpaid      = "payment pending: another event reports it"
	ignoreInvoiced    = "invoiced: the invoice creates the order"
	ignoreReconciled  = "reconciled"
)

// amountOf returns the amount of an object of any type, or 0.
func amountOf(object json.RawMessage) int64 {
	var o struct {
		Amount      json.Number `json:"amount"`
		AmountPaid  json.Number `json:"amount_paid"`
		AmountTotal json.Number `json:"amount_total"`
	}
	_ = json.Unmarshal(object, &o) // members of other types are zero
	var largest int64
	for _, number := range [...]json.Number{o.Amount, o.AmountPaid, o.AmountTotal} {
		n, _ := number.Int64()
		largest = max(largest, n)
	}
	return largest
}

// purchase decodes the object of an event.
func (e *event) purchase() (purchase, error) {
	var p purchase
	switch e.kind {
	case sessionCompleted, sessionAsyncPaymentSucceeded:
		var s session
		if err := json.Unmarshal(e.object, &s); err != nil {
			return p, errUnreadable
		}
		if s.ID == "" {
			return p, errNoID
		}
		p = s.purchase()
		p.source = e.source()
		p.source.Kind, p.source.ID = SourceSession, s.ID
	case invoicePaid, invoicePaymentSucceeded:
		var i invoice
		if err := json.Unmarshal(e.object, &i); err != nil {
			return p, errUnreadable
		}
		if i.ID == "" {
			return p, errNoID
		}
		p = i.purchase(e.version)
		p.source = e.source()
		p.source.Kind, p.source.ID = SourceInvoice, i.ID
	default:
		return purchase{ignoreReason: ignoreEventType, amount: amountOf(e.object)}, nil
	}
	p.live, p.amount = e.live, amountOf(e.object)
	return p, nil
}

// reference is a member that contains an id, or the whole object if it was
// expanded.
type reference string

// UnmarshalJSON decodes the id in either form.
func (r *reference) UnmarshalJSON(data []byte) error {
	var id string
	if json.Unmarshal(data, &id) == nil { // including null
		*r = reference(id)
		return nil
	}
	var object struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(data, &object); err != nil {
		return err
	}
	*r = reference(object.ID)
	return nil
}
