package stripetest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/stripehook"
	"github.com/licensespring-go/licensespring/billing/stripetest"
)

// queue records orders and rejections.
type queue struct {
	orders  map[string]string // id to the JSON of the order
	letters []fulfillment.Rejection
	changed int // orders that differ from the first one with their id
}

func (q *queue) Enqueue(_ context.Context, order *licensespring.Order) error {
	text, err := json.MarshalIndent(order, "", "  ")
	if first, ok := q.orders[order.ID]; ok && first != string(text) {
		q.changed++
	}
	q.orders[order.ID] = string(text)
	return err
}

func (q *queue) Reject(_ context.Context, r fulfillment.Rejection) error {
	q.letters = append(q.letters, r)
	return nil
}

// newHook returns a webhook that reads the server.
func newHook(t *testing.T, s *stripetest.Server, options ...stripehook.Option) (*stripehook.Handler, *queue) {
	t.Helper()
	q := &queue{orders: make(map[string]string)}
	items := stripehook.NewStripeLineItems(licensespring.NewSecret(s.APIKey()), s.Client(), s.URL())
	hook, err := stripehook.New(licensespring.NewSecret(stripetest.DefaultSecret), q,
		append([]stripehook.Option{stripehook.WithLineItems(items), stripehook.WithTolerance(200 * 365 * day)}, options...)...)
	require.NoError(t, err)
	return hook, q
}

// fixtureOrder returns the order of a recorded event with the ids of the server.
func fixtureOrder(t *testing.T, name string, ids ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "stripehook", "testdata", "golden", name+".json"))
	require.NoError(t, err)
	var golden struct {
		Order json.RawMessage `json:"order"`
	}
	require.NoError(t, json.Unmarshal(text, &golden))
	require.NotEmpty(t, golden.Order)
	return strings.NewReplacer(ids...).Replace(string(golden.Order))
}

// The orders of purchases are those of the recorded events, in every version of the
// events.
func TestStripehook(t *testing.T) {
	t.Parallel()
	for _, v := range versions {
		t.Run(string(v), func(t *testing.T) {
			t.Parallel()
			s := stripetest.New(stripetest.WithTB(t), stripetest.WithAPIVersion(v),
				stripetest.WithStart(time.Unix(1795046400, 0)), // the time of the recorded events
				stripetest.WithDelivery(stripetest.Delivery{Duplicate: 0.5, Shuffle: true}))
			s.AddPrice(stripetest.Price{ID: "price_cad", UnitAmount: 3300, Metadata: map[string]string{
				"product_short_code": "acmecad", "license_policy": "cad-pro", "license_type": "time-limited", "max_activations": "3", "valid_duration": " 1y ",
			}})
			s.AddPrice(stripetest.Price{ID: "price_perp", UnitAmount: 3300, Metadata: map[string]string{
				"product_short_code": "acmecad", "license_type": "perpetual", "max_activations": "0",
			}})
			s.AddPrice(stripetest.Price{ID: "price_month", UnitAmount: 3300, Interval: "month", Metadata: map[string]string{
				"product_short_code": "acmecad", "license_type": "perpetual", "max_activations": "2", "valid_duration": "9y",
			}})
			s.AddPrice(stripetest.Price{ID: "price_plain", UnitAmount: 3300, Interval: "month", Metadata: map[string]string{"product_short_code": "acmecad"}})
			hook, q := newHook(t, s)

			payment := s.Checkout(stripetest.Checkout{
				Email: "ada@example.com", Name: "Ada King Lovelace", Items: []stripetest.Item{{Price: "price_cad", Quantity: 2}, {Price: "price_perp"}},
			})
			grace := stripetest.Checkout{
				Email: "grace@example.com", Name: "Grace Hopper", Phone: "+1 555 0100", Items: []stripetest.Item{{Price: "price_month", Quantity: 3}},
			}
			bought := s.Checkout(grace)
			grace.Items, grace.TrialDays = []stripetest.Item{{Price: "price_plain"}}, 30
			trial := s.Checkout(grace)
			s.Deliver(t.Context(), hook.ServeHTTP)

			assert.Empty(t, q.letters)
			assert.Len(t, q.orders, 3)
			assert.JSONEq(t, fixtureOrder(t, "checkout_payment", "cs_live_a1", payment.ID, "cus_Qada", payment.Customer.ID), q.orders[payment.ID])
			sub := bought.Subscription.ID
			assert.JSONEq(t, fixtureOrder(t, "invoice_subscription", "sub_s1", sub, "cus_Qgrace", bought.Customer.ID), q.orders[sub])
			sub = trial.Subscription.ID
			assert.JSONEq(t, fixtureOrder(t, "invoice_trial", "sub_s4", sub, "cus_Qgrace", trial.Customer.ID), q.orders[sub])
			assert.Zero(t, q.changed)
		})
	}
}

// The other purchases lead to the orders that the documentation of the webhook lists.
func TestStripehookPurchases(t *testing.T) {
	t.Parallel()
	s := newServer(t, stripetest.WithDelivery(stripetest.Delivery{Duplicate: 0.5, Delay: 0.5, MaxDelay: day, Shuffle: true}))
	hook, q := newHook(t, s)
	invoiced := s.Checkout(stripetest.Checkout{Items: []stripetest.Item{{Price: "price_once"}}, InvoiceCreation: true})
	free := s.Checkout(stripetest.Checkout{Items: []stripetest.Item{{Price: "price_free"}}, InvoiceCreation: true})
	later := s.Checkout(stripetest.Checkout{Guest: true, Items: []stripetest.Item{{Price: "price_once"}}, Delayed: 3 * day})
	s.Checkout(stripetest.Checkout{Items: []stripetest.Item{{Price: "price_once"}}, Delayed: 3 * day, FailsLater: true})
	direct := subscribe(t, s, stripetest.Subscription{Items: []stripetest.Item{{Price: "price_metered"}, {Price: "price_month", Quantity: 2}}})
	customer := s.AddCustomer(stripetest.Customer{}).ID
	s.SetPaymentMethod(customer, stripetest.PaymentFails)
	subscribe(t, s, stripetest.Subscription{Customer: customer}) // expires
	s.Play(t.Context(), 70*day, hook.ServeHTTP)
	var ids []string
	for id := range q.orders {
		ids = append(ids, id)
	}
	assert.ElementsMatch(t, []string{invoiced.Invoice.ID, free.ID, later.ID, direct.ID}, ids)
	assert.Empty(t, q.letters, "renewals require no order")

	s.ChangeItem(direct.ID, 1, stripetest.Change{Quantity: 3, Proration: stripetest.AlwaysInvoice})
	s.Play(t.Context(), 2*day, hook.ServeHTTP)
	assert.NotEmpty(t, q.letters, "a change is a dead letter")
	assert.Len(t, q.orders, 4)
}

// The webhook passes on the time that a rate limit requests, and the fake retries.
func TestStripehookOutage(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	hook, q := newHook(t, s)
	s.Inject(stripetest.Status(http.StatusBadGateway).Times(2), stripetest.Cut(), stripetest.Garbage(), stripetest.RateLimited(time.Second))
	sub := s.Checkout(stripetest.Checkout{Items: month}).Subscription.ID
	s.Play(t.Context(), 3*day, hook.ServeHTTP)
	assert.Contains(t, q.orders, sub)
	assert.Empty(t, s.PendingFaults())
	assert.Empty(t, s.Pending())
}

// The checks of a configuration read the server.
func TestStripehookChecks(t *testing.T) {
	t.Parallel()
	s := newServer(t, stripetest.WithPermissions(stripetest.CheckoutSessions, stripetest.Invoices, stripetest.Prices, stripetest.WebhookEndpoints, stripetest.Events))
	subscribe(t, s, stripetest.Subscription{})
	items := stripehook.NewStripeLineItems(licensespring.NewSecret(s.APIKey()), s.Client(), s.URL())
	endpoints, err := items.Endpoints(t.Context())
	require.NoError(t, err)
	assert.Empty(t, endpoints[0].MissingEvents())
	prices, err := items.Prices(t.Context())
	require.NoError(t, err)
	assert.Len(t, prices, 6)
	for _, p := range items.Permissions(t.Context()) {
		assert.Equal(t, p.Resource == "subscriptions", p.Err != nil, p.Resource)
	}
	n := 0
	require.NoError(t, items.Events(t.Context(), s.Now().Add(-day), func(string, []byte) error { n++; return nil }))
	assert.Len(t, s.Events(), n)
}
