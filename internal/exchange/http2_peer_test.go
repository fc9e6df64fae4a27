package exchange_test

import (
	"encoding/binary"
	"io"
	"net"
	"testing"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// The constants of HTTP/2 that peer uses.
const (
	frameData           = 0x0
	frameHeaders        = 0x1
	frameReset          = 0x3
	frameSettings       = 0x4
	framePing           = 0x6
	frameGoAway         = 0x7
	flagEnd, flagAck    = 0x1, 0x1
	flagEndHeaders      = 0x4
	codeNoError         = 0x0
	codeProtocol        = 0x1
	codeInternal        = 0x2
	codeRefusedStream   = 0x7
	codeEnhanceYourCalm = 0xb
)

// peer is a minimal HTTP/2 server that can end a stream in ways that a real
// server does not on demand.
type peer struct {
	conn net.Conn
}

// reaction is called when a peer has read a complete request.
type reaction func(p *peer, stream uint32)

// serveHTTP2 serves all connections of a network: the n-th request with the n-th
// reaction. The function it returns reports the number of requests so far.
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
				return // more requests than the test expects
			}
		}
	}
}

func (p *peer) write(kind, flags byte, stream uint32, payload []byte) {
	frame := []byte{0, byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	frame = binary.BigEndian.AppendUint32(frame, stream)
	_, _ = p.conn.Write(append(frame, payload...))
}

// respondOK responds with 200 and a JSON body.
func respondOK(p *peer, stream uint32) {
	p.write(frameHeaders, flagEndHeaders, stream, []byte{0x88}) // :status 200, in HPACK's table
	p.write(frameData, flagEnd, stream, []byte(`{"id":1}`))
}

// reset resets the stream with an error code.
func reset(code uint32) reaction {
	return func(p *peer, stream uint32) {
		p.write(frameReset, 0, stream, binary.BigEndian.AppendUint32(nil, code))
	}
}

// goAway sends GOAWAY with the last received stream and closes the connection.
func goAway(last, code uint32) reaction {
	return func(p *peer, _ uint32) {
		payload := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, last), code)
		p.write(frameGoAway, 0, 0, append(payload, "see "+address...))
		_ = p.conn.Close()
	}
}
