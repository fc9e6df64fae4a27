package licensespring

import (
	"context"
	"slices"
	"time"
)

// Observer is told about each call and each of its attempts while they happen:
// for traces, metrics, an audit trail. Set one with [WithObserver]. A func that
// is nil is not called.
//
// What it is told holds no management key, no license key, no e-mail address
// and no body. Its funcs run on the goroutine of the call they tell about and
// hold it up until they return; calls that run at the same time call them at
// the same time. They must not panic.
//
// Calls do not nest: an order of [Client.CreateOrders] is a call of its own,
// and so is each page of [Client.Orders]. What fails before anything is sent is
// a call without attempts.
type Observer struct {
	// StartCall is called when a call begins. The context that it returns, which
	// must come from the one it was given, is the call's: what it holds, a span
	// for one, is found again by the other funcs, the logger's handler and the
	// http.Client's transport.
	StartCall func(ctx context.Context, call CallStarted) context.Context
	// EndCall is called when a call is over, once for each StartCall.
	EndCall func(ctx context.Context, call CallEnded)
	// StartAttempt is called right before a request is sent, after any wait and
	// after the budget has let it through. The context it returns, which must
	// come from the one it was given, is that of this attempt.
	StartAttempt func(ctx context.Context, attempt AttemptStarted) context.Context
	// EndAttempt is called when the answer was read or will not come, once for
	// each StartAttempt, with the context of the attempt. Its Wait and Verdict
	// are what is planned at that moment: the context may end before the next
	// attempt.
	EndAttempt func(ctx context.Context, attempt Attempt)
}

// CallStarted is a call that begins.
type CallStarted struct {
	// Op is what the call is for: "create order", "ensure order", "get order",
	// "find order", "list orders", "generate license keys" or "reserve license
	// keys".
	Op string
	// OrderID is the caller's id of the order, or empty if the call is not about
	// one.
	OrderID string
}

// CallEnded is a call that is over.
type CallEnded struct {
	CallStarted

	// Took is how long the call lasted: attempts, waits, the time in the queue of
	// the budget.
	Took time.Duration
	// Outcome is what became of the order, and empty where none was to be made
	// and where a read failed.
	Outcome Outcome
	// Err is what the call returned, an [*Error], or nil.
	Err error
	// Attempts are those of the result or the error. They must not be changed.
	Attempts []Attempt
	// Warnings is how many warnings came with the result.
	Warnings int
}

// AttemptStarted is an attempt that begins.
type AttemptStarted struct {
	// Op is what the attempt is for: see [Attempt].
	Op string
	// Number counts the attempts of one Op in one call, from 1.
	Number int
	// Method is the HTTP method.
	Method string
	// URL is where the request goes, without its query: that may hold an e-mail
	// address.
	URL string
}

// startCall tells every observer, each with the context of the one before.
func startCall(ctx context.Context, observers []Observer, call CallStarted) context.Context {
	for _, observer := range observers {
		if observer.StartCall != nil {
			ctx = orElse(observer.StartCall(ctx, call), ctx) //nolint:fatcontext // an observer or two, each adds to it
		}
	}
	return ctx
}

// endCall tells every observer, the last one first, as defer would.
func endCall(ctx context.Context, observers []Observer, call CallEnded) {
	for _, observer := range slices.Backward(observers) {
		if observer.EndCall != nil {
			observer.EndCall(ctx, call)
		}
	}
}

func startAttempt(ctx context.Context, observers []Observer, attempt AttemptStarted) context.Context {
	for _, observer := range observers {
		if observer.StartAttempt != nil {
			ctx = orElse(observer.StartAttempt(ctx, attempt), ctx) //nolint:fatcontext // an observer or two, each adds to it
		}
	}
	return ctx
}

func endAttempt(ctx context.Context, observers []Observer, attempt Attempt) {
	for _, observer := range slices.Backward(observers) {
		if observer.EndAttempt != nil {
			observer.EndAttempt(ctx, attempt)
		}
	}
}

// orElse forgives an observer that returns no context.
func orElse(ctx, before context.Context) context.Context {
	if ctx == nil {
		return before
	}
	return ctx
}
