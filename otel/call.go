package otellicensespring

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/licensespring-go/licensespring"
)

// call is the state of a call. Only the goroutine of the call uses it.
type call struct {
	span    trace.Span
	attempt *attempt // in progress, or nil
	// retryOf is the Op of the previous attempt if a retry follows it, and resends
	// the number of consecutive retries of the same read.
	retryOf licensespring.Op
	resends int
}

func (in *instrumentation) startCall(ctx context.Context, started licensespring.CallStarted) context.Context {
	op := snake(string(started.Op))
	attrs := []attribute.KeyValue{keyOp.String(op)}
	if started.OrderID != "" && !in.withoutOrderID {
		attrs = append(attrs, text(keyOrderID, started.OrderID))
	}
	if started.LicenseID != 0 && !in.withoutOrderID {
		attrs = append(attrs, keyLicenseID.Int64(started.LicenseID))
	}
	ctx, span := in.tracer.Start(ctx, "licensespring "+op, trace.WithAttributes(attrs...))
	return context.WithValue(ctx, callKey{in}, &call{span: span})
}

func (in *instrumentation) endCall(ctx context.Context, ended licensespring.CallEnded) {
	c := in.callOf(ctx)
	if c != nil && c.attempt != nil {
		in.abandonAttempt(ctx, c)
	}
	in.metrics.recordCall(ctx, ended)
	if c == nil {
		return
	}
	if c.span.IsRecording() {
		c.span.SetAttributes(endAttributes(ended)...)
		if ended.Err != nil {
			c.span.SetStatus(codes.Error, description(ended))
		}
	}
	c.span.End()
}

func endAttributes(ended licensespring.CallEnded) []attribute.KeyValue {
	attrs := append(outcomeAttributes(ended), keyAttempts.Int(len(ended.Attempts)))
	if ended.Outcome.Done() {
		attrs = append(attrs, keyWarnings.Int(ended.Warnings))
	}
	if e, ok := errors.AsType[*licensespring.Error](ended.Err); ok {
		if e.Code != "" {
			attrs = append(attrs, text(keyErrorCode, e.Code))
		}
		if e.RateLimitSource != "" {
			attrs = append(attrs, keyRateLimitSource.String(string(e.RateLimitSource)))
		}
		if e.RequestID != "" {
			attrs = append(attrs, text(keyRequestID, e.RequestID))
		}
	}
	return attrs
}

// outcomeAttributes returns the attributes of an ended call that spans and metrics
// share.
func outcomeAttributes(ended licensespring.CallEnded) []attribute.KeyValue {
	var attrs []attribute.KeyValue
	if ended.Outcome != "" {
		attrs = append(attrs, keyOutcome.String(snake(string(ended.Outcome))))
	}
	if ended.Err == nil {
		return attrs
	}
	if e, ok := errors.AsType[*licensespring.Error](ended.Err); ok {
		return append(attrs, semconv.ErrorTypeKey.String(snake(string(e.Kind))))
	}
	return append(attrs, semconv.ErrorTypeOther)
}

// description returns the kind of the error and the SDK's reason for it. It does not
// contain the message of the service.
func description(ended licensespring.CallEnded) string {
	e, ok := errors.AsType[*licensespring.Error](ended.Err)
	if !ok {
		return ""
	}
	kind := string(e.Kind)
	text := kind
	if e.Outcome == licensespring.OutcomeUnknown {
		text += ": it may or may not have taken effect"
	}
	if detail := detailOf(e); detail != "" && detail != kind {
		text += ": " + detail
	}
	return text
}

// detailOf returns the SDK's reason for the error, which its log entry contains.
func detailOf(e *licensespring.Error) string {
	for _, attr := range e.LogValue().Group() {
		if attr.Key == "detail" {
			return attr.Value.String()
		}
	}
	return ""
}
