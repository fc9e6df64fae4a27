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

// A reply is an answer that has not been written yet, and how it is going to be.
// Faults change it on its way out.
type reply struct {
	status  int
	header  http.Header
	body    []byte
	changed bool // whether the request has changed what is stored

	// written says that there is nothing left to write.
	written bool
	// cutAfter is the number of bytes after which the connection is cut, nil
	// if it is not.
	cutAfter *int64
	// drip is the number of bytes that are written at an interval, 0 for all.
	drip     int
	interval time.Duration
	// padTo is the size the body is padded to.
	padTo int64
	gzip  bool
}

// jsonReply is an answer in JSON.
func jsonReply(status int, value any) reply {
	body, err := json.Marshal(value)
	if err != nil {
		// Everything stored has come out of JSON or is a plain value.
		panic(fmt.Sprintf("licensespringtest: encoding an answer: %v", err))
	}

	return reply{
		status: status,
		header: http.Header{"Content-Type": {"application/json"}},
		body:   body,
	}
}

// cut makes a reply be cut after n bytes.
func cut(r reply, n int64) reply {
	r.cutAfter = new(max(0, n))

	return r
}

// setHeader sets a header of a reply that may have none yet.
func (r *reply) setHeader(name, value string) {
	if r.header == nil {
		r.header = make(http.Header)
	}
	r.header.Set(name, value)
}

// send writes a reply.
func (x *exchange) send(r reply) {
	if r.cutAfter != nil {
		x.conn.cutAfter(*r.cutAfter, x.resets)
		if *r.cutAfter == 0 {
			panic(http.ErrAbortHandler)
		}
	}
	if r.written {
		return
	}
	if r.drip > 0 {
		x.conn.dripEvery(r.drip, r.interval)
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
	// An answer that cannot have a body, or that nobody waits for any more,
	// cannot be written; whoever sent the request finds out.
	_, _ = x.writer.Write(r.body)
}

// writePadded writes the body after enough white space to make it padTo bytes.
// Its length is not announced, so a client learns it only by reading.
func (r *reply) writePadded(w io.Writer) {
	if r.gzip {
		packed := gzip.NewWriter(w)
		defer func() { _ = packed.Close() }() // As with Write below.
		w = packed
	}
	space := bytes.Repeat([]byte{' '}, 32<<10)
	for left := r.padTo - int64(len(r.body)); left > 0; left -= int64(len(space)) {
		space = space[:min(left, int64(len(space)))]
		if _, err := w.Write(space); err != nil {
			return // The client has had enough.
		}
	}
	_, _ = w.Write(r.body)
}
