package otellicensespring

import (
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// Option sets one thing about an observer. Options are passed to [Observer].
type Option func(*config)

type config struct {
	tracers        trace.TracerProvider
	meters         metric.MeterProvider
	withoutOrderID bool
}

// newConfig takes the global providers only where no others are given.
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

// WithTracerProvider sets where spans go. Without it, or with nil, it is the
// global provider of the time at which [Observer] is called.
func WithTracerProvider(provider trace.TracerProvider) Option {
	return func(c *config) { c.tracers = provider }
}

// WithMeterProvider sets where metrics go. Without it, or with nil, it is the
// global provider of the time at which [Observer] is called.
func WithMeterProvider(provider metric.MeterProvider) Option {
	return func(c *config) { c.meters = provider }
}

// WithoutOrderID leaves the ids of orders out of spans: the caller's, and the
// service's own in url.full, where the template takes its place. Metrics never
// hold them.
func WithoutOrderID() Option {
	return func(c *config) { c.withoutOrderID = true }
}
