// Command crashsafe shows that EnsureOrder can be repeated after a crash: it kills a
// process after the service created its order and before it responded, starts the process
// again, and checks that the service stores the order once. It uses a fake of the service
// and needs no account:
//
//	go run ./examples/crashsafe
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/licensespring-go/licensespring/licensespringtest"
)

func main() {
	if os.Getenv(envWorker) != "" {
		os.Exit(runWorker(context.Background(), os.Getenv, os.Stdout, os.Stderr))
	}
	server := licensespringtest.NewServer(nil)
	defer server.Close()
	if err := run(context.Background(), server, os.Stdout); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // the fake ends with the process
	}
}

// run kills a worker after the service created its order and before the service
// responded, and starts the worker again.
func run(ctx context.Context, server *licensespringtest.Server, w io.Writer) error {
	const id = "inv-2031-000418"
	_, _ = fmt.Fprintf(w, `Another process ensures order %s. It is killed after the service
created the order and before it responded. Then it is started again.

`, id)

	stored := make(chan struct{})
	server.Inject(licensespringtest.Custom(func(_ http.ResponseWriter, r *http.Request, next http.Handler) {
		next.ServeHTTP(discardResponse{}, r) // creates the order
		close(stored)
		<-r.Context().Done() // responds only after the client has closed the connection
	}).On(licensespringtest.CreateOrder))

	first, err := startWorker(ctx, server, id, w)
	if err != nil {
		return err
	}
	select {
	case <-stored:
		_, _ = fmt.Fprintln(w, "  service  created the order, has not responded")
	case exit := <-first.exited:
		return fmt.Errorf("the worker exited before it could be killed: %w", exit.err)
	}
	if err := first.cmd.Process.Kill(); err != nil {
		return err
	}
	if exit := <-first.exited; exit.err == nil {
		return errors.New("the worker succeeded although it was killed")
	}
	_, _ = fmt.Fprintf(w, "  process  killed (%s)\n\n", first.cmd.ProcessState)

	second, err := startWorker(ctx, server, id, w)
	if err != nil {
		return err
	}
	exit := <-second.exited
	for _, line := range exit.lines {
		_, _ = fmt.Fprintln(w, "  process ", line)
	}
	if exit.err != nil {
		return fmt.Errorf("second worker: %w", exit.err)
	}
	if stored := server.Orders(); len(stored) != 1 || len(stored[0].Licenses()) != 2 {
		return fmt.Errorf("the service stores %d orders with %d licenses, want 1 with 2", len(stored), server.LicenseCount())
	}
	_, err = fmt.Fprintf(w, "\nThe service stores one order %s with two licenses.\n", id)
	return err
}

// discardResponse is a response writer that discards the response.
type discardResponse struct{}

// Header returns a header that is discarded.
func (discardResponse) Header() http.Header { return http.Header{} }

// Write discards b.
func (discardResponse) Write(b []byte) (int, error) { return len(b), nil }

// WriteHeader discards the status.
func (discardResponse) WriteHeader(int) {}
