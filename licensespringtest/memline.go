package licensespringtest

import (
	"sync"
	"time"
)

// A Direction is one of the two ways bytes go on a connection.
type Direction int

const (
	// ToServer is the way of requests.
	ToServer Direction = iota
	// ToClient is the way of responses.
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

// A Line is what one connection of a [Network] runs over. It may be prepared
// before the connection is dialed and changed while it is open. The methods
// that change it return it, so that they can be chained.
type Line struct {
	ordinal int

	mu      sync.Mutex
	refused bool
	resets  bool
	latency time.Duration
	// dead says that the line was cut or reset: nothing more is sent on it.
	dead bool
	ways [2]way // by Direction
}

// A way is one direction of a line.
type way struct {
	queue    []segment
	buffered int   // bytes in the queue
	sent     int64 // bytes the line has taken so far
	cutAt    int64 // negative: never
	stallAt  int64 // negative: never
	// reset says that the reader gets an error, and nothing that was queued.
	reset bool
	// written and gone say that the writer, or the reader, has closed its end.
	written, gone bool
	// knocked says that something was written to a reader that was gone.
	knocked       bool
	readDeadline  time.Time
	writeDeadline time.Time
	// changed is closed when any of the above changes. It is nil while nobody
	// waits, so a line that does not block makes no channels.
	changed chan struct{}
}

// A segment is something on its way to the reader: bytes, or the end.
type segment struct {
	data []byte
	end  bool
	// at is when it arrives, zero for at once.
	at time.Time
}

// windowSize is how many bytes a line takes that nobody reads.
const windowSize = 256 << 10

func newLine(ordinal int) *Line {
	l := &Line{ordinal: ordinal}
	for d := range l.ways {
		l.ways[d].cutAt, l.ways[d].stallAt = -1, -1
	}

	return l
}

// Ordinal returns the place of the line's dial among all dials, from 1.
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

// CutAfter cuts the line, both ways, as soon as exactly n bytes have been sent
// in a direction. They arrive, and so does what was sent the other way before;
// then readers find the end of the stream, and writers an error. The rest of the
// write that reaches n is not sent.
func (l *Line) CutAfter(d Direction, n int64) *Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ways[d].cutAt = n
	l.cutIfDue(d)

	return l
}

// StallAfter loses everything after the first n bytes in a direction, the end
// included, without telling anybody: writes succeed, reads wait. Closing the
// [Server] at the line's end puts an end to the wait.
func (l *Line) StallAfter(d Direction, n int64) *Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ways[d].stallAt = n

	return l
}

// Reset makes a cut show as ECONNRESET to readers, once they have read what
// arrived, instead of as the end of the stream.
func (l *Line) Reset() *Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.resets = true

	return l
}

// Delay makes everything sent from now on take a time to arrive. A dial takes it
// twice.
func (l *Line) Delay(latency time.Duration) *Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.latency = latency

	return l
}

// Sent returns the number of bytes sent in a direction so far, those that were
// lost by StallAfter not included.
func (l *Line) Sent(d Direction) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()

	return l.ways[d].sent
}

func (l *Line) terms() (latency time.Duration, refused bool) {
	l.mu.Lock()
	defer l.mu.Unlock()

	return l.latency, l.refused
}

// release ends the ways that are stalled.
func (l *Line) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for d := range l.ways {
		if l.ways[d].stalled() {
			l.put(Direction(d), segment{end: true})
		}
	}
}

// What follows is called with the line's lock held.

// put queues a segment and wakes whoever waits for it.
func (l *Line) put(d Direction, s segment) {
	if l.latency > 0 {
		s.at = time.Now().Add(l.latency)
	}
	w := &l.ways[d]
	w.queue = append(w.queue, s)
	w.buffered += len(s.data)
	w.wake()
}

// stalled reports whether what is sent next is lost.
func (w *way) stalled() bool {
	return w.stallAt >= 0 && w.sent >= w.stallAt
}

// cutIfDue cuts the line if enough was sent in a direction.
func (l *Line) cutIfDue(d Direction) {
	w := &l.ways[d]
	if w.cutAt < 0 || w.sent < w.cutAt || l.dead {
		return
	}
	l.dead = true
	for d := range l.ways {
		l.put(Direction(d), segment{end: true})
	}
}

// breakOff resets the line: what was queued is discarded, and both ends get errors.
func (l *Line) breakOff() {
	l.dead = true
	for d := range l.ways {
		l.ways[d].discard()
	}
}

// discard makes the way's reader get a reset instead of what is queued.
func (w *way) discard() {
	if w.stalled() {
		return // The news is lost as well.
	}
	w.reset = true
	w.queue, w.buffered = nil, 0
	w.wake()
}

// wake tells everybody who waits on the way that something has changed.
func (w *way) wake() {
	if w.changed != nil {
		close(w.changed)
		w.changed = nil
	}
}

// wait lets go of the line until something changes on a way, at the latest until
// the earliest of some times. Zero times do not count.
func (l *Line) wait(w *way, times ...time.Time) {
	if w.changed == nil {
		w.changed = make(chan struct{})
	}
	changed := w.changed
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
