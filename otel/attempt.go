package otellicensespring

import (
	"context"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/licensespring-go/licensespring"
)

// decisionRetry is the Decision of an attempt that a retry follows.
const decisionRetry = "retry"

// attempt is an attempt in progress.
type attempt struct {
	span    trace.Span
	started licensespring.AttemptStarted
	target  target
	start   time.Time
}

func (in *instrumentation) startAttempt(ctx context.Context, started licensespring.AttemptStarted) context.Context {
	c := in.callOf(ctx)
	if c == nil {
		return ctx
	}
	a := &attempt{started: started, target: parseTarget(started.URL), start: time.Now()}
	full := started.URL
	if in.withoutOrderID {
		full = a.target.fullTemplate
	}
	attrs := []attribute.KeyValue{
		semconv.HTTPRequestMethodKey.String(started.Method),
		semconv.ServerAddress(a.target.address),
		semconv.ServerPort(a.target.port),
		semconv.URLFull(full),
		semconv.URLTemplate(a.target.template),
		keyAttemptOp.String(snake(string(started.Op))),
		keyAttemptNumber.Int(started.Number),
	}
	if n := c.resendCount(started); n > 0 {
		attrs = append(attrs, semconv.HTTPRequestResendCount(n))
	}
	// The parent is explicit, because a later observer may have put a span of
	// another provider into the context.
	ctx, a.span = in.tracer.Start(trace.ContextWithSpan(ctx, c.span), started.Method+" "+a.target.template,
		trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attrs...))
	c.attempt = a
	return ctx
}

// resendCount returns how many times the request was sent before. All attempts of a
// create are one request. A read is repeated for other reasons as well, such as an
// order that is not visible yet, so it counts as resent only after a retry decision.
func (c *call) resendCount(started licensespring.AttemptStarted) int {
	if started.Method != http.MethodGet {
		return started.Number - 1
	}
	if c.retryOf == started.Op {
		c.resends++
	} else {
		c.resends = 0
	}
	return c.resends
}

func (in *instrumentation) endAttempt(ctx context.Context, ended licensespring.Attempt) {
	if c := in.callOf(ctx); c != nil && c.attempt != nil {
		in.finishAttempt(ctx, c, ended)
	}
}

// abandonAttempt ends an attempt that has not ended because the transport panicked.
func (in *instrumentation) abandonAttempt(ctx context.Context, c *call) {
	in.finishAttempt(trace.ContextWithSpan(ctx, c.attempt.span), c, licensespring.Attempt{
		Took: time.Since(c.attempt.start), Phase: licensespring.PhaseSent, Reason: "the attempt did not return",
	})
}

func (in *instrumentation) finishAttempt(ctx context.Context, c *call, ended licensespring.Attempt) {
	a := c.attempt
	c.attempt, c.retryOf = nil, ""
	if ended.Decision == decisionRetry {
		c.retryOf = a.started.Op
	}
	attrs := responseAttributes(ended)
	in.metrics.recordAttempt(ctx, a, ended.Took, attrs)
	if a.span.IsRecording() {
		a.span.SetAttributes(attrs...)
		a.span.SetAttributes(keyAttemptPhase.String(snake(string(ended.Phase))))
		if ended.Decision != "" {
			a.span.SetAttributes(keyAttemptDecision.String(ended.Decision))
		}
		if ended.Wait > 0 {
			a.span.SetAttributes(keyAttemptWait.Float64(ended.Wait.Seconds()))
		}
		switch {
		case errorType(ended) == "":
		case ended.Status >= http.StatusBadRequest:
			a.span.SetStatus(codes.Error, "") // the conventions leave the text to the status code
		default:
			a.span.SetStatus(codes.Error, ended.Reason)
		}
	}
	a.span.End()
}

// responseAttributes returns the attributes of an ended attempt for spans and
// metrics.
func responseAttributes(ended licensespring.Attempt) []attribute.KeyValue {
	var attrs []attribute.KeyValue
	if ended.Status != 0 {
		attrs = append(attrs, semconv.HTTPResponseStatusCode(ended.Status))
	}
	if t := errorType(ended); t != "" {
		attrs = append(attrs, semconv.ErrorTypeKey.String(t))
	}
	return attrs
}
