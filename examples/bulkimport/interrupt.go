package main

import (
	"context"
	"io"
	"time"
)

// underWay returns the context of the orders under way: it goes on for a while
// after ctx has ended, so that they can end as well.
func underWay(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	orders, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(grace, cancel)
		context.AfterFunc(orders, func() { timer.Stop() })
	})
	return orders, func() { stop(); cancel() }
}

// interruptible returns a reader whose Read returns when ctx ends, also while r
// waits for somebody who writes nothing into a pipe. What waits for r is a
// goroutine that is left behind in that case: nothing can end it but the end of
// the program.
func interruptible(ctx context.Context, r io.Reader) io.Reader {
	return &interruptibleReader{ctx: ctx, from: r, pieces: make(chan piece)}
}

type interruptibleReader struct {
	ctx     context.Context //nolint:containedctx // io.Reader leaves no other way
	from    io.Reader
	pieces  chan piece
	started bool
	rest    []byte
	err     error
}

type piece struct {
	data []byte
	err  error
}

// Read reads what there is.
func (r *interruptibleReader) Read(p []byte) (int, error) {
	if !r.started {
		r.started = true
		go r.pump()
	}
	for len(r.rest) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		select {
		case <-r.ctx.Done():
			return 0, r.ctx.Err()
		case got := <-r.pieces:
			r.rest, r.err = got.data, got.err
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// pump reads ahead by one piece: two buffers take turns.
func (r *interruptibleReader) pump() {
	const size = 64 << 10
	buffers := [2][]byte{make([]byte, size), make([]byte, size)}
	for turn := 0; ; turn = 1 - turn {
		n, err := r.from.Read(buffers[turn])
		select {
		case <-r.ctx.Done():
			return
		case r.pieces <- piece{data: buffers[turn][:n], err: err}:
		}
		if err != nil {
			return
		}
	}
}
