package otellicensespring

import (
	"context"

	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/licensespring-go/licensespring"
)

// scope is the name of the instrumentation, on each span and metric.
const scope = "github.com/licensespring-go/licensespring/otel"

// Observer returns an observer for [licensespring.WithObserver] that makes spans
// and metrics of calls and attempts. It starts and registers nothing. Any number
// of clients may share it.
func Observer(options ...Option) licensespring.Observer {
	cfg := newConfig(options)
	in := &instrumentation{
		tracer:         cfg.tracers.Tracer(scope, trace.WithSchemaURL(semconv.SchemaURL)),
		metrics:        newMetrics(cfg.meters.Meter(scope, metric.WithSchemaURL(semconv.SchemaURL))),
		withoutOrderID: cfg.withoutOrderID,
	}
	return licensespring.Observer{
		StartCall:    in.startCall,
		EndCall:      in.endCall,
		StartAttempt: in.startAttempt,
		EndAttempt:   in.endAttempt,
	}
}

// instrumentation is what the funcs of one observer share. It does not change.
type instrumentation struct {
	tracer         trace.Tracer
	metrics        metrics
	withoutOrderID bool
}

// callKey finds the call of one observer in a context: a client may have two,
// with providers of their own.
type callKey struct{ in *instrumentation }

// callOf returns nil for a context that does not come from startCall: another
// observer may have put one of its own in its place.
func (in *instrumentation) callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{in}).(*call)
	return c
}
