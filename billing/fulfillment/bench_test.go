package fulfillment_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// addressLimit is the number of requests per second that one IP address may send,
// whatever the plan: 200 in 10 seconds.
const addressLimit = 20.0

// report reports the orders per second, and their ratio to the limit of one IP
// address.
func report(b *testing.B, n int, elapsed time.Duration) {
	rate := float64(n) / elapsed.Seconds()
	b.ReportMetric(rate, "orders/s")
	b.ReportMetric(rate/addressLimit, "x-address-limit")
}

// stores are the two sync modes.
var stores = [...]struct {
	name    string
	options []fulfillment.Option
}{
	{"synced", nil},
	{"interval", []fulfillment.Option{fulfillment.WithSyncInterval(time.Minute)}},
}

func benchPipeline(b *testing.B, options []fulfillment.Option) *fulfillment.Pipeline {
	b.Helper()
	p, err := fulfillment.Open(b.Context(), append([]fulfillment.Option{fulfillment.WithStoreDir(b.TempDir())}, options...)...)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = p.Close() })
	return p
}

func benchEnqueue(b *testing.B, p *fulfillment.Pipeline, n int) {
	b.Helper()
	numbers := make(chan int)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range numbers {
				if err := p.Enqueue(b.Context(), newOrder(fmt.Sprint("inv-", i))); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := range n {
		numbers <- i
	}
	close(numbers)
	all.Wait()
}

func BenchmarkEnqueue(b *testing.B) {
	for _, store := range stores {
		b.Run(store.name, func(b *testing.B) {
			p := benchPipeline(b, store.options)
			b.ResetTimer()
			benchEnqueue(b, p, b.N)
			report(b, b.N, b.Elapsed())
		})
	}
}

// BenchmarkRun processes orders with a client that returns immediately, which
// measures the pipeline alone, and with the SDK and the fake service.
func BenchmarkRun(b *testing.B) {
	server := licensespringtest.NewServer(b)
	record, err := newClient(b, server).EnsureOrder(b.Context(), newOrder("inv"))
	if err != nil {
		b.Fatal(err)
	}
	instant := ensureFunc(func(context.Context, *licensespring.Order) (*licensespring.OrderResult, error) { return record, nil })
	for _, store := range stores {
		b.Run(store.name+"/pipeline", func(b *testing.B) { benchRun(b, store.options, instant) })
		b.Run(store.name+"/service", func(b *testing.B) {
			benchRun(b, store.options, newClient(b, licensespringtest.NewServer(b)))
		})
	}
}

func benchRun(b *testing.B, options []fulfillment.Option, client fulfillment.Ensurer) {
	p := benchPipeline(b, options)
	benchEnqueue(b, p, b.N)
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	var unfinished sync.WaitGroup
	unfinished.Add(b.N)
	b.ResetTimer()
	var running sync.WaitGroup
	running.Go(func() {
		if err := p.Run(ctx, client, fulfillment.WithObserver(func(fulfillment.Event) { unfinished.Done() })); err != nil {
			b.Error(err)
		}
	})
	unfinished.Wait()
	elapsed := b.Elapsed()
	b.StopTimer()
	report(b, b.N, elapsed)
	cancel()
	running.Wait()
}
