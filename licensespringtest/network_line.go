package licensespringtest

import (
	"sync"
	"time"
)

// A Direction is a direction of a connection.
type Direction int

const (
	// ToServer is the direction of requests.
	ToServer Direction = iota
	// ToClient is the direction of responses.
	ToClient
)

// String returns "to server" or "to client".
func (d Direction) String() string {
	if d == ToClient {
		return "to client"
	}

	return "to server"
}

func (d Direction) opposite() Direction {
	return ToClient - d
}

// A Line controls one connection of a [Network]. It can be configured before the
// connection is dialed and while it is open. The methods that configure a line
// return it, so that calls can be chained.
type Line struct {
	ordinal int

	mu      sync.Mutex
	refused bool
	resets  bool
	latency time.Duration
	// broken is true after the line was cut or reset.
	broken  bool
	streams [2]stream // by Direction
}

// A stream is one direction of a line.
type stream struct {
	queue    []segment
	buffered int   // bytes in the queue
	sent     int64 // bytes accepted so far
	cutAt    int64 // negative for never
	stallAt  int64 // negative for never
	// reset makes reads fail. The queue is discarded.
	reset bool
	// writeClosed and readClosed are true after the writer or the reader has
	// closed its end.
	writeClosed, readClosed bool
	// lateWrite is true after a write to a closed reader.
	lateWrite     bool
	readDeadline  time.Time
	writeDeadline time.Time
	// changed is closed when any of the above changes. It is nil unless a
	// goroutine waits, so that a line that does not block creates no channels.
	changed chan struct{}
}

// A segment is data on the way to the reader, or the end of the stream.
type segment struct {
	data []byte
	end  bool
	// at is the time of arrival, or zero for immediately.
	at time.Time
}

// windowSize is the maximum number of unread bytes in a stream.
const windowSize = 256 << 10

func newLine(ordinal int) *Line {
	l := &Line{ordinal: ordinal}
	for d := range l.streams {
		l.streams[d].cutAt, l.streams[d].stallAt = -1, -1
	}

	return l
}

// Ordinal returns the ordinal of the line's dial among all dials, starting at 1.
func (l *Line) Ordinal() int {
	return l.ordinal
}

// Refuse makes the dial fail with ECONNREFUSED.
func (l *Line) Refuse() *Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused = true

	return l
}

// CutAfter cuts both directions of the line when exactly n bytes have been sent in
// direction d. Data that was sent before the cut still arrives, in both
// directions. Then reads return io.EOF and writes fail. The write that reaches n is
// truncated.
func (l *Line) CutAfter(d Direction, n int64) *Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.streams[d].cutAt = n
	l.cutIfDue(d)

	return l
}

// StallAfter silently drops everything after the first n bytes in direction d,
// including the end of the stream: writes succeed and reads block.
// [Server.Close] ends the stall.
func (l *Line) StallAfter(d Direction, n int64) *Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.streams[d].stallAt = n

	return l
}

// Reset makes reads after a cut fail with ECONNRESET instead of io.EOF.
func (l *Line) Reset() *Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.resets = true

	return l
}

// Delay sets the latency of the line in each direction. A dial takes twice the
// latency.
func (l *Line) Delay(latency time.Duration) *Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.latency = latency

	return l
}

// Sent returns the number of bytes sent in direction d so far, excluding bytes
// dropped by StallAfter.
func (l *Line) Sent(d Direction) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()

	return l.streams[d].sent
}

func (l *Line) dialSettings() (latency time.Duration, refused bool) {
	l.mu.Lock()
	defer l.mu.Unlock()

	return l.latency, l.refused
}

// release ends the streams that are stalled.
func (l *Line) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for d := range l.streams {
		if l.streams[d].stalled() {
			l.put(Direction(d), segment{end: true})
		}
	}
}

// The methods below require the line's lock.

// put queues a segment and wakes the reader.
func (l *Line) put(d Direction, seg segment) {
	if l.latency > 0 {
		seg.at = time.Now().Add(l.latency)
	}
	s := &l.streams[d]
	s.queue = append(s.queue, seg)
	s.buffered += len(seg.data)
	s.wake()
}

// stalled reports whether further data is dropped.
func (s *stream) stalled() bool {
	return s.stallAt >= 0 && s.sent >= s.stallAt
}

// cutIfDue cuts the line if the limit of direction d is reached.
func (l *Line) cutIfDue(d Direction) {
	s := &l.streams[d]
	if s.cutAt < 0 || s.sent < s.cutAt || l.broken {
		return
	}
	l.broken = true
	for d := range l.streams {
		l.put(Direction(d), segment{end: true})
	}
}

// abort resets the line: queued data is discarded, and reads and writes fail.
func (l *Line) abort() {
	l.broken = true
	for d := range l.streams {
		l.streams[d].discard()
	}
}

// discard drops the queue and makes reads fail with a reset.
func (s *stream) discard() {
	if s.stalled() {
		return // The reset is dropped as well.
	}
	s.reset = true
	s.queue, s.buffered = nil, 0
	s.wake()
}

// wake wakes all goroutines that wait for a change of the stream.
func (s *stream) wake() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// wait releases the line's lock until the stream changes or the earliest of the
// given times is reached. Zero times are ignored.
func (l *Line) wait(s *stream, times ...time.Time) {
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	changed := s.changed
	l.mu.Unlock()
	defer l.mu.Lock()

	var until time.Time
	for _, t := range times {
		if !t.IsZero() && (until.IsZero() || t.Before(until)) {
			until = t
		}
	}
	if until.IsZero() {
		<-changed

		return
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	}
}
