package licensespring_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// Checks the error of each option, and the limits of the valid range.
func TestOptionErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		option licensespring.Option
		error  string // empty: none
	}{
		{"attempts below", licensespring.WithMaxAttempts(0), "max_attempts: must be between 1 and 100"},
		{"attempts least", licensespring.WithMaxAttempts(1), ""},
		{"attempts most", licensespring.WithMaxAttempts(100), ""},
		{"attempts above", licensespring.WithMaxAttempts(101), "max_attempts: must be between 1 and 100"},
		{"waits alike", licensespring.WithRetryWaits(time.Second, time.Second), ""},
		{"waits none", licensespring.WithRetryWaits(0, time.Second), "retry_waits: the first wait"}, // would send requests without pauses
		{"waits reversed", licensespring.WithRetryWaits(2, 1), "retry_waits: the first wait"},
		{"attempt timeout none", licensespring.WithAttemptTimeout(0), ""},
		{"call timeout none", licensespring.WithCallTimeout(0), ""},
		{"one byte", licensespring.WithMaxResponseBytes(1), ""},
		{"negative bytes", licensespring.WithMaxResponseBytes(-1), "max_response_bytes: must be positive"},
		{"user agent", licensespring.WithUserAgent("acme-billing/1.2 (linux; amd64)"), ""},
		{"user agent empty", licensespring.WithUserAgent(""), "user_agent: must be printable ASCII"},
		{"user agent not ASCII", licensespring.WithUserAgent("Müller/1"), "user_agent: must be printable ASCII"},
		{"current", licensespring.WithDialect(licensespring.DialectCurrent), ""},
		{"classic", licensespring.WithDialect(licensespring.DialectClassic), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := licensespring.New(testKey, tt.option)
			if tt.error == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, licensespring.ErrInvalidConfig)
			assert.Contains(t, err.Error(), tt.error)
		})
	}
}

func TestMaxAttempts(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, 5} {
		synctest.Test(t, func(t *testing.T) {
			client, s, network := inMemory(t, nil, licensespring.WithMaxAttempts(n))
			network.OnDial(func(l *lst.Line) { l.Refuse() })
			_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
			assertMatches(t, err, licensespring.ErrUnavailable, licensespring.ErrNotSent)
			assert.Len(t, errorOf(t, err).Attempts, n)
			assert.Equal(t, n, network.Dials())
			assert.Empty(t, s.Requests())
		})
	}
}

func TestRetryWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, _, network := inMemory(t, nil, licensespring.WithMaxAttempts(5),
			licensespring.WithRetryWaits(time.Second, 3*time.Second), licensespring.WithJitter(func() float64 { return 0.75 }))
		network.OnDial(func(l *lst.Line) { l.Refuse() })
		start := time.Now()
		_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
		var waits []time.Duration
		for _, a := range errorOf(t, err).Attempts {
			waits = append(waits, a.Wait)
		}
		// Three quarters of 1 s, 2 s, 3 s and 3 s, and nothing after the last.
		assert.Equal(t, []time.Duration{750 * time.Millisecond, 1500 * time.Millisecond, 2250 * time.Millisecond, 2250 * time.Millisecond, 0}, waits)
		assert.Equal(t, 6750*time.Millisecond, time.Since(start))
	})
}

func TestAttemptTimeout(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		client  time.Duration // of the http.Client
		attempt time.Duration
		want    time.Duration
	}{
		{"the option's", 0, 7 * time.Second, 7 * time.Second},
		{"the http.Client's, which is shorter", 3 * time.Second, 7 * time.Second, 3 * time.Second},
		{"the option's, which is shorter", 9 * time.Second, 7 * time.Second, 7 * time.Second},
		{"the http.Client's alone", 9 * time.Second, 0, 9 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				network := lst.NewNetwork()
				s := lst.NewServer(t, lst.WithNetwork(network))
				transport := &http.Transport{DialContext: network.DialContext}
				defer transport.CloseIdleConnections()
				client := newClient(t, s.APIKey(), licensespring.WithBaseURL(s.URL()),
					licensespring.WithHTTPClient(&http.Client{Transport: transport, Timeout: tt.client}),
					licensespring.WithAttemptTimeout(tt.attempt))
				s.Inject(lst.StallAfter())
				res, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
				require.NoError(t, err)
				assert.Equal(t, licensespring.OutcomeRecovered, res.Outcome)
				assert.Equal(t, tt.want, res.Attempts[0].Took)
				assert.Equal(t, "timed out", res.Attempts[0].Reason)
			})
		})
	}
}

// The attempt timeout includes the body of the response.
func TestAttemptTimeoutIncludesTheBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, nil, licensespring.WithAttemptTimeout(5*time.Second))
		s.Inject(lst.SlowDrip(100, time.Second))
		res, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
		require.NoError(t, err)
		assert.Equal(t, licensespring.OutcomeRecovered, res.Outcome)
		assert.Equal(t, 5*time.Second, res.Attempts[0].Took)
		assert.Equal(t, http.StatusOK, res.Attempts[0].Status)
		assert.Equal(t, 1, sentTo(s, lst.CreateOrder)) // a 2xx: the order was created
	})
}

func TestCallTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, nil, licensespring.WithCallTimeout(10*time.Second))
		s.Inject(lst.StallAfter().Forever())
		start := time.Now()
		_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
		assert.Equal(t, 10*time.Second, time.Since(start))
		require.ErrorIs(t, err, licensespring.ErrOutcomeUnknown)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestMaxResponseBytes(t *testing.T) {
	t.Parallel()
	body := responseTo(t, anOrder("inv-1"))
	tests := []struct {
		name  string
		limit int
		want  licensespring.Outcome
	}{
		{"just enough", len(body), licensespring.OutcomeCreated},
		{"a byte too few", len(body) - 1, licensespring.OutcomeUnknown}, // the response to the lookup is larger still
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, s, _ := inMemory(t, nil, licensespring.WithMaxResponseBytes(int64(tt.limit)))
				res, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
				assert.Equal(t, 1, sentTo(s, lst.CreateOrder))
				if tt.want == licensespring.OutcomeUnknown {
					assertMatches(t, err, licensespring.ErrOutcomeUnknown)
					assertTerse(t, err)
					return
				}
				require.NoError(t, err)
				assert.Equal(t, tt.want, res.Outcome)
			})
		})
	}
}

func TestJitterSource(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		client, _, network := inMemory(t, nil, licensespring.WithJitter(func() float64 { calls++; return 0 }), licensespring.WithMaxAttempts(3))
		network.OnDial(func(l *lst.Line) { l.Refuse() })
		start := time.Now()
		_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
		require.Error(t, err)
		assert.Zero(t, time.Since(start))
		assert.GreaterOrEqual(t, calls, 2)
	})
}
