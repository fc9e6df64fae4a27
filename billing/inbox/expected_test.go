package inbox_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/inbox"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

const (
	soon  = time.Second
	later = time.Hour
)

func subscriptionSession() []byte {
	return sessionEvent("cs_1", "mode", "subscription", "subscription", "sub_1", "invoice", "in_1")
}

// Each event of the invoice creates the order and meets the expectation.
func TestInvoiceMeetsExpectation(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"invoice.paid", "invoice.payment_succeeded"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			api := newStripeAPI(t)
			s := newService(t, []inbox.Option{inbox.WithInvoiceTimeout(later)}, api.items())
			code, body := deliver(t, s.hook, subscriptionSession())
			assert.Equal(t, http.StatusOK, code)
			assert.Equal(t, "stored", body)
			deliver(t, s.hook, invoiceEvent(kind, "in_1", "sub_1"))
			assert.Equal(t, 1, s.stats().Expected.Depth)
			s.run()
			s.waitFor(1, 0)
		})
	}
}

// An endpoint that is subscribed to no invoice event: the paid session becomes a dead
// letter. Its retry creates the order, and a late event of the invoice changes nothing.
func TestNoInvoiceEvent(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		event   []byte
		invoice string // at Stripe
		order   string // id of the order after the retry
		letter  string // id of the dead letter
	}{
		"subscription":                  {subscriptionSession(), "", "sub_1", "sub_1"},
		"one-off":                       {sessionEvent("cs_1", "invoice", "in_1"), "", "in_1", "in_1"},
		"one-off, invoice at stripe":    {sessionEvent("cs_1", "invoice_creation", `{"enabled": true}`), "in_1", "in_1", "in_1"},
		"one-off, invoice is not known": {sessionEvent("cs_1", "invoice_creation", `{"enabled": true}`), "", "", "cs_1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := newStripeAPI(t)
			api.invoice.Store(tt.invoice)
			s := newService(t, []inbox.Option{inbox.WithInvoiceTimeout(soon)}, api.items())
			s.run()
			deliver(t, s.hook, tt.event)
			s.waitFor(0, 1)
			letter := s.deadLetter()
			assert.Equal(t, tt.letter, letter.OrderID)
			assert.Contains(t, letter.Failure.Text, "no event of its invoice has led to an order")
			assert.Equal(t, "stripe checkout.session.completed", letter.Source)

			report, err := s.hook.Replay(t.Context(), letter.Payload)
			if tt.order == "" {
				require.Error(t, err)
				assert.Equal(t, stripehook.DispositionRejected, report.Disposition)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, stripehook.DispositionQueued, report.Disposition)
			assert.Equal(t, tt.order, report.OrderID)
			if tt.order == "sub_1" {
				deliver(t, s.hook, invoiceEvent("invoice.paid", "in_1", "sub_1"))
				s.waitFor(1, 0) // the dead letter is obsolete
			}
			report, err = s.hook.Replay(t.Context(), letter.Payload)
			require.NoError(t, err)
			assert.Equal(t, stripehook.DispositionDuplicate, report.Disposition)
		})
	}
}

// A session that is not paid yet is no expectation.
func TestUnpaidSessionIsNotExpected(t *testing.T) {
	t.Parallel()
	s := newService(t, nil)
	_, body := deliver(t, s.hook, sessionEvent("cs_1", "mode", "subscription", "subscription", "sub_1", "invoice", "in_1", "payment_status", "unpaid"))
	assert.Equal(t, "ignored", body)
	assert.Zero(t, s.stats().Expected.Depth)
}

// An invoice whose event is a dead letter meets the expectation: there is an alarm
// already.
func TestRejectedInvoiceMeetsExpectation(t *testing.T) {
	t.Parallel()
	s := newService(t, []inbox.Option{inbox.WithInvoiceTimeout(later)}, stripehook.WithLineItems(linesFunc(func(stripehook.Source) []stripehook.Line {
		return []stripehook.Line{{Quantity: 1, Price: &stripehook.Price{ID: "price_1"}}}
	})))
	s.run()
	deliver(t, s.hook, invoiceEvent("invoice.paid", "in_1", "sub_1"))
	s.waitFor(0, 1)
	deliver(t, s.hook, subscriptionSession())
	s.waitFor(0, 1)
	assert.Contains(t, s.deadLetter().Failure.Text, "product_short_code")
}

// While Stripe fails, an overdue session without a known invoice is neither lost nor a
// false alarm.
func TestOverdueDuringOutage(t *testing.T) {
	t.Parallel()
	api := newStripeAPI(t)
	api.status.Store(503)
	s := newService(t, nil, api.items())
	event := sessionEvent("cs_1", "invoice_creation", `{"enabled": true}`)
	assert.Equal(t, stripehook.DispositionWaiting, s.hook.ProcessExpected(t.Context(), event, false).Disposition)
	assert.Equal(t, stripehook.DispositionFailed, s.hook.ProcessExpected(t.Context(), event, true).Disposition)
	api.status.Store(404)
	assert.Equal(t, stripehook.DispositionRejected, s.hook.ProcessExpected(t.Context(), event, true).Disposition)
	state, err := s.pipeline.OrderState(t.Context(), "cs_1")
	require.NoError(t, err)
	assert.Equal(t, fulfillment.OrderDead, state)
	assert.True(t, json.Valid(s.deadLetter().Payload))
}
