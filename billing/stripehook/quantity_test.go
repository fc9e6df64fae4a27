package stripehook_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// recordedItems returns one valid line, and records its source.
type recordedItems struct{ of stripehook.Source }

func (r *recordedItems) Lines(_ context.Context, of stripehook.Source) ([]stripehook.Line, error) {
	r.of = of
	return []stripehook.Line{{Quantity: 1, Price: &stripehook.Price{ID: "price_1", Metadata: map[string]string{"product_short_code": "acmecad"}}}}, nil
}

const (
	fraction = "must be a whole number of licenses"
	negative = "must not be negative"
	noUnits  = "the line has an amount, but its quantity is zero"
	tooMany  = "the order has more than 10000 licenses"
)

// quantities are the members of a line. Each ends in an order, in a dead letter with
// the message, or is ignored if it has neither licenses nor a message.
var quantities = map[string]struct {
	members  string
	licenses int
	message  string
}{
	"whole":                  {`"quantity": 3`, 3, ""},
	"whole, twice":           {`"quantity": 3, "quantity_decimal": "3"`, 3, ""},
	"only decimal":           {`"quantity_decimal": "5"`, 5, ""},
	"null and decimal":       {`"quantity": null, "quantity_decimal": "5"`, 5, ""},
	"decimal zeros":          {`"quantity": 5, "quantity_decimal": "5.000000000000"`, 5, ""},
	"decimal number":         {`"quantity_decimal": 5.0`, 5, ""},
	"text":                   {`"quantity": "4"`, 4, ""},
	"absent":                 {`"description": "one"`, 1, ""},
	"null":                   {`"quantity": null`, 1, ""},
	"both null":              {`"quantity": null, "quantity_decimal": null`, 1, ""},
	"maximum":                {`"quantity": 10000`, 10000, ""},
	"half":                   {`"quantity": 0, "quantity_decimal": "0.5"`, 0, fraction},
	"two and a half":         {`"quantity": 2, "quantity_decimal": "2.5"`, 0, fraction},
	"only fraction":          {`"quantity_decimal": ".5"`, 0, fraction},
	"smallest fraction":      {`"quantity": 1, "quantity_decimal": "1.000000000001"`, 0, fraction},
	"number with a fraction": {`"quantity": 1.5`, 0, fraction},
	"exponent":               {`"quantity": 1e2`, 0, fraction},
	"huge exponent":          {`"quantity": 1e999999999`, 0, fraction},
	"not a number":           {`"quantity": "many"`, 0, fraction},
	"object":                 {`"quantity": {}`, 0, fraction},
	"boolean":                {`"quantity": true`, 0, fraction},
	"not finite":             {`"quantity_decimal": "NaN"`, 0, fraction},
	"hexadecimal":            {`"quantity_decimal": "0x10"`, 0, fraction},
	"free fraction":          {`"amount": 0, "quantity": 0, "quantity_decimal": "0.5"`, 0, fraction},
	"too many":               {`"quantity": 10001`, 0, tooMany},
	"larger than an integer": {`"quantity": 99999999999999999999999`, 0, tooMany},
	"large decimal":          {`"quantity_decimal": "99999999999999999999999"`, 0, tooMany},
	"long decimal":           {`"quantity_decimal": "` + strings.Repeat("9", 5000) + `"`, 0, tooMany},
	"negative":               {`"quantity": -1`, 0, negative},
	"negative decimal":       {`"quantity": 3, "quantity_decimal": "-3"`, 0, negative},
	"negative, huge":         {`"quantity": -99999999999999999999999`, 0, negative},
	"negative, free":         {`"amount": 0, "quantity": -1`, 0, negative},
	"zero":                   {`"quantity": 0`, 0, noUnits},
	"zero decimal":           {`"quantity": 0, "quantity_decimal": "0.000"`, 0, noUnits},
	"negative zero":          {`"quantity_decimal": "-0"`, 0, noUnits},
	"zero, free":             {`"amount": 0, "quantity": 0`, 0, ""},
	"credit":                 {`"amount": -500, "quantity": 1`, 0, ""},
	"credit of a fraction":   {`"amount": -500, "quantity": 0, "quantity_decimal": "0.5"`, 0, ""},
	"free":                   {`"amount": 0, "quantity": 2`, 2, ""},
}

// sessionLine returns a line of a session with the members in addition.
func sessionLine(members string) string {
	return withMembers(`{"id": "li_1", "amount_total": 3300,
		"price": {"id": "price_1", "metadata": {"product_short_code": "acmecad", "license_type": "perpetual"}}}`, members)
}

func sessionEvent(members string) []byte {
	return newEvent("2026-03-25.dahlia", "checkout.session.completed",
		withMembers(`{"id": "cs_1", "mode": "payment", "payment_status": "paid", "amount_total": 3300}`, members))
}

// onlyAPI serves one page of lines.
func onlyAPI(t *testing.T, line string) stripehook.Option {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"object": "list", "has_more": false, "data": [` + line + `]}`))
	}))
	t.Cleanup(server.Close)
	return stripehook.WithLineItems(stripehook.NewStripeLineItems(licensespring.NewSecret("sk_test_key"), server.Client(), server.URL))
}

// A quantity has the same meaning in the event of a session or an invoice, and in the
// Stripe API. A line is never lost.
func TestQuantities(t *testing.T) {
	t.Parallel()
	for name, tt := range quantities {
		sessionMembers := strings.Replace(tt.members, `"amount"`, `"amount_total"`, 1)
		for path, deliverLine := range map[string]func(t *testing.T) (stripehook.Report, *memory){
			"session event": func(t *testing.T) (stripehook.Report, *memory) {
				t.Helper()
				return delivered(t, sessionEvent(`"line_items": {"data": [`+sessionLine(sessionMembers)+`]}`))
			},
			"invoice event": func(t *testing.T) (stripehook.Report, *memory) {
				t.Helper()
				return delivered(t, invoiceEvent("2026-03-25.dahlia", `"lines": {"data": [`+invoiceLine(tt.members)+`]}`))
			},
			"session API": func(t *testing.T) (stripehook.Report, *memory) {
				t.Helper()
				return delivered(t, sessionEvent(`"line_items": null`), onlyAPI(t, sessionLine(sessionMembers)))
			},
			"invoice API": func(t *testing.T) (stripehook.Report, *memory) {
				t.Helper()
				return delivered(t, invoiceEvent("2026-03-25.dahlia", `"lines": null`), onlyAPI(t, invoiceLine(tt.members)))
			},
		} {
			t.Run(name+", "+path, func(t *testing.T) {
				t.Parallel()
				report, queue := deliverLine(t)
				assert.Equal(t, http.StatusOK, report.Status)
				assert.Equal(t, tt.licenses, report.Licenses)
				switch {
				case tt.message != "":
					assert.Equal(t, stripehook.DispositionRejected, report.Disposition)
					invalid, ok := asValidation(report.Err)
					require.True(t, ok, "%v", report.Err)
					require.Len(t, invalid.Findings, 1)
					assert.Equal(t, "lines[0].quantity", invalid.Findings[0].Path)
					assert.Equal(t, tt.message, invalid.Findings[0].Message)
					assert.Len(t, queue.letters, 1)
				case tt.licenses == 0:
					assert.Equal(t, stripehook.DispositionIgnored, report.Disposition)
				default:
					assert.Equal(t, stripehook.DispositionQueued, report.Disposition)
					assert.Len(t, queue.orders, 1)
				}
			})
		}
	}
}

// A LineItems of the caller can report the exact quantity.
func TestQuantityDecimalOfLine(t *testing.T) {
	t.Parallel()
	for decimal, want := range map[string]int{"": 7, "3": 3, "3.0": 3, "2.5": 0, "0": 0, "-1": 0, "x": 0} {
		report, _ := delivered(t, event(t, "checkout_payment"), stripehook.WithLineItems(lineItemsFunc(
			func(context.Context, stripehook.Source) ([]stripehook.Line, error) {
				return []stripehook.Line{{Quantity: 7, QuantityDecimal: decimal, Amount: 1, Price: &stripehook.Price{
					Metadata: map[string]string{"product_short_code": "acmecad"},
				}}}, nil
			})))
		assert.Equal(t, want, report.Licenses, decimal)
		assert.Equal(t, want == 0, report.Disposition == stripehook.DispositionRejected, decimal)
	}
}

// The number of licenses is the number of units, and not of the packages or tiers
// that are billed.
func TestQuantityOfPriceKinds(t *testing.T) {
	t.Parallel()
	const metadata = `"metadata": {"product_short_code": "acmecad", "license_type": "perpetual"}`
	line := func(amount, quantity int, price string) string {
		return `{"amount": ` + strconv.Itoa(amount) + `, "quantity": ` + strconv.Itoa(quantity) + `, "price": {` + price + `, ` + metadata + `}}`
	}
	const tiered = `"id": "price_tiered", "billing_scheme": "tiered"`
	for name, tt := range map[string]struct {
		lines    []string
		licenses int
	}{
		"package":                      {[]string{line(3000, 25, `"id": "p", "transform_quantity": {"divide_by": 10, "round": "up"}`)}, 25},
		"metered package":              {[]string{line(3000, 25, `"id": "p", "transform_quantity": {"divide_by": 10, "round": "up"}, "recurring": {"interval": "month", "usage_type": "metered"}`)}, 1},
		"metered without usage":        {[]string{line(0, 0, `"id": "p", "recurring": {"interval": "month", "usage_type": "metered"}`)}, 1},
		"tiers":                        {[]string{line(500, 5, tiered), line(300, 7, tiered)}, 12},
		"flat fee of a tier":           {[]string{line(1000, 0, tiered), line(500, 5, tiered)}, 5},
		"flat fee after the units":     {[]string{line(500, 5, tiered), line(1000, 0, tiered)}, 5},
		"only a flat fee":              {[]string{line(1000, 0, tiered)}, 0},
		"flat fee of another price":    {[]string{line(1000, 0, tiered), line(500, 5, `"id": "other"`)}, 0},
		"flat fees of unnamed prices":  {[]string{line(1000, 0, `"id": ""`), line(500, 5, `"id": ""`)}, 0},
		"free units with a flat fee":   {[]string{line(1000, 0, tiered), line(0, 5, tiered)}, 5},
		"paid line beside a free line": {[]string{line(1000, 0, `"id": "a"`), line(0, 1, `"id": "b"`)}, 0},
	} {
		report, _ := delivered(t, invoiceEvent("2022-11-15", `"lines": {"data": [`+strings.Join(tt.lines, ",")+`]}`))
		assert.Equal(t, tt.licenses, report.Licenses, "%s: %s", name, report.Reason)
		assert.Equal(t, tt.licenses == 0, report.Disposition == stripehook.DispositionRejected, "%s: %s", name, report.Reason)
	}
}

// A paid proration of a one-off invoice is the change of a subscription. It is not
// "nothing to do".
func TestPaidProration(t *testing.T) {
	t.Parallel()
	const proration = `"proration": true, "quantity": 5`
	report, _ := delivered(t, invoiceEvent("2022-11-15", `"lines": {"data": [`+invoiceLine(proration)+`]}`))
	assert.Equal(t, stripehook.DispositionRejected, report.Disposition)
	assert.Contains(t, report.Reason, "lines[0]: the subscription changed within its billing period")

	for name, lines := range map[string]string{
		"credit": invoiceLine(proration + `, "amount": -3300`),
		"free":   invoiceLine(proration + `, "amount": 0`),
	} {
		report, _ := delivered(t, invoiceEvent("2022-11-15", `"lines": {"data": [`+lines+`]}`))
		assert.Equal(t, stripehook.DispositionIgnored, report.Disposition, name)
	}
}

// The API requests contain the page size, the expanded price and the account.
func TestStripeLineItemsRequests(t *testing.T) {
	t.Parallel()
	var requests []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests = append(requests, r.Header.Get("Stripe-Account")+" "+r.URL.Path+" "+r.URL.Query().Encode())
		_ = json.NewEncoder(w).Encode(map[string]any{
			"has_more": r.URL.Query().Get("starting_after") == "", "data": []any{map[string]any{"id": "x_1"}},
		})
	}))
	t.Cleanup(server.Close)
	items := stripehook.NewStripeLineItems(licensespring.NewSecret("sk_test_key"), server.Client(), server.URL)
	for _, of := range []stripehook.Source{
		{Kind: stripehook.SourceSession, ID: "cs_1"}, {Kind: stripehook.SourceInvoice, ID: "in_1", Account: "acct_1"},
	} {
		lines, err := items.Lines(t.Context(), of)
		require.NoError(t, err)
		assert.Equal(t, []stripehook.Line{{Quantity: 1}, {Quantity: 1}}, lines)
	}
	assert.Equal(t, []string{
		" /v1/checkout/sessions/cs_1/line_items expand%5B0%5D=data.price&limit=100",
		" /v1/checkout/sessions/cs_1/line_items expand%5B0%5D=data.price&limit=100&starting_after=x_1",
		"acct_1 /v1/invoices/in_1/lines expand%5B0%5D=data.pricing.price_details.price&limit=100",
		"acct_1 /v1/invoices/in_1/lines expand%5B0%5D=data.pricing.price_details.price&limit=100&starting_after=x_1",
	}, requests)
}
