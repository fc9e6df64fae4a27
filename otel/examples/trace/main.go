// Command trace prints the trace of an order whose first response is lost. It needs no
// account: it uses a fake of the service with an injected fault.
//
//	go run ./examples/trace
//
// It prints all spans as a tree with their attributes. A real program uses an exporter
// instead.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
	otellicensespring "github.com/licensespring-go/licensespring/otel"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout)
	stop()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run creates an order in a span of its own and prints the trace.
func run(ctx context.Context, stdout io.Writer) error {
	spans := &tree{out: stdout}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(spans))

	err := checkout(ctx, provider)
	// Shutdown exports the remaining spans, even if ctx is done.
	return errors.Join(err, provider.Shutdown(context.WithoutCancel(ctx)))
}

func checkout(ctx context.Context, provider *sdktrace.TracerProvider) error {
	server := licensespringtest.NewServer(nil)
	defer server.Close()
	server.Inject(licensespringtest.DropAfter())

	client, err := licensespring.New(server.APIKey(),
		licensespring.WithBaseURL(server.URL()),
		licensespring.WithObserver(otellicensespring.Observer(otellicensespring.WithTracerProvider(provider))),
	)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()

	ctx, span := provider.Tracer("shop").Start(ctx, "checkout")
	defer span.End()
	_, err = client.CreateOrder(ctx, licensespring.NewOrder("inv-2031-000417").
		AddItem("acmecad", licensespring.NewLicense().TimeLimited(licensespring.Years(1))))
	return err
}
