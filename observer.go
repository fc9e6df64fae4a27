package licensespring

import (
	"context"
	"slices"
	"time"
)

// Observer receives the start and end of each call and of each of its attempts,
// for traces, metrics or an audit trail. Set it with [WithObserver]. A nil
// function is not called.
//
// The values that it receives hold no management key, license key, e-mail address
// or body. The functions run on the goroutine of the call and block it until they
// return. Concurrent calls call them concurrently. A panic of one of them is
// recovered and its event is dropped, so that it cannot lose the result of a call;
// the same applies to the handler of the logger.
//
// Calls do not nest: each order of [Client.EnsureOrders] and each page of
// [Client.ListOrders] is a call of its own. A call that fails before it sends
// anything has no attempts.
type Observer struct {
	// StartCall is called at the start of a call. The call uses the context that
	// StartCall returns, which must be derived from its argument. Its values, such
	// as a span, are visible to the other functions, to the handler of the logger
	// and to the transport of the http.Client.
	StartCall func(ctx context.Context, call CallStarted) context.Context
	// EndCall is called at the end of a call, once for each StartCall.
	EndCall func(ctx context.Context, call CallEnded)
	// StartAttempt is called immediately before a request is sent, after waits and
	// rate limiting. The attempt uses the context that it returns, which must be
	// derived from its argument.
	StartAttempt func(ctx context.Context, attempt AttemptStarted) context.Context
	// EndAttempt is called after the response was read or the attempt failed, once
	// for each StartAttempt, with the context of the attempt. Wait and Decision are
	// preliminary: the context may end before the next attempt.
	EndAttempt func(ctx context.Context, attempt Attempt)
}

// CallStarted describes a call at its start.
type CallStarted struct {
	// Op is the operation.
	Op Op
	// OrderID is the caller's id of the order, and empty if the call has none.
	OrderID string
	// LicenseID is the ID the service assigned to the license, and 0 if the call
	// has none.
	LicenseID int64
}

// CallEnded describes a call at its end.
type CallEnded struct {
	CallStarted

	// Took is the duration of the call, including waits and rate limiting.
	Took time.Duration
	// Outcome is the outcome of a write, and empty after a read.
	Outcome Outcome
	// Err is the error that the call returns, an [*Error], or nil.
	Err error
	// Attempts are those of the result or the error. They must not be modified.
	Attempts []Attempt
	// Warnings is the number of warnings of the result.
	Warnings int
}

// AttemptStarted describes an attempt at its start.
type AttemptStarted struct {
	// Op is the operation of the request; see [Attempt].
	Op Op
	// Number counts the attempts of one Op in one call, from 1.
	Number int
	// Method is the HTTP method.
	Method string
	// URL is the address of the request without its query, which may hold an e-mail
	// address.
	URL string
}

// startCall calls the observers in order, each with the context of the previous
// one.
func startCall(ctx context.Context, observers []Observer, call CallStarted) context.Context {
	for _, observer := range observers {
		if observer.StartCall != nil {
			protect(func() { ctx = orElse(observer.StartCall(ctx, call), ctx) }) //nolint:fatcontext // bounded by the number of observers
		}
	}
	return ctx
}

// endCall calls the observers in reverse order, as defer would.
func endCall(ctx context.Context, observers []Observer, call CallEnded) {
	for _, observer := range slices.Backward(observers) {
		if observer.EndCall != nil {
			protect(func() { observer.EndCall(ctx, call) })
		}
	}
}

func startAttempt(ctx context.Context, observers []Observer, attempt AttemptStarted) context.Context {
	for _, observer := range observers {
		if observer.StartAttempt != nil {
			protect(func() { ctx = orElse(observer.StartAttempt(ctx, attempt), ctx) }) //nolint:fatcontext // bounded by the number of observers
		}
	}
	return ctx
}

func endAttempt(ctx context.Context, observers []Observer, attempt Attempt) {
	for _, observer := range slices.Backward(observers) {
		if observer.EndAttempt != nil {
			protect(func() { observer.EndAttempt(ctx, attempt) })
		}
	}
}

// protect calls a function of the caller and recovers its panic.
func protect(f func()) {
	defer func() { _ = recover() }()
	f()
}

// orElse returns the previous context for an observer that returned nil.
func orElse(ctx, previous context.Context) context.Context {
	if ctx == nil {
		return previous
	}
	return ctx
}
