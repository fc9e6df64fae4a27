package licensespring_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
)

func TestErrorKinds(t *testing.T) {
	t.Parallel()
	for _, kind := range allKinds() {
		require.EqualError(t, kind, "licensespring: "+string(kind))
		wrapped := fmt.Errorf("while selling: %w", kind)
		assertMatches(t, wrapped, kind)
	}
}

// Checks which kinds an error matches: an unknown outcome matches no other
// kind.
func TestErrorMatches(t *testing.T) {
	t.Parallel()
	type kinds = []licensespring.ErrorKind
	tests := []struct {
		name string
		err  licensespring.Error
		want kinds
	}{
		{"rejected", licensespring.Error{Kind: licensespring.ErrInvalidRequest, Outcome: licensespring.OutcomeRejected}, kinds{licensespring.ErrInvalidRequest}},
		{"exists", licensespring.Error{Kind: licensespring.ErrOrderExists, Outcome: licensespring.OutcomeRejected, StatusCode: 409}, kinds{licensespring.ErrOrderExists}},
		{"conflict", licensespring.Error{Kind: licensespring.ErrOrderConflict, Outcome: licensespring.OutcomeRejected, StatusCode: 409}, kinds{licensespring.ErrOrderConflict}},
		{"invalid, not sent", licensespring.Error{Kind: licensespring.ErrInvalidRequest, Outcome: licensespring.OutcomeNotSent}, kinds{licensespring.ErrInvalidRequest, licensespring.ErrNotSent}},
		{"unavailable, not sent", licensespring.Error{Kind: licensespring.ErrUnavailable, Outcome: licensespring.OutcomeNotSent}, kinds{licensespring.ErrUnavailable, licensespring.ErrNotSent}},
		{"not sent", licensespring.Error{Kind: licensespring.ErrNotSent, Outcome: licensespring.OutcomeNotSent}, kinds{licensespring.ErrNotSent}},
		{"a read, not sent", licensespring.Error{Kind: licensespring.ErrNotSent}, kinds{licensespring.ErrNotSent}},
		{"limited", licensespring.Error{Kind: licensespring.ErrRateLimited, Outcome: licensespring.OutcomeRejected, RateLimitSource: licensespring.RateLimitSourceService}, kinds{licensespring.ErrRateLimited}},
		{"unknown", licensespring.Error{Kind: licensespring.ErrOutcomeUnknown, Outcome: licensespring.OutcomeUnknown, StatusCode: 409}, kinds{licensespring.ErrOutcomeUnknown}},
		{"unknown, no response", licensespring.Error{Kind: licensespring.ErrOutcomeUnknown, Outcome: licensespring.OutcomeUnknown}, kinds{licensespring.ErrOutcomeUnknown}},
		{"unknown, server error", licensespring.Error{Kind: licensespring.ErrOutcomeUnknown, Outcome: licensespring.OutcomeUnknown, StatusCode: 503}, kinds{licensespring.ErrOutcomeUnknown}},
		{"unknown, rate limited", licensespring.Error{Kind: licensespring.ErrOutcomeUnknown, Outcome: licensespring.OutcomeUnknown, StatusCode: 200, RateLimitSource: licensespring.RateLimitSourceClient}, kinds{licensespring.ErrOutcomeUnknown}},
		{"nothing", licensespring.Error{}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assertMatches(t, &tt.err, tt.want...)
			assertMatches(t, fmt.Errorf("while selling: %w", &tt.err), tt.want...)
			require.NotErrorIs(t, &tt.err, io.EOF)
			var e *licensespring.Error
			require.ErrorAs(t, fmt.Errorf("while selling: %w", &tt.err), &e)
			assert.Same(t, &tt.err, e)
		})
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	field := func(path string, messages ...string) licensespring.FieldError {
		return licensespring.FieldError{Path: path, Messages: messages}
	}
	tests := []struct {
		name string
		err  licensespring.Error
		want string
	}{
		{"least", licensespring.Error{Op: licensespring.OpGetOrder, Kind: licensespring.ErrNotFound}, "licensespring: get order: not found"},
		{
			"not sent",
			licensespring.Error{Op: licensespring.OpCreateOrder, OrderID: "inv-1", Kind: licensespring.ErrUnavailable, Outcome: licensespring.OutcomeNotSent},
			`licensespring: create order "inv-1": service unavailable (not sent)`,
		},
		{
			"not sent appears once",
			licensespring.Error{Op: licensespring.OpCreateOrder, OrderID: "inv-1", Kind: licensespring.ErrNotSent, Outcome: licensespring.OutcomeNotSent},
			`licensespring: create order "inv-1": not sent`,
		},
		{"code without status", licensespring.Error{Op: licensespring.OpCreateOrder, Kind: licensespring.ErrInvalidRequest, Code: "x"}, "licensespring: create order: invalid request (x)"},
		{"everything", licensespring.Error{
			Op: licensespring.OpCreateOrder, OrderID: "inv-1", Kind: licensespring.ErrInvalidRequest, Outcome: licensespring.OutcomeRejected, StatusCode: 400, Code: "validation_error",
			Message: "No.", Fields: []licensespring.FieldError{field("a", "1", "2"), field("b", "3")},
		}, `licensespring: create order "inv-1": invalid request: No.: a: 1, 2; b: 3 (status 400 validation_error)`},
		{"many fields", licensespring.Error{
			Op: licensespring.OpCreateOrder, Kind: licensespring.ErrInvalidRequest, StatusCode: 400,
			Fields: []licensespring.FieldError{field("a", "1"), field("b", "2"), field("c", "3"), field("d", "4"), field("e", "5")},
		}, `licensespring: create order: invalid request: a: 1; b: 2; c: 3; and 2 more (status 400)`},
		{"an id of many lines", licensespring.Error{Op: licensespring.OpCreateOrder, OrderID: "a\nb\x00", Kind: licensespring.ErrOrderExists}, `licensespring: create order "a\nb\x00": order exists`},
		{
			"a long id",
			licensespring.Error{Op: licensespring.OpCreateOrder, OrderID: strings.Repeat("€", 100), Kind: licensespring.ErrOrderExists},
			`licensespring: create order "` + strings.Repeat("€", 21) + `…": order exists`,
		}, // truncated between characters
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, tt.err.Error())
		})
	}
}

func TestErrorLogValue(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	full := licensespring.Error{
		Op: licensespring.OpCreateOrder, OrderID: "inv-1", Kind: licensespring.ErrRateLimited, Outcome: licensespring.OutcomeRejected, StatusCode: 429, Code: "slow",
		Message: "Slow down.", Fields: []licensespring.FieldError{{Path: "a", Messages: []string{"b"}}}, RequestID: "r", RetryAt: at,
		RateLimitSource: licensespring.RateLimitSourceService, Attempts: make([]licensespring.Attempt, 3),
	}
	attrs := func(e *licensespring.Error) map[string]any {
		got := make(map[string]any)
		for _, a := range e.LogValue().Group() {
			got[a.Key] = a.Value.Any()
		}
		return got
	}
	assert.Equal(t, map[string]any{
		"op": "create order", "order_id": "inv-1", "kind": "rate limited", "outcome": "rejected", "status": int64(429), "code": "slow",
		"message": "Slow down.", "fields": "a: b", "request_id": "r", "retry_at": at, "rate_limit_source": "service", "attempts": int64(3),
	}, attrs(&full))
	assert.Equal(t, map[string]any{"op": "get order", "kind": "not found", "attempts": int64(0)},
		attrs(&licensespring.Error{Op: licensespring.OpGetOrder, Kind: licensespring.ErrNotFound}))
	assert.Equal(t, slog.KindGroup, full.LogValue().Kind())
}

// The causes are available to errors.Is and errors.As, but not in the text.
func TestErrorCauses(t *testing.T) {
	t.Parallel()
	cause := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("no route to " + customerEmail)}
	client := newClient(t, testKey, licensespring.WithRetryWaits(1, 1), licensespring.WithMaxAttempts(2),
		licensespring.WithHTTPClient(&http.Client{Transport: transportFunc(func(*http.Request) (*http.Response, error) { return nil, cause })}))
	_, err := client.GetOrder(t.Context(), 1)
	assertMatches(t, err, licensespring.ErrUnavailable)
	assertTerse(t, err, "no route")
	require.ErrorIs(t, err, cause)
	var op *net.OpError
	require.ErrorAs(t, err, &op)
	assert.Same(t, cause, op)
	require.NotErrorIs(t, err, context.Canceled)
}

// An attempt whose transport does not report its progress counts as sent.
func TestTransportWithoutProgress(t *testing.T) {
	t.Parallel()
	calls := 0
	client := newClient(t, testKey, licensespring.WithRetryWaits(1, 1),
		licensespring.WithHTTPClient(&http.Client{Transport: transportFunc(func(*http.Request) (*http.Response, error) {
			calls++
			return nil, errors.New("cut")
		})}))
	_, err := client.CreateOrder(t.Context(), anAppend("inv-1", givenKey))
	assertMatches(t, err, licensespring.ErrOutcomeUnknown)
	assert.Equal(t, licensespring.PhaseSent, errorOf(t, err).Attempts[0].Phase)
	for _, a := range errorOf(t, err).Attempts[1:] {
		assert.Equal(t, licensespring.OpLookUpOrder, a.Op)
	}
}

func findings(n int) []licensespring.Finding {
	list := make([]licensespring.Finding, n)
	for i := range list {
		list[i] = licensespring.Finding{Path: "items[" + string(rune('a'+i)) + "]", Rule: licensespring.RuleRequired, Severity: licensespring.SeverityError, Message: "is required"}
	}
	return list
}

func TestValidationErrorText(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{
		1:  "licensespring: items[a]: is required [required]",
		3:  "licensespring: items[a]: is required [required]; items[b]: is required [required]; items[c]: is required [required]",
		12: "licensespring: items[a]: is required [required]; items[b]: is required [required]; items[c]: is required [required]; and 9 more",
	} {
		assert.EqualError(t, &licensespring.ValidationError{Findings: findings(n)}, want)
	}
}

func TestValidationErrorIs(t *testing.T) {
	t.Parallel()
	var err error = &licensespring.ValidationError{Findings: findings(1)}
	require.ErrorIs(t, err, licensespring.ErrInvalidRequest)
	require.NotErrorIs(t, err, licensespring.ErrNotFound)
	require.NoError(t, errors.Unwrap(err))
}

func TestValidationErrorLogValue(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil))
	log.Info("rejected", slog.Any("error", &licensespring.ValidationError{Findings: findings(2)}))
	assert.Contains(t, out.String(), `"error":{"count":2,"findings":["items[a] required","items[b] required"]}`)
	assert.NotContains(t, out.String(), "is required", "no messages")

	out.Reset()
	whole := licensespring.Finding{Rule: licensespring.RuleInvalidJSON}
	log.Info("rejected", slog.Any("error", &licensespring.ValidationError{Findings: append(findings(25), whole)}))
	assert.Equal(t, 20, strings.Count(out.String(), " required"))
	assert.Contains(t, out.String(), `"count":26`)

	out.Reset()
	log.Info("rejected", slog.Any("error", &licensespring.ValidationError{Findings: []licensespring.Finding{whole}}))
	assert.Contains(t, out.String(), `["invalid_json"]`)
}
