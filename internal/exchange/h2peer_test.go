package exchange_test

import (
	"encoding/binary"
	"io"
	"net"
	"testing"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// The parts of HTTP/2 that the peer below needs.
const (
	frameData         = 0x0
	frameHeaders      = 0x1
	frameReset        = 0x3
	frameSettings     = 0x4
	framePing         = 0x6
	frameGoAway       = 0x7
	flagEnd, flagAck  = 0x1, 0x1
	flagEndHeaders    = 0x4
	codeNo            = 0x0
	codeProtocol      = 0x1
	codeInternal      = 0x2
	codeRefusedStream = 0x7
	codeCalm          = 0xb
)

// peer is a server that speaks just enough HTTP/2 to end a stream in ways that
// no real server does on demand.
type peer struct {
	conn net.Conn
}

// reaction is what a peer does when it has read a whole request.
type reaction func(p *peer, stream uint32)

// serveHTTP2 answers the requests on all connections of a network, the first
// one with the first reaction and so on. It returns a function that tells how
// many there were.
func serveHTTP2(t *testing.T, network *lst.Network, reactions ...reaction) func() int {
	t.Helper()
	listener := network.Listener()
	requests := make(chan reaction, len(reactions))
	for _, r := range reactions {
		requests <- r
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go (&peer{conn: conn}).serve(requests)
		}
	}()
	return func() int { return len(reactions) - len(requests) }
}

func (p *peer) serve(requests <-chan reaction) {
	defer p.conn.Close()
	preface := make([]byte, 24)
	if _, err := io.ReadFull(p.conn, preface); err != nil {
		return
	}
	p.write(frameSettings, 0, 0, nil)
	for {
		head := make([]byte, 9)
		if _, err := io.ReadFull(p.conn, head); err != nil {
			return
		}
		length := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
		if _, err := io.CopyN(io.Discard, p.conn, length); err != nil {
			return
		}
		kind, flags, stream := head[3], head[4], binary.BigEndian.Uint32(head[5:])
		switch {
		case kind == frameSettings && flags&flagAck == 0:
			p.write(frameSettings, flagAck, 0, nil)
		case kind == framePing && flags&flagAck == 0:
			p.write(framePing, flagAck, 0, make([]byte, 8))
		case (kind == frameData || kind == frameHeaders) && flags&flagEnd != 0:
			select {
			case react := <-requests:
				react(p, stream)
			default:
				return // more than the test knows of
			}
		}
	}
}

func (p *peer) write(kind, flags byte, stream uint32, payload []byte) {
	frame := []byte{0, byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	frame = binary.BigEndian.AppendUint32(frame, stream)
	_, _ = p.conn.Write(append(frame, payload...))
}

// grant answers 200.
func grant(p *peer, stream uint32) {
	p.write(frameHeaders, flagEndHeaders, stream, []byte{0x88}) // :status 200, in HPACK's table
	p.write(frameData, flagEnd, stream, []byte(`{"id":1}`))
}

// reset ends the stream with a code.
func reset(code uint32) reaction {
	return func(p *peer, stream uint32) {
		p.write(frameReset, 0, stream, binary.BigEndian.AppendUint32(nil, code))
	}
}

// goAway says goodbye: the streams up to last were received. Then it hangs up.
func goAway(last, code uint32) reaction {
	return func(p *peer, _ uint32) {
		said := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, last), code)
		p.write(frameGoAway, 0, 0, append(said, "see "+address...))
		_ = p.conn.Close()
	}
}
