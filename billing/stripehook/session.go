package stripehook

import "github.com/stripe/stripe-go/v85"

// session is what is read of a Checkout Session. It is not stripe-go's type, which
// reads a hundred members more and fails if one of them is not as it is in the
// version of the API that stripe-go was made for.
type session struct {
	ID              string                              `json:"id"`
	Mode            stripe.CheckoutSessionMode          `json:"mode"`
	PaymentStatus   stripe.CheckoutSessionPaymentStatus `json:"payment_status"`
	Subscription    ref                                 `json:"subscription"`
	Invoice         ref                                 `json:"invoice"`
	InvoiceCreation struct {
		Enabled bool `json:"enabled"`
	} `json:"invoice_creation"`
	Customer        ref    `json:"customer"`
	CustomerEmail   string `json:"customer_email"`
	CustomerDetails struct {
		Email        string `json:"email"`
		Name         string `json:"name"`
		BusinessName string `json:"business_name"`
		Phone        string `json:"phone"`
	} `json:"customer_details"`
	LineItems *lineList `json:"line_items"`
}

func (s *session) purchase() purchase {
	p := purchase{id: s.ID, lines: s.LineItems, customer: customer{
		id:      string(s.Customer),
		email:   firstOf(s.CustomerDetails.Email, s.CustomerEmail),
		name:    s.CustomerDetails.Name,
		company: s.CustomerDetails.BusinessName,
		phone:   s.CustomerDetails.Phone,
	}}
	switch s.Mode {
	case stripe.CheckoutSessionModeSetup:
		p.none = "nothing was sold"
		return p
	case stripe.CheckoutSessionModePayment:
	case stripe.CheckoutSessionModeSubscription:
		// The same id as the first invoice's, should there be one after all.
		p.id = string(s.Subscription)
	default:
		p.trouble = errSessionMode
		return p
	}
	switch s.PaymentStatus {
	case stripe.CheckoutSessionPaymentStatusPaid, stripe.CheckoutSessionPaymentStatusNoPaymentRequired:
	case stripe.CheckoutSessionPaymentStatusUnpaid:
		p.none = "not paid yet; another event says when it is"
	default:
		p.trouble = errPaymentStatus
	}
	switch {
	// The invoice of a one-off payment is made after the session, and may not be
	// there yet.
	case s.Invoice != "" || s.InvoiceCreation.Enabled:
		p.none = "left to its invoice"
	case p.id == "":
		p.id, p.trouble = s.ID, errNoSessionSub
	}
	return p
}

func firstOf(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}
