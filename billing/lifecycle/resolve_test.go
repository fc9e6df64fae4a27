package lifecycle_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/lifecycle"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// stripeEvent returns an event of a connected account.
func stripeEvent(kind, object string) []byte {
	return fmt.Appendf(nil, `{"id": "evt_1", "object": "event", "type": %q, "account": "acct_1", "livemode": true, "data": {"object": %s}}`, kind, object)
}

// resolveResponses are those of the requests for charges, refunds and disputes.
func resolveResponses() map[string]json.RawMessage {
	all := map[string]json.RawMessage{}
	for name, body := range map[string]string{
		"/v1/charges/ch_old":       `{"id": "ch_old", "object": "charge", "invoice": "in_sub"}`,
		"/v1/charges/ch_new":       `{"id": "ch_new", "object": "charge", "payment_intent": "pi_sub"}`,
		"/v1/charges/ch_gift":      `{"id": "ch_gift", "object": "charge"}`,
		"/v1/invoices/in_sub":      `{"id": "in_sub", "object": "invoice", "parent": {"subscription_details": {"subscription": "sub_1"}}}`,
		"/v1/invoices/in_once":     `{"id": "in_once", "object": "invoice", "parent": null}`,
		"/v1/invoice_payments?sub": `{"object": "list", "data": [{"id": "inpay_1", "invoice": "in_sub", "status": "paid", "payment": {"type": "payment_intent", "payment_intent": "pi_sub"}}]}`,
		"/v1/invoice_payments?once": `{"object": "list", "data": [
			{"id": "inpay_0", "invoice": "in_wrong", "status": "canceled", "payment": {"type": "payment_intent", "payment_intent": "pi_once"}},
			{"id": "inpay_1", "invoice": "in_once", "status": "paid", "payment": {"type": "payment_intent", "payment_intent": "pi_once"}}]}`,
		"/v1/invoice_payments?cs":                      `{"object": "list", "data": []}`,
		"/v1/invoice_payments?gift":                    `{"object": "list", "data": []}`,
		"/v1/checkout/sessions?payment_intent=pi_cs":   `{"object": "list", "data": [{"id": "cs_1", "mode": "payment", "payment_intent": "pi_cs", "amount_total": 5}]}`,
		"/v1/checkout/sessions?payment_intent=pi_gift": `{"object": "list", "data": []}`,
	} {
		if path, short, ok := strings.Cut(name, "payments?"); ok {
			name = path + "payments?payment%5Bpayment_intent%5D=pi_" + short + "&payment%5Btype%5D=payment_intent"
		}
		all[name] = json.RawMessage(body)
	}
	return all
}

func TestResolve(t *testing.T) {
	t.Parallel()
	const subscription, invoice, session = stripehook.SourceSubscription, stripehook.SourceInvoice, stripehook.SourceSession
	tests := []struct {
		types    []string
		object   string
		kind     stripehook.SourceKind // empty: no subject
		id       string
		requests int
	}{
		{
			types:  []string{"customer.subscription.created", "customer.subscription.updated", "customer.subscription.deleted", "customer.subscription.paused", "customer.subscription.resumed"},
			object: `{"id": "sub_1", "object": "subscription", "status": "paused"}`, kind: subscription, id: "sub_1",
		},
		{
			types:  []string{"invoice.paid", "invoice.payment_succeeded", "invoice.payment_failed", "invoice.voided", "invoice.marked_uncollectible"},
			object: `{"id": "in_1", "object": "invoice", "parent": {"subscription_details": {"subscription": "sub_1"}}}`, kind: subscription, id: "sub_1",
		},
		{types: []string{"invoice.paid"}, object: `{"id": "in_1", "object": "invoice", "subscription": {"id": "sub_1"}}`, kind: subscription, id: "sub_1"},
		{types: []string{"invoice.paid"}, object: `{"id": "in_1", "object": "invoice", "subscription": null, "lines": {"data": []}}`, kind: invoice, id: "in_1"},
		{
			types:  []string{"checkout.session.completed", "checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed"},
			object: `{"id": "cs_1", "object": "checkout.session", "mode": "payment", "amount_total": 5}`, kind: session, id: "cs_1",
		},
		{types: []string{"checkout.session.completed"}, object: `{"id": "cs_1", "object": "checkout.session", "mode": "payment", "amount_total": 5, "invoice": "in_1"}`, kind: invoice, id: "in_1"},
		{types: []string{"checkout.session.completed"}, object: `{"id": "cs_1", "object": "checkout.session", "mode": "payment", "payment_status": "no_payment_required", "invoice": "in_1"}`, kind: session, id: "cs_1"},
		{types: []string{"checkout.session.completed"}, object: `{"id": "cs_1", "object": "checkout.session", "mode": "subscription", "subscription": "sub_1"}`, kind: subscription, id: "sub_1"},
		{types: []string{"checkout.session.completed"}, object: `{"id": "cs_1", "object": "checkout.session", "mode": "setup"}`},
		{types: []string{"checkout.session.completed"}, object: `{"id": "cs_1", "object": "checkout.session", "mode": "subscription"}`},

		{types: []string{"charge.refunded"}, object: `{"id": "ch_1", "object": "charge", "invoice": "in_sub"}`, kind: subscription, id: "sub_1", requests: 1},
		{types: []string{"charge.refunded"}, object: `{"id": "ch_1", "object": "charge", "payment_intent": "pi_sub"}`, kind: subscription, id: "sub_1", requests: 2},
		{types: []string{"charge.refunded"}, object: `{"id": "ch_1", "object": "charge", "payment_intent": {"id": "pi_once"}}`, kind: invoice, id: "in_once", requests: 2},
		{types: []string{"charge.refunded"}, object: `{"id": "ch_1", "object": "charge", "payment_intent": "pi_cs", "invoice": null}`, kind: session, id: "cs_1", requests: 2},
		{types: []string{"charge.refunded"}, object: `{"id": "ch_1", "object": "charge", "payment_intent": "pi_gift"}`, requests: 2},
		{
			types:  []string{"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"},
			object: `{"id": "re_1", "object": "refund", "charge": "ch_1", "payment_intent": "pi_sub"}`, kind: subscription, id: "sub_1", requests: 2,
		},
		{types: []string{"refund.created"}, object: `{"id": "re_1", "object": "refund", "charge": "ch_old", "payment_intent": null}`, kind: subscription, id: "sub_1", requests: 2},
		{types: []string{"refund.created"}, object: `{"id": "re_1", "object": "refund", "charge": "ch_gift"}`, requests: 1},
		{types: []string{"refund.created"}, object: `{"id": "re_1", "object": "refund"}`},
		{
			types:  []string{"charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed", "charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated"},
			object: `{"id": "dp_1", "object": "dispute", "charge": "ch_new"}`, kind: subscription, id: "sub_1", requests: 3,
		},

		{types: []string{"customer.created", "price.updated", ""}, object: `{"id": "cus_1"}`},
	}
	handled := map[string]bool{}
	for _, tt := range tests {
		for _, kind := range tt.types {
			handled[kind] = true
			t.Run(kind+" "+tt.object, func(t *testing.T) {
				t.Parallel()
				api := newStripeAPI(t, resolveResponses())
				got, err := api.reader().Resolve(t.Context(), stripeEvent(kind, tt.object))
				assert.Equal(t, "evt_1", got.Event)
				assert.Equal(t, kind, got.Type)
				assert.Len(t, api.requests, tt.requests)
				if tt.kind == "" {
					require.ErrorIs(t, err, lifecycle.ErrNoSubject)
					return
				}
				require.NoError(t, err)
				assert.Equal(t, stripehook.Source{Kind: tt.kind, ID: tt.id, Account: "acct_1"}, got.Subject)
				assert.True(t, got.Live)
			})
		}
	}
	for _, kind := range lifecycle.EventTypes() {
		assert.True(t, handled[kind], kind)
	}
}

func TestResolveUnreadable(t *testing.T) {
	t.Parallel()
	reader := newStripeAPI(t, nil).reader()
	for _, payload := range []string{``, `{}`, `[]`, `{"object": "event"}`, `{"id": "evt_1", "object": "v2.core.event"}`} {
		_, err := reader.Resolve(t.Context(), []byte(payload))
		require.ErrorIs(t, err, lifecycle.ErrNotAnEvent, payload)
	}
	for _, kind := range lifecycle.EventTypes() {
		_, err := reader.Resolve(t.Context(), stripeEvent(kind, `"ada@example.com"`))
		require.ErrorIs(t, err, lifecycle.ErrNotAnEvent, kind)
	}
	_, err := reader.Resolve(t.Context(), stripeEvent("charge.refunded", `{"id": "ch_1", "object": "charge", "payment_intent": "pi_gone"}`))
	require.EqualError(t, err, "stripe responded with status 404 (req_1)", "no response is not a missing subject")
}

// The account of an old event, and the context of an organization.
func TestResolveAccount(t *testing.T) {
	t.Parallel()
	reader := newStripeAPI(t, nil).reader()
	for member, want := range map[string]stripehook.Source{
		"user_id": {Kind: stripehook.SourceSubscription, ID: "sub_1", Account: "x_1"},
		"context": {Kind: stripehook.SourceSubscription, ID: "sub_1", Context: "x_1"},
	} {
		got, err := reader.Resolve(t.Context(), fmt.Appendf(nil,
			`{"id": "evt_1", "object": "event", "type": "customer.subscription.updated", %q: "x_1", "data": {"object": {"id": "sub_1"}}}`, member))
		require.NoError(t, err)
		assert.Equal(t, want, got.Subject)
	}
}

// No payload causes a panic, a request to another path, or a subject without an id.
func FuzzResolve(f *testing.F) {
	for _, kind := range lifecycle.EventTypes() {
		f.Add(stripeEvent(kind, `{"id": "ch_1", "object": "charge", "payment_intent": "pi_sub"}`))
	}
	f.Add(stripeEvent("invoice.paid", `{"id": "in_1", "subscription": {"id": "sub_1"}}`))
	f.Add(stripeEvent("checkout.session.completed", `{"id": "cs_1", "mode": "payment", "invoice": {"id": "in_1"}}`))
	f.Add(stripeEvent("charge.dispute.created", `{"id": "dp_1", "charge": "../../v1/account?x=", "payment_intent": null}`))
	api := newStripeAPI(f, resolveResponses())
	reader := lifecycle.NewReader(stripehook.NewStripeLineItems(licensespring.NewSecret("rk_test_key"), api.Client(), api.URL))
	f.Fuzz(func(t *testing.T, payload []byte) {
		api.mu.Lock()
		api.requests = nil
		api.mu.Unlock()
		got, err := reader.Resolve(t.Context(), payload)
		if err == nil {
			assert.NotEmpty(t, got.Subject.ID)
			assert.NotEmpty(t, got.Subject.Kind)
			assert.NotEmpty(t, got.Event)
		}
		assert.LessOrEqual(t, len(api.requests), 4)
		for _, request := range api.requests {
			path, _, _ := strings.Cut(request, "?")
			assert.Regexp(t, `^/v1/(charges/.*|invoices/.*|invoice_payments|checkout/sessions)$`, path)
		}
	})
}
