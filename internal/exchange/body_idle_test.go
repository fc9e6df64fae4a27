package exchange_test

import (
	"io"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

// idleBody returns a byte after each run of reads that return neither a byte nor
// an error.
type idleBody struct {
	text      string
	idle      int // reads before each byte
	remaining int
}

func (b *idleBody) Read(p []byte) (int, error) {
	switch {
	case b.remaining > 0:
		b.remaining--
		return 0, nil
	case b.text == "":
		return 0, io.EOF
	}
	p[0], b.text, b.remaining = b.text[0], b.text[1:], b.idle
	return 1, nil
}

func (b *idleBody) Close() error { return nil }

// A body that returns neither bytes nor an error does not block the call forever.
// A body with some empty reads is read.
func TestIdleBody(t *testing.T) {
	t.Parallel()
	for idle, want := range map[int]exchange.Ending{0: exchange.OK, 90: exchange.OK, 1 << 30: exchange.BadBody} {
		synctest.Test(t, func(t *testing.T) {
			h := newHarness(t, ok, func(h *harness) {
				h.client.Transport = roundTripper(func(*http.Request) (*http.Response, error) {
					return &http.Response{StatusCode: http.StatusOK, Body: &idleBody{text: `{"id":1}`, idle: idle}}, nil
				})
			})
			resp := h.do(t, exchange.Idempotent)
			assertConsistent(t, resp)
			assert.Equal(t, want, resp.Ending)
			if want == exchange.BadBody {
				require.ErrorIs(t, resp.Err, io.ErrNoProgress)
			}
		})
	}
}
