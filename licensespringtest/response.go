package licensespringtest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"time"
)

// A response is a response that is not written yet. Faults modify it.
type response struct {
	status  int
	header  http.Header
	body    []byte
	changed bool // whether the request was applied

	// written is true if the response was written already.
	written bool
	// cutAfter is the number of bytes after which the connection is cut, or nil.
	cutAfter *int64
	// pieceSize is the number of bytes written per interval, 0 for no limit.
	pieceSize int
	interval  time.Duration
	// padTo is the size to which the body is padded.
	padTo int64
	gzip  bool
}

// jsonResponse returns a response with a JSON body.
func jsonResponse(status int, value any) response {
	body, err := json.Marshal(value)
	if err != nil {
		// Stored values come from JSON or are plain values.
		panic(fmt.Sprintf("licensespringtest: encode response: %v", err))
	}

	return response{
		status: status,
		header: http.Header{"Content-Type": {"application/json"}},
		body:   body,
	}
}

// cutAt returns a response that is cut after n bytes.
func cutAt(r response, n int64) response {
	r.cutAfter = new(max(0, n))

	return r
}

// setHeader sets a header field.
func (r *response) setHeader(name, value string) {
	if r.header == nil {
		r.header = make(http.Header)
	}
	r.header.Set(name, value)
}

// send writes a response.
func (x *exchange) send(r response) {
	if r.cutAfter != nil {
		x.conn.cutAfter(*r.cutAfter, x.resets)
		if *r.cutAfter == 0 {
			panic(http.ErrAbortHandler)
		}
	}
	if r.written {
		return
	}
	if r.pieceSize > 0 {
		x.conn.writeSlowly(r.pieceSize, r.interval)
	}
	header := x.writer.Header()
	maps.Copy(header, r.header)
	if r.padTo > 0 {
		x.writer.WriteHeader(r.status)
		r.writePadded(x.writer)

		return
	}
	if r.status != http.StatusNoContent && r.status != http.StatusNotModified {
		header.Set("Content-Length", strconv.Itoa(len(r.body)))
	}
	x.writer.WriteHeader(r.status)
	// The write fails if the status allows no body or the client has given up.
	// Either is intended.
	_, _ = x.writer.Write(r.body)
}

// writePadded writes the body after enough white space to make it padTo bytes
// long. The response has no Content-Length, so a client must read the body to
// learn its size.
func (r *response) writePadded(w io.Writer) {
	if r.gzip {
		packed := gzip.NewWriter(w)
		defer func() { _ = packed.Close() }() // The client may have given up.
		w = packed
	}
	space := bytes.Repeat([]byte{' '}, 32<<10)
	for remaining := r.padTo - int64(len(r.body)); remaining > 0; remaining -= int64(len(space)) {
		space = space[:min(remaining, int64(len(space)))]
		if _, err := w.Write(space); err != nil {
			return // The client has given up.
		}
	}
	_, _ = w.Write(r.body)
}
