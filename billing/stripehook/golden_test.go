package stripehook_test

import (
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

var update = flag.Bool("update", false, "update the golden files")

// golden is the expected result of an event.
type golden struct {
	Disposition stripehook.Disposition  `json:"disposition"`
	OrderID     string                  `json:"order_id,omitzero"`
	Reason      string                  `json:"reason,omitzero"`
	Findings    []licensespring.Finding `json:"findings,omitzero"`
	Order       json.RawMessage         `json:"order,omitzero"`
}

func TestEvents(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/events/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			queue := newMemory()
			var report stripehook.Report
			hook := newHook(t, queue, stripehook.WithObserver(func(r stripehook.Report) { report = r }))
			assert.Equal(t, http.StatusOK, deliver(t, hook, event(t, name)))

			got := golden{Disposition: report.Disposition, OrderID: report.OrderID, Reason: report.Reason}
			if invalid, ok := asValidation(report.Err); ok {
				got.Findings = invalid.Findings
			}
			if text, ok := queue.orders[report.OrderID]; ok {
				got.Order = json.RawMessage(text)
			}
			checkRejection(t, queue, report, event(t, name))

			text, err := json.MarshalIndent(got, "", "  ")
			require.NoError(t, err)
			path := filepath.Join("testdata", "golden", name+".json")
			if *update {
				require.NoError(t, os.WriteFile(path, append(text, '\n'), 0o600))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.JSONEq(t, string(want), string(text))
		})
	}
}

func checkRejection(t *testing.T, queue *memory, report stripehook.Report, payload []byte) {
	t.Helper()
	if report.Disposition != stripehook.DispositionRejected {
		assert.Empty(t, queue.letters)
		return
	}
	assert.Empty(t, queue.orders)
	letter := queue.letters[report.OrderID]
	assert.Equal(t, report.Reason, letter.Reason)
	assert.Equal(t, payload, letter.Payload)
	assert.Equal(t, "stripe "+report.EventType, letter.Source)
	assert.Equal(t, report.Err, letter.Err)
}
