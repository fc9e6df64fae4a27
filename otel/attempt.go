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

// verdictAgain is the verdict on an attempt that another one is to follow.
const verdictAgain = "sent again"

// attempt is an attempt that is under way.
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
		keyAttemptOp.String(snake(started.Op)),
		keyAttemptNumber.Int(started.Number),
	}
	if resent := c.resent(started); resent > 0 {
		attrs = append(attrs, semconv.HTTPRequestResendCount(resent))
	}
	// The span of the call is named: an observer after this one may have put one
	// of another provider into the context.
	ctx, a.span = in.tracer.Start(trace.ContextWithSpan(ctx, c.span), started.Method+" "+a.target.template,
		trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attrs...))
	c.attempt = a
	return ctx
}

// resent is how often the request that starts was sent before. A create is one
// request, however often it is sent. A lookup is not: it is repeated, too,
// because an order is not to be seen yet.
func (c *call) resent(started licensespring.AttemptStarted) int {
	if started.Method != http.MethodGet {
		return started.Number - 1
	}
	if c.again == started.Op {
		c.resends++
	} else {
		c.resends = 0
	}
	return c.resends
}

func (in *instrumentation) endAttempt(ctx context.Context, ended licensespring.Attempt) {
	if c := in.callOf(ctx); c != nil && c.attempt != nil {
		in.finish(ctx, c, ended)
	}
}

// abandon ends an attempt that nobody ended: the transport has panicked.
func (in *instrumentation) abandon(ctx context.Context, c *call) {
	in.finish(trace.ContextWithSpan(ctx, c.attempt.span), c, licensespring.Attempt{
		Took: time.Since(c.attempt.start), Phase: licensespring.PhaseSent, Reason: "the attempt did not return",
	})
}

func (in *instrumentation) finish(ctx context.Context, c *call, ended licensespring.Attempt) {
	a := c.attempt
	c.attempt, c.again = nil, ""
	if ended.Verdict == verdictAgain {
		c.again = a.started.Op
	}
	answer := answerAttributes(ended)
	in.metrics.recordAttempt(ctx, a, ended.Took, answer)
	if a.span.IsRecording() {
		a.span.SetAttributes(answer...)
		a.span.SetAttributes(keyAttemptPhase.String(snake(string(ended.Phase))))
		if ended.Verdict != "" {
			a.span.SetAttributes(keyAttemptVerdict.String(ended.Verdict))
		}
		if ended.Wait > 0 {
			a.span.SetAttributes(keyAttemptWait.Float64(ended.Wait.Seconds()))
		}
		switch {
		case errorType(ended) == "":
		case ended.Status >= http.StatusBadRequest:
			a.span.SetStatus(codes.Error, "") // the status says it
		default:
			a.span.SetStatus(codes.Error, ended.Reason)
		}
	}
	a.span.End()
}

// answerAttributes say how an attempt ended, on spans and metrics.
func answerAttributes(ended licensespring.Attempt) []attribute.KeyValue {
	var attrs []attribute.KeyValue
	if ended.Status != 0 {
		attrs = append(attrs, semconv.HTTPResponseStatusCode(ended.Status))
	}
	if wrong := errorType(ended); wrong != "" {
		attrs = append(attrs, semconv.ErrorTypeKey.String(wrong))
	}
	return attrs
}
