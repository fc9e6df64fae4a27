package fulfillment

import (
	"context"
	"math"
	"time"
)

// Stats is how the pipeline stands, over all machines.
type Stats struct {
	// Depth is how many orders are in the queue, not finished: Waiting and Begun
	// together.
	Depth int
	// Waiting is how many of them no worker has had yet.
	Waiting int
	// Begun is how many were given to a worker: it is at them, or they wait for
	// another try.
	Begun int
	// Calls is how many calls are under way in this process.
	Calls int
	// Done is how many results are kept, and Dead how many dead letters.
	Done, Dead int
	// Oldest is how long ago the oldest order of the queue came into it.
	Oldest time.Duration
}

// Stats returns how the pipeline stands. The numbers are taken one after the
// other, so that while orders move they need not add up.
func (p *Pipeline) Stats(ctx context.Context) (Stats, error) {
	var s Stats
	orders, err := p.orders.Info(ctx)
	if err != nil {
		return s, wrap("stats", err)
	}
	workers, err := p.workers.Info(ctx)
	if err != nil {
		return s, wrap("stats", err)
	}
	dead, err := p.dead.Info(ctx)
	if err != nil {
		return s, wrap("stats", err)
	}
	results, err := p.results.Status(ctx)
	if err != nil {
		return s, wrap("stats", err)
	}
	s = Stats{
		Depth:   count(orders.State.Msgs),
		Waiting: count(workers.NumPending),
		Begun:   workers.NumAckPending,
		Calls:   int(p.calls.Load()),
		Done:    count(results.Values()),
		Dead:    count(dead.State.Msgs),
	}
	if s.Depth > 0 {
		s.Oldest = max(time.Since(orders.State.FirstTime), 0)
	}
	return s, nil
}

func count(n uint64) int { return int(min(n, math.MaxInt)) }
