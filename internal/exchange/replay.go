package exchange

import (
	"errors"
	"io"
	"net/http"
)

var (
	errReplay = errors.New("connection closed, and a replay of the request by net/http was prevented")
	errNoBody = errors.New("write request without a body")
)

// preventReplay keeps net/http from replaying a write that may have been sent.
// No hook and no attempt record would show the replay:
//
//   - HTTP/2: net/http repeats a request up to seven times when its stream was
//     refused or the connection received GOAWAY, which is harmless. It also
//     repeats it when the peer reset the stream with PROTOCOL_ERROR, which a
//     proxy may send after the service has acted. An append would be applied
//     twice; a plain create would conflict with its own order and be reported
//     as rejected.
//   - HTTP/1: net/http repeats a POST on a connection that died if the request
//     has an Idempotency-Key header, which a wrapping transport may add.
//
// Each replay needs the body again and calls GetBody for it. GetBody succeeds
// until the headers are written, when this package would retry as well. After
// that the attempt ends as Ambiguous, and the retry table decides.
func (c *call) preventReplay(req *http.Request) {
	if c.safety == Safe {
		return
	}
	getBody := req.GetBody
	req.GetBody = func() (io.ReadCloser, error) {
		if c.phase.headersWritten() {
			return nil, errReplay
		}
		return getBody()
	}
}
