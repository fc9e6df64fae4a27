package main

import (
	"errors"
	"maps"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// shownFailures is how many of the last failures are remembered.
const shownFailures = 30

// failure is something that went wrong, for a person to read. Nothing in it is a
// customer's but the order's id.
type failure struct {
	At         time.Time `json:"at"`
	Where      string    `json:"where"` // webhook or worker
	OrderID    string    `json:"order_id,omitzero"`
	Ending     string    `json:"ending"`
	Kind       string    `json:"kind,omitzero"`
	Reason     string    `json:"reason"`
	Deliveries int       `json:"deliveries,omitzero"`
	RetryAt    time.Time `json:"retry_at,omitzero"`
}

// board remembers what happened since the start, for the status page.
type board struct {
	mu         sync.Mutex
	failures   []failure // newest last
	webhook    map[stripehook.Disposition]int
	deliveries map[fulfillment.Ending]int
	requests   meter
	// refused is the last request that was not one of Stripe's. It is not among
	// the failures: whoever finds the port could push those out.
	refused failure
}

func newBoard() *board {
	return &board{webhook: map[stripehook.Disposition]int{}, deliveries: map[fulfillment.Ending]int{}}
}

func (b *board) add(f failure) {
	if len(b.failures) == shownFailures {
		b.failures = append(b.failures[:0], b.failures[1:]...)
	}
	f.Reason = bounded(f.Reason)
	b.failures = append(b.failures, f)
}

// event notes what became of an event of Stripe's.
func (b *board) event(r stripehook.Report) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.webhook[r.Disposition]++
	f := failure{At: time.Now(), Where: "webhook", OrderID: r.OrderID, Ending: string(r.Disposition), Reason: r.Reason}
	switch r.Disposition {
	case stripehook.Queued, stripehook.Ignored:
	case stripehook.Refused:
		b.refused = f
	case stripehook.Rejected, stripehook.Failed:
		b.add(f)
	}
}

// delivery notes how the delivery of an order to a worker ended.
func (b *board) delivery(e fulfillment.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.deliveries[e.Ending]++
	if e.Ending == fulfillment.Done || errors.Is(e.Err, fulfillment.ErrPaused) {
		return // and what the worker pauses for is here already
	}
	f := failure{
		At: time.Now(), Where: "worker", OrderID: e.OrderID, Ending: string(e.Ending),
		Kind: kindOf(e.Err), Reason: "unknown", Deliveries: e.Deliveries,
	}
	if e.Err != nil {
		f.Reason = e.Err.Error()
	}
	if e.RetryIn > 0 {
		f.RetryAt = f.At.Add(e.RetryIn)
	}
	b.add(f)
}

// request notes a request to the service.
func (b *board) request() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.requests.add(time.Now())
}

// snapshot is what the board shows at one moment.
type snapshot struct {
	failures   []failure // newest first
	webhook    map[stripehook.Disposition]int
	deliveries map[fulfillment.Ending]int
	refused    failure
	lastMinute int
}

func (b *board) snapshot() snapshot {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := snapshot{
		failures: make([]failure, len(b.failures)),
		webhook:  maps.Clone(b.webhook), deliveries: maps.Clone(b.deliveries),
		refused: b.refused, lastMinute: b.requests.sum(time.Now()),
	}
	for i, f := range b.failures {
		s.failures[len(s.failures)-1-i] = f
	}
	return s
}

// kindOf returns the kind of an error of the SDK, in a word.
func kindOf(err error) string {
	if e, ok := errors.AsType[*licensespring.Error](err); ok {
		return string(e.Kind)
	}
	return ""
}

// bounded cuts a text that is too long for a table.
func bounded(s string) string {
	const most = 300
	if len(s) <= most {
		return s
	}
	end := most
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}
