package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/inbox"
	"github.com/licensespring-go/licensespring/billing/reconcile"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// statsTimeout bounds reading the statistics of the queue.
const statsTimeout = 2 * time.Second

// eventDispositions are all dispositions of events, in display order.
var eventDispositions = [...]stripehook.Disposition{
	stripehook.DispositionStored, stripehook.DispositionQueued, stripehook.DispositionRequested, stripehook.DispositionDuplicate,
	stripehook.DispositionIgnored, stripehook.DispositionRejected,
	stripehook.DispositionInvalid, stripehook.DispositionFailed,
}

// deliveryDispositions are all dispositions of deliveries, in display order.
var deliveryDispositions = [...]fulfillment.Disposition{
	fulfillment.DispositionDone, fulfillment.DispositionRetry, fulfillment.DispositionDead,
}

// metrics holds the metrics of /metrics. Label values never come from requests, except
// for the types of ignored events, whose number is limited.
type metrics struct {
	registry     *prometheus.Registry
	events       *prometheus.CounterVec
	licenses     prometheus.Counter
	jobs         *prometheus.CounterVec
	changes      *prometheus.CounterVec
	deliveries   *prometheus.CounterVec
	requests     *prometheus.CounterVec
	notices      *prometheus.CounterVec
	orderTime    prometheus.Histogram
	deliveryTime prometheus.Histogram
}

func newMetrics(pipeline *fulfillment.Pipeline, in *inbox.Inbox, recent *activity, requestsPerMinute int) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "licensed_webhook_events_total", Help: "Webhook deliveries, and events of the inbox, by disposition.",
		}, []string{"disposition"}),
		licenses: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "licensed_webhook_licenses_total", Help: "Licenses in queued events, including repeated events.",
		}),
		jobs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "licensed_reconciliations_total", Help: "Reconciliations of subscriptions and payments by result: done or retry.",
		}, []string{"result"}),
		changes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "licensed_license_changes_total", Help: "Changes of licenses by outcome.",
		}, []string{"outcome"}),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "licensed_order_deliveries_total", Help: "Deliveries of orders to workers by disposition.",
		}, []string{"disposition"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "licensed_api_requests_total", Help: "Requests to the service by the status of the response.",
		}, []string{"status"}),
		notices: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "licensed_notifications_total", Help: "Notifications posted to the shop by type and disposition: delivered or retry.",
		}, []string{"type", "disposition"}),
		orderTime: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "licensed_order_duration_seconds", Help: "Time from enqueueing an order to its stored result.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600, 6 * 3600, 24 * 3600},
		}),
		deliveryTime: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "licensed_delivery_duration_seconds", Help: "Duration of deliveries to workers.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120},
		}),
	}
	m.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.events, m.licenses, m.jobs, m.changes, m.deliveries, m.requests, m.notices, m.orderTime, m.deliveryTime,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "licensed_api_requests_last_minute", Help: "Requests to the service in the last 60 seconds.",
		}, func() float64 { return float64(recent.snapshot().requestsLastMinute) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "licensed_api_requests_per_minute_limit", Help: "Requests to the service that the rate limiter permits in 60 seconds.",
		}, func() float64 { return float64(requestsPerMinute) }),
		newQueueCollector(pipeline, in, recent),
	)
	// Counters start at 0, so that the first increment has a rate.
	for _, d := range eventDispositions {
		m.events.WithLabelValues(string(d))
	}
	for _, d := range deliveryDispositions {
		m.deliveries.WithLabelValues(string(d))
	}
	for _, result := range []string{jobDone, jobRetry} {
		m.jobs.WithLabelValues(result)
	}
	for _, kind := range []string{notificationIssued, notificationFailed, reconcile.AnnounceChanged, reconcile.AnnounceSuspended} {
		m.notices.WithLabelValues(kind, "delivered")
		m.notices.WithLabelValues(kind, "retry")
	}
	return m
}

func (m *metrics) recordEvent(r stripehook.Report) {
	m.events.WithLabelValues(string(r.Disposition)).Inc()
	m.licenses.Add(float64(r.Licenses))
}

func (m *metrics) recordDelivery(e fulfillment.Event) {
	m.deliveries.WithLabelValues(string(e.Disposition)).Inc()
	m.deliveryTime.Observe(e.Duration.Seconds())
	if e.Disposition == fulfillment.DispositionDone {
		m.orderTime.Observe(e.Age.Seconds())
	}
}

// queueCollector reads the statistics of the queue for each scrape.
type queueCollector struct {
	pipeline    *fulfillment.Pipeline
	inbox       *inbox.Inbox
	up          *prometheus.Desc
	gauges      []queueGauge
	activity    *activity
	ignored     *prometheus.Desc
	inboxGauges []inboxGauge
}

type inboxGauge struct {
	desc  *prometheus.Desc
	value func(inbox.Stats) float64
}

type queueGauge struct {
	desc  *prometheus.Desc
	value func(fulfillment.Stats) float64
}

func newQueueCollector(pipeline *fulfillment.Pipeline, in *inbox.Inbox, recent *activity) *queueCollector {
	c := &queueCollector{
		pipeline: pipeline, inbox: in, activity: recent,
		ignored: prometheus.NewDesc("licensed_webhook_ignored_total", "Ignored events by type and reason.", []string{"type", "reason"}, nil),
		up:      prometheus.NewDesc("licensed_queue_up", "1 if the queue is reachable and writable.", nil, nil),
	}
	add := func(name, help string, value func(fulfillment.Stats) float64) {
		c.gauges = append(c.gauges, queueGauge{prometheus.NewDesc("licensed_queue_"+name, help, nil, nil), value})
	}
	add("depth", "Unfinished orders in the queue.", func(s fulfillment.Stats) float64 { return float64(s.Depth) })
	add("waiting", "Orders that were never delivered to a worker.", func(s fulfillment.Stats) float64 { return float64(s.Waiting) })
	add("in_flight", "Orders that a worker is processing or that wait for a retry.", func(s fulfillment.Stats) float64 { return float64(s.InFlight) })
	add("active_calls", "Active calls of the client in this process.", func(s fulfillment.Stats) float64 { return float64(s.ActiveCalls) })
	add("results", "Stored results.", func(s fulfillment.Stats) float64 { return float64(s.Done) })
	add("dead_letters", "Dead letters.", func(s fulfillment.Stats) float64 { return float64(s.Dead) })
	add("missing_orders", "Accepted orders and events that the store has lost.", func(s fulfillment.Stats) float64 { return float64(s.Missing) })
	add("oldest_age_seconds", "Age of the oldest order in the queue.", func(s fulfillment.Stats) float64 { return s.OldestAge.Seconds() })
	addInbox := func(name, help string, value func(inbox.Stats) float64) {
		c.inboxGauges = append(c.inboxGauges, inboxGauge{prometheus.NewDesc("licensed_inbox_"+name, help, nil, nil), value})
	}
	addInbox("events", "Stored events that have not led to an order or a dead letter.", func(s inbox.Stats) float64 { return float64(s.Events.Depth) })
	addInbox("oldest_age_seconds", "Age of the oldest stored event.", func(s inbox.Stats) float64 { return s.Events.OldestAge.Seconds() })
	addInbox("expected_invoices", "Paid sessions whose invoice has not led to an order.", func(s inbox.Stats) float64 { return float64(s.Expected.Depth) })
	return c
}

// Describe sends the descriptions of the metrics.
func (c *queueCollector) Describe(to chan<- *prometheus.Desc) {
	to <- c.up
	to <- c.ignored
	for _, g := range c.gauges {
		to <- g.desc
	}
	for _, g := range c.inboxGauges {
		to <- g.desc
	}
}

// Collect reads the queue and sends the metrics.
func (c *queueCollector) Collect(to chan<- prometheus.Metric) {
	for kind, n := range c.activity.ignoredCounts() {
		to <- prometheus.MustNewConstMetric(c.ignored, prometheus.CounterValue, float64(n), kind.Type, kind.Reason)
	}
	// The interface has no context.
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
	inboxStats, err := c.inbox.Stats(ctx)
	if err != nil {
		return
	}
	for _, g := range c.inboxGauges {
		to <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, g.value(inboxStats))
	}
}

func (m *metrics) recordNotification(kind string, err error) {
	disposition := "delivered"
	if err != nil {
		disposition = "retry"
	}
	m.notices.WithLabelValues(kind, disposition).Inc()
}
