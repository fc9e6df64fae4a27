package otellicensespring

import (
	"context"

	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/licensespring-go/licensespring"
)

// scope is the name of the instrumentation scope.
const scope = "github.com/licensespring-go/licensespring/otel"

// Observer returns an observer for [licensespring.WithObserver] that records spans
// and metrics of calls and attempts. Several clients may share it. It starts no
// goroutine and needs no shutdown.
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

// instrumentation is the immutable state of one observer.
type instrumentation struct {
	tracer         trace.Tracer
	metrics        metrics
	withoutOrderID bool
}

// callKey is the context key of the call of one observer. A client may have several
// observers with different providers.
type callKey struct{ in *instrumentation }

// callOf returns nil if another observer has replaced the context of startCall.
func (in *instrumentation) callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{in}).(*call)
	return c
}
