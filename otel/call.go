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

// call is what is kept of a call from its start to its end. Only the goroutine
// of the call comes here.
type call struct {
	span    trace.Span
	attempt *attempt // under way, or nil
	// again is the op of the attempt before, if that was to be sent again, and
	// resends how often the same read was, until now.
	again   string
	resends int
}

func (in *instrumentation) startCall(ctx context.Context, started licensespring.CallStarted) context.Context {
	op := snake(started.Op)
	attrs := []attribute.KeyValue{keyOp.String(op)}
	if started.OrderID != "" && !in.withoutOrderID {
		attrs = append(attrs, text(keyOrderID, started.OrderID))
	}
	ctx, span := in.tracer.Start(ctx, "licensespring "+op, trace.WithAttributes(attrs...))
	return context.WithValue(ctx, callKey{in}, &call{span: span})
}

func (in *instrumentation) endCall(ctx context.Context, ended licensespring.CallEnded) {
	c := in.callOf(ctx)
	if c != nil && c.attempt != nil {
		in.abandon(ctx, c)
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
	if ended.Outcome.Made() {
		attrs = append(attrs, keyWarnings.Int(ended.Warnings))
	}
	if e, ok := errors.AsType[*licensespring.Error](ended.Err); ok {
		if e.Code != "" {
			attrs = append(attrs, text(keyErrorCode, e.Code))
		}
		if e.RequestID != "" {
			attrs = append(attrs, text(keyRequestID, e.RequestID))
		}
	}
	return attrs
}

// outcomeAttributes say how a call ended in few words, on spans and metrics.
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

// description says why a call failed: its kind, and how that came about in words
// of the SDK. The words of the service are left out.
func description(ended licensespring.CallEnded) string {
	e, ok := errors.AsType[*licensespring.Error](ended.Err)
	if !ok {
		return ""
	}
	said := string(e.Kind)
	if e.Outcome == licensespring.Unknown {
		said += ": the order may or may not have been made"
	}
	if detail := detailOf(e); detail != "" && detail != said {
		said += ": " + detail
	}
	return said
}

// detailOf is the part of the error's log entry that says how it came about.
func detailOf(e *licensespring.Error) string {
	for _, attr := range e.LogValue().Group() {
		if attr.Key == "detail" {
			return attr.Value.String()
		}
	}
	return ""
}
