package stripetest_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85"

	"github.com/licensespring-go/licensespring/billing/stripetest"
)

// recordingTB records failures.
type recordingTB struct {
	testing.TB

	failures []string
}

func (r *recordingTB) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

// ids returns the ids of a page.
func ids(body map[string]any) []string {
	ids := []string{}
	for _, o := range body["data"].([]any) {
		ids = append(ids, o.(map[string]any)["id"].(string))
	}
	return ids
}

func TestLists(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	start := s.Now()
	customer := s.AddCustomer(stripetest.Customer{}).ID
	var want []string
	for range 12 {
		s.Advance(time.Hour)
		want = append(want, subscribe(t, s, stripetest.Subscription{Customer: customer}).ID)
	}
	slices.Reverse(want)
	_, page := get(t, s, "/v1/subscriptions")
	assert.Equal(t, want[:10], ids(page))
	assert.Equal(t, true, page["has_more"])
	_, page = get(t, s, "/v1/subscriptions?limit=100&starting_after="+want[9])
	assert.Equal(t, want[10:], ids(page))
	assert.Equal(t, false, page["has_more"])
	_, page = get(t, s, "/v1/subscriptions?limit=2&ending_before="+want[5])
	assert.Equal(t, want[3:5], ids(page))

	_, page = get(t, s, fmt.Sprintf("/v1/subscriptions?created[gte]=%d&created[lt]=%d", start.Add(2*time.Hour).Unix(), start.Add(4*time.Hour).Unix()))
	assert.Equal(t, []string{want[9], want[10]}, ids(page))

	s.CancelNow(want[0])
	for query, n := range map[string]int{
		"":                      11,
		"&status=all":           12,
		"&status=canceled":      1,
		"&status=ended":         1,
		"&status=active":        11,
		"&status=trialing":      0,
		"&customer=" + customer: 11,
	} {
		_, page = get(t, s, "/v1/subscriptions?limit=100"+query)
		assert.Len(t, ids(page), n, query)
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	one := s.Checkout(stripetest.Checkout{Items: []stripetest.Item{{Price: "price_once"}}, InvoiceCreation: true})
	sub := s.Checkout(stripetest.Checkout{Items: month})
	charge := s.ChargeOf(one.ID)
	refund, dispute := s.Refund(charge.ID, 5).ID, s.Dispute(charge.ID).ID
	intent := charge.PaymentIntent.ID
	_, payments := get(t, s, "/v1/invoice_payments?invoice="+one.Invoice.ID)
	payment := ids(payments)
	require.Len(t, payment, 1)
	for path, want := range map[string][]string{
		"/v1/charges?payment_intent=" + intent:                                                {charge.ID},
		"/v1/charges?customer=" + one.Customer.ID:                                             {charge.ID},
		"/v1/refunds?charge=" + charge.ID:                                                     {refund},
		"/v1/refunds?payment_intent=" + intent:                                                {refund},
		"/v1/disputes?charge=" + charge.ID:                                                    {dispute},
		"/v1/checkout/sessions?payment_intent=" + intent:                                      {one.ID},
		"/v1/checkout/sessions?subscription=" + sub.Subscription.ID:                           {sub.ID},
		"/v1/checkout/sessions?customer=" + one.Customer.ID:                                   {one.ID},
		"/v1/invoices?subscription=" + sub.Subscription.ID:                                    {sub.Invoice.ID},
		"/v1/invoices?status=paid&customer=" + one.Customer.ID:                                {one.Invoice.ID},
		"/v1/invoices?status=open":                                                            {},
		"/v1/invoice_payments?payment[type]=payment_intent&payment[payment_intent]=" + intent: payment,
		"/v1/invoice_payments?status=paid&invoice=" + one.Invoice.ID:                          payment,
		"/v1/prices?active=false":                                                             {},
		"/v1/events?type=refund.created":                                                      {eventOf(s, "refund.created")},
		"/v1/events?types[0]=refund.created&types[1]=charge.dispute.created":                  {eventOf(s, "charge.dispute.created"), eventOf(s, "refund.created")},
		"/v1/checkout/sessions/" + one.ID + "/line_items?limit=100":                           nil,
		"/v1/invoices/" + sub.Invoice.ID + "/lines?expand[]=data.pricing.price_details.price": nil,
	} {
		status, page := get(t, s, path)
		require.Equal(t, 200, status, "%s: %v", path, page)
		if want == nil {
			assert.Len(t, ids(page), 1, path)
		} else {
			assert.Equal(t, want, ids(page), path)
		}
	}
}

func eventOf(s *stripetest.Server, kind string) string {
	for _, e := range s.Events() {
		if string(e.Type) == kind {
			return e.ID
		}
	}
	return ""
}

func TestExpand(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	one := s.Checkout(stripetest.Checkout{Email: "ada@example.com", Items: month})
	_, session := get(t, s, "/v1/checkout/sessions/"+one.ID+"?expand[]=line_items&expand[]=subscription.latest_invoice&expand[]=customer&expand[]=payment_intent")
	assert.Equal(t, "price_month", dig(session, "line_items", "data", 0, "price")["id"])
	assert.Equal(t, one.Invoice.ID, dig(session, "subscription", "latest_invoice")["id"])
	assert.Equal(t, "ada@example.com", dig(session, "customer")["email"])
	assert.Nil(t, session["payment_intent"])
	_, page := get(t, s, "/v1/invoices?expand[]=data.payments&expand[]=data.customer")
	assert.Equal(t, "paid", dig(page, "data", 0, "payments", "data", 0)["status"])
	_, lines := get(t, s, "/v1/invoices/"+one.Invoice.ID+"/lines?expand[]=data.pricing.price_details.price")
	assert.Equal(t, "acmecad", dig(lines, "data", 0, "pricing", "price_details", "price", "metadata")["product_short_code"])
	_, invoice := get(t, s, "/v1/invoices/"+one.Invoice.ID+"?expand[]=charge&expand[]=subscription", "Stripe-Version", string(stripetest.Version2022))
	assert.Equal(t, true, dig(invoice, "charge")["paid"])
	_, charge := get(t, s, "/v1/charges/"+s.ChargeOf(one.ID).ID+"?expand[]=refunds")
	assert.Equal(t, "list", dig(charge, "refunds")["object"])
}

// The fake rejects what Stripe rejects, and fails the test for it.
func TestViolations(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]int{
		"/v1/subscriptions?foo=1":                                  400,
		"/v1/subscriptions?limit=0":                                400,
		"/v1/subscriptions?limit=101":                              400,
		"/v1/subscriptions?customer=":                              400,
		"/v1/subscriptions?status=gone":                            400,
		"/v1/subscriptions?status=all&status=all":                  400,
		"/v1/subscriptions?created[gte]=yesterday":                 400,
		"/v1/subscriptions?created[foo]=1":                         400,
		"/v1/subscriptions?expand=data.customer":                   400,
		"/v1/subscriptions?expand[]=customer":                      400,
		"/v1/subscriptions?expand[]=data.status":                   400,
		"/v1/subscriptions?expand[]=data.foo":                      400,
		"/v1/subscriptions?expand[]=data.latest_invoice.charge":    400,
		"/v1/subscriptions?expand[]=data.items.data.price.product": 400,
		"/v1/invoices?status=late":                                 400,
		"/v1/webhook_endpoints?created=1":                          400,
		"/v1/subscription_items":                                   404,
		"/v1/subscriptionsx":                                       404,
		"/v1/subscriptions/sub_1/items":                            404,
		"/v2/subscriptions":                                        404,
	} {
		tb := &recordingTB{TB: t}
		s := newServer(tb)
		subscribe(t, s, stripetest.Subscription{})
		status, body := get(t, s, path)
		assert.Equal(t, want, status, path)
		assert.Equal(t, "invalid_request_error", dig(body, "error")["type"], path)
		assert.Len(t, tb.failures, 1, path)
		assert.Len(t, s.Violations(), 1, path)
	}
	tb := &recordingTB{TB: t}
	s := newServer(tb)
	status, _ := get(t, s, "/v1/prices", "Stripe-Version", "2018-09-24")
	assert.Equal(t, 400, status)
	assert.Len(t, tb.failures, 1)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+"/v1/customers", strings.NewReader("name=a"))
	require.NoError(t, err)
	r.SetBasicAuth(s.APIKey(), "")
	response, err := s.Client().Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	assert.Equal(t, 405, response.StatusCode)
	assert.Len(t, tb.failures, 2)
}

func TestErrors(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for path, want := range map[string]int{
		"/v1/subscriptions/sub_none":                404,
		"/v1/invoices/sub_none":                     404,
		"/v1/invoices/in_none/lines":                404,
		"/v1/invoices?customer=cus_none":            400,
		"/v1/subscriptions?starting_after=sub_none": 400,
	} {
		status, body := get(t, s, path)
		assert.Equal(t, want, status, path)
		assert.Equal(t, "resource_missing", dig(body, "error")["code"], path)
	}
	status, _ := get(t, s, "/v1/subscriptions", "Authorization", "Bearer rk_live_other")
	assert.Equal(t, 401, status)
	s = newServer(t, stripetest.WithPermissions(stripetest.Invoices))
	status, _ = get(t, s, "/v1/subscriptions")
	assert.Equal(t, 403, status)
	status, _ = get(t, s, "/v1/invoices")
	assert.Equal(t, 200, status)
}

func TestAccount(t *testing.T) {
	t.Parallel()
	for _, of := range []struct {
		header, id string
		option     stripetest.Option
		member     func(*stripe.Event) string
	}{
		{"Stripe-Account", "acct_1", stripetest.WithAccount("acct_1"), func(e *stripe.Event) string { return e.Account }},
		{"Stripe-Context", "ctx_1", stripetest.WithContext("ctx_1"), func(e *stripe.Event) string { return e.Context }},
	} {
		s := newServer(t, of.option)
		sub := subscribe(t, s, stripetest.Subscription{})
		assert.Equal(t, of.id, of.member(s.Events()[0]))
		status, _ := get(t, s, "/v1/subscriptions/"+sub.ID, of.header, of.id)
		assert.Equal(t, 200, status)
		status, _ = get(t, s, "/v1/subscriptions/"+sub.ID)
		assert.Equal(t, 404, status)
		_, page := get(t, s, "/v1/subscriptions")
		assert.Empty(t, ids(page))
		status, _ = get(t, s, "/v1/subscriptions", of.header, "acct_2")
		assert.Equal(t, 403, status)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.Inject(stripetest.Status(502).Times(2), stripetest.RateLimited(3*time.Second).On(stripetest.Prices), stripetest.Garbage().On(stripetest.Products), stripetest.Cut().Forever())
	assert.Equal(t, []string{"Status(502)", "RateLimited(3s)", "Garbage()", "Cut()"}, s.PendingFaults())
	for _, want := range []int{502, 502} {
		status, _ := get(t, s, "/v1/invoices")
		assert.Equal(t, want, status)
	}
	request := func(path string) (*http.Response, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+path, http.NoBody)
		require.NoError(t, err)
		r.SetBasicAuth(s.APIKey(), "")
		return s.Client().Do(r)
	}
	_, err := request("/v1/invoices") //nolint:bodyclose // there is no response
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	limited, err := request("/v1/prices")
	require.NoError(t, err)
	defer limited.Body.Close()
	assert.Equal(t, []any{429, "3"}, []any{limited.StatusCode, limited.Header.Get("Retry-After")})
	garbage, err := request("/v1/products")
	require.NoError(t, err)
	defer garbage.Body.Close()
	assert.Equal(t, 200, garbage.StatusCode)
	s.ClearFaults()
	response, err := request("/v1/prices")
	require.NoError(t, err)
	defer response.Body.Close()
	var statuses []int
	for _, r := range s.Requests() {
		statuses = append(statuses, r.Status)
	}
	assert.Equal(t, []int{502, 502, 0, 429, 200, 200}, statuses)
	assert.Equal(t, "Cut()", s.Requests()[2].Fault)
	s.ResetRequests()
	assert.Empty(t, s.Requests())
}

// A client of stripe-go reads the server, with and without a socket.
func TestStripeGo(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	sub := subscribe(t, s, stripetest.Subscription{})
	for _, socket := range []bool{false, true} {
		config := stripe.BackendConfig{URL: stripe.String(s.URL()), HTTPClient: s.Client(), LeveledLogger: &stripe.LeveledLogger{}}
		if socket {
			config.URL, config.HTTPClient = stripe.String(s.Start(t)), &http.Client{}
		}
		c := stripe.NewClient(s.APIKey(), stripe.WithBackends(stripe.NewBackendsWithConfig(&config)))
		found, err := c.V1Subscriptions.Retrieve(t.Context(), sub.ID, &stripe.SubscriptionRetrieveParams{Expand: []*string{stripe.String("customer")}})
		require.NoError(t, err)
		assert.Equal(t, "ada@example.com", found.Customer.Email)
		for invoice, err := range c.V1Invoices.List(t.Context(), &stripe.InvoiceListParams{Subscription: &sub.ID}).All(t.Context()) {
			require.NoError(t, err)
			assert.Equal(t, stripe.InvoiceStatusPaid, invoice.Status)
		}
		_, err = c.V1Invoices.Retrieve(t.Context(), "in_none", nil)
		var e *stripe.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, stripe.ErrorCodeResourceMissing, e.Code)
		assert.Equal(t, stripetest.VersionNewest, s.Requests()[0].Version)
	}
}

// Stripe keeps events for 30 days.
func TestOldEvents(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.AddCustomer(stripetest.Customer{})
	id := s.Events()[0].ID
	s.Advance(30 * day)
	status, _ := get(t, s, "/v1/events/"+id)
	assert.Equal(t, 200, status)
	s.Advance(time.Second)
	status, _ = get(t, s, "/v1/events/"+id)
	assert.Equal(t, 404, status)
	_, page := get(t, s, "/v1/events")
	assert.Empty(t, ids(page))
}
