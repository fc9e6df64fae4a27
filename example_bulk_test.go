package licensespring_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// invoices yields orders one at a time, as a program would read them from its
// source.
func invoices(n int) iter.Seq[*licensespring.Order] {
	return func(yield func(*licensespring.Order) bool) {
		for i := range n {
			id := fmt.Sprintf("inv-%d", i+1)
			if !yield(licensespring.NewOrder(id).AddItem("acmecad", licensespring.NewLicense().Perpetual())) {
				return
			}
		}
	}
}

// bulkClient returns a client of a fake service. The fake needs no rate limit.
func bulkClient() (client *licensespring.Client, done func()) {
	server := licensespringtest.NewServer(nil)
	client, err := licensespring.New(server.APIKey(), licensespring.WithBaseURL(server.URL()),
		licensespring.WithRateLimiter(licensespring.NewRateLimiter(licensespring.NoRateLimit)))
	if err != nil {
		panic(err)
	}
	return client, func() {
		client.CloseIdleConnections()
		server.Close()
	}
}

// Creates many orders. Running the same input again creates nothing twice.
func ExampleClient_EnsureOrders() {
	client, done := bulkClient()
	defer done()

	for range 2 {
		outcomes := make(map[licensespring.Outcome]int)
		for r := range client.EnsureOrders(context.Background(), invoices(50)) {
			if r.Err != nil {
				fmt.Println(r.OrderID, r.Err)
				continue
			}
			outcomes[r.Result.Outcome]++
		}
		fmt.Println(outcomes)
	}
	// Output:
	// map[created:50]
	// map[existing:50]
}

// Creates one order after the other, in the order of the input.
func ExampleWithConcurrency() {
	client, done := bulkClient()
	defer done()

	for r := range client.EnsureOrders(context.Background(), invoices(3), licensespring.WithConcurrency(1)) {
		if r.Err != nil {
			fmt.Println(r.OrderID, r.Err)
			continue
		}
		fmt.Println(r.OrderID, r.Result.Outcome)
	}
	// Output:
	// inv-1 created
	// inv-2 created
	// inv-3 created
}

// Stops at the first order that fails.
func ExampleWithStopOnError() {
	client, done := bulkClient()
	defer done()

	input := slices.Insert(slices.Collect(invoices(100)), 1, licensespring.NewOrder("no-items"))
	var failed []string
	for r := range client.EnsureOrders(context.Background(), slices.Values(input),
		licensespring.WithStopOnError(), licensespring.WithConcurrency(1)) {
		if errors.Is(r.Err, licensespring.ErrInvalidRequest) {
			failed = append(failed, r.OrderID)
		}
	}
	fmt.Println(failed)
	// Output: [no-items]
}

// Reports the progress after each order.
func ExampleWithProgress() {
	client, done := bulkClient()
	defer done()

	var last licensespring.Progress
	for range client.EnsureOrders(context.Background(), invoices(20),
		licensespring.WithTotal(20), licensespring.WithProgress(func(p licensespring.Progress) { last = p })) {
		continue
	}
	fmt.Printf("%d done, %d created, %d failed\n", last.Done, last.Created, last.Failed)
	// Output: 20 done, 20 created, 0 failed
}

// Estimates the remaining time, for which the total number of orders must be
// known.
func ExampleWithTotal() {
	client, done := bulkClient()
	defer done()

	report := func(p licensespring.Progress) {
		fmt.Printf("%d of 3 done, time remaining: %t\n", p.Done, p.Remaining > 0)
	}
	for r := range client.EnsureOrders(context.Background(), invoices(3),
		licensespring.WithTotal(3), licensespring.WithProgress(report)) {
		if r.Err != nil {
			fmt.Println(r.OrderID, r.Err)
		}
	}
	// Output:
	// 1 of 3 done, time remaining: true
	// 2 of 3 done, time remaining: true
	// 3 of 3 done, time remaining: false
}

// Leaves a run early and still receives the results of the orders in progress.
func ExampleWithAbandoned() {
	client, done := bulkClient()
	defer done()

	reported := 0
	for range client.EnsureOrders(context.Background(), invoices(1000), licensespring.WithConcurrency(4),
		licensespring.WithAbandoned(func(licensespring.BulkResult) { reported++ })) {
		if reported++; reported == 10 {
			break
		}
	}
	fmt.Println(reported >= 10 && reported <= 10+4)
	// Output: true
}

// Counts outcomes without distinguishing results from errors.
func ExampleBulkResult_Outcome() {
	client, done := bulkClient()
	defer done()

	input := slices.Insert(slices.Collect(invoices(3)), 0, licensespring.NewOrder(""))
	outcomes := make(map[licensespring.Outcome]int)
	for r := range client.EnsureOrders(context.Background(), slices.Values(input)) {
		outcomes[r.Outcome()]++
	}
	fmt.Println(outcomes)
	// Output: map[created:3 not sent:1]
}
