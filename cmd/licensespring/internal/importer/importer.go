package importer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/interrupt"
)

// importer creates the orders of a source.
type importer struct {
	client  *licensespring.Client
	set     *settings
	src     *source
	out     *resultWriter
	console *console
	summary *summary

	mu       sync.Mutex
	inFlight map[int]*entry  // by the index of the order's result
	ids      map[string]bool // of the entries in flight
	finished *sync.Cond      // signals that an entry has left inFlight
	failed   *failedOrders
	err      error // first error of reading the input or writing the results
	progress licensespring.Progress
}

func newImporter(
	client *licensespring.Client, set *settings, src *source, out *resultWriter, con *console, sum *summary,
) *importer {
	im := &importer{
		client: client, set: set, src: src, out: out, console: con, summary: sum,
		inFlight: make(map[int]*entry), ids: make(map[string]bool), failed: newFailedOrders(),
	}
	im.finished = sync.NewCond(&im.mu)
	return im
}

// run creates the orders. When ctx is done, it starts no further order and waits
// for the orders in flight until the grace period is over.
func (im *importer) run(ctx context.Context) error {
	start := time.Now()
	orders, cancel := interrupt.WithGrace(ctx, im.set.grace)
	defer cancel()
	defer im.announceInterrupt(ctx)()

	options := []licensespring.BulkOption{
		licensespring.WithTotal(im.src.total),
		licensespring.WithProgress(im.setProgress),
		licensespring.WithAbandoned(func(r licensespring.BulkResult) { im.handle(r) }),
	}
	if im.set.concurrency > 0 {
		options = append(options, licensespring.WithConcurrency(im.set.concurrency))
	}
	if im.set.stopOnError {
		options = append(options, licensespring.WithStopOnError())
	}
	for r := range im.client.EnsureOrders(orders, im.orders(ctx, orders), options...) {
		if !im.handle(r) {
			break
		}
	}
	im.summary.elapsed = time.Since(start)
	return im.err
}

// announceInterrupt prints a message when ctx is done. The returned function waits
// until a message in progress is complete.
func (im *importer) announceInterrupt(ctx context.Context) func() {
	printed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(printed)
		im.console.message("Interrupted: waiting up to %s for the orders in flight. Press Ctrl-C again to exit immediately.", im.set.grace)
	})
	return func() {
		if !stop() {
			<-printed
		}
	}
}

// orders yields the valid orders of the source and reports the other entries. It
// runs concurrently with the loop over the results. Lookups have the grace period.
func (im *importer) orders(ctx, lookups context.Context) iter.Seq[*licensespring.Order] {
	return func(yield func(*licensespring.Order) bool) {
		index := 0
		for e, err := range im.src.entries() {
			switch {
			case ctx.Err() != nil:
				im.summary.interrupt(e)
				return
			case err != nil:
				im.fail(err)
				return
			case e.order == nil:
				if !im.report(invalidResult(e)) || im.set.stopOnError {
					return
				}
				continue
			}
			im.start(index, e)
			r := im.failed.result(e)
			if r == nil && e.skippedLine > 0 {
				r = im.requireOrder(lookups, e)
			}
			if r != nil {
				im.finish(index)
				if !im.report(r) || im.set.stopOnError {
					return
				}
				continue
			}
			if ctx.Err() != nil || !yield(e.order) {
				im.finish(index)
				if ctx.Err() != nil {
					im.summary.interrupt(e)
				}
				return
			}
			index++
		}
	}
}

// requireOrder returns the result of an append to a skipped order that does not exist,
// and nil if it exists: the service would create an order with the licenses of the
// append only.
func (im *importer) requireOrder(ctx context.Context, e *entry) *result {
	_, err := im.client.GetOrderByStoreID(ctx, e.id)
	switch {
	case errors.Is(err, licensespring.ErrNotFound):
		e.errors = []finding{newError("id", ruleRepeatedID,
			fmt.Sprintf("adds licenses to the order of line %d, which --from skips and which does not exist", e.skippedLine))}
		return invalidResult(e)
	case err != nil:
		return errorResult(e, licensespring.OutcomeNotSent, err)
	default:
		return nil
	}
}

// start adds an entry to the entries in flight. It waits for an entry with the same
// id: of two concurrent orders with the same id either could be created first, and
// an append could be sent before its order.
func (im *importer) start(index int, e *entry) {
	im.mu.Lock()
	defer im.mu.Unlock()
	for im.ids[e.id] {
		im.finished.Wait()
	}
	im.inFlight[index], im.ids[e.id] = e, true
}

// finish removes an entry from the entries in flight.
func (im *importer) finish(index int) {
	im.mu.Lock()
	defer im.mu.Unlock()
	delete(im.ids, im.inFlight[index].id)
	delete(im.inFlight, index)
	im.finished.Broadcast()
}

// handle reports the result of an order. It returns false if the import must stop.
func (im *importer) handle(r licensespring.BulkResult) bool {
	im.mu.Lock()
	e := im.inFlight[r.Index]
	im.mu.Unlock()
	var shown *result
	if r.Err != nil {
		shown = errorResult(e, r.Outcome(), r.Err)
	} else {
		shown = orderResult(e, r.Result, im.set.includePasswords)
	}
	im.failed.add(e, shown) // before an append with the same id can start
	im.finish(r.Index)
	return im.report(shown)
}

// report counts, prints and writes a result. It returns false if the result could
// not be written.
func (im *importer) report(r *result) bool {
	done, failed := im.summary.add(r)
	im.console.progress(done, failed, im.currentProgress())
	printResult(im.console, im.src.name, r)
	err := im.out.write(r)
	if err == nil {
		return true
	}
	if im.fail(err) {
		im.console.message("The results cannot be written. The remaining ones are:")
	}
	im.console.message("%s", r.document()) // may contain a password that is shown once
	return false
}

// fail records an error of reading or writing, and reports whether it is the first.
func (im *importer) fail(err error) bool {
	im.mu.Lock()
	defer im.mu.Unlock()
	if im.err != nil {
		return false
	}
	im.err = err
	return true
}

// setProgress records the SDK's progress for its rate and its estimate. Its counts
// lack the invalid entries, which the summary contains.
func (im *importer) setProgress(p licensespring.Progress) {
	im.mu.Lock()
	defer im.mu.Unlock()
	im.progress = p
}

func (im *importer) currentProgress() licensespring.Progress {
	im.mu.Lock()
	defer im.mu.Unlock()
	return im.progress
}
