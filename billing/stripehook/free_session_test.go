package stripehook_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// freeSession returns an event of a session with invoice creation that costs nothing.
func freeSession(members string) []byte {
	return newEvent("2026-03-25.dahlia", "checkout.session.completed", withMembers(`{"id": "cs_1", "mode": "payment",
		"payment_status": "no_payment_required", "amount_total": 0, "customer": "cus_1", "invoice_creation": {"enabled": true},
		"line_items": {"data": [`+sessionLine(`"quantity": 2, "amount_total": 0`)+`]}}`, members))
}

// sessionsAPI lists sessions, one per page.
func sessionsAPI(t *testing.T, sessions ...string) stripehook.Option {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "/v1/checkout/sessions", r.URL.Path)
		assert.Equal(t, "cus_1", r.URL.Query().Get("customer"))
		next := 0
		for i, text := range sessions {
			if after := r.URL.Query().Get("starting_after"); after != "" && strings.Contains(text, `"`+after+`"`) {
				next = i + 1
			}
		}
		more, page := "false", ""
		if next < len(sessions) {
			page = sessions[next]
		}
		if next+1 < len(sessions) {
			more = "true"
		}
		_, _ = w.Write([]byte(`{"object": "list", "has_more": ` + more + `, "data": [` + page + `]}`))
	}))
	t.Cleanup(server.Close)
	return stripehook.WithLineItems(stripehook.NewStripeLineItems(licensespring.NewSecret("sk_test_key"), server.Client(), server.URL))
}

// Stripe creates the invoice of a payment session when the payment succeeds. Without
// a payment no invoice is promised, so that the session creates the order.
func TestFreeSessionDoesNotWaitForInvoice(t *testing.T) {
	t.Parallel()
	const queued, ignored = stripehook.DispositionQueued, stripehook.DispositionIgnored
	for name, tt := range map[string]struct {
		members string
		want    stripehook.Disposition
	}{
		"no payment required":               {``, queued},
		"no payment required, with invoice": {`"invoice": "in_1"`, queued},
		"payment delayed":                   {`"amount_total": 3300`, queued},
		"paid, amount 0":                    {`"payment_status": "paid"`, queued},
		"paid":                              {`"payment_status": "paid", "amount_total": 3300`, ignored},
		"paid, with invoice":                {`"payment_status": "paid", "amount_total": 3300, "invoice": "in_1"`, ignored},
		"paid, amount absent":               {`"payment_status": "paid", "amount_total": null`, ignored},
		"payment pending":                   {`"payment_status": "unpaid", "amount_total": 3300`, ignored},
		"free subscription with an invoice": {`"mode": "subscription", "subscription": "sub_1", "invoice": "in_1"`, ignored},
	} {
		report, queue := delivered(t, freeSession(tt.members))
		assert.Equal(t, tt.want, report.Disposition, name)
		if tt.want == queued {
			assert.Equal(t, []string{"cs_1"}, keys(queue.orders), name)
			assert.Equal(t, 2, report.Licenses, name)
		}
	}
}

// If Stripe creates an invoice for a session that costs nothing, the order must not
// be issued twice. An invoice without a session creates its order.
func TestFreeInvoice(t *testing.T) {
	t.Parallel()
	const (
		queued, ignored, rejected = stripehook.DispositionQueued, stripehook.DispositionIgnored, stripehook.DispositionRejected

		of      = `{"id": "cs_1", "mode": "payment", "status": "complete", "payment_status": "no_payment_required", "invoice_creation": {"enabled": true}, "invoice": "in_1"}`
		other   = `{"id": "cs_2", "mode": "payment", "status": "complete", "payment_status": "no_payment_required", "invoice_creation": {"enabled": true}, "invoice": {"id": "in_2"}}`
		pending = `{"id": "cs_3", "mode": "payment", "status": "complete", "payment_status": "no_payment_required", "invoice_creation": {"enabled": true}, "invoice": null}`
		without = `{"id": "cs_4", "mode": "payment", "status": "complete", "payment_status": "no_payment_required", "invoice_creation": {"enabled": false}, "invoice": null}`
		paid    = `{"id": "cs_5", "mode": "payment", "status": "complete", "payment_status": "paid", "amount_total": 100, "invoice_creation": {"enabled": true}, "invoice": null}`
		open    = `{"id": "cs_6", "mode": "payment", "status": "open", "payment_status": "no_payment_required", "invoice_creation": {"enabled": true}, "invoice": null}`
		sub     = `{"id": "cs_7", "mode": "subscription", "status": "complete", "payment_status": "paid", "amount_total": 100, "invoice": "in_7"}`
	)
	for name, tt := range map[string]struct {
		members  string
		sessions []string
		want     stripehook.Disposition
		reason   string
	}{
		"of a session":               {`"amount_paid": 0`, []string{of}, ignored, "the Checkout session of the invoice creates the order"},
		"of a session, on page 3":    {`"amount_paid": 0`, []string{other, pending, of}, ignored, "the Checkout session of the invoice creates the order"},
		"amount in total":            {`"amount_paid": null, "total": 0`, []string{of}, ignored, "the Checkout session of the invoice creates the order"},
		"added later":                {`"amount_paid": 0, "billing_reason": "later"`, []string{of}, ignored, "the Checkout session of the invoice creates the order"},
		"without a session":          {`"amount_paid": 0`, nil, queued, ""},
		"of no session of the list":  {`"amount_paid": 0`, []string{other, without, paid, open, sub}, queued, ""},
		"session without an invoice": {`"amount_paid": 0`, []string{other, pending}, rejected, "may belong to a Checkout session that created its order"},
		"no customer":                {`"amount_paid": 0, "customer": null`, nil, rejected, "may belong to a Checkout session that created its order"},
		"first of a subscription":    {`"amount_paid": 0, "billing_reason": "subscription_create", "subscription": "sub_1"`, nil, queued, ""},
		"paid":                       {`"amount_paid": 1`, []string{of}, queued, ""},
	} {
		report, queue := delivered(t, invoiceEvent("2026-03-25.dahlia", tt.members), sessionsAPI(t, tt.sessions...))
		assert.Equal(t, tt.want, report.Disposition, "%s: %s", name, report.Reason)
		assert.Contains(t, report.Reason, tt.reason, name)
		assert.Equal(t, tt.want == queued, len(queue.orders) == 1, name)
	}

	t.Run("sessions not available", func(t *testing.T) {
		t.Parallel()
		report, _ := delivered(t, invoiceEvent("2026-03-25.dahlia", `"amount_paid": 0`), stripehook.WithLineItems(&recordedItems{}))
		assert.Equal(t, rejected, report.Disposition)
		assert.Contains(t, report.Reason, "configure an API key")
	})
	t.Run("temporary error", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(http.NotFoundHandler())
		t.Cleanup(server.Close)
		items := stripehook.NewStripeLineItems(licensespring.NewSecret("sk_test_key"), server.Client(), server.URL)
		report, queue := delivered(t, invoiceEvent("2026-03-25.dahlia", `"amount_paid": 0`), stripehook.WithLineItems(items))
		assert.Equal(t, stripehook.DispositionFailed, report.Disposition)
		assert.Equal(t, http.StatusServiceUnavailable, report.Status)
		assert.Empty(t, queue.orders)
	})
	t.Run("canceled", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		items := stripehook.NewStripeLineItems(licensespring.NewSecret("sk_test_key"), &http.Client{}, "http://127.0.0.1:1")
		_, _, err := items.InvoiceSession(ctx, stripehook.Source{ID: "in_1"}, "cus_1")
		require.ErrorIs(t, err, context.Canceled)
	})
}

// The events of a free session and of its invoice create one order in any order.
func TestFreeSessionAndInvoiceCreateOneOrder(t *testing.T) {
	t.Parallel()
	session := freeSession(`"invoice": null`)
	invoice := invoiceEvent("2026-03-25.dahlia", `"amount_paid": 0`)
	for name, events := range map[string][][]byte{
		"session first": {session, invoice, session, invoice},
		"invoice first": {invoice, session, invoice, session},
	} {
		queue := newMemory()
		hook := newHook(t, queue, sessionsAPI(t, `{"id": "cs_1", "mode": "payment", "status": "complete", "amount_total": 0, "invoice": "in_1"}`))
		for _, payload := range events {
			assert.Equal(t, http.StatusOK, deliver(t, hook, payload), name)
		}
		assert.Equal(t, []string{"cs_1"}, keys(queue.orders), name)
		assert.Empty(t, queue.letters, name)
		assert.Zero(t, queue.conflicts, name)
	}
}
