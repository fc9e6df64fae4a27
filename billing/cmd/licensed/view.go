package main

import (
	"context"
	"errors"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// view is how the service stands: what the status page shows, and what the
// status command prints.
type view struct {
	Now      time.Time `json:"now"`
	Started  time.Time `json:"started"`
	Fake     bool      `json:"fake"`
	Service  string    `json:"service"`
	Draining bool      `json:"draining"`

	// Trouble says what is wrong with the queue. Its numbers are 0 if it could not
	// be asked.
	Trouble string    `json:"trouble,omitzero"`
	Queue   queueView `json:"queue"`
	Rate    rateView  `json:"rate"`

	Webhook    map[stripehook.Disposition]int `json:"webhook"`
	Deliveries map[fulfillment.Ending]int     `json:"deliveries"`
	Failures   []failure                      `json:"failures"`
	// Refused is the last request to the webhook that was not one of Stripe's.
	Refused failure `json:"refused,omitzero"`
}

type queueView struct {
	Depth         int     `json:"depth"`
	Waiting       int     `json:"waiting"`
	Begun         int     `json:"begun"`
	Calls         int     `json:"calls"`
	Done          int     `json:"done"`
	Dead          int     `json:"dead"`
	OldestSeconds float64 `json:"oldest_seconds"`
}

// rateView is the requests of this process against its budget.
type rateView struct {
	LastMinute int `json:"last_minute"`
	PerMinute  int `json:"per_minute"`
}

func (a *app) view(ctx context.Context) view {
	board := a.board.snapshot()
	v := view{
		Now: time.Now().UTC(), Started: a.started.UTC(), Fake: a.set.fake, Service: a.service, Draining: a.draining.Load(),
		Rate:    rateView{LastMinute: board.lastMinute, PerMinute: a.set.perMinute()},
		Webhook: board.webhook, Deliveries: board.deliveries, Failures: board.failures, Refused: board.refused,
	}
	ctx, cancel := context.WithTimeout(ctx, statsTimeout)
	defer cancel()
	v.Trouble = troubleOf(a.pipeline.Health(ctx))
	s, err := a.pipeline.Stats(ctx)
	if err != nil {
		v.Trouble = troubleOf(err)
		return v
	}
	v.Queue = queueView{
		Depth: s.Depth, Waiting: s.Waiting, Begun: s.Begun, Calls: s.Calls, Done: s.Done, Dead: s.Dead,
		OldestSeconds: s.Oldest.Seconds(),
	}
	return v
}

// troubleOf says in a few words what an error of the queue means to the operator.
func troubleOf(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, fulfillment.ErrStoreFailed):
		return "the queue cannot be written: its disk is full or fails"
	case errors.Is(err, fulfillment.ErrStoreFull):
		return "the queue has no room left: discard dead letters, let results expire, or give it a larger disk"
	default:
		return "the queue cannot be asked"
	}
}

// letterView is a dead letter as the page and the dead command show it: without
// the order and without the event, which hold the customer's name.
type letterView struct {
	Seq        uint64                  `json:"seq"`
	OrderID    string                  `json:"order_id"`
	Source     string                  `json:"source,omitzero"`
	Reason     string                  `json:"reason"`
	Kind       licensespring.ErrorKind `json:"kind,omitzero"`
	Findings   []licensespring.Finding `json:"findings,omitzero"`
	Died       time.Time               `json:"died"`
	Deliveries int                     `json:"deliveries"`
}

func newLetterView(l *fulfillment.DeadLetter) letterView {
	return letterView{
		Seq: l.Seq, OrderID: l.OrderID, Source: l.Source, Reason: bounded(l.Failure.Text), Kind: l.Failure.Kind,
		Findings: l.Failure.Findings, Died: l.Died, Deliveries: l.Deliveries,
	}
}

// letters returns the first dead letters behind the one of a number, oldest first.
func (a *app) letters(ctx context.Context, after uint64, most int) ([]letterView, error) {
	list := []letterView{}
	for letter, err := range a.pipeline.DeadLetters(ctx) {
		if err != nil {
			return list, err
		}
		if letter.Seq <= after {
			continue
		}
		if list = append(list, newLetterView(letter)); len(list) == most {
			break
		}
	}
	return list, nil
}
