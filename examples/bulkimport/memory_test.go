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

// TestMemoryDoesNotGrowWithTheInput imports ten times the orders and looks at
// what is reachable on the way. The service is one that remembers nothing.
func TestMemoryDoesNotGrowWithTheInput(t *testing.T) { //nolint:paralleltest // it measures the heap
	service := httptest.NewServer(http.HandlerFunc(answer))
	defer service.Close()
	getenv := environmentOf("12345678.key", service.URL)
	peak := func(f format, orders int) uint64 {
		gauge := &gauge{every: orders / 20}
		var stderr bytes.Buffer
		code := run(t.Context(), []string{"-f", "-", "-format", string(f), "-plan", "unlimited", "-concurrency", "32"},
			getenv, &endless{format: f, left: orders}, gauge, &stderr)
		// Every tenth line is wrong.
		require.Equal(t, exitRefused, code, stderr.String())
		require.Contains(t, stderr.String(), fmt.Sprintf("%d created, %d wrong.", orders-orders/10, orders/10))
		require.Equal(t, orders, gauge.results)
		return gauge.peak
	}
	few, many := 1_000, 10_000
	if testing.Short() {
		few, many = 400, 4_000
	}
	for _, f := range []format{jsonLines, csvRows} {
		peak(f, few) // what is made once
		// What is under way at a time is chance: more looks, less of it.
		low, high := max(peak(f, few), peak(f, few), peak(f, few)), peak(f, many)
		t.Logf("%s: %d KiB for %d orders, %d KiB for %d", f, low>>10, few, high>>10, many)
		assert.LessOrEqual(t, float64(high), 1.10*float64(low), "%s: %d and %d bytes", f, low, high)
	}
}

// answer makes an order as far as its answer goes.
func answer(w http.ResponseWriter, r *http.Request) {
	var order struct {
		ID string `json:"id"`
	}
	if err := json.NewDecoder(r.Body).Decode(&order); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"id": 1600000000000001, "store_id": %q, "order_items": [{"id": 1600000000000002,
		"product": {"code": "acme-cad"}, "licenses": [{"id": 1600000000000003, "license_key": "AB2C-D3EF-GH4J-K5MN"}]}]}`, order.ID)
}

// gauge is where results go. It looks at the heap every so often.
type gauge struct {
	every, results int
	peak           uint64
}

func (g *gauge) Write(p []byte) (int, error) {
	if g.results++; g.results%g.every == 0 {
		runtime.GC()
		runtime.GC() // what is in pools lives for two
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		g.peak = max(g.peak, m.HeapAlloc)
	}
	return len(p), nil
}

// endless writes orders as they are read.
type endless struct {
	format  format
	left, n int
	rest    []byte
}

func (e *endless) Read(p []byte) (int, error) {
	if len(e.rest) == 0 {
		if e.left == 0 {
			return 0, io.EOF
		}
		e.left--
		e.n++
		e.rest = e.line()
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func (e *endless) line() []byte {
	note := strings.Repeat("n", 500)
	bad := e.n%10 == 0
	if e.format == jsonLines {
		if bad {
			return []byte("{" + note + "\n")
		}
		return fmt.Appendf(nil, `{"id":"o-%d","items":[{"product_code":"acme-cad","note":%q,"licenses":[{}]}]}`+"\n", e.n, note)
	}
	var line []byte
	if e.n == 1 {
		line = append(line, "id,product_code,note\n"...)
	}
	if bad {
		return fmt.Appendf(line, "o-%d,acme-cad\n", e.n)
	}
	return fmt.Appendf(line, "o-%d,acme-cad,%s\n", e.n, note)
}
