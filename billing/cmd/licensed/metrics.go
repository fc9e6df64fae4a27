package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// statsTimeout is how long reading the queue's numbers may take.
const statsTimeout = 2 * time.Second

// metrics are what /metrics shows, in a registry of its own. No label has a value
// that comes from outside.
type metrics struct {
	registry   *prometheus.Registry
	events     *prometheus.CounterVec
	licenses   prometheus.Counter
	deliveries *prometheus.CounterVec
	requests   *prometheus.CounterVec
	waited     prometheus.Histogram
	took       prometheus.Histogram
}

func newMetrics(pipeline *fulfillment.Pipeline, b *board, perMinute int) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "licensed_webhook_events_total", Help: "Deliveries of events by what became of them.",
		}, []string{"disposition"}),
		licenses: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "licensed_webhook_licenses_total", Help: "Licenses asked for by queued events, repeated ones included.",
		}),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "licensed_order_deliveries_total", Help: "Deliveries of orders to workers by how they ended.",
		}, []string{"ending"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "licensed_api_requests_total", Help: "Requests to the service by the status of the answer.",
		}, []string{"status"}),
		waited: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "licensed_order_duration_seconds", Help: "Time from the queue to the stored result.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600, 6 * 3600, 24 * 3600},
		}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "licensed_delivery_duration_seconds", Help: "Time that a delivery to a worker took.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120},
		}),
	}
	m.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.events, m.licenses, m.deliveries, m.requests, m.waited, m.took,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "licensed_api_requests_last_minute", Help: "Requests to the service in the last 60 seconds.",
		}, func() float64 { return float64(b.snapshot().lastMinute) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "licensed_api_requests_per_minute_limit", Help: "Requests to the service that the budget allows in 60 seconds.",
		}, func() float64 { return float64(perMinute) }),
		newQueueCollector(pipeline),
	)
	// Shown as 0 from the start, so that a rate can be taken of the first one.
	for _, d := range [...]stripehook.Disposition{
		stripehook.Queued, stripehook.Ignored, stripehook.Rejected, stripehook.Refused, stripehook.Failed,
	} {
		m.events.WithLabelValues(string(d))
	}
	for _, e := range [...]fulfillment.Ending{fulfillment.Done, fulfillment.Later, fulfillment.Dead} {
		m.deliveries.WithLabelValues(string(e))
	}
	return m
}

func (m *metrics) event(r stripehook.Report) {
	m.events.WithLabelValues(string(r.Disposition)).Inc()
	m.licenses.Add(float64(r.Licenses))
}

func (m *metrics) delivery(e fulfillment.Event) {
	m.deliveries.WithLabelValues(string(e.Ending)).Inc()
	m.took.Observe(e.Took.Seconds())
	if e.Ending == fulfillment.Done {
		m.waited.Observe(e.Waited.Seconds())
	}
}

// queueCollector reads the queue's numbers when they are asked for.
type queueCollector struct {
	pipeline *fulfillment.Pipeline
	up       *prometheus.Desc
	gauges   []queueGauge
}

type queueGauge struct {
	desc  *prometheus.Desc
	value func(fulfillment.Stats) float64
}

func newQueueCollector(pipeline *fulfillment.Pipeline) *queueCollector {
	c := &queueCollector{
		pipeline: pipeline,
		up:       prometheus.NewDesc("licensed_queue_up", "1 if the queue answers and can be written.", nil, nil),
	}
	add := func(name, help string, value func(fulfillment.Stats) float64) {
		c.gauges = append(c.gauges, queueGauge{prometheus.NewDesc("licensed_queue_"+name, help, nil, nil), value})
	}
	add("depth", "Orders in the queue, not finished.", func(s fulfillment.Stats) float64 { return float64(s.Depth) })
	add("waiting", "Orders that no worker has had yet.", func(s fulfillment.Stats) float64 { return float64(s.Waiting) })
	add("begun", "Orders that a worker is at, or that wait for another try.", func(s fulfillment.Stats) float64 { return float64(s.Begun) })
	add("calls", "Calls under way in this process.", func(s fulfillment.Stats) float64 { return float64(s.Calls) })
	add("results", "Results that are kept.", func(s fulfillment.Stats) float64 { return float64(s.Done) })
	add("dead_letters", "Dead letters.", func(s fulfillment.Stats) float64 { return float64(s.Dead) })
	add("oldest_age_seconds", "Age of the oldest order of the queue.", func(s fulfillment.Stats) float64 { return s.Oldest.Seconds() })
	return c
}

// Describe tells the registry what there is.
func (c *queueCollector) Describe(to chan<- *prometheus.Desc) {
	to <- c.up
	for _, g := range c.gauges {
		to <- g.desc
	}
}

// Collect asks the queue.
func (c *queueCollector) Collect(to chan<- prometheus.Metric) {
	// A collector is given no context.
	ctx, cancel := context.WithTimeout(context.Background(), statsTimeout)
	defer cancel()
	up := 0.0
	if c.pipeline.Health(ctx) == nil {
		up = 1
	}
	to <- prometheus.MustNewConstMetric(c.up, prometheus.GaugeValue, up)
	stats, err := c.pipeline.Stats(ctx)
	if err != nil {
		return
	}
	for _, g := range c.gauges {
		to <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, g.value(stats))
	}
}
