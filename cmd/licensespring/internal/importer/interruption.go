package importer

import (
	"context"
	"io"
)

// interruptible returns a reader whose Read returns when ctx is done, even if r
// blocks, as a pipe does. The goroutine that reads from r then stays blocked until
// the program exits, because nothing can interrupt it.
func interruptible(ctx context.Context, r io.Reader) io.Reader {
	return &interruptibleReader{ctx: ctx, from: r, chunks: make(chan chunk)}
}

type interruptibleReader struct {
	ctx     context.Context //nolint:containedctx // Read has no context parameter
	from    io.Reader
	chunks  chan chunk
	started bool
	rest    []byte
	err     error
}

type chunk struct {
	data []byte
	err  error
}

// Read implements io.Reader.
func (r *interruptibleReader) Read(p []byte) (int, error) {
	if !r.started {
		r.started = true
		go r.readAhead()
	}
	for len(r.rest) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		select {
		case <-r.ctx.Done():
			return 0, r.ctx.Err()
		case next := <-r.chunks:
			r.rest, r.err = next.data, next.err
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// readAhead reads one chunk ahead, alternating between two buffers.
func (r *interruptibleReader) readAhead() {
	const size = 64 << 10
	buffers := [2][]byte{make([]byte, size), make([]byte, size)}
	for i := 0; ; i = 1 - i {
		n, err := r.from.Read(buffers[i])
		select {
		case <-r.ctx.Done():
			return
		case r.chunks <- chunk{data: buffers[i][:n], err: err}:
		}
		if err != nil {
			return
		}
	}
}
