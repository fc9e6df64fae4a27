package fulfillment_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// The whole way of an order, against a fake of the service.
func Example() {
	service := licensespringtest.NewServer(nil)
	defer service.Close()
	client, err := licensespring.New(service.APIKey(), licensespring.WithBaseURL(service.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}
	dir, err := os.MkdirTemp("", "orders")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	pipeline, err := fulfillment.Open(ctx, fulfillment.WithStoreDir(dir))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pipeline.Close()

	// Where the money comes in. The same event twice is the same order once.
	order := licensespring.NewOrder("inv-2031-000417").
		WithCustomer(licensespring.Customer{Email: "ada@example.com"}).
		AddItem("acme-cad", licensespring.NewLicense().TimeLimited(licensespring.Years(1)))
	for range 2 {
		if err := pipeline.Enqueue(ctx, order); err != nil {
			fmt.Println(err) // answer the webhook with an error: it comes again
			return
		}
	}

	// Where licenses are made, here or on other machines. It ends with the first.
	err = pipeline.Run(ctx, client, fulfillment.WithObserver(func(e fulfillment.Event) {
		fmt.Println(e.OrderID, e.Ending, e.Outcome)
		stop()
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	res, err := pipeline.Result(context.Background(), "inv-2031-000417")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(res.Order.LicenseKeys()), "license")
	// Output:
	// inv-2031-000417 done created
	// 1 license
}

func ExampleOpen() {
	dir, err := os.MkdirTemp("", "orders")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	// The queue in this process. With WithURL it is a cluster's.
	pipeline, err := fulfillment.Open(context.Background(), fulfillment.WithStoreDir(dir))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pipeline.Close()

	_, err = fulfillment.Open(context.Background(), fulfillment.WithReplicas(2))
	fmt.Println(err)
	// Output:
	// fulfillment: replicas must be 1, 3 or 5
	// fulfillment: want either a store directory or a URL
}

// exampleQueue is a pipeline in a directory that goes away with it.
func exampleQueue() (pipeline *fulfillment.Pipeline, done func(), err error) {
	dir, err := os.MkdirTemp("", "orders")
	if err != nil {
		return nil, nil, err
	}
	pipeline, err = fulfillment.Open(context.Background(), fulfillment.WithStoreDir(dir))
	if err != nil {
		return nil, nil, err
	}
	return pipeline, func() {
		_ = pipeline.Close()
		_ = os.RemoveAll(dir)
	}, nil
}

func ExamplePipeline_Enqueue() {
	pipeline, done, err := exampleQueue()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer done()

	err = pipeline.Enqueue(context.Background(), licensespring.NewOrder("inv-2031-000417").
		AddItem("", licensespring.NewLicense().Perpetual().WithMaxActivations(-1)))
	if wrong, ok := errors.AsType[*licensespring.ValidationError](err); ok {
		for _, finding := range wrong.Findings {
			fmt.Println(finding)
		}
	}
	// Output:
	// items[0].product_code: is required [required]
	// items[0].licenses[0].max_activations: must not be negative [negative]
}

func ExamplePipeline_Reject() {
	pipeline, done, err := exampleQueue()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer done()
	ctx := context.Background()

	err = pipeline.Reject(ctx, fulfillment.Rejection{
		ID:      "evt_1Q2W3E",
		Reason:  "the price has no product_short_code",
		Source:  "stripe invoice.paid",
		Payload: []byte(`{"id": "evt_1Q2W3E"}`),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for letter, err := range pipeline.DeadLetters(ctx) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(letter.Seq, letter.OrderID, letter.Source, letter.Failure.Error())
		fmt.Println(pipeline.Discard(ctx, letter.Seq))
	}
	// Output:
	// 1 evt_1Q2W3E stripe invoice.paid the price has no product_short_code
	// <nil>
}

func ExamplePipeline_Stats() {
	pipeline, done, err := exampleQueue()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer done()
	ctx := context.Background()

	for _, id := range []string{"inv-1", "inv-2"} {
		order := licensespring.NewOrder(id).AddItem("acme-cad", licensespring.NewLicense().Perpetual())
		if err := pipeline.Enqueue(ctx, order); err != nil {
			fmt.Println(err)
			return
		}
	}
	stats, err := pipeline.Stats(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(stats.Depth, "in the queue,", stats.Done, "done,", stats.Dead, "dead")
	_, err = pipeline.Result(ctx, "inv-1")
	fmt.Println(err)
	// Output:
	// 2 in the queue, 0 done, 0 dead
	// fulfillment: no result
}

// A service that refuses an order, and is mended: the dead letter says why, and
// Retry puts the order back.
func ExamplePipeline_Retry() {
	pipeline, done, err := exampleQueue()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer done()
	service := licensespringtest.NewServer(nil)
	defer service.Close()
	service.Inject(licensespringtest.Status(http.StatusBadRequest))
	client, err := licensespring.New(service.APIKey(), licensespring.WithBaseURL(service.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	order := licensespring.NewOrder("inv-1").AddItem("acme-cad", licensespring.NewLicense().Perpetual())
	if err := pipeline.Enqueue(ctx, order); err != nil {
		fmt.Println(err)
		return
	}
	observe := fulfillment.WithObserver(func(e fulfillment.Event) {
		fmt.Println(e.OrderID, e.Ending)
		if e.Ending == fulfillment.Done {
			stop()
			return
		}
		for letter, err := range pipeline.DeadLetters(ctx) {
			if err != nil {
				fmt.Println(err)
				return
			}
			fmt.Println("refused:", errors.Is(&letter.Failure, licensespring.ErrInvalidRequest))
			fmt.Println("retried:", pipeline.Retry(ctx, letter.Seq))
		}
	})
	// One order at a time, so that the next delivery waits for the observer.
	if err := pipeline.Run(ctx, client, observe, fulfillment.WithConcurrency(1)); err != nil {
		fmt.Println(err)
	}
	// Output:
	// inv-1 dead
	// refused: true
	// retried: <nil>
	// inv-1 done
}

// The results are the copy of who got which license that is kept here.
func ExamplePipeline_Results() {
	pipeline, done, err := exampleQueue()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer done()
	service := licensespringtest.NewServer(nil)
	defer service.Close()
	client, err := licensespring.New(service.APIKey(), licensespring.WithBaseURL(service.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	order := licensespring.NewOrder("inv-1").AddItem("acme-cad", licensespring.NewLicense(), licensespring.NewLicense())
	if err := pipeline.Enqueue(ctx, order); err != nil {
		fmt.Println(err)
		return
	}
	if err := pipeline.Run(ctx, client, fulfillment.WithObserver(func(fulfillment.Event) { stop() })); err != nil {
		fmt.Println(err)
		return
	}
	for result, err := range pipeline.Results(context.Background()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(result.OrderID, result.Outcome, len(result.Order.LicenseKeys()), "license keys")
	}
	// Output: inv-1 created 2 license keys
}

// What a health probe asks.
func ExamplePipeline_Health() {
	pipeline, done, err := exampleQueue()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(pipeline.Health(context.Background()))
	done()
	err = pipeline.Health(context.Background())
	fmt.Println(errors.Is(err, fulfillment.ErrClosed))
	// Output:
	// <nil>
	// true
}
