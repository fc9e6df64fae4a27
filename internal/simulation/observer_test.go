package simulation

import (
	"context"
	"errors"
	"fmt"

	ls "github.com/licensespring-go/licensespring"
)

// heard is what an observer was told of a call.
type heard struct {
	calls []ls.CallStarted
	ended []ls.CallEnded
	begun []ls.AttemptStarted
	over  []ls.Attempt
}

// eavesdropper notes what it is told with the call it is about, which it finds in
// the context.
func eavesdropper() ls.Observer {
	note := func(ctx context.Context, what func(*heard)) {
		c, _ := ctx.Value(callKey{}).(*call)
		c.mu.Lock()
		defer c.mu.Unlock()
		what(&c.heard)
	}
	return ls.Observer{
		StartCall: func(ctx context.Context, s ls.CallStarted) context.Context {
			note(ctx, func(h *heard) { h.calls = append(h.calls, s) })
			return ctx
		},
		EndCall: func(ctx context.Context, e ls.CallEnded) {
			note(ctx, func(h *heard) { h.ended = append(h.ended, e) })
		},
		StartAttempt: func(ctx context.Context, s ls.AttemptStarted) context.Context {
			note(ctx, func(h *heard) { h.begun = append(h.begun, s) })
			return ctx
		},
		EndAttempt: func(ctx context.Context, a ls.Attempt) {
			note(ctx, func(h *heard) { h.over = append(h.over, a) })
		},
	}
}

// heardRight: each call is told of once, with its end, and each attempt as the
// journal has it.
func heardRight(_ *run, c *call) string {
	h, journal := &c.heard, c.attempts()
	switch {
	case len(h.calls) != 1 || len(h.ended) != 1:
		return fmt.Sprintf("of %d beginnings and %d ends", len(h.calls), len(h.ended))
	case h.ended[0].CallStarted != h.calls[0] || h.calls[0].OrderID != c.asked.order.ID:
		return fmt.Sprintf("of the end of %+v, and it was %+v", h.ended[0].CallStarted, h.calls[0])
	case h.ended[0].Outcome != c.outcome() || !errors.Is(h.ended[0].Err, c.err):
		return fmt.Sprintf("of outcome %q and error %v", h.ended[0].Outcome, h.ended[0].Err)
	case len(h.begun) != len(journal) || len(h.over) != len(journal):
		return fmt.Sprintf("of %d attempts that began and %d that ended, and there were %d", len(h.begun), len(h.over), len(journal))
	}
	for i, a := range h.over {
		// What is planned when an attempt ends is not always what comes.
		a.Wait, a.Verdict = journal[i].Wait, journal[i].Verdict
		if a != journal[i] || h.begun[i].Op != a.Op || h.begun[i].Number != a.Number || h.begun[i].Method != c.seen[i].method {
			return fmt.Sprintf("of attempt %d as %v", i+1, a)
		}
	}
	return ""
}
