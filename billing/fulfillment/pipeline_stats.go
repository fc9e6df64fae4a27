package fulfillment

import (
	"context"
	"math"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Stats holds the counts of a pipeline over all machines.
type Stats struct {
	// Depth is the number of unfinished orders in the queue: Waiting and InFlight
	// together.
	Depth int
	// Waiting is the number of orders that were never delivered to a worker.
	Waiting int
	// InFlight is the number of orders that a worker is processing or that wait
	// for a retry.
	InFlight int
	// ActiveCalls is the number of calls of the client in progress in this process.
	ActiveCalls int
	// Done is the number of stored results, and Dead the number of dead letters.
	Done, Dead int
	// Missing is the number of orders that the store has lost ([Pipeline.Missing]).
	Missing int
	// OldestAge is the time since the oldest order in the queue was enqueued.
	OldestAge time.Duration
}

// Stats returns the counts of the pipeline. They are read one after the other, so
// that they may be inconsistent while orders are processed.
func (p *Pipeline) Stats(ctx context.Context) (Stats, error) {
	var s Stats
	queue, err := p.orders.state(ctx)
	if err != nil {
		return s, wrap("stats", err)
	}
	deadLetters, err := p.streams.deadLetters.Info(ctx)
	if err != nil {
		return s, wrap("stats", err)
	}
	results, err := p.streams.results.Status(ctx)
	if err != nil {
		return s, wrap("stats", err)
	}
	s = Stats{
		Depth:       toInt(queue.messages.Msgs),
		Waiting:     toInt(queue.consumer.NumPending),
		InFlight:    queue.inFlight(),
		ActiveCalls: int(p.activeCalls.Load()),
		Done:        toInt(results.Values()),
		Dead:        toInt(deadLetters.State.Msgs),
		Missing:     len(p.ledger.list()),
	}
	s.OldestAge = oldestAge(queue.messages)
	return s, nil
}

// oldestAge returns the time since the oldest message of a stream was stored.
func oldestAge(s jetstream.StreamState) time.Duration {
	// The server has no time for a message that it cannot read.
	if s.Msgs == 0 || s.FirstTime.IsZero() {
		return 0
	}
	return max(time.Since(s.FirstTime), 0)
}

func toInt(n uint64) int { return int(min(n, math.MaxInt)) }
