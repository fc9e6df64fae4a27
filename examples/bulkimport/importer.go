package main

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/licensespring-go/licensespring"
)

// importer creates the orders of a source.
type importer struct {
	client *licensespring.Client
	set    *settings
	src    *source
	out    *results
	show   *screen
	tally  *tally

	mu       sync.Mutex
	underWay map[int]*entry  // by the index that its result will have
	ids      map[string]bool // of those
	ended    *sync.Cond      // one of those has ended
	err      error           // of reading the input or writing the results
	progress licensespring.Progress
}

func newImporter(
	client *licensespring.Client, set *settings, src *source, out *results, show *screen, t *tally,
) *importer {
	im := &importer{
		client: client, set: set, src: src, out: out, show: show, tally: t,
		underWay: make(map[int]*entry), ids: make(map[string]bool),
	}
	im.ended = sync.NewCond(&im.mu)
	return im
}

// run creates the orders. When ctx ends no further one is taken, and those under
// way have some time to end.
func (im *importer) run(ctx context.Context) error {
	start := time.Now()
	orders, cancel := underWay(ctx, im.set.grace)
	defer cancel()
	defer im.announce(ctx)()

	options := []licensespring.BulkOption{
		licensespring.WithTotal(im.src.total),
		licensespring.WithProgress(im.note),
		licensespring.WithLeftovers(func(r licensespring.BulkResult) { im.take(r) }),
	}
	if im.set.concurrency > 0 {
		options = append(options, licensespring.WithConcurrency(im.set.concurrency))
	}
	if im.set.stopOnError {
		options = append(options, licensespring.WithStopOnError())
	}
	for r := range im.client.CreateOrders(orders, im.orders(ctx), options...) {
		if !im.take(r) {
			break
		}
	}
	im.tally.took = time.Since(start)
	return im.err
}

// announce says what is going on as soon as ctx ends. The function it returns
// returns when nothing more will be said.
func (im *importer) announce(ctx context.Context) func() {
	said := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(said)
		im.show.say("Interrupted: the orders under way have %s to end. Ctrl-C again ends at once.", im.set.grace)
	})
	return func() {
		if !stop() {
			<-said
		}
	}
}

// orders are the entries that are orders; the others end here. It runs beside
// the loop over the results.
func (im *importer) orders(ctx context.Context) iter.Seq[*licensespring.Order] {
	return func(yield func(*licensespring.Order) bool) {
		index := 0
		for e, err := range im.src.entries() {
			switch {
			case ctx.Err() != nil:
				im.tally.interrupt(e)
				return
			case err != nil:
				im.fail(err)
				return
			case e.order == nil:
				if !im.done(unread(e)) || im.set.stopOnError {
					return
				}
				continue
			}
			im.begin(index, e)
			if ctx.Err() != nil || !yield(e.order) {
				im.forget(index)
				if ctx.Err() != nil {
					im.tally.interrupt(e)
				}
				return
			}
			index++
		}
	}
}

// begin notes that an entry is under way. Entries with one id have to come one
// after the other: otherwise chance would decide which of two orders with the
// same id is made, and whether an append finds the order it is for.
func (im *importer) begin(index int, e *entry) {
	im.mu.Lock()
	defer im.mu.Unlock()
	for im.ids[e.id] {
		im.ended.Wait()
	}
	im.underWay[index], im.ids[e.id] = e, true
}

// forget notes that an entry is not under way any more.
func (im *importer) forget(index int) *entry {
	im.mu.Lock()
	defer im.mu.Unlock()
	e := im.underWay[index]
	delete(im.underWay, index)
	delete(im.ids, e.id)
	im.ended.Broadcast()
	return e
}

// take deals with what became of an order, and reports whether to go on.
func (im *importer) take(r licensespring.BulkResult) bool {
	e := im.forget(r.Index)
	if r.Err != nil {
		return im.done(unmade(e, r.Err))
	}
	return im.done(made(e, r.Result, im.set.includePasswords))
}

// done counts, shows and writes a result, and reports whether to go on.
func (im *importer) done(r *result) bool {
	done, failed := im.tally.count(r)
	im.show.progress(done, failed, im.noted())
	complain(im.show, im.src.name, r)
	if err := im.out.write(r); err != nil {
		im.fail(err)
		return false
	}
	return true
}

// fail notes the first error of reading or writing.
func (im *importer) fail(err error) {
	im.mu.Lock()
	defer im.mu.Unlock()
	if im.err == nil {
		im.err = err
	}
}

// note keeps the SDK's progress, for its rate and its estimate. What it counts are
// the orders it was given; the tally knows the lines that are none.
func (im *importer) note(p licensespring.Progress) {
	im.mu.Lock()
	defer im.mu.Unlock()
	im.progress = p
}

func (im *importer) noted() licensespring.Progress {
	im.mu.Lock()
	defer im.mu.Unlock()
	return im.progress
}
