package stripetest

import (
	"maps"

	"github.com/stripe/stripe-go/v85"
)

// Customer is a customer to add.
type Customer struct {
	Email    string
	Name     string
	Phone    string
	Metadata map[string]string
}

// PaymentMethod is the way in which the payments of a customer end.
type PaymentMethod string

// The payment methods.
const (
	// PaymentSucceeds is a card that can be charged. It is the default.
	PaymentSucceeds PaymentMethod = "succeeds"
	// PaymentFails is a card that is declined.
	PaymentFails PaymentMethod = "fails"
	// PaymentNone means that there is no payment method. Invoices are not paid, and a
	// trial ends as [Subscription.MissingPaymentMethod] selects.
	PaymentNone PaymentMethod = "none"
)

type customer struct {
	identity
	Customer

	method PaymentMethod
	// failures is the number of next payments that fail.
	failures int
	// balance is negative if the customer has a credit.
	balance int64
	// card is the id of the payment method.
	card     string
	invoices []*invoice
}

// AddCustomer adds a customer with a card that can be charged.
func (s *Server) AddCustomer(c Customer) *stripe.Customer {
	return locked(s, func() *stripe.Customer { return decode[stripe.Customer](s, s.addCustomer(c)) })
}

func (s *Server) addCustomer(c Customer) *customer {
	one := &customer{
		identity: s.identify(Customers, "cus", maps.Clone(c.Metadata)), Customer: c,
		method: PaymentSucceeds, card: s.newID("pm"),
	}
	s.add(one)
	s.emit(stripe.EventTypeCustomerCreated, one)
	return one
}

// SetPaymentMethod replaces the payment method of a customer. It does not pay open
// invoices: their next attempt uses it.
func (s *Server) SetPaymentMethod(customerID string, m PaymentMethod) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch m {
	case PaymentSucceeds, PaymentFails, PaymentNone:
	default:
		misuse("unknown payment method %q", m)
	}
	c := get[*customer](s, customerID)
	c.method, c.failures, c.card = m, 0, s.newID("pm")
}

// FailPayments makes the next n payments of a customer fail.
func (s *Server) FailPayments(customerID string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	get[*customer](s, customerID).failures = n
}

// pays reports whether an attempt to charge the customer succeeds.
func (c *customer) pays() bool {
	if c.failures > 0 {
		c.failures--
		return false
	}
	return c.method == PaymentSucceeds
}

func (c *customer) render(s *Server, v Version) object {
	o := object{
		"id": c.id, "object": "customer", "address": nil, "balance": c.balance, "created": c.created.Unix(),
		"currency": nil, "default_source": nil, "delinquent": c.isDelinquent(), "description": nil, "discount": nil,
		"email": nullable(c.Email), "invoice_prefix": c.id[len(c.id)-8:], "invoice_settings": object{
			"custom_fields": nil, "default_payment_method": c.defaultMethod(), "footer": nil, "rendering_options": nil,
		}, "livemode": s.isLive(), "metadata": metadataOf(c.metadata), "name": nullable(c.Name),
		"next_invoice_sequence": 1, "phone": nullable(c.Phone), "preferred_locales": []string{}, "shipping": nil,
		"tax_exempt": "none", "test_clock": nil,
	}
	if v.before("2019-10-17") {
		o["account_balance"] = c.balance
	}
	return o
}

func (c *customer) defaultMethod() any {
	if c.method == PaymentNone {
		return nil
	}
	return c.card
}

// isDelinquent reports whether the customer has an open invoice whose payment failed.
func (c *customer) isDelinquent() bool {
	for _, i := range c.invoices {
		if i.status == stripe.InvoiceStatusOpen && i.attemptCount > 0 {
			return true
		}
	}
	return false
}
