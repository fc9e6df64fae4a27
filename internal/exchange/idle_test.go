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

// idleBody gives a byte now and then, and in between neither that nor an error.
type idleBody struct {
	text string
	idle int // reads before each byte
	left int
}

func (b *idleBody) Read(p []byte) (int, error) {
	switch {
	case b.left > 0:
		b.left--
		return 0, nil
	case b.text == "":
		return 0, io.EOF
	}
	p[0], b.text, b.left = b.text[0], b.text[1:], b.idle
	return 1, nil
}

func (b *idleBody) Close() error { return nil }

// A body of a caller's transport that gives nothing and says nothing does not
// keep the call for ever; one that only hesitates is read.
func TestIdleBody(t *testing.T) {
	t.Parallel()
	for idle, want := range map[int]exchange.Ending{0: exchange.Done, 90: exchange.Done, 1 << 30: exchange.Unreadable} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, ok, func(r *rig) {
				r.client.Transport = roundTripper(func(*http.Request) (*http.Response, error) {
					return &http.Response{StatusCode: http.StatusOK, Body: &idleBody{text: `{"id":1}`, idle: idle}}, nil
				})
			})
			reply := r.do(t, exchange.Guarded)
			assertJournal(t, reply)
			assert.Equal(t, want, reply.Ending)
			if want == exchange.Unreadable {
				require.ErrorIs(t, reply.Err, io.ErrNoProgress)
			}
		})
	}
}
