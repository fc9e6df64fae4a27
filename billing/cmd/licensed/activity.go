package main

import (
	"errors"
	"maps"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/reconcile"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// maxIgnoredTypes is the maximum number of types of ignored events that are counted
// separately. The number of types that Stripe sends is not limited.
const maxIgnoredTypes = 50

// ignoredEvent is a kind of ignored events.
type ignoredEvent struct {
	Type   string `json:"type"`
	Reason string `json:"reason"`
}

// maxFailures is the number of recent failures that are kept.
const maxFailures = 30

// failure describes a failed event or delivery. It contains no customer data except
// the order id.
type failure struct {
	At          time.Time `json:"at"`
	Source      string    `json:"source"` // webhook, inbox or worker
	OrderID     string    `json:"order_id,omitzero"`
	Disposition string    `json:"disposition"`
	Kind        string    `json:"kind,omitzero"`
	Reason      string    `json:"reason"`
	Deliveries  int       `json:"deliveries,omitzero"`
	RetryAt     time.Time `json:"retry_at,omitzero"`
}

// activity records events, deliveries and requests since the start.
type activity struct {
	mu         sync.Mutex
	failures   []failure // newest last
	events     map[stripehook.Disposition]int
	deliveries map[fulfillment.Disposition]int
	ignored    map[ignoredEvent]int
	requests   rateCounter
	// lastInvalid is the last invalid request to the webhook. It is separate from
	// the failures because any client can cause it.
	lastInvalid failure
}

func newActivity() *activity {
	return &activity{events: map[stripehook.Disposition]int{}, deliveries: map[fulfillment.Disposition]int{}, ignored: map[ignoredEvent]int{}}
}

func (a *activity) addFailure(f failure) {
	if len(a.failures) == maxFailures {
		a.failures = append(a.failures[:0], a.failures[1:]...)
	}
	f.Reason = truncate(f.Reason)
	a.failures = append(a.failures, f)
}

// recordEvent records an event of the webhook.
func (a *activity) recordEvent(r stripehook.Report) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.events[r.Disposition]++
	f := failure{At: time.Now(), Source: eventSource(r), OrderID: r.OrderID, Disposition: string(r.Disposition), Reason: r.Reason}
	switch r.Disposition {
	case stripehook.DispositionIgnored:
		a.ignored[a.ignoredEvent(r)]++
	case stripehook.DispositionQueued, stripehook.DispositionStored, stripehook.DispositionRequested,
		stripehook.DispositionDuplicate, stripehook.DispositionWaiting:
	case stripehook.DispositionInvalid:
		a.lastInvalid = f
	case stripehook.DispositionRejected, stripehook.DispositionFailed:
		a.addFailure(f)
	}
}

// recordJob records a failed reconciliation.
func (a *activity) recordJob(r reconcile.Report) {
	if r.Err == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.addFailure(failure{
		At: time.Now(), Source: reconcile.SourceOfReviews, OrderID: r.Subject.ID, Disposition: jobRetry, Reason: truncate(r.Err.Error()),
		Deliveries: r.Attempt + 1,
	})
}

// ignoredEvent returns the kind of an ignored event.
func (a *activity) ignoredEvent(r stripehook.Report) ignoredEvent {
	kind := ignoredEvent{Type: truncate(r.EventType), Reason: r.Reason}
	if _, ok := a.ignored[kind]; !ok && len(a.ignored) >= maxIgnoredTypes {
		kind.Type = "other"
	}
	return kind
}

// ignoredCounts returns the counts of ignored events.
func (a *activity) ignoredCounts() map[ignoredEvent]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.ignored)
}

func eventSource(r stripehook.Report) string {
	if r.FromInbox {
		return "inbox"
	}
	return "webhook"
}

// recordDelivery records a delivery of an order to a worker.
func (a *activity) recordDelivery(e fulfillment.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.deliveries[e.Disposition]++
	if e.Disposition == fulfillment.DispositionDone || errors.Is(e.Err, fulfillment.ErrPaused) {
		return // the cause of a pause was recorded before
	}
	f := failure{
		At: time.Now(), Source: "worker", OrderID: e.OrderID, Disposition: string(e.Disposition),
		Kind: errorKind(e.Err), Reason: "unknown", Deliveries: e.Deliveries,
	}
	if e.Err != nil {
		f.Reason = e.Err.Error()
	}
	if e.RetryIn > 0 {
		f.RetryAt = f.At.Add(e.RetryIn)
	}
	a.addFailure(f)
}

// recordRequest records a request to the service.
func (a *activity) recordRequest() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests.add(time.Now())
}

// activitySnapshot is a copy of the activity.
type activitySnapshot struct {
	failures           []failure // newest first
	events             map[stripehook.Disposition]int
	deliveries         map[fulfillment.Disposition]int
	lastInvalid        failure
	requestsLastMinute int
}

func (a *activity) snapshot() activitySnapshot {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := activitySnapshot{
		failures: make([]failure, len(a.failures)),
		events:   maps.Clone(a.events), deliveries: maps.Clone(a.deliveries),
		lastInvalid: a.lastInvalid, requestsLastMinute: a.requests.sum(time.Now()),
	}
	for i, f := range a.failures {
		s.failures[len(s.failures)-1-i] = f
	}
	return s
}

// errorKind returns the kind of an error of the SDK, or an empty string.
func errorKind(err error) string {
	if e, ok := errors.AsType[*licensespring.Error](err); ok {
		return string(e.Kind)
	}
	return ""
}

// truncate shortens a text for a table.
func truncate(s string) string {
	const maxBytes = 300
	if len(s) <= maxBytes {
		return s
	}
	end := maxBytes
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}
