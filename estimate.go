package licensespring

import (
	"errors"
	"math"
	"time"
)

// estimate foretells how long the rest of many orders takes, from what the last
// ones took. An order that is there already costs two requests and not one, so a
// run that comes to where the run before it ended gets faster.
type estimate struct {
	orders   int
	requests float64 // for one order
	busy     float64 // seconds an order was under way, without its time in the queue of the budget
}

// add counts an order that has ended.
func (e *estimate) add(r BulkResult) {
	attempts := r.attempts()
	busy := 0.0
	for i := range attempts {
		busy += (attempts[i].Took + attempts[i].Wait).Seconds()
	}
	e.orders++
	weight := 1 / float64(min(e.orders, 100)) // an average at first, of the last hundred or so then
	e.requests += weight * (float64(len(attempts)) - e.requests)
	e.busy += weight * (busy - e.busy)
}

// left is how long so many orders take, so many at a time: as long as they are
// under way, or until the budget has let their requests through.
func (e *estimate) left(orders, concurrency int, budget *Budget) time.Duration {
	if orders <= 0 {
		return 0
	}
	// Neither is more than its type holds, however many orders somebody says.
	underWay := min(float64(orders)*e.busy/float64(concurrency), math.MaxInt64/float64(2*time.Second))
	requests := min(math.Round(float64(orders)*e.requests), math.MaxInt32)
	granted := budget.b.Least(int(requests), min(orders, concurrency))
	return max(time.Duration(underWay*float64(time.Second)), granted)
}

// attempts returns those of the result or the error.
func (r BulkResult) attempts() []Attempt {
	if r.Result != nil {
		return r.Result.Attempts
	}
	if e, ok := errors.AsType[*Error](r.Err); ok {
		return e.Attempts
	}
	return nil
}
