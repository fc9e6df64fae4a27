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

// invoices is where a program would read its orders from, one at a time.
func invoices(n int) iter.Seq[*licensespring.Order] {
	return func(yield func(*licensespring.Order) bool) {
		for i := range n {
			id := fmt.Sprintf("inv-%d", i+1)
			if !yield(licensespring.NewOrder(id).AddItem("acme-cad", licensespring.NewLicense().Perpetual())) {
				return
			}
		}
	}
}

// bulkClient returns a client of a fake service. Against a fake there is no
// limit to keep to.
func bulkClient() (client *licensespring.Client, done func()) {
	server := licensespringtest.NewServer(nil)
	client, err := licensespring.New(server.APIKey(), licensespring.WithBaseURL(server.URL()),
		licensespring.WithBudget(licensespring.NewBudget(licensespring.Unlimited)))
	if err != nil {
		panic(err)
	}
	return client, func() {
		client.CloseIdleConnections()
		server.Close()
	}
}

// Demonstrates how to make many orders, and that running the same input again
// makes nothing twice.
func ExampleClient_CreateOrders() {
	client, done := bulkClient()
	defer done()

	for range 2 {
		outcomes := make(map[licensespring.Outcome]int)
		for r := range client.CreateOrders(context.Background(), invoices(50)) {
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

// Demonstrates how to make one order after the other, in the order of the input.
func ExampleWithConcurrency() {
	client, done := bulkClient()
	defer done()

	for r := range client.CreateOrders(context.Background(), invoices(3), licensespring.WithConcurrency(1)) {
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

// Demonstrates how to stop at the first order that fails.
func ExampleWithStopOnError() {
	client, done := bulkClient()
	defer done()

	input := slices.Insert(slices.Collect(invoices(100)), 1, licensespring.NewOrder("no-items"))
	var failed []string
	for r := range client.CreateOrders(context.Background(), slices.Values(input),
		licensespring.WithStopOnError(), licensespring.WithConcurrency(1)) {
		if errors.Is(r.Err, licensespring.ErrInvalidRequest) {
			failed = append(failed, r.OrderID)
		}
	}
	fmt.Println(failed)
	// Output: [no-items]
}

// Demonstrates how to follow a run: the report comes after each order.
func ExampleWithProgress() {
	client, done := bulkClient()
	defer done()

	var last licensespring.Progress
	for range client.CreateOrders(context.Background(), invoices(20),
		licensespring.WithTotal(20), licensespring.WithProgress(func(p licensespring.Progress) { last = p })) {
		continue
	}
	fmt.Printf("%d done, %d made, %d failed\n", last.Done, last.Made, last.Failed)
	// Output: 20 done, 20 made, 0 failed
}

// Demonstrates how to show how long a run will take: for that it has to be told
// how many orders there are.
func ExampleWithTotal() {
	client, done := bulkClient()
	defer done()

	report := func(p licensespring.Progress) {
		fmt.Printf("%d of 3 done, more to come: %t\n", p.Done, p.Left > 0)
	}
	for r := range client.CreateOrders(context.Background(), invoices(3),
		licensespring.WithTotal(3), licensespring.WithProgress(report)) {
		if r.Err != nil {
			fmt.Println(r.OrderID, r.Err)
		}
	}
	// Output:
	// 1 of 3 done, more to come: true
	// 2 of 3 done, more to come: true
	// 3 of 3 done, more to come: false
}

// Demonstrates how to leave a run early without losing sight of the orders that
// were under way.
func ExampleWithLeftovers() {
	client, done := bulkClient()
	defer done()

	seen := 0
	for range client.CreateOrders(context.Background(), invoices(1000), licensespring.WithConcurrency(4),
		licensespring.WithLeftovers(func(licensespring.BulkResult) { seen++ })) {
		if seen++; seen == 10 {
			break
		}
	}
	fmt.Println(seen >= 10 && seen <= 10+4)
	// Output: true
}
