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

// kinds lists all error kinds of the documentation.
var kinds = []ls.ErrorKind{
	ls.ErrInvalidRequest, ls.ErrInvalidConfig, ls.ErrUnauthorized, ls.ErrNotFound, ls.ErrOrderExists, ls.ErrOrderConflict, ls.ErrLicenseConflict,
	ls.ErrRateLimited, ls.ErrRedirected, ls.ErrUnavailable, ls.ErrBadResponse, ls.ErrOutcomeUnknown, ls.ErrNotSent,
}

// TestKindsAreComplete compares kinds with the exported constants.
func TestKindsAreComplete(t *testing.T) {
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

// scenario is a call and the conditions under which it runs.
type scenario struct {
	server  []lst.Option
	client  []ls.Option
	faults  []lst.Fault
	before  func(t *testing.T, s *lst.Server, c *ls.Client)
	timeout time.Duration // of the call's context; 0 means none
	cancel  bool          // cancels the context before the call
	offline bool          // connections fail with ECONNREFUSED
	call    func(ctx context.Context, c *ls.Client) error
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

func lookUp(ctx context.Context, c *ls.Client) error {
	_, err := c.GetOrderByStoreID(ctx, "inv-1")
	return err
}

// createOther creates a different order with the same id.
func createOther(t *testing.T, _ *lst.Server, c *ls.Client) {
	t.Helper()
	_, err := c.CreateOrder(t.Context(), ls.NewOrder("inv-1").AddItem(countProduct, ls.NewLicense()))
	require.NoError(t, err)
}

// TestErrorsMatch provokes every kind of error. Each error matches the listed
// kinds and no other.
func TestErrorsMatch(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		scenario scenario
		outcome  ls.Outcome
		matches  []error
	}{
		{"invalid order", scenario{call: create(ls.NewOrder(""))}, ls.OutcomeNotSent, []error{ls.ErrInvalidRequest, ls.ErrNotSent}},
		{"nil order", scenario{call: create(nil)}, ls.OutcomeNotSent, []error{ls.ErrInvalidRequest, ls.ErrNotSent}},
		{"invalid read", scenario{call: func(ctx context.Context, c *ls.Client) error { _, err := c.GetOrder(ctx, 0); return err }}, "", []error{ls.ErrInvalidRequest, ls.ErrNotSent}},
		{"rejected by the service", scenario{call: create(ls.NewOrder("inv-1").AddItem("unknown", ls.NewLicense()))}, ls.OutcomeRejected, []error{ls.ErrInvalidRequest}},
		{"invalid options", scenario{call: func(context.Context, *ls.Client) error { _, err := ls.New("", ls.WithHTTPClient(nil)); return err }}, "", []error{ls.ErrInvalidConfig}},
		{"wrong key", scenario{faults: []lst.Fault{lst.Status(403)}, call: create(smallOrder())}, ls.OutcomeRejected, []error{ls.ErrUnauthorized}},
		{"wrong key, read", scenario{faults: []lst.Fault{lst.Status(401)}, call: lookUp}, "", []error{ls.ErrUnauthorized}},
		{"order not found", scenario{call: lookUp}, "", []error{ls.ErrNotFound}},
		{"id exists", scenario{before: createOther, call: create(smallOrder())}, ls.OutcomeRejected, []error{ls.ErrOrderExists}},
		{"id exists, different order", scenario{before: createOther, call: ensure(smallOrder())}, ls.OutcomeRejected, []error{ls.ErrOrderConflict}},
		{"license disabled by other means", scenario{
			before: func(t *testing.T, s *lst.Server, c *ls.Client) {
				t.Helper()
				createOther(t, s, c)
				require.True(t, s.DisableLicense(s.Licenses()[0].ID, "support@example.com"))
			},
			call: func(ctx context.Context, c *ls.Client) error {
				order, err := c.GetOrderByStoreID(ctx, "inv-1")
				if err != nil {
					return err
				}
				_, err = c.EnsureLicense(ctx, order.Licenses()[0].ID, ls.LicenseState{Enabled: new(true)})
				return err
			},
		}, ls.OutcomeRejected, []error{ls.ErrLicenseConflict}},
		{"rate limited by the service", scenario{faults: []lst.Fault{lst.Status(429, lst.Header("Retry-After", "3600"))}, call: create(smallOrder())}, ls.OutcomeRejected, []error{ls.ErrRateLimited}},
		{"rate limited by the service, read", scenario{faults: []lst.Fault{lst.Status(429).Forever()}, call: lookUp}, "", []error{ls.ErrRateLimited}},
		{"rate limited by the client, read", scenario{
			client: []ls.Option{ls.WithRateLimiter(ls.NewRateLimiter(ls.RateLimit(1)))}, before: createOther, timeout: time.Second, call: lookUp,
		}, "", []error{ls.ErrRateLimited, ls.ErrNotSent}},
		{"rate limited by the client", scenario{
			client: []ls.Option{ls.WithRateLimiter(ls.NewRateLimiter(ls.RateLimit(1)))}, before: createOther, timeout: time.Second, call: create(smallOrder()),
		}, ls.OutcomeNotSent, []error{ls.ErrRateLimited, ls.ErrNotSent}},
		{"redirected", scenario{faults: []lst.Fault{lst.Redirect(307, "/")}, call: create(smallOrder())}, ls.OutcomeRejected, []error{ls.ErrRedirected}},
		{"redirected, read", scenario{faults: []lst.Fault{lst.Redirect(302, "/")}, call: lookUp}, "", []error{ls.ErrRedirected}},
		{"server error, read", scenario{faults: []lst.Fault{lst.Status(500).Forever()}, call: lookUp}, "", []error{ls.ErrUnavailable}},
		{"unreachable", scenario{
			offline: true, call: create(smallOrder()),
		}, ls.OutcomeNotSent, []error{ls.ErrUnavailable, ls.ErrNotSent, syscall.ECONNREFUSED}},
		{"unreachable, read", scenario{offline: true, call: lookUp}, "", []error{ls.ErrUnavailable, ls.ErrNotSent, syscall.ECONNREFUSED}},
		{"canceled before the call, read", scenario{cancel: true, call: lookUp}, "", []error{ls.ErrNotSent, context.Canceled}},
		{"response is not JSON, read", scenario{faults: []lst.Fault{lst.Status(200, lst.Body("text/html", "<html>")).Forever()}, call: lookUp}, "", []error{ls.ErrBadResponse}},
		{"all responses lost", scenario{faults: []lst.Fault{lst.DropBefore().Forever()}, call: create(smallOrder())}, ls.OutcomeUnknown, []error{ls.ErrOutcomeUnknown}},
		{"only server errors", scenario{faults: []lst.Fault{lst.Status(503).Forever()}, call: create(smallOrder())}, ls.OutcomeUnknown, []error{ls.ErrOutcomeUnknown}},
		// The status of the lookup is not the outcome of the create.
		{"response lost, lookup not authorized", scenario{
			faults: []lst.Fault{lst.DropAfter().On(lst.CreateOrder).Forever(), lst.Status(403).On(lst.ListOrders).Forever()}, call: create(smallOrder()),
		}, ls.OutcomeUnknown, []error{ls.ErrOutcomeUnknown}},
		{"unreadable response, order not found", scenario{
			faults: []lst.Fault{lst.Status(200, lst.Body("application/json", "{}"))}, call: create(smallOrder()),
		}, ls.OutcomeUnknown, []error{ls.ErrOutcomeUnknown}},
		{"append without keys, response lost", scenario{faults: []lst.Fault{lst.DropAfter()}, call: create(smallOrder().Appending())}, ls.OutcomeUnknown, []error{ls.ErrOutcomeUnknown}},
		{"canceled before the call", scenario{cancel: true, call: create(smallOrder())}, ls.OutcomeNotSent, []error{ls.ErrNotSent, context.Canceled}},
		{"deadline exceeded after sending", scenario{
			faults: []lst.Fault{lst.StallAfter()}, timeout: time.Second, call: create(smallOrder()),
		}, ls.OutcomeUnknown, []error{ls.ErrOutcomeUnknown, context.DeadlineExceeded}},
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
				err := tt.scenario.run(t)
				require.Error(t, err)
				assertMatches(t, err, tt.matches)
				assertMatches(t, fmt.Errorf("order 7: %w", err), tt.matches) // wrapped by the caller
				var e *ls.Error
				require.ErrorAs(t, err, &e)
				assert.Equal(t, tt.outcome, e.Outcome)
				assert.Equal(t, tt.outcome, ls.OutcomeOf(fmt.Errorf("order 7: %w", err)))
				require.ErrorIs(t, err, e.Kind, "its own kind")
				var invalid *ls.ValidationError
				if errors.As(err, &invalid) {
					assert.NotEmpty(t, invalid.Findings)
				}
				bySDK := e.StatusCode == 0 && (e.Kind == ls.ErrInvalidRequest || e.Kind == ls.ErrInvalidConfig)
				assert.Equal(t, bySDK, invalid != nil, "validation errors of the SDK wrap a *ValidationError")
				var op *net.OpError
				assert.Equal(t, tt.scenario.offline, errors.As(err, &op))
			})
		})
	}
	for _, kind := range kinds {
		assert.True(t, seen[kind], "no case provokes %q", kind)
	}
}

// assertMatches checks that an error matches the given kinds and no other.
func assertMatches(t *testing.T, err error, matches []error) {
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
}

// run makes the call under the conditions of the scenario.
func (s *scenario) run(t *testing.T) error {
	t.Helper()
	network := lst.NewNetwork()
	server := lst.NewServer(t, append([]lst.Option{lst.WithNetwork(network)}, s.server...)...)
	transport := &http.Transport{DialContext: network.DialContext}
	t.Cleanup(transport.CloseIdleConnections)
	if s.offline {
		transport.DialContext = func(_ context.Context, network, _ string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
		}
	}
	client, err := ls.New(server.APIKey(), append([]ls.Option{
		ls.WithBaseURL(server.URL()), ls.WithHTTPClient(&http.Client{Transport: transport}), ls.WithRateLimiter(ls.NewRateLimiter(ls.NoRateLimit)),
	}, s.client...)...)
	require.NoError(t, err)
	if s.before != nil {
		s.before(t, server, client)
	}
	server.Inject(s.faults...)
	ctx := t.Context()
	if s.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.timeout)
		defer cancel()
	}
	if s.cancel {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		cancel()
	}
	return s.call(ctx, client)
}

// TestUnknownMatchesNoOtherKind tests all combinations of Kind and Outcome: an
// error whose outcome is unknown matches ErrOutcomeUnknown and no other kind.
func TestUnknownMatchesNoOtherKind(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		for _, outcome := range []ls.Outcome{"", ls.OutcomeRejected, ls.OutcomeNotSent, ls.OutcomeUnknown} {
			err := error(&ls.Error{Kind: kind, Outcome: outcome})
			if outcome == "" { // a read, which is never unknown
				assert.Equal(t, kind != ls.ErrOutcomeUnknown, errors.Is(err, kind))
				continue
			}
			assert.Equal(t, outcome == ls.OutcomeUnknown, errors.Is(err, ls.ErrOutcomeUnknown), "%s with %s", kind, outcome)
			if outcome == ls.OutcomeUnknown {
				for _, other := range kinds {
					assert.Equal(t, other == ls.ErrOutcomeUnknown, errors.Is(err, other), "%s with %s is %s", kind, outcome, other)
				}
				continue
			}
			assert.Equal(t, outcome == ls.OutcomeNotSent || kind == ls.ErrNotSent, errors.Is(err, ls.ErrNotSent), "%s with %s", kind, outcome)
		}
		assert.Equal(t, "licensespring: "+string(kind), kind.Error())
	}
	assert.NotErrorIs(t, io.EOF, ls.ErrNotSent)
}
