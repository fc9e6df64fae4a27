package exchange_test

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

const frameContinuation = 0x9

// HTTP/2 responses that start and end in an invalid way. With a 2xx status the
// request took effect; without one the ending is Ambiguous. No write is replayed
// unobserved.
func TestHostileHTTP2(t *testing.T) {
	t.Parallel()
	const truncated = "response truncated"
	statusOK := func(p *peer, stream uint32) { p.write(frameHeaders, flagEndHeaders, stream, []byte{0x88}) }
	hint := func(p *peer, stream uint32) {
		p.write(frameHeaders, flagEndHeaders, stream, []byte("\x08\x03103")) // :status 103
	}
	half := func(end reaction) reaction {
		return func(p *peer, stream uint32) {
			statusOK(p, stream)
			p.write(frameData, 0, stream, []byte(`{"id":`))
			<-time.After(time.Second) // else the reset could overtake the data
			end(p, stream)
		}
	}
	closeConn := func(p *peer, _ uint32) { _ = p.conn.Close() }
	for _, row := range []struct {
		name   string
		react  reaction
		ending exchange.Ending
		reason string
	}{
		{"reset in the body, refused stream", half(reset(codeRefusedStream)), exchange.BadBody, truncated},
		{"reset in the body, protocol error", half(reset(codeProtocol)), exchange.BadBody, truncated},
		{"reset in the body, internal error", half(reset(codeInternal)), exchange.BadBody, truncated},
		{"reset in the body, no error", half(reset(codeNoError)), exchange.BadBody, truncated},
		{"GOAWAY in the body", half(goAway(1, codeNoError)), exchange.BadBody, truncated},
		{"GOAWAY in the body, as if not received", half(goAway(0, codeNoError)), exchange.BadBody, truncated},
		{"closed in the body", half(closeConn), exchange.BadBody, truncated},
		{"ended in the body", half(func(p *peer, stream uint32) { p.write(frameData, flagEnd, stream, nil) }), exchange.BadBody, "response is not json"},
		{"padding longer than the frame", half(func(p *peer, stream uint32) { p.write(frameData, 0x8, stream, []byte{0xff, 'x'}) }), exchange.BadBody, truncated},
		{"endless empty frames", half(func(p *peer, stream uint32) {
			p.flood(100_000, frameData, stream, nil)
			closeConn(p, stream)
		}), exchange.BadBody, truncated},
		{"a body before its status", func(p *peer, stream uint32) { p.write(frameData, flagEnd, stream, []byte(`{"id":1}`)) }, exchange.Ambiguous, "transport error"},
		{"no status", func(p *peer, stream uint32) { p.write(frameHeaders, flagEndHeaders|flagEnd, stream, nil) }, exchange.Ambiguous, "transport error"},
		{"invalid headers", func(p *peer, stream uint32) {
			p.write(frameHeaders, flagEndHeaders, stream, []byte(strings.Repeat("\xff", 100)))
		}, exchange.Ambiguous, "transport error"},
		{"endless headers", func(p *peer, stream uint32) {
			p.write(frameHeaders, 0, stream, []byte{0x88})
			name := "\x00\x03x-x\x7f\x80\x7f" + strings.Repeat("y", 16_255) // a header of 16 KB
			p.flood(2_000, frameContinuation, stream, []byte(name[:16_000]))
			closeConn(p, stream)
		}, exchange.Ambiguous, "transport error"},
		{"an unknown stream", func(p *peer, stream uint32) { statusOK(p, stream+1000) }, exchange.Ambiguous, "timed out"},
		{"a push promise", func(p *peer, stream uint32) { p.write(0x5, flagEndHeaders, stream, []byte{0, 0, 0, 2, 0x82}) }, exchange.Ambiguous, "transport error"},
		{"a frame over the limit", func(p *peer, stream uint32) {
			_, _ = p.conn.Write([]byte{0xff, 0xff, 0xff, frameData, 0, 0, 0, 0, byte(stream)})
		}, exchange.Ambiguous, "transport error"},
		{"a window that overflows", func(p *peer, stream uint32) {
			for range 2 {
				p.write(0x8, 0, 0, binary.BigEndian.AppendUint32(nil, 1<<31-1))
			}
			respondOK(p, stream)
		}, exchange.Ambiguous, "transport error"},
		{"hints, and a response", func(p *peer, stream uint32) {
			for range 100 {
				hint(p, stream)
			}
			respondOK(p, stream)
		}, exchange.OK, "ok"},
		{"hints, ten a second, endless", func(p *peer, stream uint32) {
			go p.trickle(time.Second/10, func() { hint(p, stream) })
		}, exchange.Ambiguous, "timed out"},
		{"a byte a second, endless", half(func(p *peer, stream uint32) {
			go p.trickle(time.Second, func() { p.write(frameData, 0, stream, []byte("1")) })
		}), exchange.BadBody, truncated},
		{"no frames", func(*peer, uint32) {}, exchange.Ambiguous, "timed out"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for _, safety := range safeties {
				synctest.Test(t, func(t *testing.T) {
					h := newHTTP2Harness(t)
					requests := serveHTTP2(t, h.net, slices.Repeat([]reaction{row.react}, h.cfg.MaxAttempts)...)
					resp := h.do(t, safety)
					assertConsistent(t, resp)
					assert.Equal(t, row.ending, resp.Ending, "%v", resp.Attempts)
					assert.Equal(t, row.reason, lastAttempt(t, resp).Reason)
					want := wantAttempts(row.ending, safety, h.cfg.MaxAttempts)
					assert.Len(t, resp.Attempts, want)
					if safety != exchange.Safe {
						assert.Equal(t, want, requests(), "each is a recorded attempt")
					}
					for _, a := range resp.Attempts {
						assert.LessOrEqual(t, a.Took, h.cfg.AttemptTimeout)
					}
					waitForPeer()
				})
			}
		})
	}
}

// flood writes a frame several times, or until the write fails.
func (p *peer) flood(times int, kind byte, stream uint32, payload []byte) {
	frame := []byte{0, byte(len(payload) >> 8), byte(len(payload)), kind, 0}
	frame = append(binary.BigEndian.AppendUint32(frame, stream), payload...)
	for range times {
		if _, err := p.conn.Write(frame); err != nil {
			return
		}
	}
}

// trickle calls send at every interval, for longer than any attempt timeout.
func (p *peer) trickle(every time.Duration, send func()) {
	for range 90 * time.Second / every {
		<-time.After(every)
		send()
	}
}
