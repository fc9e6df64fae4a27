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

// An order is enqueued, created at a fake of the service, and read as a result.
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

	// In the webhook handler. Repeated events enqueue the same order once.
	order := licensespring.NewOrder("inv-2031-000417").
		WithCustomer(licensespring.Customer{Email: "ada@example.com"}).
		AddItem("acmecad", licensespring.NewLicense().TimeLimited(licensespring.Years(1)))
	for range 2 {
		if err := pipeline.Enqueue(ctx, order); err != nil {
			fmt.Println(err) // respond with an error: the sender retries
			return
		}
	}

	// In the worker, on this or another machine. It stops after the first order.
	err = pipeline.Run(ctx, client, fulfillment.WithObserver(func(e fulfillment.Event) {
		fmt.Println(e.OrderID, e.Disposition, e.Outcome)
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

	// An embedded queue. WithURL connects to a cluster instead.
	pipeline, err := fulfillment.Open(context.Background(), fulfillment.WithStoreDir(dir))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pipeline.Close()

	_, err = fulfillment.Open(context.Background(), fulfillment.WithReplicas(2))
	fmt.Println(err)
	// Output:
	// fulfillment: the number of replicas must be 1, 3 or 5
	// fulfillment: set either WithStoreDir or WithURL
}

// exampleQueue opens a pipeline in a temporary directory, which done removes.
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
	if invalid, ok := errors.AsType[*licensespring.ValidationError](err); ok {
		for _, finding := range invalid.Findings {
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

func ExamplePipeline_OrderState() {
	pipeline, done, err := exampleQueue()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer done()
	ctx := context.Background()

	order := licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense())
	err = errors.Join(
		pipeline.Enqueue(ctx, order),
		pipeline.Reject(ctx, fulfillment.Rejection{ID: "inv-1", Reason: "the event has no customer"}),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(pipeline.OrderState(ctx, "inv-1"))
	fmt.Println(pipeline.IsQueued(ctx, order)) // with this content
	for letter, err := range pipeline.DeadLettersOf(ctx, "inv-1") {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(letter.Failure.Error())
	}
	// Output:
	// queued <nil>
	// true <nil>
	// the event has no customer
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
		order := licensespring.NewOrder(id).AddItem("acmecad", licensespring.NewLicense().Perpetual())
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

// The service rejects an order. The dead letter holds the reason, and Retry enqueues
// the order again after the cause is corrected.
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
	order := licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense().Perpetual())
	if err := pipeline.Enqueue(ctx, order); err != nil {
		fmt.Println(err)
		return
	}
	observe := fulfillment.WithObserver(func(e fulfillment.Event) {
		fmt.Println(e.OrderID, e.Disposition)
		if e.Disposition == fulfillment.DispositionDone {
			stop()
			return
		}
		for letter, err := range pipeline.DeadLetters(ctx) {
			if err != nil {
				fmt.Println(err)
				return
			}
			fmt.Println("rejected:", errors.Is(&letter.Failure, licensespring.ErrInvalidRequest))
			fmt.Println("retried:", pipeline.Retry(ctx, letter.Seq))
		}
	})
	// With one slot, the next delivery waits for the observer.
	if err := pipeline.Run(ctx, client, observe, fulfillment.WithConcurrency(1)); err != nil {
		fmt.Println(err)
	}
	// Output:
	// inv-1 dead
	// rejected: true
	// retried: <nil>
	// inv-1 done
}

// The results are a local record of the issued licenses.
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
	order := licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense(), licensespring.NewLicense())
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

// A health probe calls Health.
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
