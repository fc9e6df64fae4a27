package fulfillment_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
)

// A backup of a stopped service, which is restored after the loss of its disk.
func ExampleBackup() {
	base, err := os.MkdirTemp("", "example-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(base) }()
	store, backup, restored := filepath.Join(base, "store"), filepath.Join(base, "backup"), filepath.Join(base, "restored")

	ctx := context.Background()
	pipeline, err := fulfillment.Open(ctx, fulfillment.WithStoreDir(store))
	if err != nil {
		fmt.Println(err)
		return
	}
	order := licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense())
	fmt.Println("enqueue:", pipeline.Enqueue(ctx, order))
	_ = pipeline.Close()
	fmt.Println("backup:", fulfillment.Backup(store, backup))

	fmt.Println("restore:", fulfillment.Restore(backup, restored))
	pipeline, err = fulfillment.Open(ctx, fulfillment.WithStoreDir(restored))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = pipeline.Close() }()
	stats, err := pipeline.Stats(ctx)
	fmt.Println("queued:", stats.Depth, err)
	// Output:
	// enqueue: <nil>
	// backup: <nil>
	// restore: <nil>
	// queued: 1 <nil>
}

// Old results are removed, and orders that a damaged store has lost are listed.
func ExamplePipeline_PruneResults() {
	pipeline, done, err := exampleQueue()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer done()
	removed, err := pipeline.PruneResults(context.Background(), time.Now().AddDate(-1, 0, 0))
	fmt.Println(removed, "results removed:", err)
	for _, order := range pipeline.Missing() {
		fmt.Println("missing:", order.OrderID)
	}
	fmt.Println("probe:", pipeline.Probe(context.Background()))
	// Output:
	// 0 results removed: <nil>
	// probe: <nil>
}
