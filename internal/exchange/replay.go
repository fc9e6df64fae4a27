package exchange

import (
	"errors"
	"io"
	"net/http"
)

var (
	errReplay = errors.New("the connection ended, and net/http was not let send the request again")
	errNoBody = errors.New("a request that changes something has to have a body")
)

// guardReplay takes from net/http the power to send a write again behind our
// back, which no hook and no journal would ever see:
//
//   - HTTP/2: it repeats a request up to seven times when its stream was refused
//     or the connection said goodbye, which is harmless, and also when the peer
//     reset the stream with PROTOCOL_ERROR, which says nothing about what was
//     done: a proxy does that when it dislikes the answer of the service. An
//     append would be made twice; a plain create would meet its own order and
//     pass for refused.
//   - HTTP/1: it repeats a POST on a connection that died, if somebody, be it a
//     wrapper around the transport, gave it an Idempotency-Key.
//
// Each time it needs the body once more and asks GetBody for it. It gets it as
// long as the headers were not written, which is when this package would send
// again too. After that the attempt ends as lost, and the retry table decides.
func (c *call) guardReplay(req *http.Request) {
	if c.safety == Read {
		return
	}
	rewind := req.GetBody
	req.GetBody = func() (io.ReadCloser, error) {
		if c.phase.wrote.Load() {
			return nil, errReplay
		}
		return rewind()
	}
}
