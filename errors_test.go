package licensespring_test

import (
	"context"
	"encoding/json"
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
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestErrorKinds(t *testing.T) {
	t.Parallel()
	for _, kind := range allKinds() {
		require.EqualError(t, kind, "licensespring: "+string(kind))
		wrapped := fmt.Errorf("while selling: %w", kind)
		assertMatches(t, wrapped, kind)
	}
}

// An outcome that is not known never matches a kind which says that nothing was
// made, and one that is known is never taken for one that is not.
func TestErrorMatches(t *testing.T) {
	t.Parallel()
	type kinds = []licensespring.ErrorKind
	tests := []struct {
		name string
		err  licensespring.Error
		want kinds
	}{
		{"refused", licensespring.Error{Kind: licensespring.ErrInvalidRequest, Outcome: licensespring.Refused}, kinds{licensespring.ErrInvalidRequest}},
		{"exists", licensespring.Error{Kind: licensespring.ErrOrderExists, Outcome: licensespring.Refused, StatusCode: 409}, kinds{licensespring.ErrOrderExists}},
		{"conflict", licensespring.Error{Kind: licensespring.ErrOrderConflict, Outcome: licensespring.Refused, StatusCode: 409}, kinds{licensespring.ErrOrderConflict}},
		{"invalid, not sent", licensespring.Error{Kind: licensespring.ErrInvalidRequest, Outcome: licensespring.NotSent}, kinds{licensespring.ErrInvalidRequest, licensespring.ErrNotSent}},
		{"unavailable, not sent", licensespring.Error{Kind: licensespring.ErrUnavailable, Outcome: licensespring.NotSent}, kinds{licensespring.ErrUnavailable, licensespring.ErrNotSent}},
		{"not sent", licensespring.Error{Kind: licensespring.ErrNotSent, Outcome: licensespring.NotSent}, kinds{licensespring.ErrNotSent}},
		{"a read, not sent", licensespring.Error{Kind: licensespring.ErrNotSent}, kinds{licensespring.ErrNotSent}},
		{"limited", licensespring.Error{Kind: licensespring.ErrRateLimited, Outcome: licensespring.Refused, LimitedBy: licensespring.LimitedByService}, kinds{licensespring.ErrRateLimited}},
		{"unknown", licensespring.Error{Kind: licensespring.ErrOutcomeUnknown, Outcome: licensespring.Unknown, StatusCode: 409}, kinds{licensespring.ErrOutcomeUnknown}},
		{"unknown, and no answer", licensespring.Error{Kind: licensespring.ErrOutcomeUnknown, Outcome: licensespring.Unknown}, kinds{licensespring.ErrOutcomeUnknown, licensespring.ErrUnavailable}},
		{"unknown, and a server error", licensespring.Error{Kind: licensespring.ErrOutcomeUnknown, Outcome: licensespring.Unknown, StatusCode: 503}, kinds{licensespring.ErrOutcomeUnknown, licensespring.ErrUnavailable}},
		{"unknown, and limited", licensespring.Error{Kind: licensespring.ErrOutcomeUnknown, Outcome: licensespring.Unknown, StatusCode: 200, LimitedBy: licensespring.LimitedByBudget}, kinds{licensespring.ErrOutcomeUnknown, licensespring.ErrRateLimited}},
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
		{"least", licensespring.Error{Op: "get order", Kind: licensespring.ErrNotFound}, "licensespring: get order: not found"},
		{
			"not sent",
			licensespring.Error{Op: "create order", OrderID: "inv-1", Kind: licensespring.ErrUnavailable, Outcome: licensespring.NotSent},
			`licensespring: create order "inv-1": service unavailable (not sent)`,
		},
		{
			"not sent is said once",
			licensespring.Error{Op: "create order", OrderID: "inv-1", Kind: licensespring.ErrNotSent, Outcome: licensespring.NotSent},
			`licensespring: create order "inv-1": not sent`,
		},
		{"code without status", licensespring.Error{Op: "create order", Kind: licensespring.ErrInvalidRequest, Code: "x"}, "licensespring: create order: invalid request (x)"},
		{"everything", licensespring.Error{
			Op: "create order", OrderID: "inv-1", Kind: licensespring.ErrInvalidRequest, Outcome: licensespring.Refused, StatusCode: 400, Code: "validation_error",
			Message: "No.", Fields: []licensespring.FieldError{field("a", "1", "2"), field("b", "3")},
		}, `licensespring: create order "inv-1": invalid request: No.: a: 1, 2; b: 3 (status 400 validation_error)`},
		{"many fields", licensespring.Error{
			Op: "create order", Kind: licensespring.ErrInvalidRequest, StatusCode: 400,
			Fields: []licensespring.FieldError{field("a", "1"), field("b", "2"), field("c", "3"), field("d", "4"), field("e", "5")},
		}, `licensespring: create order: invalid request: a: 1; b: 2; c: 3; and 2 more (status 400)`},
		{"an id of many lines", licensespring.Error{Op: "create order", OrderID: "a\nb\x00", Kind: licensespring.ErrOrderExists}, `licensespring: create order "a\nb\x00": order exists`},
		{
			"a long id",
			licensespring.Error{Op: "create order", OrderID: strings.Repeat("€", 100), Kind: licensespring.ErrOrderExists},
			`licensespring: create order "` + strings.Repeat("€", 21) + `…": order exists`,
		}, // cut between characters
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
		Op: "create order", OrderID: "inv-1", Kind: licensespring.ErrRateLimited, Outcome: licensespring.Refused, StatusCode: 429, Code: "slow",
		Message: "Slow down.", Fields: []licensespring.FieldError{{Path: "a", Messages: []string{"b"}}}, RequestID: "r", RetryAt: at,
		LimitedBy: licensespring.LimitedByService, Attempts: make([]licensespring.Attempt, 3),
	}
	attrs := func(e *licensespring.Error) map[string]any {
		got := make(map[string]any)
		for _, a := range e.LogValue().Group() {
			got[a.Key] = a.Value.Any()
		}
		return got
	}
	assert.Equal(t, map[string]any{
		"op": "create order", "order_id": "inv-1", "kind": "rate limited", "outcome": "refused", "status": int64(429), "code": "slow",
		"message": "Slow down.", "fields": "a: b", "request_id": "r", "retry_at": at, "limited_by": "service", "attempts": int64(3),
	}, attrs(&full))
	assert.Equal(t, map[string]any{"op": "get order", "kind": "not found", "attempts": int64(0)},
		attrs(&licensespring.Error{Op: "get order", Kind: licensespring.ErrNotFound}))
	assert.Equal(t, slog.KindGroup, full.LogValue().Kind())
}

// Whatever the service quotes of what it was sent, it is not in the error.
func TestErrorsQuoteNothing(t *testing.T) {
	t.Parallel()
	quoted := []string{
		customerEmail, strings.ToUpper(customerEmail), userEmail, company, strings.ToLower(company), givenKey, strings.ToLower(givenKey),
		lst.DefaultAPIKey, "Api-Key " + lst.DefaultAPIKey, "https://saas.licensespring.com/api/v1/orders/?store_id=inv-1", "somebody.else@example.org",
		"a secret note",
	}
	for i, text := range quoted {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			said, err := json.Marshal("before " + text + " after")
			require.NoError(t, err)
			name, err := json.Marshal(text)
			require.NoError(t, err)
			for _, body := range []string{
				`{"message": ` + string(said) + `}`,
				`{"detail": ` + string(said) + `, "code": ` + string(said) + `}`,
				`{"errors": [{"message": ` + string(said) + `, "value": ` + string(said) + `}]}`,
				`{"items": [{"licenses": [{"key": [` + string(said) + `]}]}]}`,
				`{"items": {` + string(name) + `: ["Unknown."]}}`,
				`[` + string(said) + `]`,
			} {
				client, s := onLoopback(t, nil)
				s.Inject(lst.Status(http.StatusBadRequest, jsonBody(body), lst.Header("X-Request-Id", text)))
				order := anOrder("inv-1")
				order.Items[0].Licenses[0].Note = "a secret note"
				_, err := client.CreateOrder(t.Context(), order)
				assertMatches(t, err, licensespring.ErrInvalidRequest)
				assertTerse(t, err, "somebody.else", "secret note")
				if !strings.Contains(body, `{"items"`) {
					assert.Contains(t, errorOf(t, err).Message, "before")
				}
			}
		})
	}
}

// Names that happen to be words of the service's own do not garble what it says.
func TestErrorsKeepTheWordsOfTheWire(t *testing.T) {
	t.Parallel()
	order := anOrder("inv-1")
	order.Customer.FirstName, order.Customer.LastName, order.Customer.Company = "Grace", "Exists", "Items"
	order.Items[0].Licenses[0].Note = "licenses"
	client, s := onLoopback(t, nil)
	s.Inject(
		lst.Status(400, jsonBody(`{"code": "order_id_exists"}`)),
		lst.Status(400, jsonBody(`{"items": [{"licenses": [{"allow_grace_period": ["Wrong."], "grace": ["Wrong."]}]}]}`)),
		lst.Status(400, jsonBody(`{"code": "grace_exists"}`)),
	)
	_, err := client.CreateOrder(t.Context(), order)
	assertMatches(t, err, licensespring.ErrOrderExists)
	assert.Equal(t, "order_id_exists", errorOf(t, err).Code)

	_, err = client.CreateOrder(t.Context(), order)
	assert.Equal(t, []licensespring.FieldError{
		{Path: "items[0].licenses[0].allow_grace_period", Messages: []string{"Wrong."}},
		{Path: "items[0].licenses[0].[redacted]", Messages: []string{"Wrong."}}, // no word of the wire
	}, errorOf(t, err).Fields)

	_, err = client.CreateOrder(t.Context(), order)
	assert.Equal(t, "[redacted]_[redacted]", errorOf(t, err).Code)
}

func TestErrorsAreBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("very ", 5000)
	client, s := onLoopback(t, nil)
	s.Inject(
		lst.Status(400, jsonBody(`{"message": "`+long+`", "code": "`+long+`", "items": [`+strings.TrimSuffix(strings.Repeat(`{"a`+long+`": ["`+long+`"]},`, 50), ",")+`]}`)),
		lst.Status(400, jsonBody(`{"message": "one\ntwo\r\n\u2028three\u0000\u001b[31mfour"}`)),
	)
	order := anOrder(strings.Repeat("i", 500))
	_, err := client.CreateOrder(t.Context(), order)
	assertTerse(t, err)
	e := errorOf(t, err)
	assert.LessOrEqual(t, len(e.Message), 310)
	assert.LessOrEqual(t, len(e.Code), 310)
	assert.LessOrEqual(t, len(e.Fields), 100)
	_, err = client.CreateOrder(t.Context(), order)
	assertTerse(t, err)
	assert.Equal(t, "one two three [31mfour", errorOf(t, err).Message)
}

// The causes are there for a program, and not in the text.
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

// A transport that does not tell how far it got counts as having sent.
func TestTransportThatTellsNothing(t *testing.T) {
	t.Parallel()
	calls := 0
	client := newClient(t, testKey, licensespring.WithRetryWaits(1, 1),
		licensespring.WithHTTPClient(&http.Client{Transport: transportFunc(func(*http.Request) (*http.Response, error) {
			calls++
			return nil, errors.New("cut")
		})}))
	_, err := client.CreateOrder(t.Context(), anAppend("inv-1", givenKey))
	assertMatches(t, err, licensespring.ErrOutcomeUnknown, licensespring.ErrUnavailable)
	assert.Equal(t, licensespring.PhaseSent, errorOf(t, err).Attempts[0].Phase)
	for _, a := range errorOf(t, err).Attempts[1:] {
		assert.Equal(t, "look up order", a.Op)
	}
}
