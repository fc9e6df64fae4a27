package stripehook_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/billing/stripehook"
)

const oldestAPIVersion = "2018-10-31"

// invoiceEvent returns an event of a paid invoice with one line. The members replace
// those of a one-off invoice.
func invoiceEvent(version, members string) []byte {
	return newEvent(version, "invoice.paid", withMembers(`{"id": "in_1", "amount_paid": 3300, "billing_reason": "manual", "paid": true,
		"customer": "cus_1", "lines": {"data": [`+invoiceLine(`"quantity": 2`)+`]}}`, members))
}

func newEvent(version, kind, object string) []byte {
	return []byte(`{"id": "evt_1", "object": "event", "api_version": "` + version + `", "type": "` + kind + `", "livemode": true,
		"request": "req_1", "data": {"object": ` + object + `}}`)
}

// invoiceLine returns a line of an invoice with the members in addition.
func invoiceLine(members string) string {
	return withMembers(`{"id": "il_1", "amount": 3300,
		"price": {"id": "price_1", "metadata": {"product_short_code": "acmecad", "license_type": "perpetual"}}}`, members)
}

// withMembers replaces members of an object.
func withMembers(object, members string) string {
	all := map[string]json.RawMessage{}
	for _, text := range []string{object, "{" + members + "}"} {
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			panic(err)
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// delivered delivers an event, and returns the report and the queue.
func delivered(t *testing.T, payload []byte, options ...stripehook.Option) (stripehook.Report, *memory) {
	t.Helper()
	queue := newMemory()
	var report stripehook.Report
	hook := newHook(t, queue, append([]stripehook.Option{stripehook.WithObserver(func(r stripehook.Report) { report = r })}, options...)...)
	assert.Equal(t, deliver(t, hook, payload), report.Status)
	checkRejection(t, queue, report, payload)
	return report, queue
}

// Before 2017-05-25 the request of an event is a string, and the account of a
// connected account is the user_id.
func TestEventsBeforeRequestWasAnObject(t *testing.T) {
	t.Parallel()
	for _, request := range []string{`"req_1"`, `null`, `{"id": "req_1", "idempotency_key": null}`, `["unknown"]`} {
		payload := strings.Replace(string(invoiceEvent("2016-07-06", `"status": "paid"`)), `"req_1"`, request, 1)
		report, queue := delivered(t, []byte(payload))
		assert.Equal(t, stripehook.DispositionQueued, report.Disposition, request)
		assert.Equal(t, 2, report.Licenses, request)
		assert.Contains(t, queue.orders, "in_1", request)
	}

	payload := strings.Replace(string(event(t, "checkout_payment")), `"object": "event",`, `"object": "event", "user_id": "acct_1", "request": "req_1",`, 1)
	items := &recordedItems{}
	report, _ := delivered(t, []byte(payload), stripehook.WithLineItems(items))
	assert.Equal(t, stripehook.DispositionQueued, report.Disposition)
	assert.Equal(t, "acct_1", items.of.Account)
}

// An old invoice of a subscription must not be lost, and the reason must name the
// oldest version that distinguishes a new subscription from a change.
func TestInvoicesOfOldAPIVersions(t *testing.T) {
	t.Parallel()
	const (
		queued, ignored, rejected = stripehook.DispositionQueued, stripehook.DispositionIgnored, stripehook.DispositionRejected

		change = "the subscription changed within its billing period: determine the required licenses manually"
	)
	for name, tt := range map[string]struct {
		version, members string
		want             stripehook.Disposition
		id, reason       string
	}{
		"ambiguous": {
			"2018-09-24", `"billing_reason": "subscription_update", "subscription": "sub_1"`, rejected, "in_1",
			"the API version of the event is 2018-09-24, and the oldest supported version is " + oldestAPIVersion,
		},
		"ambiguous before May 2018": {
			"2017-04-06", `"billing_reason": "subscription", "subscription": "sub_1"`, rejected, "in_1",
			"the API version of the event is 2017-04-06, and the oldest supported version is " + oldestAPIVersion,
		},
		"oldest supported version, change":    {oldestAPIVersion, `"billing_reason": "subscription_update", "subscription": "sub_1"`, rejected, "in_1", change},
		"oldest supported version, first":     {oldestAPIVersion, `"billing_reason": "subscription_create", "subscription": "sub_1"`, queued, "sub_1", ""},
		"named version, change":               {"2026-03-25.dahlia", `"billing_reason": "subscription_update", "subscription": "sub_1"`, rejected, "in_1", change},
		"no version, change":                  {"", `"billing_reason": "subscription_update", "subscription": "sub_1"`, rejected, "in_1", change},
		"unreadable version, change":          {"1", `"billing_reason": "subscription_update", "subscription": "sub_1"`, rejected, "in_1", change},
		"renewal of an old version":           {"2018-05-21", `"billing_reason": "subscription_cycle", "subscription": "sub_1"`, ignored, "", "renewal"},
		"one-off of an old version":           {"2018-05-21", `"billing_reason": "manual"`, queued, "in_1", ""},
		"without a status, paid":              {"2018-09-24", `"paid": true`, queued, "in_1", ""},
		"without a status, not paid":          {"2018-09-24", `"paid": false`, rejected, "in_1", "the event reports a paid invoice, but the status of the invoice is not paid"},
		"status has precedence":               {"2022-11-15", `"status": "void"`, rejected, "in_1", "the event reports a paid invoice, but the status of the invoice is not paid"},
		"without a reason, of a subscription": {"2018-02-28", `"billing_reason": null, "subscription": "sub_1"`, rejected, "in_1", "the invoice belongs to a subscription and has an unknown billing reason"},
		"reason added later":                  {"2030-01-01.x", `"billing_reason": "later", "parent": {"subscription_details": {"subscription": "sub_1"}}`, rejected, "in_1", "the invoice belongs to a subscription and has an unknown billing reason"},
		"one-off with a reason added later":   {"2030-01-01.x", `"billing_reason": "later"`, queued, "in_1", ""},
	} {
		report, _ := delivered(t, invoiceEvent(tt.version, tt.members))
		assert.Equal(t, tt.want, report.Disposition, name)
		assert.Equal(t, http.StatusOK, report.Status, name)
		assert.Equal(t, tt.id, report.OrderID, name)
		assert.True(t, strings.HasPrefix(report.Reason, tt.reason), "%s: %s", name, report.Reason)
		assert.Less(t, len(report.Reason), 500, name)
	}
}

// A line of a plan may have no price in an old event. The Stripe API has the price.
func TestLinesOfPlansAreFetched(t *testing.T) {
	t.Parallel()
	items := &recordedItems{}
	payload := invoiceEvent("2018-10-31", `"lines": {"data": [{"id": "il_1", "amount": 1, "quantity": 1, "plan": {"id": "plan_1"}}]}`)
	report, _ := delivered(t, payload, stripehook.WithLineItems(items))
	assert.Equal(t, stripehook.DispositionQueued, report.Disposition)
	assert.Equal(t, "in_1", items.of.ID)
}

func TestOldestAPIVersionIsDocumented(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"doc.go", "../README.md"} {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		assert.Contains(t, string(text), oldestAPIVersion, name)
	}
}
