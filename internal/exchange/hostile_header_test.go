package exchange_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

// rawServer responds to the first request on each connection with the output of
// write. It returns the URL of the server.
func rawServer(t *testing.T, write func(w io.Writer) error) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				buf := make([]byte, 4096)
				if _, err := conn.Read(buf); err == nil {
					_ = write(conn)
				}
			}()
		}
	}()
	return "http://" + listener.Addr().String()
}

// text returns a function that writes s.
func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

// The default transport accepts at most 256 KiB of headers in any form. Above
// that the ending is Ambiguous, whatever the status was.
func TestHostileHeaders(t *testing.T) { //nolint:paralleltest // allocations of other tests would be counted
	const end = "Content-Length: 8\r\n\r\n{\"id\":1}"
	for _, row := range []struct { //nolint:paralleltest // likewise
		name   string
		write  func(io.Writer) error
		ending exchange.Ending
		reason string
	}{
		{"many", text("HTTP/1.1 200 OK\r\n" + lines(5_000) + end), exchange.OK, "ok"},
		{"a large header", text("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 200<<10) + "\r\n" + end), exchange.OK, "ok"},
		{"one name many times", text("HTTP/1.1 200 OK\r\n" + strings.Repeat("Retry-After: 9\r\n", 10_000) + end), exchange.OK, "ok"},
		{"too many", text("HTTP/1.1 200 OK\r\n" + lines(50_000) + end), exchange.Ambiguous, "transport error"},
		{"too large a header", text("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 300<<10) + "\r\n" + end), exchange.Ambiguous, "transport error"},
		{"too many of one name", text("HTTP/1.1 200 OK\r\n" + strings.Repeat("Retry-After: 9\r\n", 30_000) + end), exchange.Ambiguous, "transport error"},
		{"endless folding", text("HTTP/1.1 200 OK\r\nX: x\r\n" + strings.Repeat(" x\r\n", 100_000) + end), exchange.Ambiguous, "transport error"},
		{"endless name", text("HTTP/1.1 200 OK\r\n" + strings.Repeat("x", 300<<10)), exchange.Ambiguous, "transport error"},
		{"endless status line", text("HTTP/1.1 200 " + strings.Repeat("x", 300<<10)), exchange.Ambiguous, "transport error"},
		{"of a rejection", text("HTTP/1.1 400 No\r\n" + lines(50_000) + end), exchange.Ambiguous, "transport error"}, // net/http does not return the 400
		{"endless", func(w io.Writer) error {
			for _, err := io.WriteString(w, "HTTP/1.1 200 OK\r\n"); err == nil; {
				_, err = io.WriteString(w, strings.Repeat("X-X: x\r\n", 1000))
			}
			return nil
		}, exchange.Ambiguous, "transport error"},
		{"with a NUL", text("HTTP/1.1 200 OK\r\nX: a\x00b\r\n" + end), exchange.Ambiguous, "transport error"},
		{"with bare line feeds", text("HTTP/1.1 200 OK\nX: y\n" + strings.ReplaceAll(end, "\r", "")), exchange.OK, "ok"},
		{"without a name", text("HTTP/1.1 200 OK\r\n: x\r\n" + end), exchange.Ambiguous, "transport error"},
		{"without a colon", text("HTTP/1.1 200 OK\r\ncanary\r\n" + end), exchange.Ambiguous, "transport error"},
	} {
		t.Run(row.name, func(t *testing.T) {
			address := rawServer(t, row.write)
			for _, safety := range safeties {
				x := exchange.New(exchange.Config{
					HTTP: &http.Client{}, MaxAttempts: 2, WaitMin: 1, WaitMax: 1, MaxBody: 4 << 10, AttemptTimeout: time.Minute,
					Jitter: func() float64 { return 0 },
				})
				req := request(safety)
				req.URL = address
				var resp *exchange.Response
				allocated := allocatedBy(func() { resp = x.Do(t.Context(), req) })
				x.CloseIdleConnections()
				assertConsistent(t, resp)
				assert.Equal(t, row.ending, resp.Ending, "%v", resp.Attempts)
				assert.Equal(t, row.reason, lastAttempt(t, resp).Reason)
				assert.Len(t, resp.Attempts, wantAttempts(row.ending, safety, 2))
				assert.Less(t, allocated, uint64(len(resp.Attempts)*(16<<20)))
			}
		})
	}
}

// lines returns n header lines with different names.
func lines(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("X-" + strconv.Itoa(i) + ": y\r\n")
	}
	return b.String()
}

// A caller's transport has its own limits. Headers below them are accepted.
func TestHostileHeadersWithCallersTransport(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		limit  int64
		bytes  string
		ending exchange.Ending
	}{
		{"below net/http's default limit", 0, "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n{\"id\":1}", exchange.OK},
		{"many, below the default limit", 0, "HTTP/1.1 200 OK\r\n" + lines(20_000) + "\r\n{\"id\":1}", exchange.OK},
		{"above the default limit", 0, "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 11<<20) + "\r\n\r\n{\"id\":1}", exchange.Ambiguous},
		{"above a lower limit", 4 << 10, "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 8<<10) + "\r\n\r\n{\"id\":1}", exchange.Ambiguous},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t, raw(row.bytes), func(h *harness) { h.transport.MaxResponseHeaderBytes = row.limit })
				resp := h.do(t, exchange.NonIdempotent)
				assertConsistent(t, resp)
				assert.Equal(t, row.ending, resp.Ending)
			})
		})
	}
}

// Informational responses count against the header limit together. Slow ones end
// with the attempt timeout.
func TestHostileEarlyHints(t *testing.T) {
	t.Parallel()
	const hint = "HTTP/1.1 103 Early Hints\r\nLink: </canary>; rel=preload\r\n\r\n"
	for _, row := range []struct {
		name   string
		handle http.HandlerFunc
		ending exchange.Ending
		reason string
	}{
		{"many, and a response", raw(strings.Repeat(hint, 1_000) + "HTTP/1.1 200 OK\r\n\r\n{\"id\":1}"), exchange.OK, "ok"},
		{"all kinds, and a response", raw("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 199 canary\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{\"id\":1}"), exchange.OK, "ok"},
		{"many, then closed", raw(strings.Repeat(hint, 1_000)), exchange.Ambiguous, "connection closed"},
		{"too many, and a response", raw(strings.Repeat(hint, 10_000) + "HTTP/1.1 200 OK\r\n\r\n{\"id\":1}"), exchange.Ambiguous, "transport error"},
		{"endless", trickle("", strings.Repeat(hint, 10_000), time.Microsecond), exchange.Ambiguous, "transport error"},
		{"a large one", raw("HTTP/1.1 103 Early Hints\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n"), exchange.Ambiguous, "transport error"},
		{"ten a second, endless", trickle("", hint, time.Second/10), exchange.Ambiguous, "timed out"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for _, safety := range safeties {
				synctest.Test(t, func(t *testing.T) {
					h := newHarness(t, row.handle, func(h *harness) { h.transport.MaxResponseHeaderBytes = 256 << 10 })
					resp := h.do(t, safety)
					assertConsistent(t, resp)
					assert.Equal(t, row.ending, resp.Ending)
					assert.Equal(t, row.reason, lastAttempt(t, resp).Reason)
					assert.Len(t, resp.Attempts, wantAttempts(row.ending, safety, h.cfg.MaxAttempts))
					for _, a := range resp.Attempts {
						assert.LessOrEqual(t, a.Took, h.cfg.AttemptTimeout)
					}
					waitForPeer()
				})
			}
		})
	}
}

// waitForPeer lets virtual time pass, so that a peer that writes periodically
// notices the closed connection. net/http gives a proxy one minute.
func waitForPeer() { <-time.After(2 * time.Minute) }

// trickle writes begin, and then piece at every interval.
func trickle(begin, piece string, every time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		_, err = io.WriteString(conn, begin)
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for ; err == nil; <-ticker.C {
			_, err = io.WriteString(conn, piece)
		}
	}
}

// An endless response of one byte a second, from any position: it ends exactly
// with the attempt timeout, or with the deadline of the call if that is earlier.
func TestHostileDrip(t *testing.T) {
	t.Parallel()
	before := map[string]string{
		"in the status line":         "HTTP/1.1 200 ",
		"in the name of a header":    "HTTP/1.1 200 OK\r\nX",
		"in the value of a header":   "HTTP/1.1 200 OK\r\nX: ",
		"in the body":                "HTTP/1.1 200 OK\r\n\r\n",
		"in a chunk":                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n",
		"in the body of a rejection": "HTTP/1.1 400 No\r\n\r\n",
		"in the body of a redirect":  "HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n",
		"in the body of an error":    "HTTP/1.1 502 No\r\nContent-Length: 99999999\r\n\r\n",
	}
	ends := map[string]exchange.Ending{
		"in the body": exchange.BadBody, "in a chunk": exchange.BadBody,
		"in the body of a rejection": exchange.Rejected, "in the body of a redirect": exchange.Rejected,
	}
	for where, begin := range before {
		for _, safety := range safeties {
			t.Run(where+"/"+safetyName(safety), func(t *testing.T) {
				t.Parallel()
				handle := trickle(begin, "1", time.Second)
				want, found := ends[where]
				if !found {
					want = exchange.Ambiguous
				}
				synctest.Test(t, func(t *testing.T) {
					h := newHarness(t, handle)
					start := time.Now()
					resp := h.do(t, safety)
					assertConsistent(t, resp)
					assert.Equal(t, want, resp.Ending, "%v", resp.Attempts)
					attempts := wantAttempts(want, safety, h.cfg.MaxAttempts)
					assert.Len(t, resp.Attempts, attempts)
					for _, a := range resp.Attempts {
						assert.Equal(t, h.cfg.AttemptTimeout, a.Took)
					}
					assert.LessOrEqual(t, len(resp.Body), 11)
					waits := []time.Duration{0, 0, 500 * time.Millisecond, 1500 * time.Millisecond}[attempts]
					assert.Equal(t, time.Duration(attempts)*h.cfg.AttemptTimeout+waits, time.Since(start))
					waitForPeer()
				})
				synctest.Test(t, func(t *testing.T) { // no attempt timeout, only a deadline of the call
					h := newHarness(t, handle, func(h *harness) { h.cfg.AttemptTimeout = 0 })
					ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
					defer cancel()
					start := time.Now()
					resp := h.x.Do(ctx, request(safety))
					assertConsistent(t, resp)
					assert.Equal(t, want, resp.Ending)
					assert.Len(t, resp.Attempts, 1)
					assert.Equal(t, 25*time.Second, time.Since(start))
					require.ErrorIs(t, resp.Err, context.DeadlineExceeded)
					waitForPeer()
				})
			})
		}
	}
}
