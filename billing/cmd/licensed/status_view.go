package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/audit"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// statusView is the state of the service, for the status page and the status
// command.
type statusView struct {
	Now      time.Time `json:"now"`
	Started  time.Time `json:"started"`
	Fake     bool      `json:"fake"`
	Service  string    `json:"service"`
	Draining bool      `json:"draining"`

	// QueueError is empty if the queue is healthy. The numbers in Queue are 0 if the
	// queue is unreachable.
	QueueError string    `json:"queue_error,omitzero"`
	Queue      queueView `json:"queue"`
	Inbox      inboxView `json:"inbox"`
	Rate       rateView  `json:"rate"`
	// Jobs describes the reconciliation, and Audit the last audit. They are nil without a
	// key of the Stripe API.
	Jobs  *jobsView      `json:"jobs,omitzero"`
	Audit *audit.Summary `json:"audit,omitzero"`
	// Checks are the results of the readiness checks.
	Checks []checkResult `json:"checks"`

	Events     map[stripehook.Disposition]int  `json:"events"`
	Deliveries map[fulfillment.Disposition]int `json:"deliveries"`
	Ignored    []ignoredView                   `json:"ignored"`
	Failures   []failure                       `json:"failures"`
	// LastInvalid is the last invalid request to the webhook.
	LastInvalid failure `json:"last_invalid,omitzero"`
}

type queueView struct {
	Depth         int     `json:"depth"`
	Waiting       int     `json:"waiting"`
	InFlight      int     `json:"in_flight"`
	ActiveCalls   int     `json:"active_calls"`
	Done          int     `json:"done"`
	Dead          int     `json:"dead"`
	Missing       int     `json:"missing"`
	OldestSeconds float64 `json:"oldest_seconds"`
}

// inboxView describes the stored events.
type inboxView struct {
	Events        int     `json:"events"`
	OldestSeconds float64 `json:"oldest_seconds"`
	// ExpectedInvoices is the number of paid sessions whose invoice has not led to an
	// order.
	ExpectedInvoices int `json:"expected_invoices"`
}

// ignoredView counts ignored events.
type ignoredView struct {
	ignoredEvent

	N int `json:"n"`
}

// ignoredViews returns the counts of ignored events, the largest first.
func (a *app) ignoredViews() []ignoredView {
	views := []ignoredView{}
	for kind, n := range a.activity.ignoredCounts() {
		views = append(views, ignoredView{kind, n})
	}
	slices.SortFunc(views, func(x, y ignoredView) int {
		return cmp.Or(cmp.Compare(y.N, x.N), strings.Compare(x.Type, y.Type), strings.Compare(x.Reason, y.Reason))
	})
	return views
}

// rateView compares the requests of this process with its rate limit.
type rateView struct {
	LastMinute int `json:"last_minute"`
	PerMinute  int `json:"per_minute"`
}

func (a *app) statusView(ctx context.Context) statusView {
	activity := a.activity.snapshot()
	v := statusView{
		Now: time.Now().UTC(), Started: a.started.UTC(), Fake: a.set.fake, Service: a.serviceURL, Draining: a.draining.Load(),
		Rate:   rateView{LastMinute: activity.requestsLastMinute, PerMinute: a.set.requestsPerMinute()},
		Checks: a.readiness.snapshot(),
		Events: activity.events, Deliveries: activity.deliveries, Failures: activity.failures, LastInvalid: activity.lastInvalid,
		Ignored: a.ignoredViews(),
	}
	ctx, cancel := context.WithTimeout(ctx, statsTimeout)
	defer cancel()
	v.QueueError = queueErrorText(a.pipeline.Health(ctx))
	s, err := a.pipeline.Stats(ctx)
	if err != nil {
		v.QueueError = queueErrorText(err)
		return v
	}
	v.Queue = queueView{
		Depth: s.Depth, Waiting: s.Waiting, InFlight: s.InFlight, ActiveCalls: s.ActiveCalls, Done: s.Done, Dead: s.Dead, Missing: s.Missing,
		OldestSeconds: s.OldestAge.Seconds(),
	}
	in, err := a.inbox.Stats(ctx)
	if err != nil {
		v.QueueError = queueErrorText(err)
		return v
	}
	if v.Jobs, err = a.jobsView(ctx); err != nil {
		v.QueueError = queueErrorText(err)
	}
	v.Audit = a.audits.latest()
	v.Inbox = inboxView{Events: in.Events.Depth, OldestSeconds: in.Events.OldestAge.Seconds(), ExpectedInvoices: in.Expected.Depth}
	return v
}

// queueErrorText describes an error of the queue for the operator.
func queueErrorText(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, fulfillment.ErrStoreFailed):
		return "queue not writable: the disk is full or failed"
	case errors.Is(err, fulfillment.ErrStoreFull):
		return "queue full: discard dead letters, let results expire, or use a larger disk"
	default:
		return "queue unreachable"
	}
}

// deadLetterView is a dead letter without the order and the event, which contain
// customer data.
type deadLetterView struct {
	Seq        uint64                  `json:"seq"`
	OrderID    string                  `json:"order_id"`
	Source     string                  `json:"source,omitzero"`
	Reason     string                  `json:"reason"`
	Kind       licensespring.ErrorKind `json:"kind,omitzero"`
	Findings   []licensespring.Finding `json:"findings,omitzero"`
	FailedAt   time.Time               `json:"failed_at"`
	Deliveries int                     `json:"deliveries"`
}

func newDeadLetterView(l *fulfillment.DeadLetter) deadLetterView {
	return deadLetterView{
		Seq: l.Seq, OrderID: l.OrderID, Source: l.Source, Reason: truncate(l.Failure.Text), Kind: l.Failure.Kind,
		Findings: l.Failure.Findings, FailedAt: l.FailedAt, Deliveries: l.Deliveries,
	}
}

// deadLetters returns up to limit dead letters with a sequence number above after,
// oldest first.
func (a *app) deadLetters(ctx context.Context, after uint64, limit int) ([]deadLetterView, error) {
	list := []deadLetterView{}
	for letter, err := range a.pipeline.DeadLetters(ctx) {
		if err != nil {
			return list, err
		}
		if letter.Seq <= after {
			continue
		}
		if list = append(list, newDeadLetterView(letter)); len(list) == limit {
			break
		}
	}
	return list, nil
}
