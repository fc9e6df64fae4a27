// Command trace shows the trace of an order whose first answer is lost. It needs
// no account: it runs against a fake of the service, which loses the answer on
// request.
//
//	go run ./examples/trace
//
// It prints each span when the trace is over, within its parent, with all its
// attributes. A program of your own passes its spans to an exporter instead.
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

// run is the whole program: a provider, a client that is observed, an order
// within a span of the program's own.
func run(ctx context.Context, stdout io.Writer) error {
	spans := &tree{out: stdout}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(spans))

	err := checkout(ctx, provider)
	// What is still to be exported is exported here, whatever became of ctx.
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
		AddItem("acme-cad", licensespring.NewLicense().TimeLimited(licensespring.Years(1))))
	return err
}
