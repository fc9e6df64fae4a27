package stripehook

import "github.com/stripe/stripe-go/v85"

// session holds the members of a Checkout Session that the handler reads. The type
// of stripe-go decodes many more members, and fails if one of them has another form
// in the API version of the event.
type session struct {
	ID              string                              `json:"id"`
	Mode            stripe.CheckoutSessionMode          `json:"mode"`
	PaymentStatus   stripe.CheckoutSessionPaymentStatus `json:"payment_status"`
	AmountTotal     *int64                              `json:"amount_total"`
	Subscription    reference                           `json:"subscription"`
	Invoice         reference                           `json:"invoice"`
	InvoiceCreation struct {
		Enabled bool `json:"enabled"`
	} `json:"invoice_creation"`
	Customer        reference `json:"customer"`
	CustomerEmail   string    `json:"customer_email"`
	CustomerDetails struct {
		Email        string `json:"email"`
		Name         string `json:"name"`
		BusinessName string `json:"business_name"`
		Phone        string `json:"phone"`
	} `json:"customer_details"`
	Metadata  map[string]string `json:"metadata"`
	LineItems *lineList         `json:"line_items"`
}

func (s *session) purchase() purchase {
	p := purchase{id: s.ID, lines: s.LineItems, metadata: s.Metadata, customer: customer{
		id:      string(s.Customer),
		email:   firstNonEmpty(s.CustomerDetails.Email, s.CustomerEmail),
		name:    s.CustomerDetails.Name,
		company: s.CustomerDetails.BusinessName,
		phone:   s.CustomerDetails.Phone,
	}}
	switch s.Mode {
	case stripe.CheckoutSessionModeSetup:
		p.ignoreReason = ignoreSetup
		return p
	case stripe.CheckoutSessionModePayment:
	case stripe.CheckoutSessionModeSubscription:
		// The same id as that of the first invoice, in case there is one.
		p.id = string(s.Subscription)
		p.subscription, p.ofSubscription = p.id, true
	default:
		p.err = errSessionMode
		return p
	}
	switch s.PaymentStatus {
	case stripe.CheckoutSessionPaymentStatusPaid, stripe.CheckoutSessionPaymentStatusNoPaymentRequired:
	case stripe.CheckoutSessionPaymentStatusUnpaid:
		p.ignoreReason = ignoreUnpaid
	default:
		p.err = errPaymentStatus
	}
	switch {
	// Stripe creates the invoice of a one-off payment when the payment succeeds. A
	// session without a payment may never have one, so that it creates the order in
	// any case, and its invoice never does.
	case s.Mode == stripe.CheckoutSessionModePayment && s.isFree():
	// The invoice of a paid session is created after the session, and may not exist
	// yet.
	case s.Invoice != "" || s.InvoiceCreation.Enabled:
		p.ignoreReason = ignoreInvoiced
		p.invoiced = s.PaymentStatus != stripe.CheckoutSessionPaymentStatusUnpaid
		if s.Mode == stripe.CheckoutSessionModePayment {
			p.id = string(s.Invoice)
		}
	case p.id == "":
		p.id, p.err = s.ID, errNoSessionSubscription
	}
	return p
}

// isFree reports whether the session ended without a payment.
func (s *session) isFree() bool {
	return s.PaymentStatus == stripe.CheckoutSessionPaymentStatusNoPaymentRequired ||
		(s.AmountTotal != nil && *s.AmountTotal == 0)
}

func firstNonEmpty(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}
