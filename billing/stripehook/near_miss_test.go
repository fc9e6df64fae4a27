package stripehook_test

import (
	"bytes"
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// A misspelled metadata key makes the event a dead letter, also if lines of other
// products are allowed.
func TestMisspelledMetadata(t *testing.T) {
	t.Parallel()
	tests := []struct {
		key        string
		misspelled bool
	}{
		{"product_shortcode", true},
		{"Product_Short_Code", true},
		{"product-short-code", true},
		{"productShortCode", true},
		{"product short code", true},
		{"product_short_cod", true},
		{"prodcut_short_code", true}, // two characters
		{"licence_type", true},
		{"max_activation", true},
		{"valid_durations", true},
		{"license_users", true},
		{"authorisation_method", true},
		// Keys of other programs.
		{"product_code", false},
		{"product_id", false},
		{"license", false},
		{"sku", false},
		{"", false},
	}
	for _, tt := range tests {
		t.Run(tt.key, func(t *testing.T) {
			t.Parallel()
			queue := sold(t, nil, map[string]string{tt.key: "acmecad"}, stripehook.WithSkipUnlicensedLines())
			assert.Empty(t, queue.orders)
			if !tt.misspelled {
				assert.Empty(t, queue.letters)
				return
			}
			require.Contains(t, queue.letters, "cs_1")
			invalid, ok := asValidation(queue.letters["cs_1"].Err)
			require.True(t, ok)
			assert.Equal(t, "lines[0].price.metadata."+tt.key, invalid.Findings[0].Path)
			assert.Equal(t, stripehook.RuleMetadataKey, invalid.Findings[0].Rule)

			// The value of the misspelled key is ignored, but the product is known.
			queue = sold(t, nil, map[string]string{tt.key: "1", "product_short_code": "acmecad"})
			assert.Equal(t, tt.misspelled && !similarTo(tt.key, "product_short_code"), len(queue.letters) == 1)
		})
	}
	queue := sold(t, map[string]any{"metadata": map[string]any{"license-user": "grace@example.com"}},
		map[string]string{"product_short_code": "acmeweb", "authorization_method": "user"})
	assert.Contains(t, queue.letters["cs_1"].Reason, "metadata.license-user: is not known: the key is license_user")
}

// similarTo reports whether the key was meant to be the product.
func similarTo(key, name string) bool { return key[0]|0x20 == name[0] }

// Ignored events with an amount are logged at info.
func TestIgnoredMoney(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, event string
		reason      string
		amount      int64
	}{
		{"other type", `{"id": "evt_1", "object": "event", "type": "charge.succeeded", "data": {"object": {"amount": 4200}}}`, "unhandled event type", 4200},
		{"other type without an amount", `{"id": "evt_1", "object": "event", "type": "customer.created", "data": {"object": {}}}`, "unhandled event type", 0},
		{"amount of another type", `{"id": "evt_1", "object": "event", "type": "x", "data": {"object": {"amount": "many"}}}`, "unhandled event type", 0},
		{"other product", string(event(t, "checkout_other_product")), "no line has license metadata", 9900},
		{"renewal", string(event(t, "invoice_renewal")), "renewal", 3300},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var report stripehook.Report
			var log bytes.Buffer
			hook := newHook(t, newMemory(), stripehook.WithSkipUnlicensedLines(),
				stripehook.WithObserver(func(r stripehook.Report) { report = r }),
				stripehook.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
			deliver(t, hook, []byte(tt.event))
			assert.Equal(t, stripehook.DispositionIgnored, report.Disposition)
			assert.Equal(t, tt.reason, report.Reason)
			assert.Equal(t, tt.amount, report.Amount)
			assert.Equal(t, tt.amount > 0, log.Len() > 0, log.String())
		})
	}
}

// A renewal that bills an additional seat is never ignored, whether the event contains
// all lines or not.
func TestRenewalWithChange(t *testing.T) {
	t.Parallel()
	lines := []stripehook.Line{
		{Quantity: 2, Amount: 6600, Price: &stripehook.Price{ID: "p", Interval: "month", Metadata: map[string]string{"product_short_code": "acmecad"}}},
		{Quantity: 1, Amount: 1200, Proration: true, Price: &stripehook.Price{ID: "p", Interval: "month"}},
	}
	source := stripehook.WithLineItems(lineItemsFunc(func(context.Context, stripehook.Source) ([]stripehook.Line, error) { return lines, nil }))
	renewal := func(lines string) []byte {
		return invoiceEvent("2022-11-15", `"billing_reason": "subscription_cycle", "subscription": "sub_1", "amount_paid": 7800, "lines": `+lines)
	}
	proration := invoiceLine(`"proration": true, "quantity": 1, "amount": 1200`)
	for name, event := range map[string][]byte{
		"in the event": renewal(`{"data": [` + proration + `]}`),
		"fetched":      renewal(`{"has_more": true, "data": [` + invoiceLine(`"quantity": 2`) + `]}`),
	} {
		report, queue := delivered(t, event, source)
		assert.Equal(t, stripehook.DispositionRejected, report.Disposition, name)
		assert.Contains(t, report.Reason, "the subscription changed", name)
		assert.Empty(t, queue.orders)
	}
	credit := invoiceLine(`"proration": true, "quantity": 1, "amount": -1200`)
	report, _ := delivered(t, renewal(`{"data": [`+credit+`,`+invoiceLine(`"quantity": 2`)+`]}`))
	assert.Equal(t, stripehook.DispositionIgnored, report.Disposition, "a removed seat")
}
