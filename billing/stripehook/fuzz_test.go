package stripehook_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// FuzzEvent signs arbitrary payloads. The handler must respond, enqueue valid orders
// only, and be deterministic.
func FuzzEvent(f *testing.F) {
	files, err := filepath.Glob("testdata/events/*.json")
	require.NoError(f, err)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Add([]byte(`{"object":"event","id":"evt_1","type":"invoice.paid","data":null}`))
	f.Add([]byte(`{"object":"event","id":"evt_1","type":"invoice.paid","data":{"object":null}}`))
	f.Add([]byte(`{"object":"event","id":"evt_1","type":"invoice.paid","data":{"object":{"id":"in_1","lines":{"data":[null]}}}}`))
	f.Add(invoiceEvent("2017-04-06", `"billing_reason": "subscription_update", "subscription": "sub_1"`))
	f.Add(invoiceEvent("2026-03-25.dahlia", `"amount_paid": 0`))
	f.Add(invoiceEvent("2026-03-25.dahlia", `"lines": {"data": [`+invoiceLine(`"quantity": 2, "quantity_decimal": "2.5"`)+`]}`))
	f.Add(freeSession(`"invoice": null`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		queue := newMemory()
		var reports []stripehook.Report
		hook, err := stripehook.New(licensespring.NewSecret(secret), validating{queue, t},
			stripehook.WithObserver(func(r stripehook.Report) { reports = append(reports, r) }))
		require.NoError(t, err)
		first, second := deliver(t, hook, payload), deliver(t, hook, payload)
		assert.Equal(t, first, second)
		assert.Equal(t, reports[0].Disposition, reports[1].Disposition)
		assert.LessOrEqual(t, len(queue.orders)+len(queue.letters), 1)
		assert.Zero(t, queue.conflicts)
		switch reports[0].Disposition {
		case stripehook.DispositionQueued, stripehook.DispositionRejected, stripehook.DispositionIgnored:
			assert.Equal(t, http.StatusOK, first)
		case stripehook.DispositionFailed:
			assert.Equal(t, http.StatusServiceUnavailable, first)
		case stripehook.DispositionStored, stripehook.DispositionDuplicate, stripehook.DispositionWaiting,
			stripehook.DispositionRequested:
			assert.Fail(t, "the handler has no inbox")
		case stripehook.DispositionInvalid:
			assert.Contains(t, []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge}, first)
		}
	})
}
