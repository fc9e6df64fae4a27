package stripehook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// warned is a queue that records warnings.
type warned struct {
	*memory
	warnings []licensespring.Finding
}

func (w *warned) EnqueueWithWarnings(ctx context.Context, order *licensespring.Order, warnings []licensespring.Finding) error {
	w.warnings = warnings
	return w.Enqueue(ctx, order)
}

// Details of the customer that the order cannot contain do not stop a paid order.
func TestUnusableCustomer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, from, to string
		paths          []string // of the warnings
	}{
		{"usable", "", "", nil},
		{"no domain", `"ada@example.com"`, `"ada@"`, []string{"customer.email"}},
		{"control character in the name", `"Ada King Lovelace"`, `"Ada\u0000 Lovelace"`, []string{"customer.first_name"}},
		{"control character in the phone", `"phone": null`, `"phone": "+1\u0000555"`, []string{"customer.phone"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			payload := bytes.Replace(event(t, "checkout_payment"), []byte(tt.from), []byte(tt.to), 1)
			queue := &warned{memory: newMemory()}
			var report stripehook.Report
			var log bytes.Buffer
			hook := newHook(t, queue, stripehook.WithObserver(func(r stripehook.Report) { report = r }),
				stripehook.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
			deliver(t, hook, payload)
			assert.Equal(t, stripehook.DispositionQueued, report.Disposition, report.Reason)
			var order licensespring.Order
			require.NoError(t, json.Unmarshal([]byte(queue.orders["cs_live_a1"]), &order))
			require.NoError(t, order.Validate())
			var paths []string
			for _, w := range queue.warnings {
				paths = append(paths, w.Path)
				assert.Equal(t, licensespring.SeverityWarning, w.Severity)
			}
			assert.Equal(t, tt.paths, paths)
			assert.Equal(t, queue.warnings, report.Warnings)
			if tt.paths != nil {
				assert.Contains(t, log.String(), "level=WARN")
				assert.Contains(t, log.String(), tt.paths[0])
			}
			assert.NotContains(t, log.String(), "ada@")
		})
	}
}
