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

// What a client allocates for an answer follows from its own limit, and not from
// what the other side has to send: not for a hundred megabytes of HTML, plain or
// packed, and not for a length that is only announced.
func TestHostileBodiesDoNotFillTheMemory(t *testing.T) { //nolint:paralleltest // what other tests allocate would be counted too
	const (
		limit = 1 << 20
		huge  = 100 << 20
	)
	page := bytes.Repeat([]byte("<p>Bad Gateway</p>\n"), 64<<10/19)
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	for range 16 {
		_, _ = zip.Write(page)
	}
	_ = zip.Close()

	for _, kind := range []struct { //nolint:paralleltest // likewise
		name   string
		header map[string]string
		piece  []byte // sent again and again
		pieces int
	}{
		{name: "html", piece: page, pieces: huge / len(page)},
		{name: "announced", header: map[string]string{"Content-Length": strconv.Itoa(1 << 40)}, piece: page, pieces: huge / len(page)},
		// Packed parts one after the other are one packed whole.
		{name: "packed", header: map[string]string{"Content-Encoding": "gzip"}, piece: packed.Bytes(), pieces: huge / (16 * len(page))},
	} {
		for _, status := range []int{200, 302, 400, 429, 502} {
			t.Run(kind.name+"/"+strconv.Itoa(status), func(t *testing.T) {
				var written atomic.Int64
				r := newRig(t, func(w http.ResponseWriter, _ *http.Request) {
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
				}, func(r *rig) {
					r.cfg.MaxBody, r.cfg.MaxAttempts = limit, 2
					r.cfg.WaitMin, r.cfg.WaitMax = time.Nanosecond, time.Nanosecond
				})
				var reply *exchange.Reply
				allocated := allocatedBy(func() { reply = r.do(t, exchange.Read) })
				assertJournal(t, reply)
				assert.Len(t, reply.Body, limit)
				// A slice that grows to the limit costs some five times as much.
				attempts := len(reply.Attempts)
				assert.Less(t, allocated, uint64(attempts*12*limit), "%d attempts", attempts)
				assert.Less(t, written.Load(), int64(attempts*8*limit), "nobody listens to the rest")
				assert.Equal(t, map[int]exchange.Ending{
					200: exchange.Unreadable, 302: exchange.Refused, 400: exchange.Refused, 429: exchange.Limited, 502: exchange.Lost,
				}[status], reply.Ending)
			})
		}
	}
}

// A transport that hands out a body without end, and says nothing of its length.
func TestHostileBodyOfATransport(t *testing.T) { //nolint:paralleltest // what other tests allocate would be counted too
	const limit = 1 << 20
	for _, announced := range []int64{-1, 0, 5, 1 << 62, 1<<63 - 1} { //nolint:paralleltest // likewise
		t.Run(strconv.FormatInt(announced, 10), func(t *testing.T) {
			body := &endless{}
			x := exchange.New(exchange.Config{
				HTTP: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
					return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: body, ContentLength: announced}, nil
				})},
				MaxAttempts: 3, MaxBody: limit, AttemptTimeout: time.Minute, Jitter: func() float64 { return 0 },
			})
			var reply *exchange.Reply
			allocated := allocatedBy(func() { reply = x.Do(t.Context(), request(exchange.Guarded)) })
			assertJournal(t, reply)
			assert.Equal(t, exchange.Unreadable, reply.Ending)
			assert.Len(t, reply.Attempts, 1)
			assert.Less(t, allocated, uint64(12*limit))
			assert.LessOrEqual(t, body.read, int64(2*limit))
			assert.True(t, body.closed)
		})
	}
}

// endless is a body that never ends.
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

// allocatedBy counts the bytes that f allocates.
func allocatedBy(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
