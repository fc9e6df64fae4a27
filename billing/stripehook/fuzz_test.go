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

// FuzzEvent signs any payload. Whatever it is, the handler answers, an order that
// is queued is a good one with an id, and the same payload leads to the same.
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
	f.Fuzz(func(t *testing.T, payload []byte) {
		queue := newMemory()
		var reports []stripehook.Report
		hook, err := stripehook.New(licensespring.NewSecret(secret), checked{queue, t},
			stripehook.WithObserver(func(r stripehook.Report) { reports = append(reports, r) }))
		require.NoError(t, err)
		first, second := deliver(t, hook, payload), deliver(t, hook, payload)
		assert.Equal(t, first, second)
		assert.Equal(t, reports[0].Disposition, reports[1].Disposition)
		assert.LessOrEqual(t, len(queue.orders)+len(queue.letters), 1)
		assert.Zero(t, queue.conflict)
		switch reports[0].Disposition {
		case stripehook.Queued, stripehook.Rejected, stripehook.Ignored:
			assert.Equal(t, http.StatusOK, first)
		case stripehook.Failed:
			assert.Equal(t, http.StatusServiceUnavailable, first)
		case stripehook.Refused:
			assert.Contains(t, []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge}, first)
		}
	})
}
