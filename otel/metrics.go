package otellicensespring

import (
	"context"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/httpconv"

	"github.com/licensespring-go/licensespring"
)

type metrics struct {
	requests httpconv.ClientRequestDuration
	calls    metric.Float64Histogram
	attempts metric.Int64Histogram
}

// newMetrics never fails: what cannot be measured is reported to OpenTelemetry's
// error handler, and orders are made all the same.
func newMetrics(meter metric.Meter) metrics {
	var (
		m   metrics
		err error
	)
	if m.requests, err = httpconv.NewClientRequestDuration(meter); err != nil {
		otel.Handle(err)
	}
	m.calls, err = meter.Float64Histogram("licensespring.client.call.duration",
		metric.WithUnit("s"),
		metric.WithDescription("Duration of calls, with all attempts and waits."),
		metric.WithExplicitBucketBoundaries(
			0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)) // up to the client's limit for a call
	if err != nil {
		otel.Handle(err)
		m.calls = noop.Float64Histogram{}
	}
	m.attempts, err = meter.Int64Histogram("licensespring.client.call.attempts",
		metric.WithUnit("{attempt}"),
		metric.WithDescription("Attempts of calls, with the lookups that settle an outcome."),
		metric.WithExplicitBucketBoundaries(0, 1, 2, 3, 4, 6, 8, 12, 16))
	if err != nil {
		otel.Handle(err)
		m.attempts = noop.Int64Histogram{}
	}
	return m
}

func (m *metrics) recordCall(ctx context.Context, ended licensespring.CallEnded) {
	if !m.calls.Enabled(ctx) && !m.attempts.Enabled(ctx) {
		return
	}
	attrs := append(outcomeAttributes(ended), keyOp.String(snake(ended.Op)))
	set := metric.WithAttributeSet(attribute.NewSet(attrs...))
	m.calls.Record(ctx, ended.Took.Seconds(), set)
	m.attempts.Record(ctx, int64(len(ended.Attempts)), set)
}

func (m *metrics) recordAttempt(ctx context.Context, a *attempt, took time.Duration, answer []attribute.KeyValue) {
	if !m.requests.Enabled(ctx) {
		return
	}
	attrs := append([]attribute.KeyValue{semconv.URLTemplate(a.target.template)}, answer...)
	m.requests.Record(ctx, took.Seconds(), httpconv.RequestMethodAttr(a.started.Method), a.target.address, a.target.port, attrs...)
}
