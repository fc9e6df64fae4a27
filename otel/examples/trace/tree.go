package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// tree is an exporter that collects spans and prints them as a tree on Shutdown.
type tree struct {
	out io.Writer

	mu    sync.Mutex
	spans []sdktrace.ReadOnlySpan
}

// ExportSpans collects spans until Shutdown.
func (t *tree) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.spans = append(t.spans, spans...)
	return nil
}

// Shutdown prints the spans in the order of their start.
func (t *tree) Shutdown(context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	slices.SortStableFunc(t.spans, func(a, b sdktrace.ReadOnlySpan) int { return a.StartTime().Compare(b.StartTime()) })
	_, err := io.WriteString(t.out, t.subtree(trace.SpanID{}, "", time.Time{}))
	return err
}

// subtree returns the descendants of a span as text. Times are relative to the start of
// the trace.
func (t *tree) subtree(parent trace.SpanID, lines string, start time.Time) string {
	children := slices.DeleteFunc(slices.Clone(t.spans), func(s sdktrace.ReadOnlySpan) bool { return s.Parent().SpanID() != parent })
	var b strings.Builder
	for i, s := range children {
		branch, next := lines+"├─ ", lines+"│  "
		if i == len(children)-1 {
			branch, next = lines+"└─ ", lines+"   "
		}
		if !parent.IsValid() {
			branch, next, start = "", "", s.StartTime()
		}
		fmt.Fprintf(&b, "%s%s (%s) at %s, took %s%s\n", branch, s.Name(), s.SpanKind(),
			rounded(s.StartTime().Sub(start)), rounded(s.EndTime().Sub(s.StartTime())), status(s.Status()))
		inner := t.subtree(s.SpanContext().SpanID(), next, start)
		bar := next + "   "
		if inner != "" {
			bar = next + "│  "
		}
		for _, line := range attributes(s) {
			b.WriteString(bar + line + "\n")
		}
		b.WriteString(inner)
	}
	return b.String()
}

// attributes returns the attributes of a span, sorted by key.
func attributes(s sdktrace.ReadOnlySpan) []string {
	lines := make([]string, 0, len(s.Attributes()))
	for _, a := range s.Attributes() {
		lines = append(lines, string(a.Key)+" = "+a.Value.String())
	}
	slices.Sort(lines)
	return lines
}

func status(s sdktrace.Status) string {
	switch {
	case s.Code != codes.Error:
		return ""
	case s.Description == "":
		return ", error"
	default:
		return ", error: " + s.Description
	}
}

func rounded(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }
