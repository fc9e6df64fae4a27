package importer

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/licensespring-go/licensespring/licensespringtest"
)

// serve runs a standalone fake until ctx is done, so that several imports can use
// the same one. Then it writes the stored orders to the file for results.
func serve(ctx context.Context, set *settings, stdout, stderr io.Writer) error {
	listen, err := listenAt(set.serve)
	if err != nil {
		return err
	}
	fake := set.startFake(listen)
	defer fake.Close()
	printLine(stderr, "A fake of the service is running until Ctrl-C. To use it:")
	printLine(stderr, "export %s=%s", envKey, fake.APIKey())
	printLine(stderr, "export %s=%s", envBaseURL, fake.URL())
	<-ctx.Done()
	printStored(stderr, fake)
	return writeStored(set.out, stdout, fake)
}

// storedOrder is an order in the fake.
type storedOrder struct {
	ID       string `json:"id"`
	Licenses int    `json:"licenses"`
}

// printStored writes how many orders and licenses the fake stores.
func printStored(w io.Writer, fake *licensespringtest.Server) {
	printLine(w, "The fake stores %s with %s.", plural(len(fake.Orders()), "order"), plural(fake.LicenseCount(), "license"))
}

// writeStored writes the orders of the fake as JSON Lines.
func writeStored(name string, stdout io.Writer, fake *licensespringtest.Server) error {
	out, err := openResults(name, stdout)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(out.w)
	for _, order := range fake.Orders() {
		if err := encoder.Encode(storedOrder{ID: order.StoreID, Licenses: len(order.Licenses())}); err != nil {
			return fmt.Errorf("cannot write the stored orders: %w", err)
		}
	}
	return out.close()
}
