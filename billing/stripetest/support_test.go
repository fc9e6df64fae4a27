package stripetest_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85"

	"github.com/licensespring-go/licensespring/billing/stripetest"
)

const day = 24 * time.Hour

// month is a subscription of one unit of price_month.
var month = []stripetest.Item{{Price: "price_month"}}

// newServer returns a server with prices, whose test fails for violations.
func newServer(t testing.TB, opts ...stripetest.Option) *stripetest.Server {
	t.Helper()
	s := stripetest.New(append([]stripetest.Option{stripetest.WithTB(t)}, opts...)...)
	acme := map[string]string{"product_short_code": "acmecad"}
	s.AddPrice(stripetest.Price{ID: "price_month", UnitAmount: 3000, Interval: "month", Metadata: acme})
	s.AddPrice(stripetest.Price{ID: "price_pro", UnitAmount: 6000, Interval: "month", Metadata: acme})
	s.AddPrice(stripetest.Price{ID: "price_year", UnitAmount: 30000, Interval: "year", Metadata: acme})
	s.AddPrice(stripetest.Price{ID: "price_metered", UnitAmount: 5, Interval: "month", Metered: true, Metadata: acme})
	s.AddPrice(stripetest.Price{ID: "price_once", UnitAmount: 9900, Metadata: acme})
	s.AddPrice(stripetest.Price{ID: "price_free", Metadata: acme})
	return s
}

// subscribe starts a subscription of a new customer.
func subscribe(t testing.TB, s *stripetest.Server, p stripetest.Subscription) *stripe.Subscription {
	t.Helper()
	if p.Customer == "" {
		p.Customer = s.AddCustomer(stripetest.Customer{Email: "ada@example.com", Name: "Ada Lovelace", Phone: "+1 555 0100"}).ID
	}
	if p.Items == nil {
		p.Items = month
	}
	return s.Subscribe(p)
}

// kinds returns the types of the events since the nth one.
func kinds(s *stripetest.Server, since int) []string {
	var kinds []string
	for _, e := range s.Events()[since:] {
		kinds = append(kinds, string(e.Type))
	}
	return kinds
}

// lastInvoice returns the latest invoice of a subscription.
func lastInvoice(s *stripetest.Server, subscription string) *stripe.Invoice {
	invoices := s.SubscriptionInvoices(subscription)
	return invoices[len(invoices)-1]
}

// get requests an object, and returns the status and the decoded body.
func get(t testing.TB, s *stripetest.Server, path string, header ...string) (int, map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+path, http.NoBody)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+s.APIKey())
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := s.Client().Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	var body map[string]any
	require.NoError(t, json.NewDecoder(response.Body).Decode(&body))
	return response.StatusCode, body
}

// playEverything plays a history with every kind of object and event.
func playEverything(s *stripetest.Server) {
	delayed := stripetest.Checkout{Email: "d@example.com", Items: []stripetest.Item{{Price: "price_once"}}, Delayed: 3 * day}
	s.Checkout(delayed)
	delayed.FailsLater = true
	s.Checkout(delayed)
	once := s.Checkout(stripetest.Checkout{Email: "o@example.com", Company: "Acme", Items: []stripetest.Item{{Price: "price_once", Quantity: 2}}, InvoiceCreation: true})
	s.Checkout(stripetest.Checkout{Guest: true, Email: "g@example.com", Items: []stripetest.Item{{Price: "price_free"}}})
	s.ExpireCheckout(s.OpenCheckout(stripetest.Checkout{Items: month}).ID)
	bought := s.Checkout(stripetest.Checkout{
		Email: "ada@example.com", Name: "Ada Lovelace", Items: month,
		Metadata: map[string]string{"a": "b"}, SubscriptionMetadata: map[string]string{"c": "d"},
	})
	charge := s.ChargeOf(once.ID)
	s.FailRefund(s.Refund(charge.ID, 100).ID)
	s.Refund(charge.ID, 0)
	d := s.Dispute(s.ChargeOf(bought.ID).ID)
	s.CloseDispute(d.ID, true)
	sub := bought.Subscription.ID
	s.ChangeItem(sub, 0, stripetest.Change{Quantity: 3})
	s.ChangeItem(sub, 0, stripetest.Change{Price: "price_pro", Proration: stripetest.AlwaysInvoice})
	s.Advance(5 * day)
	s.PauseCollection(sub, stripe.SubscriptionPauseCollectionBehaviorVoid, s.Now().Add(40*day))
	s.Advance(60 * day)
	s.SetPaymentMethod(bought.Customer.ID, stripetest.PaymentFails)
	s.Advance(60 * day) // canceled

	customer := s.AddCustomer(stripetest.Customer{Email: "t@example.com"}).ID
	s.SetPaymentMethod(customer, stripetest.PaymentNone)
	trial := s.Subscribe(stripetest.Subscription{
		Customer: customer, Items: []stripetest.Item{{Price: "price_year", Quantity: 2}}, TrialDays: 14, MissingPaymentMethod: stripetest.MissingPauses,
	})
	s.Advance(15 * day)
	s.SetPaymentMethod(customer, stripetest.PaymentSucceeds)
	s.Resume(trial.ID)
	s.CancelAtPeriodEnd(trial.ID, true)
	sent := s.Subscribe(stripetest.Subscription{Customer: customer, Items: []stripetest.Item{{Price: "price_metered"}, {Price: "price_month"}}, SendInvoice: true, DaysUntilDue: 7})
	s.Advance(10 * day)
	s.MarkUncollectible(s.SubscriptionInvoices(sent.ID)[0].ID)
	s.PayInvoiceOutOfBand(s.SubscriptionInvoices(sent.ID)[0].ID)
	s.CancelNow(sent.ID)
	s.SetPaymentMethod(customer, stripetest.PaymentFails)
	s.Subscribe(stripetest.Subscription{Customer: customer, Items: month}) // incomplete
	s.Advance(2 * day)
}
