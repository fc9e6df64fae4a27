package importer

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

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

// bytesPerOrder is the memory in import.md that an import may use for each order: the
// hashes that find repeated ids. An order of this test and its result are ten times
// as large.
const bytesPerOrder = 64

// TestConstantMemory compares the live heap at the end of two imports, one with ten
// times as many orders. One order is in flight at a time, so that the heap contains
// no other orders than those that the program retains. The service stores nothing.
func TestConstantMemory(t *testing.T) { //nolint:paralleltest // it measures the heap
	service := httptest.NewServer(http.HandlerFunc(respond))
	defer service.Close()
	few, many := 1_000, 10_000
	if testing.Short() || raceEnabled {
		few, many = 400, 4_000
	}
	live := func(f format, orders int, args ...string) uint64 {
		gauge := &gauge{from: orders - 10}
		var stderr bytes.Buffer
		code := runCommand(t.Context(), append(args, "--format", string(f), "--rate-limit", "none", "--concurrency", "1"),
			&environment{"12345678.key", service.URL}, &orderStream{format: f, remaining: orders}, gauge, &stderr)
		// Every tenth line is invalid.
		require.Equal(t, exit.Rejected, code, stderr.String())
		require.Contains(t, stderr.String(), fmt.Sprintf("%d created, %d invalid.", orders-orders/10, orders/10))
		require.Equal(t, orders, gauge.results)
		return gauge.live
	}
	// Buffers of connections and of the runtime, which do not depend on the orders.
	const noise = 128 << 10
	for _, f := range []format{jsonLines, csvRows} {
		live(f, few, "-f", "-") // warm up
		low, high := live(f, few, "-f", "-"), live(f, many, "-f", "-")
		t.Logf("%s: %d KiB for %d orders, %d KiB for %d", f, low>>10, few, high>>10, many)
		limit := low + noise + uint64((many-few)*bytesPerOrder)
		assert.LessOrEqual(t, high, limit, "standard input, %s", f)

		low, high = live(f, few, "-f", orderFile(t, f, few)), live(f, many, "-f", orderFile(t, f, many))
		t.Logf("%s file: %d KiB for %d orders, %d KiB for %d", f, low>>10, few, high>>10, many)
		assert.LessOrEqual(t, high, low+noise, "file, %s: the hashes are released before the first order is sent", f)
	}
}

// orderFile writes the orders of an orderStream to a file.
func orderFile(t *testing.T, f format, orders int) string {
	t.Helper()
	content, err := io.ReadAll(&orderStream{format: f, remaining: orders})
	require.NoError(t, err)
	return writeFile(t, "orders."+string(f), string(content))
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

// gauge is the writer of the results. It measures the live heap after each of the
// last results. The smallest value is the one with the least garbage.
type gauge struct {
	from, results int
	live          uint64
}

func (g *gauge) Write(p []byte) (int, error) {
	if g.results++; g.results > g.from {
		runtime.GC()
		runtime.GC() // empties pools
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if g.live == 0 || m.HeapAlloc < g.live {
			g.live = m.HeapAlloc
		}
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
