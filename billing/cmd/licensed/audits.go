package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/licensespring-go/licensespring/billing/audit"
	"github.com/licensespring-go/licensespring/billing/lifecycle"
)

// audits runs audits, one at a time, and holds the last summary.
type audits struct {
	app     *app
	running sync.Mutex

	mu   sync.Mutex
	last *audit.Summary
}

// latest returns the summary of the last audit, or nil.
func (a *audits) latest() *audit.Summary {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.last
}

var errAuditRunning = errors.New("an audit is running")

// run audits from a position.
func (a *audits) run(ctx context.Context, from audit.Position, fix bool, report func(audit.Difference) error) (*audit.Summary, error) {
	if !a.running.TryLock() {
		return nil, errAuditRunning
	}
	defer a.running.Unlock()
	run := audit.Audit{
		Subjects: lifecycle.NewReader(a.app.stripeItems()), Reconciler: a.app.reconciler, Client: a.app.client,
		OrderIDPrefix: a.app.set.idPrefix, Fix: fix,
	}
	summary, err := run.Run(ctx, from, report)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last = summary
	return summary, err
}

// runAtIntervals audits at intervals, until ctx ends.
func (a *audits) runAtIntervals(ctx context.Context, interval time.Duration) {
	if interval == 0 || a.app.reconciler == nil {
		return
	}
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		summary, err := a.run(ctx, audit.Position{}, false, func(d audit.Difference) error {
			a.app.logger.LogAttrs(ctx, slog.LevelWarn, "audit difference", slog.String("kind", string(d.Kind)),
				slog.String("subject", d.Subject), slog.Int64("license", d.License), slog.String("cause", d.Cause))
			return nil
		})
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			a.app.logger.LogAttrs(ctx, slog.LevelError, "audit failed", slog.Any("error", err))
		default:
			a.app.logger.LogAttrs(ctx, slog.LevelInfo, "audit done", slog.String("result", auditText(summary)))
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// auditText describes a summary in one line.
func auditText(s *audit.Summary) string {
	text := fmt.Sprintf("%s: %d subscriptions and payments, %d licenses", s.EndedAt.UTC().Format("2006-01-02 15:04"), s.Subjects, s.Licenses)
	if !s.Complete {
		text += ", incomplete"
	}
	if len(s.Differences) == 0 {
		return text + ", no differences"
	}
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(s.Differences)) {
		parts = append(parts, fmt.Sprintf("%d %s", s.Differences[kind], kind))
	}
	for _, fix := range slices.Sorted(maps.Keys(s.Fixes)) {
		parts = append(parts, fmt.Sprintf("%d corrected: %s", s.Fixes[fix], fix))
	}
	return text + "; " + strings.Join(parts, ", ")
}

// auditRequest is the body of POST /api/audit.
type auditRequest struct {
	Fix  bool           `json:"fix,omitzero"`
	From audit.Position `json:"from,omitzero"`
}

// auditLine is one line of the response: a difference, or the summary at the end.
type auditLine struct {
	*audit.Difference

	Summary *audit.Summary `json:"summary,omitzero"`
	// Failure is the error that ended the audit early.
	Failure string `json:"failure,omitzero"`
}

// audit runs an audit and responds with its differences, one JSON object per line, and
// the summary at the end. It ends when the client disconnects.
func (a *app) audit(w http.ResponseWriter, r *http.Request) {
	var request auditRequest
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxOrderBytes)).Decode(&request); err != nil {
		writeJSON(w, http.StatusBadRequest, errorResponse{Error: "the request is not a JSON object"})
		return
	}
	encoder, controller := json.NewEncoder(w), http.NewResponseController(w)
	_ = controller.SetWriteDeadline(time.Time{}) // an audit may take long
	started := false
	write := func(line auditLine) error {
		if !started {
			started = true
			w.Header().Set("Content-Type", "application/jsonl")
		}
		if err := encoder.Encode(line); err != nil {
			return err
		}
		return controller.Flush()
	}
	summary, err := a.audits.run(r.Context(), request.From, request.Fix, func(d audit.Difference) error {
		return write(auditLine{Difference: &d})
	})
	if errors.Is(err, errAuditRunning) {
		writeJSON(w, http.StatusConflict, errorResponse{Error: err.Error()})
		return
	}
	line := auditLine{Summary: summary}
	if err != nil {
		line.Failure = err.Error()
	}
	_ = write(line)
}

// auditCollector reports the last audit as metrics.
type auditCollector struct {
	audits               *audits
	differences, endedAt *prometheus.Desc
}

func newAuditCollector(a *audits) *auditCollector {
	return &auditCollector{
		audits:      a,
		differences: prometheus.NewDesc("licensed_audit_differences", "Differences of the last complete audit by kind.", []string{"kind"}, nil),
		endedAt:     prometheus.NewDesc("licensed_audit_timestamp_seconds", "End of the last complete audit.", nil, nil),
	}
}

// Describe sends the descriptions of the metrics.
func (c *auditCollector) Describe(to chan<- *prometheus.Desc) {
	to <- c.differences
	to <- c.endedAt
}

// Collect sends the metrics of the last audit, if it is complete.
func (c *auditCollector) Collect(to chan<- prometheus.Metric) {
	s := c.audits.latest()
	if s == nil || !s.Complete {
		return
	}
	to <- prometheus.MustNewConstMetric(c.endedAt, prometheus.GaugeValue, float64(s.EndedAt.Unix()))
	for _, kind := range [...]audit.Kind{
		audit.KindUnlicensed, audit.KindDisabled, audit.KindUnpaid, audit.KindDuplicate, audit.KindDate, audit.KindValues,
		audit.KindReview, audit.KindOrphan, audit.KindError,
	} {
		to <- prometheus.MustNewConstMetric(c.differences, prometheus.GaugeValue, float64(s.Differences[kind]), string(kind))
	}
}
