package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
)

const (
	// queueCheckInterval is the interval between write probes of the queue.
	queueCheckInterval = 10 * time.Second
	// keyCheckInterval is the interval between checks of a key.
	keyCheckInterval = 5 * time.Minute
	// failedCheckInterval is the maximum interval after a failed check.
	failedCheckInterval = 15 * time.Second
	// checkTimeout bounds one check.
	checkTimeout = 30 * time.Second
)

// errNotChecked is the result of a check that has not returned yet.
var errNotChecked = errors.New("not checked yet")

// errInconclusive wraps the error of a check that shows neither that its subject
// works nor that it does not, such as an outage of another service. It leaves the
// last result unchanged: an outage must not make the webhook unavailable.
var errInconclusive = errors.New("inconclusive")

// readiness runs named checks at intervals. The service is ready if none failed.
type readiness struct {
	logger *slog.Logger
	checks []readinessCheck

	mu      sync.Mutex
	results []checkResult // by the index of the check
}

type readinessCheck struct {
	interval time.Duration
	check    func(context.Context) error
}

// checkResult is the last result of a check.
type checkResult struct {
	Name      string    `json:"name"`
	Error     string    `json:"error,omitzero"` // empty if the check succeeded
	CheckedAt time.Time `json:"checked_at,omitzero"`
}

// add registers a check. The texts of its errors are public. It must not be called
// after run.
func (r *readiness) add(name string, interval time.Duration, check func(context.Context) error) {
	r.checks = append(r.checks, readinessCheck{interval: interval, check: check})
	r.results = append(r.results, checkResult{Name: name, Error: errNotChecked.Error()})
}

// run repeats the checks until ctx ends.
func (r *readiness) run(ctx context.Context) {
	var all sync.WaitGroup
	for i, c := range r.checks {
		all.Go(func() {
			timer := time.NewTimer(0)
			defer timer.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-timer.C:
					interval := c.interval
					if !r.runOnce(ctx, i) {
						interval = min(interval, failedCheckInterval)
					}
					timer.Reset(interval)
				}
			}
		})
	}
	all.Wait()
}

// runOnce runs a check and reports whether it succeeded.
func (r *readiness) runOnce(ctx context.Context, i int) bool {
	checkCtx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	err := r.checks[i].check(checkCtx)
	if ctx.Err() != nil { // the program ends
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	result := &r.results[i]
	before := result.Error
	switch {
	case errors.Is(err, errInconclusive) && !result.CheckedAt.IsZero():
		return false
	case err == nil, errors.Is(err, errInconclusive):
		result.Error = ""
	default:
		result.Error = err.Error()
	}
	result.CheckedAt = time.Now().UTC()
	switch {
	case result.Error == before:
	case result.Error != "":
		r.logger.LogAttrs(ctx, slog.LevelError, "not ready", slog.String("check", result.Name), slog.String("error", result.Error))
	case before != errNotChecked.Error():
		r.logger.LogAttrs(ctx, slog.LevelInfo, "ready again", slog.String("check", result.Name))
	}
	return err == nil
}

// snapshot returns the results in the order of registration.
func (r *readiness) snapshot() []checkResult {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]checkResult(nil), r.results...)
}

// failures returns the failed checks as lines of text, or the check with a name if it
// failed. It reports whether there is such a check.
func (r *readiness) failures(name string) (lines []string, ok bool) {
	for _, c := range r.snapshot() {
		if name != "" && c.Name != name {
			continue
		}
		ok = true
		if c.Error != "" {
			lines = append(lines, c.Name+": "+c.Error)
		}
	}
	return lines, ok
}

// readinessCollector reports the checks as metrics.
type readinessCollector struct {
	readiness *readiness
	desc      *prometheus.Desc
}

func newReadinessCollector(r *readiness) *readinessCollector {
	return &readinessCollector{readiness: r, desc: prometheus.NewDesc("licensed_ready", "1 if the last readiness check succeeded.", []string{"check"}, nil)}
}

// Describe sends the description of the metric.
func (c *readinessCollector) Describe(to chan<- *prometheus.Desc) { to <- c.desc }

// Collect sends one metric for each check.
func (c *readinessCollector) Collect(to chan<- prometheus.Metric) {
	for _, result := range c.readiness.snapshot() {
		value := 0.0
		if result.Error == "" {
			value = 1
		}
		to <- prometheus.MustNewConstMetric(c.desc, prometheus.GaugeValue, value, result.Name)
	}
}

// addChecks registers the checks of the service.
func (a *app) addChecks() {
	a.readiness.add("queue", queueCheckInterval, a.checkQueue)
	if !a.set.fake {
		a.readiness.add("management_key", keyCheckInterval, a.checkManagementKey)
	}
	if !a.set.fake || !a.set.stripeKey.IsZero() {
		a.readiness.add("stripe_key", keyCheckInterval, a.checkStripeKey)
		a.readiness.add("stripe_endpoint", keyCheckInterval, a.checkStripeEndpoint)
	}
}

// checkQueue writes to the queue.
func (a *app) checkQueue(ctx context.Context) error {
	err := a.pipeline.Probe(ctx)
	if err != nil {
		a.logger.LogAttrs(ctx, slog.LevelDebug, "queue probe failed", slog.Any("error", err))
		return errors.New(queueErrorText(err))
	}
	return nil
}

// checkManagementKey reads an order, which requires the same permission as the workers.
func (a *app) checkManagementKey(ctx context.Context) error {
	var err error
	for _, err = range a.client.ListOrders(ctx, licensespring.OrderFilter{PageSize: 1}) {
		break
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, licensespring.ErrUnauthorized):
		return errors.New("the service rejected the management key")
	default:
		return fmt.Errorf("%w: %w", errInconclusive, err)
	}
}

// readyz reports whether the service can process events, or whether one check
// succeeded.
func (a *app) readyz(w http.ResponseWriter, r *http.Request) {
	failures, ok := a.readiness.failures(r.PathValue("check"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	if a.draining.Load() {
		failures = append([]string{"draining"}, failures...)
	}
	if len(failures) > 0 {
		http.Error(w, strings.Join(failures, "\n"), http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "ok\n")
}

// healthz reports whether the process works. Only a restart recovers a failed store.
func (a *app) healthz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), statsTimeout)
	defer cancel()
	if err := a.pipeline.Health(ctx); errors.Is(err, fulfillment.ErrStoreFailed) {
		http.Error(w, queueErrorText(err), http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "ok\n")
}

// warnAboutRateLimit reports a rate limit that one IP address cannot use.
func (a *app) warnAboutRateLimit() {
	if usable := a.set.requestsPerMinute(); a.set.rateLimit > usable {
		a.logger.Warn("the rate limit exceeds that of one IP address: 20 requests per second (200 in 10 s)",
			slog.Int("rate_limit_per_minute", a.set.rateLimit), slog.Int("usable_per_minute", usable))
	}
}
