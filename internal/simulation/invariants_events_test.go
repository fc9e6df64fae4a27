package simulation

import (
	"context"
	"errors"
	"fmt"

	ls "github.com/licensespring-go/licensespring"
)

// events are the events of a call that an [ls.Observer] received.
type events struct {
	callsStarted    []ls.CallStarted
	callsEnded      []ls.CallEnded
	attemptsStarted []ls.AttemptStarted
	attemptsEnded   []ls.Attempt
}

// eventObserver returns an observer that records events in the call of the context.
func eventObserver() ls.Observer {
	record := func(ctx context.Context, add func(*events)) {
		c, _ := ctx.Value(callKey{}).(*callRecord)
		c.mu.Lock()
		defer c.mu.Unlock()
		add(&c.events)
	}
	return ls.Observer{
		StartCall: func(ctx context.Context, s ls.CallStarted) context.Context {
			record(ctx, func(e *events) { e.callsStarted = append(e.callsStarted, s) })
			return ctx
		},
		EndCall: func(ctx context.Context, ended ls.CallEnded) {
			record(ctx, func(e *events) { e.callsEnded = append(e.callsEnded, ended) })
		},
		StartAttempt: func(ctx context.Context, s ls.AttemptStarted) context.Context {
			record(ctx, func(e *events) { e.attemptsStarted = append(e.attemptsStarted, s) })
			return ctx
		},
		EndAttempt: func(ctx context.Context, a ls.Attempt) {
			record(ctx, func(e *events) { e.attemptsEnded = append(e.attemptsEnded, a) })
		},
	}
}

// eventsMatch checks that there is one pair of events for the call, and one for each
// attempt that the call reports.
func (c *callRecord) eventsMatch(started ls.CallStarted) string {
	e, attempts := &c.events, c.attempts()
	switch {
	case len(e.callsStarted) != 1 || len(e.callsEnded) != 1:
		return fmt.Sprintf("%d started and %d ended calls", len(e.callsStarted), len(e.callsEnded))
	case e.callsEnded[0].CallStarted != e.callsStarted[0] || e.callsStarted[0] != started:
		return fmt.Sprintf("the call %+v ended, and %+v started", e.callsEnded[0].CallStarted, e.callsStarted[0])
	case e.callsEnded[0].Outcome != c.outcome() || !errors.Is(e.callsEnded[0].Err, c.err):
		return fmt.Sprintf("outcome %q and error %v", e.callsEnded[0].Outcome, e.callsEnded[0].Err)
	case len(e.attemptsStarted) != len(attempts) || len(e.attemptsEnded) != len(attempts):
		return fmt.Sprintf("%d started and %d ended attempts, and there were %d", len(e.attemptsStarted), len(e.attemptsEnded), len(attempts))
	}
	for i, a := range e.attemptsEnded {
		// The decision at the end of an attempt can change during the wait.
		a.Wait, a.Decision = attempts[i].Wait, attempts[i].Decision
		if a != attempts[i] || e.attemptsStarted[i].Op != a.Op || e.attemptsStarted[i].Number != a.Number || e.attemptsStarted[i].Method != c.observed[i].method {
			return fmt.Sprintf("attempt %d is %v", i+1, a)
		}
	}
	return ""
}
