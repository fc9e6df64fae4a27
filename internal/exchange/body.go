package exchange

import (
	"errors"
	"io"
	"net/http"
)

// maxEmptyReads is the maximum number of consecutive reads that return neither
// a byte nor an error.
const maxEmptyReads = 100

// ErrTooLarge means that a response body exceeds its maximum size.
var ErrTooLarge = errors.New("response body exceeds the size limit")

// readBody reads a body of at most limit bytes and closes it. The limit applies
// after decompression, because that is what occupies memory. The bytes read are
// returned with the error: a truncated error body can still contain its code.
func readBody(resp *http.Response, limit int64) ([]byte, error) {
	defer resp.Body.Close()
	body := make([]byte, 0, initialCapacity(resp.ContentLength, limit))
	for empty := 0; ; empty++ {
		if len(body) == cap(body) {
			body = append(make([]byte, 0, nextCapacity(cap(body), resp.ContentLength, limit)), body...)
		}
		n, err := resp.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if n > 0 {
			empty = 0
		}
		switch {
		case int64(len(body)) > limit:
			return body[:limit], ErrTooLarge
		case err == io.EOF:
			return body, nil
		case err != nil:
			return body, err
		case empty == maxEmptyReads:
			return body, io.ErrNoProgress
		}
	}
}

// initialCapacity returns the capacity to allocate for a body: its declared
// length, and one byte more so that EOF is seen without growing. A peer can
// declare any length, so at most 64 KiB is allocated in advance, and the bound
// is applied before the addition, which could overflow.
func initialCapacity(declared, limit int64) int64 {
	const (
		undeclared = 4095 // fits most orders
		trusted    = 64 << 10
	)
	if declared <= 0 {
		declared = undeclared
	}
	return min(declared, trusted, limit) + 1
}

// nextCapacity returns the capacity to grow to. A peer that has sent n bytes can
// declare 8n, so that the pages of a list are copied once. The capacity is at most
// one byte above the limit: one more byte shows that the body is too large.
func nextCapacity(current int, declared, limit int64) int {
	next := 2 * int64(current)
	if declared >= int64(current) && declared <= 8*int64(current) {
		next = declared + 1
	}
	if next > limit { // without an overflow
		next = limit + 1
	}
	return int(next)
}
