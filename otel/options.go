package otellicensespring

import (
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// Option configures an observer. See [Observer].
type Option func(*config)

type config struct {
	tracers        trace.TracerProvider
	meters         metric.MeterProvider
	withoutOrderID bool
}

// newConfig uses the global providers as defaults.
func newConfig(options []Option) config {
	var cfg config
	for _, option := range options {
		if option != nil {
			option(&cfg)
		}
	}
	if cfg.tracers == nil {
		cfg.tracers = otel.GetTracerProvider()
	}
	if cfg.meters == nil {
		cfg.meters = otel.GetMeterProvider()
	}
	return cfg
}

// WithTracerProvider sets the provider of the spans. The default, also for nil, is
// the global provider at the time of the call of [Observer].
func WithTracerProvider(provider trace.TracerProvider) Option {
	return func(c *config) { c.tracers = provider }
}

// WithMeterProvider sets the provider of the metrics. The default, also for nil, is
// the global provider at the time of the call of [Observer].
func WithMeterProvider(provider metric.MeterProvider) Option {
	return func(c *config) { c.meters = provider }
}

// WithoutOrderID omits the ids of orders and licenses from spans: the id of the
// caller, and the ids of the service, also in url.full, which then contains the
// template. Metrics never contain ids.
func WithoutOrderID() Option {
	return func(c *config) { c.withoutOrderID = true }
}
