package licensespringtest_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// TestFaults_create injects each fault into a create, and checks what the server
// stores and the client receives.
func TestFaults_create(t *testing.T) {
	t.Parallel()
	const lost = 0
	tests := []struct {
		fault  lst.Fault
		stored bool
		status int // lost if there is no response
		// bubbleOnly skips the loopback network, where waits take real time.
		bubbleOnly bool
	}{
		{lst.DropBefore(), false, lost, false},
		{lst.DropBefore().Reset(), false, lost, false},
		{lst.DropAfter(), true, lost, false},
		{lst.DropAfter().Reset(), true, lost, false},
		{lst.CutResponse(0), true, lost, false},
		{lst.CutResponse(1), true, lost, false},
		{lst.CutResponse(17), true, lost, false},
		{lst.CutResponse(1 << 20), true, 200, false},
		{lst.CutRequest(0), false, lost, false},
		{lst.CutRequest(10), false, lost, false},
		{lst.CutRequest(1 << 20), false, lost, false},
		{lst.StallBefore(), false, lost, false},
		{lst.StallAfter(), true, lost, false},
		{lst.DelayBefore(time.Second), true, 200, true},
		{lst.DelayAfter(time.Second), true, 200, true},
		{lst.SlowDrip(100, time.Second), true, 200, true},
		{lst.Status(500), false, 500, false},
		{lst.Status(502, lst.Stored()), true, 502, false},
		{lst.Status(204, lst.Stored()), true, 204, false},
		{lst.Redirect(307, "/elsewhere/"), false, 307, false},
		{lst.WrongContentType("text/html"), true, 200, false},
		{lst.HugeBody(1 << 20), true, 200, false},
		{lst.GzipBomb(1 << 20), true, 200, false},
		{lst.InvisibleFor(time.Second), true, 200, false},
		{lst.DropConnection(), false, lost, false},
		{lst.DropConnection().Reset(), false, lost, false},
		{lst.Combine(lst.InvisibleFor(time.Second), lst.DropAfter()), true, lost, false},
	}
	for _, tt := range tests {
		test := func(t *testing.T, srv *lst.Server, timeout time.Duration) {
			t.Helper()
			srv.Inject(tt.fault)
			ctx, cancel := context.WithTimeout(t.Context(), timeout)
			defer cancel()
			resp, err := send(srv.Client(), newRequest(t, srv, http.MethodPost, createPath, order("a")).WithContext(ctx))
			if tt.status == lost {
				require.Error(t, err)
			} else {
				require.NoError(t, err)
			}
			assert.Equal(t, tt.status, resp.status)
			assert.Empty(t, srv.PendingFaults())

			// The next request is unaffected and shows whether the order exists.
			want := http.StatusOK
			if tt.stored {
				want = http.StatusConflict
			}
			assert.Equal(t, want, do(t, srv, http.MethodPost, createPath, order("a")).status)
			assert.Equal(t, 1, srv.LicenseCount())
		}
		t.Run("memory/"+tt.fault.String(), func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
				t.Helper()
				test(t, srv, time.Hour)
			})
		})
		if tt.bubbleOnly {
			continue
		}
		t.Run("loopback/"+tt.fault.String(), func(t *testing.T) {
			t.Parallel()
			timeout := time.Minute
			if strings.HasPrefix(tt.fault.String(), "Stall") {
				timeout = 500 * time.Millisecond // ends the stall
			}
			test(t, lst.NewServer(t), timeout)
		})
	}
}

// TestCutResponse_everyByte cuts the response at every byte in memory, and at some
// on the loopback interface, and checks the bytes that arrive.
func TestCutResponse_everyByte(t *testing.T) {
	t.Parallel()
	for _, network := range []string{"memory", "loopback"} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			if network == "memory" {
				inBubble(t, func(t *testing.T, srv *lst.Server, n *lst.Network) {
					t.Helper()
					cutEverywhere(t, srv, n.DialContext, 1)
				})

				return
			}
			cutEverywhere(t, lst.NewServer(t), (&net.Dialer{}).DialContext, 13)
		})
	}
}

func cutEverywhere(t *testing.T, srv *lst.Server, dial func(context.Context, string, string) (net.Conn, error), step int) {
	t.Helper()
	raw := func(id string) string {
		c, err := dial(t.Context(), "tcp", strings.TrimPrefix(srv.URL(), "http://"))
		require.NoError(t, err)
		defer c.Close()
		r := newRequest(t, srv, http.MethodPost, createPath, order(id))
		r.Close = true
		require.NoError(t, r.Write(c))
		got, err := io.ReadAll(c)
		require.NoError(t, err, "a cut ends the stream")

		return string(got)
	}
	whole := len(raw("o-0000"))
	require.Greater(t, whole, 500)
	for n := 0; n <= whole; n += step {
		id := fmt.Sprintf("o-%04d", n+1)
		srv.Inject(lst.CutResponse(int64(n)))
		require.Len(t, raw(id), n)
		_, stored := srv.Order(id)
		require.True(t, stored)
	}
	requests := srv.Requests()
	assert.Equal(t, int64(whole), requests[0].ResponseBytes)
	assert.Zero(t, requests[1].Status, "nothing was sent")
	assert.Equal(t, "CutResponse(0)", requests[1].Fault)
	assert.Equal(t, int64(step), requests[2].ResponseBytes)
}

func TestFaults_reset(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
		t.Helper()
		srv.Inject(lst.DropAfter(), lst.DropAfter().Reset(), lst.Combine(lst.CutResponse(40).Reset()))
		_, err := try(t, srv, http.MethodPost, createPath, order("a"))
		require.ErrorIs(t, err, io.EOF)
		_, err = try(t, srv, http.MethodPost, createPath, order("b"))
		require.ErrorIs(t, err, syscall.ECONNRESET)
		_, err = try(t, srv, http.MethodPost, createPath, order("c"))
		require.Error(t, err)
		assert.Len(t, srv.Orders(), 3)
	})
}

func TestCutRequest_body(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	srv.Inject(lst.CutRequest(5), lst.DropBefore())
	_, err := try(t, srv, http.MethodPost, createPath, order("a"))
	require.Error(t, err)
	_, err = try(t, srv, http.MethodPost, createPath, order("a"))
	require.Error(t, err)
	assert.Equal(t, order("a")[:5], string(srv.Requests()[0].Body))
	assert.Equal(t, order("a"), string(srv.Requests()[1].Body))
	assertNothingStored(t, srv)
}

func TestFaults_time(t *testing.T) {
	t.Parallel()
	tests := []struct {
		fault lst.Fault
		want  func(responseBytes int64) time.Duration
	}{
		{lst.DelayBefore(3 * time.Second), func(int64) time.Duration { return 3 * time.Second }},
		{lst.DelayAfter(3 * time.Second), func(int64) time.Duration { return 3 * time.Second }},
		{
			// The response is complete with its last piece.
			lst.SlowDrip(10, time.Second),
			func(n int64) time.Duration { return time.Duration((n-1)/10) * time.Second },
		},
	}
	for _, tt := range tests {
		t.Run(tt.fault.String(), func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
				t.Helper()
				srv.Inject(tt.fault)
				start := time.Now()
				do(t, srv, http.MethodGet, ordersPath, "")
				assert.Equal(t, tt.want(srv.Requests()[0].ResponseBytes), time.Since(start))
			})
		})
	}
}

// TestDelayBefore_late creates an order after its client has given up and looked it
// up.
func TestDelayBefore_late(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
		t.Helper()
		srv.Inject(lst.DelayBefore(time.Minute))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := send(srv.Client(), newRequest(t, srv, http.MethodPost, createPath, order("a")).WithContext(ctx))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		list := do(t, srv, http.MethodGet, ordersPath+"?store_id=a", "").json(t)
		assert.Empty(t, list["results"])
		pass(time.Minute)
		synctest.Wait()
		list = do(t, srv, http.MethodGet, ordersPath+"?store_id=a", "").json(t)
		assert.Len(t, list["results"], 1)
	})
}

// TestClose_endsWaits closes a server during every kind of wait.
func TestClose_endsWaits(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
		t.Helper()
		custom := lst.Custom(func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
			_, _ = io.ReadAll(r.Body)
			<-r.Context().Done()
		})
		faults := []lst.Fault{
			lst.StallBefore(), lst.StallAfter(), lst.DelayBefore(time.Hour), lst.DelayAfter(time.Hour),
			lst.SlowDrip(1, time.Hour), custom, lst.Combine(lst.SlowDrip(1, time.Hour), lst.HugeBody(1<<20)),
		}
		results := make(chan error, len(faults))
		for i, f := range faults {
			srv.Inject(f)
			r := newRequest(t, srv, http.MethodPost, createPath, order(fmt.Sprint(i)))
			go func() {
				_, err := send(srv.Client(), r)
				results <- err
			}()
			synctest.Wait()
		}
		start := time.Now()
		srv.Close()
		for range faults {
			require.Error(t, <-results)
		}
		assert.Zero(t, time.Since(start))
	})
}

func TestStatus_options(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	srv.Inject(
		lst.Status(429, lst.Header("Retry-After", "3"), lst.Header("X-Twice", "a"), lst.Header("X-Twice", "b")),
		lst.Status(502, lst.Body("text/html", "<h1>Bad Gateway</h1>")),
		lst.Status(503, lst.Body("", "")),
		lst.Redirect(308, "https://elsewhere.example/"),
	)
	resp := do(t, srv, http.MethodPost, createPath, order("a"))
	assert.Equal(t, 429, resp.status)
	assert.Equal(t, "3", resp.header.Get("Retry-After"))
	assert.Equal(t, []string{"a", "b"}, resp.header.Values("X-Twice"))
	assert.JSONEq(t, `{"detail":"Too Many Requests"}`, resp.body)
	resp = do(t, srv, http.MethodPost, createPath, order("a"))
	assert.Equal(t, "text/html", resp.header.Get("Content-Type"))
	assert.Equal(t, "<h1>Bad Gateway</h1>", resp.body)
	resp = do(t, srv, http.MethodPost, createPath, order("a"))
	assert.Equal(t, 503, resp.status)
	assert.Empty(t, resp.body)
	resp = do(t, srv, http.MethodPost, createPath, order("a"))
	assert.Equal(t, 308, resp.status)
	assert.Equal(t, "https://elsewhere.example/", resp.header.Get("Location"))
	assertNothingStored(t, srv)
}

func TestHugeBody(t *testing.T) {
	t.Parallel()
	for _, fault := range []lst.Fault{lst.HugeBody(1 << 20), lst.GzipBomb(1 << 20)} {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			srv := lst.NewServer(t)
			srv.Inject(fault)
			resp := do(t, srv, http.MethodPost, createPath, order("a"))
			assert.Len(t, resp.body, 1<<20, "decompressed by net/http")
			assert.Equal(t, "a", resp.json(t)["store_id"], "the JSON value follows the padding")
			assert.Empty(t, resp.header.Get("Content-Length"))
			if strings.HasPrefix(fault.String(), "Gzip") {
				assert.Less(t, srv.Requests()[0].ResponseBytes, int64(1<<14), "small on the wire")
			}
		})
	}
}

func TestHugeBody_clientGivesUp(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
		t.Helper()
		srv.Inject(lst.HugeBody(1 << 40))
		resp, err := srv.Client().Do(newRequest(t, srv, http.MethodPost, createPath, order("a")))
		require.NoError(t, err)
		_, err = bufio.NewReader(resp.Body).ReadByte()
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
	})
}

func TestWrongContentType(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	srv.Inject(lst.WrongContentType("text/plain"))
	resp := do(t, srv, http.MethodPost, createPath, order("a"))
	assert.Equal(t, "text/plain", resp.header.Get("Content-Type"))
	assert.Equal(t, "a", resp.json(t)["store_id"])
}

func TestCustom(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	srv.Inject(
		lst.Custom(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			rec := httptest.NewRecorder()
			next.ServeHTTP(rec, r)
			w.Header().Set("X-Was", fmt.Sprint(rec.Code))
			http.Error(w, "failed", http.StatusTeapot)
		}),
		lst.Custom(func(w http.ResponseWriter, r *http.Request, next http.Handler) { next.ServeHTTP(w, r) }),
		lst.Custom(func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, "{")
			panic(http.ErrAbortHandler)
		}),
		lst.Custom(func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { _, _ = io.WriteString(w, "{}") }),
	)
	resp := do(t, srv, http.MethodPost, createPath, order("a"))
	assert.Equal(t, http.StatusTeapot, resp.status)
	assert.Equal(t, "200", resp.header.Get("X-Was"))
	assert.Equal(t, http.StatusConflict, do(t, srv, http.MethodPost, createPath, order("a")).status)
	_, err := try(t, srv, http.MethodPost, createPath, order("b"))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Equal(t, "{}", do(t, srv, http.MethodPost, createPath, order("b")).body)
	var statuses []int
	for _, r := range srv.Requests() {
		statuses = append(statuses, r.Status)
	}
	assert.Equal(t, []int{http.StatusTeapot, http.StatusConflict, http.StatusOK, http.StatusOK}, statuses)
	assert.True(t, srv.Requests()[0].Changed)
}

func TestDropConnection(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, srv *lst.Server, n *lst.Network) {
		t.Helper()
		srv.Inject(lst.DropConnection().Nth(2).Times(2))
		client := func() error {
			c := srv.Client()
			c.CloseIdleConnections()
			_, err := send(c, newRequest(t, srv, http.MethodGet, ordersPath, ""))

			return err
		}
		require.NoError(t, client())
		require.Error(t, client())
		require.Error(t, client())
		require.NoError(t, client())
		assert.Equal(t, 4, n.Dials())
		assert.Len(t, srv.Requests(), 2, "dropped connections carry no requests")
	})
}
