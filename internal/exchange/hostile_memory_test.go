package exchange_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

// Memory for a response is bounded by MaxBody, not by what the peer sends: neither
// by 100 MB of HTML, plain or compressed, nor by a declared length.
func TestHostileBodiesAreBounded(t *testing.T) { //nolint:paralleltest // allocations of other tests would be counted
	const (
		limit = 1 << 20
		huge  = 100 << 20
	)
	page := bytes.Repeat([]byte("<p>Bad Gateway</p>\n"), 64<<10/19)
	var compressed bytes.Buffer
	zip := gzip.NewWriter(&compressed)
	for range 16 {
		_, _ = zip.Write(page)
	}
	_ = zip.Close()

	for _, kind := range []struct { //nolint:paralleltest // likewise
		name   string
		header map[string]string
		piece  []byte // sent repeatedly
		pieces int
	}{
		{name: "html", piece: page, pieces: huge / len(page)},
		{name: "declared", header: map[string]string{"Content-Length": strconv.FormatInt(1<<40, 10)}, piece: page, pieces: huge / len(page)},
		// Concatenated gzip members are valid gzip.
		{name: "compressed", header: map[string]string{"Content-Encoding": "gzip"}, piece: compressed.Bytes(), pieces: huge / (16 * len(page))},
	} {
		for _, status := range []int{200, 302, 400, 429, 502} {
			t.Run(kind.name+"/"+strconv.Itoa(status), func(t *testing.T) {
				var written atomic.Int64
				h := newHarness(t, func(w http.ResponseWriter, _ *http.Request) {
					for name, value := range kind.header {
						w.Header().Set(name, value)
					}
					w.WriteHeader(status)
					for range kind.pieces {
						n, err := w.Write(kind.piece)
						written.Add(int64(n))
						if err != nil {
							return
						}
					}
				}, func(h *harness) {
					h.cfg.MaxBody, h.cfg.MaxAttempts = limit, 2
					h.cfg.WaitMin, h.cfg.WaitMax = time.Nanosecond, time.Nanosecond
				})
				var resp *exchange.Response
				allocated := allocatedBy(func() { resp = h.do(t, exchange.Safe) })
				assertConsistent(t, resp)
				assert.Len(t, resp.Body, limit)
				// A slice that grows to the limit allocates about five times as much.
				attempts := len(resp.Attempts)
				assert.Less(t, allocated, uint64(attempts*12*limit), "%d attempts", attempts)
				assert.Less(t, written.Load(), int64(attempts*8*limit), "the rest is not read")
				assert.Equal(t, map[int]exchange.Ending{
					200: exchange.BadBody, 302: exchange.Rejected, 400: exchange.Rejected, 429: exchange.RateLimited, 502: exchange.Ambiguous,
				}[status], resp.Ending)
			})
		}
	}
}

// A transport that returns an endless body, with various declared lengths.
func TestHostileBodyOfTransport(t *testing.T) { //nolint:paralleltest // allocations of other tests would be counted
	const limit = 1 << 20
	for _, declared := range []int64{-1, 0, 5, 1 << 62, 1<<63 - 1} { //nolint:paralleltest // likewise
		t.Run(strconv.FormatInt(declared, 10), func(t *testing.T) {
			body := &endless{}
			x := exchange.New(exchange.Config{
				HTTP: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
					return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: body, ContentLength: declared}, nil
				})},
				MaxAttempts: 3, MaxBody: limit, AttemptTimeout: time.Minute, Jitter: func() float64 { return 0 },
			})
			var resp *exchange.Response
			allocated := allocatedBy(func() { resp = x.Do(t.Context(), request(exchange.Idempotent)) })
			assertConsistent(t, resp)
			assert.Equal(t, exchange.BadBody, resp.Ending)
			assert.Len(t, resp.Attempts, 1)
			assert.Less(t, allocated, uint64(12*limit))
			assert.LessOrEqual(t, body.read, int64(2*limit))
			assert.True(t, body.closed)
		})
	}
}

// endless is a body without end.
type endless struct {
	read   int64
	closed bool
}

func (e *endless) Read(p []byte) (int, error) {
	if e.closed {
		return 0, io.ErrClosedPipe
	}
	for i := range p {
		p[i] = ' '
	}
	e.read += int64(len(p))
	return len(p), nil
}

func (e *endless) Close() error {
	e.closed = true
	return nil
}

// allocatedBy returns the number of bytes that f allocates.
func allocatedBy(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
