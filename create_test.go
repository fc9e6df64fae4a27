package licensespring_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

const jsonType = "application/json"

func jsonBody(body string) lst.StatusOption { return lst.Body(jsonType, body) }

func TestCreateOrder(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	res, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
	require.NoError(t, err)
	assert.Equal(t, licensespring.OutcomeCreated, res.Outcome)
	assert.Empty(t, res.Warnings)

	stored, ok := s.Order("inv-1")
	require.True(t, ok)
	assert.Equal(t, stored.ID, res.Order.ID)
	assert.Equal(t, "inv-1", res.Order.StoreID)
	require.Len(t, res.Order.OrderItems, 2)
	assert.Equal(t, "acmecad", res.Order.OrderItems[0].ProductCode)
	assert.Equal(t, []string{stored.Items[0].Licenses[0].Key, givenKey}, res.Order.LicenseKeys())
	users := res.Order.Users()
	require.Len(t, users, 1)
	assert.Equal(t, userEmail, users[0].Email)
	assert.Equal(t, stored.Items[1].Licenses[0].Users[0].InitialPassword, users[0].InitialPassword.Reveal())

	require.Len(t, res.Attempts, 1)
	a := res.Attempts[0]
	assert.Equal(t, licensespring.OpCreateOrder, a.Op)
	assert.Equal(t, 1, a.Number)
	assert.Equal(t, licensespring.PhaseResponded, a.Phase)
	assert.Equal(t, http.StatusOK, a.Status)
	assert.Zero(t, a.Wait)
	assert.Equal(t, 1, sentTo(s, lst.CreateOrder))
}

func TestCreateOrderAppends(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	order := anAppend("inv-1", givenKey)
	res, err := client.CreateOrder(t.Context(), order)
	require.NoError(t, err)
	assert.Equal(t, licensespring.OutcomeAppended, res.Outcome, "the response does not prove that there was no order")

	res, err = client.CreateOrder(t.Context(), anAppend("inv-1", otherKey))
	require.NoError(t, err)
	assert.Equal(t, licensespring.OutcomeAppended, res.Outcome)
	assert.ElementsMatch(t, []string{givenKey, otherKey}, res.Order.LicenseKeys())
	assert.Equal(t, 2, s.LicenseCount())
}

// A rejection is final after one request and creates nothing. The service's
// message is reported in the same fields for every response format.
func TestCreateOrderRejected(t *testing.T) {
	t.Parallel()
	html := lst.Body("text/html", "<html><body>Bad Gateway at https://internal.example/</body></html>")
	tests := []struct {
		name    string
		status  int
		options []lst.StatusOption
		kind    licensespring.ErrorKind
		code    string
		message string
		fields  []licensespring.FieldError
	}{
		{
			"taken id", 409,
			[]lst.StatusOption{jsonBody(`{"status": 409, "code": "order_id_exists", "message": "Order with this ID already exists."}`)},
			licensespring.ErrOrderExists, "order_id_exists", "Order with this ID already exists.", nil,
		},
		// The service combines statuses and codes freely: the code decides.
		{
			"taken id at 400", 400,
			[]lst.StatusOption{jsonBody(`{"code": "order_id_exists"}`)},
			licensespring.ErrOrderExists, "order_id_exists", "", nil,
		},
		{"taken id without a code", 409, []lst.StatusOption{jsonBody(`{}`)}, licensespring.ErrOrderExists, "", "", nil},
		{
			"a conflict about something else", 409,
			[]lst.StatusOption{jsonBody(`{"code": "customer_account_id_mismatch"}`)},
			licensespring.ErrInvalidRequest, "customer_account_id_mismatch", "", nil,
		},
		{
			"unknown product", 400,
			[]lst.StatusOption{jsonBody(`{"status": 400, "code": "unknown_product", "message": "No such product."}`)},
			licensespring.ErrInvalidRequest, "unknown_product", "No such product.", nil,
		},
		// The list of codes is open.
		{
			"new code", 422,
			[]lst.StatusOption{jsonBody(`{"code": "moon_phase", "message": "Not today."}`)},
			licensespring.ErrInvalidRequest, "moon_phase", "Not today.", nil,
		},
		{"detail", 400, []lst.StatusOption{jsonBody(`{"detail": "Malformed."}`)}, licensespring.ErrInvalidRequest, "", "Malformed.", nil},
		{
			"errors", 400,
			[]lst.StatusOption{jsonBody(`{"errors": [{"message": "First.", "value": "hopper"}, {"message": "Second."}]}`)},
			licensespring.ErrInvalidRequest, "", "First.; Second.", nil,
		},
		{
			"nested fields", 400,
			[]lst.StatusOption{jsonBody(`{"items": [{}, {"licenses": [{"max_activations": ["Too many.", "Really."]}]}], "customer": {"email": ["Unknown."]}}`)},
			licensespring.ErrInvalidRequest, "", "",
			[]licensespring.FieldError{
				{Path: "items[1].licenses[0].max_activations", Messages: []string{"Too many.", "Really."}},
				{Path: "customer.email", Messages: []string{"Unknown."}},
			},
		},
		{
			"non-field errors", 400,
			[]lst.StatusOption{jsonBody(`{"non_field_errors": ["Nothing to do."]}`)},
			licensespring.ErrInvalidRequest, "", "Nothing to do.", nil,
		},
		{"a list", 400, []lst.StatusOption{jsonBody(`["Nothing to do."]`)}, licensespring.ErrInvalidRequest, "", "Nothing to do.", nil},
		{"HTML", 400, []lst.StatusOption{html}, licensespring.ErrInvalidRequest, "", "", nil},
		{"nothing", 400, []lst.StatusOption{jsonBody("")}, licensespring.ErrInvalidRequest, "", "", nil},
		{
			"no key", 403,
			[]lst.StatusOption{jsonBody(`{"detail": "Authentication credentials were not provided."}`)},
			licensespring.ErrUnauthorized, "", "Authentication credentials were not provided.", nil,
		},
		{"no key, by the book", 401, nil, licensespring.ErrUnauthorized, "", "Unauthorized", nil},
		{
			"wrong key, by its code", 400,
			[]lst.StatusOption{jsonBody(`{"code": "invalid_api_key"}`)},
			licensespring.ErrUnauthorized, "invalid_api_key", "", nil,
		},
		{"wrong address", 404, []lst.StatusOption{html}, licensespring.ErrNotFound, "", "", nil},
		{"wrong method", 405, nil, licensespring.ErrInvalidRequest, "", "Method Not Allowed", nil},
		{"a proxy wants a password", 407, nil, licensespring.ErrUnavailable, "", "Proxy Authentication Required", nil},
		{"too large", 413, []lst.StatusOption{html}, licensespring.ErrInvalidRequest, "", "", nil},
		{"moved for good", 301, []lst.StatusOption{lst.Header("Location", "/elsewhere/")}, licensespring.ErrRedirected, "", "Moved Permanently", nil},
		{"moved", 302, []lst.StatusOption{lst.Header("Location", "/elsewhere/")}, licensespring.ErrRedirected, "", "Found", nil},
		{"moved, same method", 307, []lst.StatusOption{lst.Header("Location", "/elsewhere/")}, licensespring.ErrRedirected, "", "Temporary Redirect", nil},
		{"moved for good, same method", 308, []lst.StatusOption{lst.Header("Location", "::not a URL::")}, licensespring.ErrRedirected, "", "Permanent Redirect", nil},
		{"not modified", 304, nil, licensespring.ErrRedirected, "", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client, s := onLoopback(t, nil)
			s.Inject(lst.Status(tt.status, append(tt.options, lst.Header("X-Request-Id", "req-77"))...))
			res, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
			assert.Nil(t, res)
			assertMatches(t, err, tt.kind)
			assertTerse(t, err, "internal.example", "elsewhere")
			e := errorOf(t, err)
			assert.Equal(t, licensespring.OpCreateOrder, e.Op)
			assert.Equal(t, "inv-1", e.OrderID)
			assert.Equal(t, tt.kind, e.Kind)
			assert.Equal(t, licensespring.OutcomeRejected, e.Outcome)
			assert.Equal(t, tt.status, e.StatusCode)
			assert.Equal(t, tt.code, e.Code)
			assert.Equal(t, tt.message, e.Message)
			assert.Equal(t, tt.fields, e.Fields)
			assert.Equal(t, "req-77", e.RequestID)
			assert.Zero(t, e.RetryAt)
			assert.Empty(t, e.RateLimitSource)
			assert.Len(t, e.Attempts, 1)
			assert.Len(t, s.Requests(), 1)
			assert.Empty(t, s.Orders())
		})
	}
}

func TestCreateOrderRequestID(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ sent, want string }{
		"none":     {"", ""},
		"usual":    {"0c5e9cbc-2b8e-4f6a", "0c5e9cbc-2b8e-4f6a"},
		"too long": {strings.Repeat("x", 129), ""},
		"strange":  {"r\xc3\xa9q", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, s := onLoopback(t, nil)
			s.Inject(lst.Status(400, lst.Header("X-Request-Id", tt.sent)))
			_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
			assert.Equal(t, tt.want, errorOf(t, err).RequestID)
		})
	}
}

// If the id is taken at the first attempt, the call fails at once without a
// lookup.
func TestCreateOrderIDTaken(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
	require.NoError(t, err)
	s.ResetRequests()
	_, err = client.CreateOrder(t.Context(), anOrder("inv-1"))
	assertMatches(t, err, licensespring.ErrOrderExists)
	assert.Equal(t, licensespring.OutcomeRejected, errorOf(t, err).Outcome)
	assert.Len(t, s.Requests(), 1)
	assert.Len(t, s.Orders(), 1)
	assert.Equal(t, `licensespring: create order "inv-1": order exists: Order with this ID already exists. (status 409 order_id_exists)`, err.Error())
}

// Attempts that never reached the service are no reason to look up an existing
// order.
func TestCreateOrderIDTakenAfterHarmlessAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, network := inMemory(t, nil)
		_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
		require.NoError(t, err)
		s.CloseConnections()
		synctest.Wait()
		network.Line(network.Dials() + 1).Refuse()
		s.Inject(lst.Status(http.StatusTooManyRequests))
		s.ResetRequests()
		_, err = client.CreateOrder(t.Context(), anOrder("inv-1"))
		assertMatches(t, err, licensespring.ErrOrderExists)
		assert.Len(t, errorOf(t, err).Attempts, 3)
		assert.Zero(t, sentTo(s, lst.ListOrders))
	})
}

// Errors before the headers were written, such as refused connections, are
// retried and never make the outcome unknown.
func TestCreateOrderNotSent(t *testing.T) {
	t.Parallel()
	t.Run("always", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			client, s, network := inMemory(t, nil)
			network.OnDial(func(l *lst.Line) { l.Refuse() })
			_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
			assertMatches(t, err, licensespring.ErrUnavailable, licensespring.ErrNotSent)
			assertTerse(t, err)
			e := errorOf(t, err)
			assert.Equal(t, licensespring.OutcomeNotSent, e.Outcome)
			assert.Len(t, e.Attempts, licensespring.DefaultMaxAttempts)
			assert.Equal(t, `licensespring: create order "inv-1": service unavailable (not sent): connection refused`, err.Error())
			assert.Empty(t, s.Requests())
		})
	})
	t.Run("at first", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			client, s, network := inMemory(t, nil)
			network.Line(1).Refuse()
			network.Line(2).CutAfter(lst.ToServer, 10) // in the request line
			res, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
			require.NoError(t, err)
			assert.Equal(t, licensespring.PhaseNotSent, res.Attempts[0].Phase)
			assert.Len(t, s.Orders(), 1)
		})
	})
	t.Run("a closed port", func(t *testing.T) {
		t.Parallel()
		client, s := onLoopback(t, nil)
		require.NoError(t, s.Offline())
		_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
		assertMatches(t, err, licensespring.ErrUnavailable, licensespring.ErrNotSent)
		assertTerse(t, err)
	})
	t.Run("an untrusted certificate", func(t *testing.T) {
		t.Parallel()
		server := newTLSServer(t)
		client := newClient(t, testKey, licensespring.WithBaseURL(server))
		_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
		assertMatches(t, err, licensespring.ErrUnavailable, licensespring.ErrNotSent)
		assertTerse(t, err)
		assert.Len(t, errorOf(t, err).Attempts, 1) // a retry would fail the same way
	})
}

func TestCreateOrderInvalid(t *testing.T) {
	t.Parallel()
	wrong := anOrder("")
	wrong.Items[0].Licenses[0].LicenseType = licensespring.Perpetual
	wrong.Items[0].Licenses[1].MaxActivations = new(-1)
	wrong.Items[1].Licenses[0].Users[0].Email = "lovelace"
	for name, tt := range map[string]struct {
		order *licensespring.Order
		want  []string
	}{
		"everything at once": {wrong, []string{
			"id", "items[0].licenses[0].valid_duration", "items[0].licenses[1].max_activations", "items[1].licenses[0].users[0].email",
		}},
		"no order": {nil, []string{""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, s := onLoopback(t, nil)
			for _, call := range []func(context.Context, *licensespring.Order) (*licensespring.OrderResult, error){
				client.CreateOrder, client.EnsureOrder,
			} {
				res, err := call(t.Context(), tt.order)
				assert.Nil(t, res)
				assertMatches(t, err, licensespring.ErrInvalidRequest, licensespring.ErrNotSent)
				assertTerse(t, err)
				e := errorOf(t, err)
				assert.Equal(t, licensespring.OutcomeNotSent, e.Outcome)
				assert.Empty(t, e.Attempts)
				var invalid *licensespring.ValidationError
				require.ErrorAs(t, err, &invalid)
				var paths []string
				for _, f := range invalid.Findings {
					paths = append(paths, f.Path)
				}
				assert.Equal(t, tt.want, paths)
			}
			assert.Empty(t, s.Requests())
		})
	}
}

// The result contains the warnings of validation.
func TestCreateOrderWarnings(t *testing.T) {
	t.Parallel()
	client, _ := onLoopback(t, nil)
	order := licensespring.NewOrder("inv-1").AddItem("acmecad",
		licensespring.NewLicense().WithFeatures("render", "teleport"))
	order.Items[0].Licenses[0].MaintenanceDuration = licensespring.Months(3)
	res, err := client.CreateOrder(t.Context(), order)
	require.NoError(t, err)
	assert.Equal(t, []licensespring.Finding{
		{
			Path: "items[0].licenses[0].maintenance_duration", Rule: licensespring.RuleMaintenanceNotEnabled, Severity: licensespring.SeverityWarning,
			Message: "has no effect unless enable_maintenance_duration is true",
		},
		{
			Path: "items[0].licenses[0].product_features[1].code", Rule: licensespring.RuleFeatureDropped, Severity: licensespring.SeverityWarning,
			Message: "the license does not have the feature; the service drops unknown codes",
		},
	}, res.Warnings)
}

// A 429 is waited for, whatever the format of Retry-After, and creates nothing.
func TestCreateOrderRateLimited(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		header func() string
		wait   time.Duration // with a jitter of one half, and a first wait of 500 ms
	}{
		{"seconds", func() string { return "7" }, 7250 * time.Millisecond},
		{"a fraction", func() string { return "1.5" }, 2250 * time.Millisecond},                                                       // rounded up
		{"a date", func() string { return time.Now().Add(9 * time.Second).UTC().Format(http.TimeFormat) }, 9250 * time.Millisecond},   // a bubble begins at a whole second
		{"another date", func() string { return time.Now().Add(9 * time.Second).UTC().Format(time.RFC850) }, 9250 * time.Millisecond}, // obsolete, but still valid
		{"yet another date", func() string { return time.Now().Add(9 * time.Second).UTC().Format(time.ANSIC) }, 9250 * time.Millisecond},
		{"a date that is over", func() string { return "Sat, 01 Jan 2000 00:00:00 GMT" }, 250 * time.Millisecond},
		{"zero", func() string { return "0" }, 250 * time.Millisecond},
		{"none", func() string { return "" }, 375 * time.Millisecond}, // half of the wait, and half of the other half
		{"nonsense", func() string { return "soon" }, 375 * time.Millisecond},
		{"negative", func() string { return "-5" }, 375 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, order := range []*licensespring.Order{anOrder("inv-1"), anAppend("inv-1", givenKey), appendWithoutKeys("inv-1")} {
				synctest.Test(t, func(t *testing.T) {
					client, s, _ := inMemory(t, nil)
					s.Inject(lst.Status(http.StatusTooManyRequests, lst.Header("Retry-After", tt.header())))
					start := time.Now()
					res, err := client.CreateOrder(t.Context(), order)
					require.NoError(t, err)
					want := licensespring.OutcomeCreated
					if order.Append {
						want = licensespring.OutcomeAppended
					}
					assert.Equal(t, want, res.Outcome)
					assert.Equal(t, tt.wait, time.Since(start))
					assert.Equal(t, tt.wait, res.Attempts[0].Wait)
					assert.Equal(t, "rate limited", res.Attempts[0].Reason)
					assert.Equal(t, "retry", res.Attempts[0].Decision)
					assert.Len(t, s.Orders(), 1)
				})
			}
		})
	}
}

func appendWithoutKeys(id string) *licensespring.Order {
	order := licensespring.NewOrder(id).AddItem("acmecad", licensespring.NewLicense(), licensespring.NewLicense())
	order.Append = true
	return order
}

// A wait that exceeds the deadline is not started: the call fails at once with
// RetryAt.
func TestWaitExceedsDeadline(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		after    string
		deadline time.Duration
		retryIn  time.Duration
		decision string
	}{
		{"the caller's deadline", "30", 20 * time.Second, 30250 * time.Millisecond, "no retry: wait exceeds deadline"},
		{"the call's own limit", "150", 0, 150250 * time.Millisecond, "no retry: wait exceeds deadline"},
		{"excessive wait", "9223372036854775807", 0, 24*time.Hour + 250*time.Millisecond, "no retry: requested wait too long"}, // must not overflow
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, s, _ := inMemory(t, nil)
				s.Inject(lst.Status(http.StatusTooManyRequests, lst.Header("Retry-After", tt.after)).Forever())
				ctx := t.Context()
				if tt.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.deadline)
					defer cancel()
				}
				start := time.Now()
				_, err := client.CreateOrder(ctx, anOrder("inv-1"))
				assert.Zero(t, time.Since(start))
				assertMatches(t, err, licensespring.ErrRateLimited)
				assertTerse(t, err)
				e := errorOf(t, err)
				assert.Equal(t, licensespring.OutcomeRejected, e.Outcome)
				assert.Equal(t, licensespring.RateLimitSourceService, e.RateLimitSource)
				assert.Equal(t, start.Add(tt.retryIn), e.RetryAt)
				require.Len(t, e.Attempts, 1)
				assert.Equal(t, tt.decision, e.Attempts[0].Decision)
				assert.NotErrorIs(t, err, context.DeadlineExceeded)
			})
		})
	}
}

// The key must not reach another host, and a POST must not become a GET.
func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	for _, code := range []int{301, 302, 303, 307, 308} {
		t.Run(strconv.Itoa(code), func(t *testing.T) {
			t.Parallel()
			elsewhere := lst.NewServer(t, lst.WithAPIKey(lst.DefaultAPIKey))
			client, s := onLoopback(t, nil, licensespring.WithMaxAttempts(1))
			s.Inject(
				lst.Redirect(code, elsewhere.URL()+"/api/v1/orders/create_order/").On(lst.CreateOrder),
				lst.Redirect(code, elsewhere.URL()+"/api/v1/orders/").On(lst.ListOrders).Forever(),
			)
			_, err := client.GetOrderByStoreID(t.Context(), "inv-1")
			assertMatches(t, err, licensespring.ErrRedirected)
			_, err = client.CreateOrder(t.Context(), anOrder("inv-1"))
			want := licensespring.ErrRedirected
			if code == http.StatusSeeOther { // the order may have been created
				want = licensespring.ErrOutcomeUnknown
			}
			assertMatches(t, err, want)
			assertTerse(t, err)
			assert.Empty(t, elsewhere.Requests())
			assert.Equal(t, 1, sentTo(s, lst.CreateOrder))
		})
	}
}

// The context may end at any time: the call returns at once with the correct
// outcome.
func TestCreateOrderContextCanceled(t *testing.T) {
	t.Parallel()
	canceled := 3 * time.Second
	tests := []struct {
		name    string
		prepare func(*lst.Server, *lst.Network)
		options []licensespring.Option
		after   time.Duration
		kinds   []licensespring.ErrorKind
		outcome licensespring.Outcome
		reason  string // of the last attempt
		plain   bool   // an append waits in another place
	}{
		{
			name: "before", after: 0,
			kinds: []licensespring.ErrorKind{licensespring.ErrNotSent}, outcome: licensespring.OutcomeNotSent,
		},
		{
			name: "while it connects", after: canceled,
			prepare: func(_ *lst.Server, n *lst.Network) { n.Line(1).Delay(time.Minute) },
			kinds:   []licensespring.ErrorKind{licensespring.ErrNotSent}, outcome: licensespring.OutcomeNotSent, reason: "canceled",
		},
		{
			name: "while it waits to reconnect", after: canceled,
			prepare: func(_ *lst.Server, n *lst.Network) { n.OnDial(func(l *lst.Line) { l.Refuse() }) },
			options: []licensespring.Option{licensespring.WithRetryWaits(time.Minute, time.Minute)},
			kinds:   []licensespring.ErrorKind{licensespring.ErrNotSent}, outcome: licensespring.OutcomeNotSent, reason: "connection refused",
		},
		{
			name: "while the service pauses it", after: canceled,
			prepare: func(s *lst.Server, _ *lst.Network) { s.Inject(lst.Status(429, lst.Header("Retry-After", "30"))) },
			kinds:   []licensespring.ErrorKind{licensespring.ErrRateLimited}, outcome: licensespring.OutcomeRejected, reason: "rate limited",
		},
		{
			name: "before the service acts", after: canceled,
			prepare: func(s *lst.Server, _ *lst.Network) { s.Inject(lst.StallBefore()) },
			kinds:   unknown(), outcome: licensespring.OutcomeUnknown, reason: "canceled",
		},
		{
			name: "before the response", after: canceled,
			prepare: func(s *lst.Server, _ *lst.Network) { s.Inject(lst.StallAfter()) },
			kinds:   unknown(), outcome: licensespring.OutcomeUnknown, reason: "canceled",
		},
		{
			name: "during the response", after: canceled,
			prepare: func(s *lst.Server, _ *lst.Network) { s.Inject(lst.SlowDrip(100, time.Second)) },
			kinds:   []licensespring.ErrorKind{licensespring.ErrOutcomeUnknown}, outcome: licensespring.OutcomeUnknown, reason: "response truncated",
		},
		{
			name: "while it waits for a retry", after: canceled,
			prepare: func(s *lst.Server, _ *lst.Network) { s.Inject(lst.Status(500)) },
			options: []licensespring.Option{licensespring.WithRetryWaits(time.Minute, time.Minute)},
			kinds:   unknown(), outcome: licensespring.OutcomeUnknown, reason: "server error", plain: true,
		},
		{
			name: "during a lookup", after: canceled,
			prepare: func(s *lst.Server, _ *lst.Network) {
				s.Inject(lst.Status(501), lst.StallBefore().On(lst.ListOrders))
			},
			kinds: unknown(), outcome: licensespring.OutcomeUnknown, reason: "canceled",
		},
		{
			name: "while it waits for the next lookup", after: canceled,
			prepare: func(s *lst.Server, _ *lst.Network) { s.Inject(lst.Status(501)) },
			kinds:   unknown(), outcome: licensespring.OutcomeUnknown, reason: "ok",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, order := range []*licensespring.Order{anOrder("inv-1"), anAppend("inv-1", givenKey)} {
				synctest.Test(t, func(t *testing.T) {
					client, s, network := inMemory(t, nil, append([]licensespring.Option{licensespring.WithJitter(func() float64 { return 0.9 })}, tt.options...)...)
					if tt.prepare != nil {
						tt.prepare(s, network)
					}
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					if tt.after == 0 {
						cancel()
					} else {
						time.AfterFunc(tt.after, cancel)
					}
					start := time.Now()
					_, err := client.CreateOrder(ctx, order)
					assert.Equal(t, tt.after, time.Since(start))
					assertMatches(t, err, tt.kinds...)
					require.ErrorIs(t, err, context.Canceled)
					assertTerse(t, err)
					e := errorOf(t, err)
					assert.Equal(t, tt.outcome, e.Outcome)
					switch {
					case order.Append && tt.plain:
					case tt.reason == "":
						assert.Empty(t, e.Attempts)
					default:
						assert.Equal(t, tt.reason, e.Attempts[len(e.Attempts)-1].Reason)
					}
					if tt.outcome == licensespring.OutcomeNotSent {
						assert.Empty(t, s.Requests())
					}
				})
			}
		})
	}
}

// A deadline that passes during the request makes the outcome unknown.
func TestCreateOrderDeadlineExceeded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, nil)
		s.Inject(lst.StallAfter().Forever())
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		start := time.Now()
		_, err := client.CreateOrder(ctx, anOrder("inv-1"))
		assert.Equal(t, 4*time.Second, time.Since(start))
		assertMatches(t, err, unknown()...)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, `licensespring: create order "inv-1": outcome unknown: context done before the lookup`, err.Error())
	})
}

// After a 429 the call has reached the service, even if the next attempt does
// not.
func TestCreateOrderContextCanceledAfterRateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, network := inMemory(t, nil)
		s.Inject(lst.Status(http.StatusTooManyRequests, lst.Header("Connection", "close")))
		network.Line(2).Delay(time.Minute)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Second, cancel)
		_, err := client.CreateOrder(ctx, anOrder("inv-1"))
		assertMatches(t, err, licensespring.ErrRateLimited)
		require.ErrorIs(t, err, context.Canceled)
		e := errorOf(t, err)
		assert.Equal(t, licensespring.OutcomeRejected, e.Outcome)
		assert.Equal(t, licensespring.PhaseNotSent, e.Attempts[1].Phase)
	})
}

// A rejection is final, even if the context is done afterwards.
func TestRejectionIsNotBlamedOnContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	client := newClient(t, testKey, licensespring.WithHTTPClient(&http.Client{Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
		resp := response(req, http.StatusBadRequest, `{"code":"unknown_product"}`)
		resp.Body = cancelAtEnd{resp.Body, cancel}
		return resp, nil
	})}))
	_, err := client.CreateOrder(ctx, anOrder("inv-1"))
	assertMatches(t, err, licensespring.ErrInvalidRequest)
	require.NotErrorIs(t, err, context.Canceled)
}

// A response with another order, or with none, makes the attempt ambiguous: the
// order is looked up and never retried.
func TestResponseWithoutTheOrder(t *testing.T) {
	t.Parallel()
	bodies := map[string]string{
		"nothing":                "",
		"empty object":           "{}",
		"null":                   "null",
		"a list":                 `[{"id": 1600000000000001, "store_id": "inv-1"}]`,
		"welcome":                `{"message": "welcome"}`,
		"a rejection as success": `{"status": 409, "code": "order_id_exists"}`,
		"another order":          `{"id": 1600000000000001, "store_id": "inv-2"}`,
		"another's license":      `{"order_items": [{"licenses": [{"order": 1600000000000001, "order_store_id": "inv-2"}]}]}`,
		"HTML":                   "<html></html>",
		"half of it":             `{"id": 1600000000000001, "store_id": "inv-`,
		"two of it":              `{"id": 1600000000000001, "store_id": "inv-1"}{}`,
	}
	for name, body := range bodies {
		for _, stored := range []bool{true, false} {
			t.Run(fmt.Sprint(name, ", stored ", stored), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					client, s, _ := inMemory(t, nil)
					options := []lst.StatusOption{jsonBody(body)}
					if stored {
						options = append(options, lst.Stored())
					}
					s.Inject(lst.Status(http.StatusOK, options...).On(lst.CreateOrder))
					res, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
					assert.Equal(t, 1, sentTo(s, lst.CreateOrder))
					if stored {
						require.NoError(t, err)
						assert.Equal(t, licensespring.OutcomeRecovered, res.Outcome)
						assert.Equal(t, givenKey, res.Order.LicenseKeys()[1])
						return
					}
					assertMatches(t, err, licensespring.ErrOutcomeUnknown)
					assertTerse(t, err)
					assert.Equal(t, http.StatusOK, errorOf(t, err).StatusCode)
				})
			})
		}
	}
}
