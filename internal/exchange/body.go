package exchange

import (
	"errors"
	"io"
	"net/http"
)

// mostIdle is how often in a row a body may give neither a byte nor an error.
const mostIdle = 100

var errTooLarge = errors.New("response body over the limit")

// readBody reads a whole body of at most limit bytes and closes it. The limit
// holds after decompression, because that is what fills the memory. What could
// be read is returned with the error: an error body cut short can still tell
// its code.
func readBody(resp *http.Response, limit int64) ([]byte, error) {
	defer resp.Body.Close()
	body := make([]byte, 0, firstSize(resp.ContentLength, limit))
	for idle := 0; ; idle++ {
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
		n, err := resp.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if n > 0 {
			idle = 0
		}
		switch {
		case int64(len(body)) > limit:
			return body[:limit], errTooLarge
		case err == io.EOF:
			return body, nil
		case err != nil:
			return body, err
		case idle == mostIdle:
			return body, io.ErrNoProgress
		}
	}
}

// firstSize is how large the slice for a body is made: as large as announced,
// since io.ReadAll would grow through four or five, and one byte more, so that
// the end is seen without growing. An announcement is not to be trusted with
// more than 64 KiB, nor with arithmetic before it is bounded: one more than
// "Content-Length: 9223372036854775807" is less than nothing.
func firstSize(announced, limit int64) int64 {
	const (
		unknown = 4095 // holds most orders
		trusted = 64 << 10
	)
	if announced <= 0 {
		announced = unknown
	}
	return min(announced, trusted, limit) + 1
}
