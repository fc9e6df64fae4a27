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

// Answers over HTTP/2 that begin and do not end as they should. With a status of
// 2xx it was done; without one nobody knows; and no write is sent again unseen.
func TestHostileHTTP2(t *testing.T) {
	t.Parallel()
	const cutShort = "the answer was cut short"
	granted := func(p *peer, stream uint32) { p.write(frameHeaders, flagEndHeaders, stream, []byte{0x88}) }
	hint := func(p *peer, stream uint32) {
		p.write(frameHeaders, flagEndHeaders, stream, []byte("\x08\x03103")) // :status 103
	}
	half := func(end reaction) reaction {
		return func(p *peer, stream uint32) {
			granted(p, stream)
			p.write(frameData, 0, stream, []byte(`{"id":`))
			<-time.After(time.Second) // or the end overtakes the beginning
			end(p, stream)
		}
	}
	hangUp := func(p *peer, _ uint32) { _ = p.conn.Close() }
	for _, row := range []struct {
		name   string
		answer reaction
		ending exchange.Ending
		reason string
	}{
		{"reset in the body, refused stream", half(reset(codeRefusedStream)), exchange.Unreadable, cutShort},
		{"reset in the body, protocol error", half(reset(codeProtocol)), exchange.Unreadable, cutShort},
		{"reset in the body, internal error", half(reset(codeInternal)), exchange.Unreadable, cutShort},
		{"reset in the body, no error", half(reset(codeNo)), exchange.Unreadable, cutShort},
		{"goodbye in the body", half(goAway(1, codeNo)), exchange.Unreadable, cutShort},
		{"goodbye in the body, as if never received", half(goAway(0, codeNo)), exchange.Unreadable, cutShort},
		{"hung up in the body", half(hangUp), exchange.Unreadable, cutShort},
		{"ended in the body", half(func(p *peer, stream uint32) { p.write(frameData, flagEnd, stream, nil) }), exchange.Unreadable, "the answer is not json"},
		{"padding that lies", half(func(p *peer, stream uint32) { p.write(frameData, 0x8, stream, []byte{0xff, 'x'}) }), exchange.Unreadable, cutShort},
		{"nothing, without end", half(func(p *peer, stream uint32) {
			p.flood(100_000, frameData, stream, nil)
			hangUp(p, stream)
		}), exchange.Unreadable, cutShort},
		{"a body before its status", func(p *peer, stream uint32) { p.write(frameData, flagEnd, stream, []byte(`{"id":1}`)) }, exchange.Lost, "transport error"},
		{"no status", func(p *peer, stream uint32) { p.write(frameHeaders, flagEndHeaders|flagEnd, stream, nil) }, exchange.Lost, "transport error"},
		{"headers that are none", func(p *peer, stream uint32) {
			p.write(frameHeaders, flagEndHeaders, stream, []byte(strings.Repeat("\xff", 100)))
		}, exchange.Lost, "transport error"},
		{"headers without end", func(p *peer, stream uint32) {
			p.write(frameHeaders, 0, stream, []byte{0x88})
			name := "\x00\x03x-x\x7f\x80\x7f" + strings.Repeat("y", 16_255) // a header of 16 KB
			p.flood(2_000, frameContinuation, stream, []byte(name[:16_000]))
			hangUp(p, stream)
		}, exchange.Lost, "transport error"},
		{"a stream nobody asked for", func(p *peer, stream uint32) { granted(p, stream+1000) }, exchange.Lost, "timed out"},
		{"a promise", func(p *peer, stream uint32) { p.write(0x5, flagEndHeaders, stream, []byte{0, 0, 0, 2, 0x82}) }, exchange.Lost, "transport error"},
		{"a frame over the limit", func(p *peer, stream uint32) {
			_, _ = p.conn.Write([]byte{0xff, 0xff, 0xff, frameData, 0, 0, 0, 0, byte(stream)})
		}, exchange.Lost, "transport error"},
		{"a window beyond all", func(p *peer, stream uint32) {
			for range 2 {
				p.write(0x8, 0, 0, binary.BigEndian.AppendUint32(nil, 1<<31-1))
			}
			grant(p, stream)
		}, exchange.Lost, "transport error"},
		{"hints, and an answer", func(p *peer, stream uint32) {
			for range 100 {
				hint(p, stream)
			}
			grant(p, stream)
		}, exchange.Done, "answered"},
		{"hints, ten a second, for ever", func(p *peer, stream uint32) {
			go p.trickle(time.Second/10, func() { hint(p, stream) })
		}, exchange.Lost, "timed out"},
		{"a byte a second, for ever", half(func(p *peer, stream uint32) {
			go p.trickle(time.Second, func() { p.write(frameData, 0, stream, []byte("1")) })
		}), exchange.Unreadable, cutShort},
		{"silence", func(*peer, uint32) {}, exchange.Lost, "timed out"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for _, safety := range safeties {
				synctest.Test(t, func(t *testing.T) {
					r := newHTTP2Rig(t)
					requests := serveHTTP2(t, r.net, slices.Repeat([]reaction{row.answer}, r.cfg.MaxAttempts)...)
					reply := r.do(t, safety)
					assertJournal(t, reply)
					assert.Equal(t, row.ending, reply.Ending, "%v", reply.Attempts)
					assert.Equal(t, row.reason, last(t, reply).Reason)
					want := attemptsOf(row.ending, safety, r.cfg.MaxAttempts)
					assert.Len(t, reply.Attempts, want)
					if safety != exchange.Read {
						assert.Equal(t, want, requests(), "each is an attempt of ours")
					}
					for _, a := range reply.Attempts {
						assert.LessOrEqual(t, a.Took, r.cfg.AttemptTimeout)
					}
					letGo()
				})
			}
		})
	}
}

// flood writes a frame as often as that, or until nobody takes it any more.
func (p *peer) flood(times int, kind byte, stream uint32, payload []byte) {
	frame := []byte{0, byte(len(payload) >> 8), byte(len(payload)), kind, 0}
	frame = append(binary.BigEndian.AppendUint32(frame, stream), payload...)
	for range times {
		if _, err := p.conn.Write(frame); err != nil {
			return
		}
	}
}

// trickle sends again and again, for longer than anybody waits.
func (p *peer) trickle(every time.Duration, send func()) {
	for range 90 * time.Second / every {
		<-time.After(every)
		send()
	}
}
