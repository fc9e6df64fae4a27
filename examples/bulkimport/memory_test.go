package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestConstantMemory compares the peak heap of two imports, one with ten times as
// many orders. The service stores nothing.
func TestConstantMemory(t *testing.T) { //nolint:paralleltest // it measures the heap
	service := httptest.NewServer(http.HandlerFunc(respond))
	defer service.Close()
	getenv := environmentOf("12345678.key", service.URL)
	peak := func(f format, orders int) uint64 {
		gauge := &gauge{every: orders / 20}
		var stderr bytes.Buffer
		code := run(t.Context(), []string{"-f", "-", "-format", string(f), "-rate-limit", "none", "-concurrency", "32"},
			getenv, &orderStream{format: f, remaining: orders}, gauge, &stderr)
		// Every tenth line is invalid.
		require.Equal(t, exitRejected, code, stderr.String())
		require.Contains(t, stderr.String(), fmt.Sprintf("%d created, %d invalid.", orders-orders/10, orders/10))
		require.Equal(t, orders, gauge.results)
		return gauge.peak
	}
	few, many := 1_000, 10_000
	if testing.Short() {
		few, many = 400, 4_000
	}
	for _, f := range []format{jsonLines, csvRows} {
		peak(f, few) // warm up
		// The maximum of several runs reduces the noise of orders in flight.
		low, high := max(peak(f, few), peak(f, few), peak(f, few)), peak(f, many)
		t.Logf("%s: %d KiB for %d orders, %d KiB for %d", f, low>>10, few, high>>10, many)
		assert.LessOrEqual(t, float64(high), 1.10*float64(low), "%s: %d and %d bytes", f, low, high)
	}
}

// respond responds as if it had created the order.
func respond(w http.ResponseWriter, r *http.Request) {
	var order struct {
		ID string `json:"id"`
	}
	if err := json.NewDecoder(r.Body).Decode(&order); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"id": 1600000000000001, "store_id": %q, "order_items": [{"id": 1600000000000002,
		"product": {"code": "acmecad"}, "licenses": [{"id": 1600000000000003, "license_key": "AB2C-D3EF-GH4J-K5MN"}]}]}`, order.ID)
}

// gauge is the writer of the results. It measures the heap every few results.
type gauge struct {
	every, results int
	peak           uint64
}

func (g *gauge) Write(p []byte) (int, error) {
	if g.results++; g.results%g.every == 0 {
		runtime.GC()
		runtime.GC() // empties pools
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		g.peak = max(g.peak, m.HeapAlloc)
	}
	return len(p), nil
}

// orderStream is a reader that generates orders.
type orderStream struct {
	format       format
	remaining, n int
	rest         []byte
}

func (e *orderStream) Read(p []byte) (int, error) {
	if len(e.rest) == 0 {
		if e.remaining == 0 {
			return 0, io.EOF
		}
		e.remaining--
		e.n++
		e.rest = e.line()
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func (e *orderStream) line() []byte {
	note := strings.Repeat("n", 500)
	invalid := e.n%10 == 0
	if e.format == jsonLines {
		if invalid {
			return []byte("{" + note + "\n")
		}
		return fmt.Appendf(nil, `{"id":"o-%d","items":[{"product_code":"acmecad","note":%q,"licenses":[{}]}]}`+"\n", e.n, note)
	}
	var line []byte
	if e.n == 1 {
		line = append(line, "id,product_code,note\n"...)
	}
	if invalid {
		return fmt.Appendf(line, "o-%d,acmecad\n", e.n)
	}
	return fmt.Appendf(line, "o-%d,acmecad,%s\n", e.n, note)
}
