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

// newMetrics reports errors to OpenTelemetry's error handler and uses a no-op
// instrument instead, because metrics must not prevent orders.
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
		metric.WithDescription("Duration of calls, including all attempts and waits."),
		metric.WithExplicitBucketBoundaries(
			0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)) // up to the default call timeout
	if err != nil {
		otel.Handle(err)
		m.calls = noop.Float64Histogram{}
	}
	m.attempts, err = meter.Int64Histogram("licensespring.client.call.attempts",
		metric.WithUnit("{attempt}"),
		metric.WithDescription("Number of attempts per call, including lookups."),
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
	attrs := append(outcomeAttributes(ended), keyOp.String(snake(string(ended.Op))))
	set := metric.WithAttributeSet(attribute.NewSet(attrs...))
	m.calls.Record(ctx, ended.Took.Seconds(), set)
	m.attempts.Record(ctx, int64(len(ended.Attempts)), set)
}

func (m *metrics) recordAttempt(ctx context.Context, a *attempt, took time.Duration, attrs []attribute.KeyValue) {
	if !m.requests.Enabled(ctx) {
		return
	}
	attrs = append([]attribute.KeyValue{semconv.URLTemplate(a.target.template)}, attrs...)
	m.requests.Record(ctx, took.Seconds(), httpconv.RequestMethodAttr(a.started.Method), a.target.address, a.target.port, attrs...)
}
