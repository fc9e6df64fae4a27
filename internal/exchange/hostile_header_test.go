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

// rawServer answers the first request on each connection with what write writes.
// It returns its address.
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

// text writes a text and keeps to itself after that.
func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

// Our own transport keeps no more than 256 KiB of headers, whichever form they
// have. The answer is lost then, whatever its status was.
func TestHostileHeaders(t *testing.T) { //nolint:paralleltest // what other tests allocate would be counted too
	const end = "Content-Length: 8\r\n\r\n{\"id\":1}"
	for _, row := range []struct { //nolint:paralleltest // likewise
		name   string
		write  func(io.Writer) error
		ending exchange.Ending
		reason string
	}{
		{"many", text("HTTP/1.1 200 OK\r\n" + lines(5_000) + end), exchange.Done, "answered"},
		{"a large one", text("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 200<<10) + "\r\n" + end), exchange.Done, "answered"},
		{"one name many times", text("HTTP/1.1 200 OK\r\n" + strings.Repeat("Retry-After: 9\r\n", 10_000) + end), exchange.Done, "answered"},
		{"too many", text("HTTP/1.1 200 OK\r\n" + lines(50_000) + end), exchange.Lost, "transport error"},
		{"too large a one", text("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 300<<10) + "\r\n" + end), exchange.Lost, "transport error"},
		{"too many of one name", text("HTTP/1.1 200 OK\r\n" + strings.Repeat("Retry-After: 9\r\n", 30_000) + end), exchange.Lost, "transport error"},
		{"folded without end", text("HTTP/1.1 200 OK\r\nX: x\r\n" + strings.Repeat(" x\r\n", 100_000) + end), exchange.Lost, "transport error"},
		{"a name without end", text("HTTP/1.1 200 OK\r\n" + strings.Repeat("x", 300<<10)), exchange.Lost, "transport error"},
		{"a status line without end", text("HTTP/1.1 200 " + strings.Repeat("x", 300<<10)), exchange.Lost, "transport error"},
		{"of a refusal", text("HTTP/1.1 400 No\r\n" + lines(50_000) + end), exchange.Lost, "transport error"}, // nobody has read the 400
		{"for ever", func(w io.Writer) error {
			for _, err := io.WriteString(w, "HTTP/1.1 200 OK\r\n"); err == nil; {
				_, err = io.WriteString(w, strings.Repeat("X-X: x\r\n", 1000))
			}
			return nil
		}, exchange.Lost, "transport error"},
		{"with a NUL", text("HTTP/1.1 200 OK\r\nX: a\x00b\r\n" + end), exchange.Lost, "transport error"},
		{"with a naked line feed", text("HTTP/1.1 200 OK\nX: y\n" + strings.ReplaceAll(end, "\r", "")), exchange.Done, "answered"},
		{"without a name", text("HTTP/1.1 200 OK\r\n: x\r\n" + end), exchange.Lost, "transport error"},
		{"without a colon", text("HTTP/1.1 200 OK\r\ncanary\r\n" + end), exchange.Lost, "transport error"},
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
				var reply *exchange.Reply
				allocated := allocatedBy(func() { reply = x.Do(t.Context(), req) })
				x.CloseIdleConnections()
				assertJournal(t, reply)
				assert.Equal(t, row.ending, reply.Ending, "%v", reply.Attempts)
				assert.Equal(t, row.reason, last(t, reply).Reason)
				assert.Len(t, reply.Attempts, attemptsOf(row.ending, safety, 2))
				assert.Less(t, allocated, uint64(len(reply.Attempts)*(16<<20)))
			}
		})
	}
}

// lines makes headers of as many names.
func lines(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("X-" + strconv.Itoa(i) + ": y\r\n")
	}
	return b.String()
}

// A transport of the caller's has limits of its own. Below them headers are only
// headers.
func TestHostileHeadersThroughATransportOfTheCallers(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		limit  int64
		bytes  string
		ending exchange.Ending
	}{
		{"net/http's own limit", 0, "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n{\"id\":1}", exchange.Done},
		{"many below it", 0, "HTTP/1.1 200 OK\r\n" + lines(20_000) + "\r\n{\"id\":1}", exchange.Done},
		{"above it", 0, "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 11<<20) + "\r\n\r\n{\"id\":1}", exchange.Lost},
		{"a lower one", 4 << 10, "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 8<<10) + "\r\n\r\n{\"id\":1}", exchange.Lost},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, raw(row.bytes), func(r *rig) { r.transport.MaxResponseHeaderBytes = row.limit })
				reply := r.do(t, exchange.Unguarded)
				assertJournal(t, reply)
				assert.Equal(t, row.ending, reply.Ending)
			})
		})
	}
}

// Answers that begin over and over count as headers all together; those that
// come slowly are ended by the time of the attempt.
func TestHostileEarlyHints(t *testing.T) {
	t.Parallel()
	const hint = "HTTP/1.1 103 Early Hints\r\nLink: </canary>; rel=preload\r\n\r\n"
	for _, row := range []struct {
		name   string
		handle http.HandlerFunc
		ending exchange.Ending
		reason string
	}{
		{"many, and an answer", raw(strings.Repeat(hint, 1_000) + "HTTP/1.1 200 OK\r\n\r\n{\"id\":1}"), exchange.Done, "answered"},
		{"all kinds, and an answer", raw("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 199 canary\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{\"id\":1}"), exchange.Done, "answered"},
		{"many, and the end", raw(strings.Repeat(hint, 1_000)), exchange.Lost, "connection cut"},
		{"too many, and an answer", raw(strings.Repeat(hint, 10_000) + "HTTP/1.1 200 OK\r\n\r\n{\"id\":1}"), exchange.Lost, "transport error"},
		{"for ever", trickle("", strings.Repeat(hint, 10_000), time.Microsecond), exchange.Lost, "transport error"},
		{"one too large", raw("HTTP/1.1 103 Early Hints\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n"), exchange.Lost, "transport error"},
		{"ten a second, for ever", trickle("", hint, time.Second/10), exchange.Lost, "timed out"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for _, safety := range safeties {
				synctest.Test(t, func(t *testing.T) {
					r := newRig(t, row.handle, func(r *rig) { r.transport.MaxResponseHeaderBytes = 256 << 10 })
					reply := r.do(t, safety)
					assertJournal(t, reply)
					assert.Equal(t, row.ending, reply.Ending)
					assert.Equal(t, row.reason, last(t, reply).Reason)
					assert.Len(t, reply.Attempts, attemptsOf(row.ending, safety, r.cfg.MaxAttempts))
					for _, a := range reply.Attempts {
						assert.LessOrEqual(t, a.Took, r.cfg.AttemptTimeout)
					}
					letGo()
				})
			}
		})
	}
}

// letGo lets virtual time pass, so that a peer that writes by the clock finds out
// that nobody listens any more. Net/http gives a proxy a minute.
func letGo() { <-time.After(2 * time.Minute) }

// trickle answers with a beginning, and then with the same piece again and again.
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

// A byte a second for ever, wherever in the answer it begins: the time of the
// attempt ends it, and that of the call if it comes first, to the second.
func TestHostileDrip(t *testing.T) {
	t.Parallel()
	before := map[string]string{
		"in the status line":        "HTTP/1.1 200 ",
		"in the name of a header":   "HTTP/1.1 200 OK\r\nX",
		"in the value of a header":  "HTTP/1.1 200 OK\r\nX: ",
		"in the body":               "HTTP/1.1 200 OK\r\n\r\n",
		"in a chunk":                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n",
		"in the body of a refusal":  "HTTP/1.1 400 No\r\n\r\n",
		"in the body of a redirect": "HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n",
		"in the body of an error":   "HTTP/1.1 502 No\r\nContent-Length: 99999999\r\n\r\n",
	}
	ends := map[string]exchange.Ending{
		"in the body": exchange.Unreadable, "in a chunk": exchange.Unreadable,
		"in the body of a refusal": exchange.Refused, "in the body of a redirect": exchange.Refused,
	}
	for where, begin := range before {
		for _, safety := range safeties {
			t.Run(where+"/"+safetyName(safety), func(t *testing.T) {
				t.Parallel()
				handle := trickle(begin, "1", time.Second)
				want, found := ends[where]
				if !found {
					want = exchange.Lost
				}
				synctest.Test(t, func(t *testing.T) {
					r := newRig(t, handle)
					start := time.Now()
					reply := r.do(t, safety)
					assertJournal(t, reply)
					assert.Equal(t, want, reply.Ending, "%v", reply.Attempts)
					attempts := attemptsOf(want, safety, r.cfg.MaxAttempts)
					assert.Len(t, reply.Attempts, attempts)
					for _, a := range reply.Attempts {
						assert.Equal(t, r.cfg.AttemptTimeout, a.Took)
					}
					assert.LessOrEqual(t, len(reply.Body), 11)
					waits := []time.Duration{0, 0, 500 * time.Millisecond, 1500 * time.Millisecond}[attempts]
					assert.Equal(t, time.Duration(attempts)*r.cfg.AttemptTimeout+waits, time.Since(start))
					letGo()
				})
				synctest.Test(t, func(t *testing.T) { // no time for an attempt but that of the call
					r := newRig(t, handle, func(r *rig) { r.cfg.AttemptTimeout = 0 })
					ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
					defer cancel()
					start := time.Now()
					reply := r.x.Do(ctx, request(safety))
					assertJournal(t, reply)
					assert.Equal(t, want, reply.Ending)
					assert.Len(t, reply.Attempts, 1)
					assert.Equal(t, 25*time.Second, time.Since(start))
					require.ErrorIs(t, reply.Err, context.DeadlineExceeded)
					letGo()
				})
			})
		}
	}
}
