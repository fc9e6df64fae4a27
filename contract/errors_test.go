package contract_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	ls "github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// kinds are all kinds of error, as the documentation lists them.
var kinds = []ls.ErrorKind{
	ls.ErrInvalidRequest, ls.ErrInvalidConfig, ls.ErrUnauthorized, ls.ErrNotFound, ls.ErrOrderExists, ls.ErrOrderConflict,
	ls.ErrRateLimited, ls.ErrRedirected, ls.ErrUnavailable, ls.ErrBadResponse, ls.ErrOutcomeUnknown, ls.ErrNotSent,
}

// TestKindsAreAll compares the list with what is exported.
func TestKindsAreAll(t *testing.T) {
	t.Parallel()
	api, err := os.ReadFile(filepath.Join(root, "testdata", "api.txt"))
	require.NoError(t, err)
	var exported, listed []string
	for _, found := range regexp.MustCompile(`const Err\w+ ErrorKind = "([^"]+)"`).FindAllSubmatch(api, -1) {
		exported = append(exported, string(found[1]))
	}
	for _, kind := range kinds {
		listed = append(listed, string(kind))
	}
	assert.ElementsMatch(t, exported, listed)
}

// weather is what a call meets, in a bubble of virtual time.
type weather struct {
	server  []lst.Option
	client  []ls.Option
	faults  []lst.Fault
	before  func(t *testing.T, s *lst.Server, c *ls.Client)
	limit   time.Duration // of the call's context; 0: none
	cancel  bool          // before the call
	offline bool          // dials are refused
	request func(ctx context.Context, c *ls.Client) error
}

func smallOrder() *ls.Order {
	return ls.NewOrder("inv-1").AddItem(keyProduct, ls.NewLicense().Perpetual())
}

func create(o *ls.Order) func(context.Context, *ls.Client) error {
	return func(ctx context.Context, c *ls.Client) error { _, err := c.CreateOrder(ctx, o); return err }
}

func ensure(o *ls.Order) func(context.Context, *ls.Client) error {
	return func(ctx context.Context, c *ls.Client) error { _, err := c.EnsureOrder(ctx, o); return err }
}

func find(ctx context.Context, c *ls.Client) error { _, err := c.FindOrder(ctx, "inv-1"); return err }

// made makes another order under the same id before the call.
func made(t *testing.T, _ *lst.Server, c *ls.Client) {
	t.Helper()
	_, err := c.CreateOrder(t.Context(), ls.NewOrder("inv-1").AddItem(countProduct, ls.NewLicense()))
	require.NoError(t, err)
}

// TestErrorsMatch brings every kind of error about and holds which kinds it
// matches: those that are named, and no other.
func TestErrorsMatch(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		weather weather
		outcome ls.Outcome
		matches []error
	}{
		{"a fault in the order", weather{request: create(ls.NewOrder(""))}, ls.NotSent, []error{ls.ErrInvalidRequest, ls.ErrNotSent}},
		{"no order", weather{request: create(nil)}, ls.NotSent, []error{ls.ErrInvalidRequest, ls.ErrNotSent}},
		{"a read that makes no sense", weather{request: func(ctx context.Context, c *ls.Client) error { _, err := c.GetOrder(ctx, 0); return err }}, "", []error{ls.ErrInvalidRequest}},
		{"refused by the service", weather{request: create(ls.NewOrder("inv-1").AddItem("unknown", ls.NewLicense()))}, ls.Refused, []error{ls.ErrInvalidRequest}},
		{"bad options", weather{request: func(context.Context, *ls.Client) error { _, err := ls.New("", ls.WithHTTPClient(nil)); return err }}, "", []error{ls.ErrInvalidConfig}},
		{"a wrong key", weather{faults: []lst.Fault{lst.Status(403)}, request: create(smallOrder())}, ls.Refused, []error{ls.ErrUnauthorized}},
		{"a wrong key, in a read", weather{faults: []lst.Fault{lst.Status(401)}, request: find}, "", []error{ls.ErrUnauthorized}},
		{"no such order", weather{request: find}, "", []error{ls.ErrNotFound}},
		{"taken", weather{before: made, request: create(smallOrder())}, ls.Refused, []error{ls.ErrOrderExists}},
		{"taken, by another order", weather{before: made, request: ensure(smallOrder())}, ls.Refused, []error{ls.ErrOrderConflict}},
		{"limited by the service", weather{faults: []lst.Fault{lst.Status(429, lst.Header("Retry-After", "3600"))}, request: create(smallOrder())}, ls.Refused, []error{ls.ErrRateLimited}},
		{"limited by the service, in a read", weather{faults: []lst.Fault{lst.Status(429).Forever()}, request: find}, "", []error{ls.ErrRateLimited}},
		{"limited by the budget", weather{
			client: []ls.Option{ls.WithBudget(ls.NewBudget(ls.Plan(1)))}, before: made, limit: time.Second, request: find,
		}, "", []error{ls.ErrRateLimited}},
		{"limited by the budget, in a create", weather{
			client: []ls.Option{ls.WithBudget(ls.NewBudget(ls.Plan(1)))}, before: made, limit: time.Second, request: create(smallOrder()),
		}, ls.NotSent, []error{ls.ErrRateLimited, ls.ErrNotSent}},
		{"redirected", weather{faults: []lst.Fault{lst.Redirect(307, "/")}, request: create(smallOrder())}, ls.Refused, []error{ls.ErrRedirected}},
		{"redirected, in a read", weather{faults: []lst.Fault{lst.Redirect(302, "/")}, request: find}, "", []error{ls.ErrRedirected}},
		{"a server error, in a read", weather{faults: []lst.Fault{lst.Status(500).Forever()}, request: find}, "", []error{ls.ErrUnavailable}},
		{"not to be reached", weather{
			offline: true, request: create(smallOrder()),
		}, ls.NotSent, []error{ls.ErrUnavailable, ls.ErrNotSent, syscall.ECONNREFUSED}},
		{"a read that is no JSON", weather{faults: []lst.Fault{lst.Status(200, lst.Body("text/html", "<html>")).Forever()}, request: find}, "", []error{ls.ErrBadResponse}},
		{"lost for good", weather{faults: []lst.Fault{lst.DropBefore().Forever()}, request: create(smallOrder())}, ls.Unknown, []error{ls.ErrOutcomeUnknown, ls.ErrUnavailable}},
		{"server errors for good", weather{faults: []lst.Fault{lst.Status(503).Forever()}, request: create(smallOrder())}, ls.Unknown, []error{ls.ErrOutcomeUnknown, ls.ErrUnavailable}},
		// The lookup is not authorized; that says nothing of the order.
		{"lost, and the key is taken away", weather{
			faults: []lst.Fault{lst.DropAfter().On(lst.CreateOrder).Forever(), lst.Status(403).On(lst.ListOrders).Forever()}, request: create(smallOrder()),
		}, ls.Unknown, []error{ls.ErrOutcomeUnknown, ls.ErrUnavailable}},
		{"lost, and nobody finds anything", weather{
			faults: []lst.Fault{lst.Status(200, lst.Body("application/json", "{}"))}, request: create(smallOrder()),
		}, ls.Unknown, []error{ls.ErrOutcomeUnknown}},
		{"an append without keys, lost", weather{faults: []lst.Fault{lst.DropAfter()}, request: create(smallOrder().Appending())}, ls.Unknown, []error{ls.ErrOutcomeUnknown, ls.ErrUnavailable}},
		{"canceled before", weather{cancel: true, request: create(smallOrder())}, ls.NotSent, []error{ls.ErrNotSent, context.Canceled}},
		{"out of time, after sending", weather{
			faults: []lst.Fault{lst.StallAfter()}, limit: time.Second, request: create(smallOrder()),
		}, ls.Unknown, []error{ls.ErrOutcomeUnknown, ls.ErrUnavailable, context.DeadlineExceeded}},
	}
	seen := map[ls.ErrorKind]bool{}
	for _, tt := range tests {
		for _, want := range tt.matches {
			if kind, ok := want.(ls.ErrorKind); ok { //nolint:errorlint // a kind, not an error that was wrapped
				seen[kind] = true
			}
		}
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				err := tt.weather.call(t)
				require.Error(t, err)
				holdMatches(t, err, tt.matches)
				holdMatches(t, fmt.Errorf("order 7: %w", err), tt.matches) // wrapped by the caller
				var e *ls.Error
				require.ErrorAs(t, err, &e)
				assert.Equal(t, tt.outcome, e.Outcome)
				require.ErrorIs(t, err, e.Kind, "its own kind")
				var invalid *ls.ValidationError
				if errors.As(err, &invalid) {
					assert.NotEmpty(t, invalid.Findings)
				}
				ours := e.StatusCode == 0 && (e.Kind == ls.ErrInvalidRequest || e.Kind == ls.ErrInvalidConfig)
				assert.Equal(t, ours, invalid != nil, "a *ValidationError is in it if the SDK found what is wrong")
				var op *net.OpError
				assert.Equal(t, tt.weather.offline, errors.As(err, &op))
			})
		})
	}
	for _, kind := range kinds {
		assert.True(t, seen[kind], "no case brings %q about", kind)
	}
}

// holdMatches holds which of all kinds an error matches.
func holdMatches(t *testing.T, err error, matches []error) {
	t.Helper()
	want := map[error]bool{}
	for _, target := range matches {
		want[target] = true
	}
	for _, kind := range kinds {
		assert.Equal(t, want[kind], errors.Is(err, kind), "errors.Is(%v, %v)", err, kind)
	}
	for _, target := range []error{context.Canceled, context.DeadlineExceeded, syscall.ECONNREFUSED} {
		assert.Equal(t, want[target], errors.Is(err, target), "errors.Is(%v, %v)", err, target)
	}
	// What is unknown is never also a refusal.
	if errors.Is(err, ls.ErrOutcomeUnknown) {
		for _, refusal := range []ls.ErrorKind{
			ls.ErrInvalidRequest, ls.ErrUnauthorized, ls.ErrNotFound, ls.ErrOrderExists, ls.ErrOrderConflict, ls.ErrRateLimited, ls.ErrRedirected, ls.ErrNotSent,
		} {
			require.NotErrorIs(t, err, refusal, "what is unknown is never also a refusal")
		}
	}
}

// call makes the call in its weather.
func (w *weather) call(t *testing.T) error {
	t.Helper()
	network := lst.NewNetwork()
	server := lst.NewServer(t, append([]lst.Option{lst.WithNetwork(network)}, w.server...)...)
	transport := &http.Transport{DialContext: network.DialContext}
	t.Cleanup(transport.CloseIdleConnections)
	if w.offline {
		transport.DialContext = func(_ context.Context, network, _ string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
		}
	}
	client, err := ls.New(server.APIKey(), append([]ls.Option{
		ls.WithBaseURL(server.URL()), ls.WithHTTPClient(&http.Client{Transport: transport}), ls.WithBudget(ls.NewBudget(ls.Unlimited)),
	}, w.client...)...)
	require.NoError(t, err)
	if w.before != nil {
		w.before(t, server, client)
	}
	server.Inject(w.faults...)
	ctx := t.Context()
	if w.limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, w.limit)
		defer cancel()
	}
	if w.cancel {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		cancel()
	}
	return w.request(ctx, client)
}

// TestUnknownMatchesNoRefusal holds the matrix without any weather: whatever
// Kind an error has, an outcome that is unknown matches ErrOutcomeUnknown.
func TestUnknownMatchesNoRefusal(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		for _, outcome := range []ls.Outcome{"", ls.Refused, ls.NotSent, ls.Unknown} {
			err := error(&ls.Error{Kind: kind, Outcome: outcome})
			if outcome == "" { // of a read, which is never unknown
				assert.Equal(t, kind != ls.ErrOutcomeUnknown, errors.Is(err, kind))
				continue
			}
			assert.Equal(t, outcome == ls.Unknown, errors.Is(err, ls.ErrOutcomeUnknown), "%s with %s", kind, outcome)
			assert.Equal(t, outcome == ls.NotSent, errors.Is(err, ls.ErrNotSent), "%s with %s", kind, outcome)
		}
		assert.Equal(t, "licensespring: "+string(kind), kind.Error())
	}
	assert.NotErrorIs(t, io.EOF, ls.ErrNotSent)
}
