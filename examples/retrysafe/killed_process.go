package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"

	"github.com/licensespring-go/licensespring/licensespringtest"
)

// The environment of the worker process. The id of the order is all that it knows:
// a killed process keeps nothing in memory.
const (
	envWorker  = "RETRYSAFE_ORDER"
	envKey     = "LICENSESPRING_MANAGEMENT_KEY"
	envBaseURL = "LICENSESPRING_BASE_URL"
)

// runWorker is the process that is killed. It ensures the order and prints the
// attempts and the outcome.
func runWorker(ctx context.Context, getenv func(string) string, stdout, stderr io.Writer) int {
	client, err := newClient(getenv(envKey), getenv(envBaseURL))
	if err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	_, _ = fmt.Fprintln(stdout, "calls EnsureOrder")
	res, err := client.EnsureOrder(ctx, newOrder(getenv(envWorker)))
	if err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	for _, attempt := range res.Attempts {
		_, _ = fmt.Fprintln(stdout, attempt)
	}
	_, _ = fmt.Fprintf(stdout, "returns with outcome %q and the license keys %s\n",
		res.Outcome, strings.Join(res.Order.LicenseKeys(), " and "))
	return 0
}

// killedProcess kills a worker after the service created its order and before the
// service responded, and starts the worker again.
func killedProcess(ctx context.Context, server *licensespringtest.Server, w io.Writer) error {
	const id = "inv-2031-000418"
	_, _ = fmt.Fprintf(w, `
2. A killed process

Another process ensures order %s. It is killed after the service
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
	_, _ = fmt.Fprintln(w)
	return checkStored(server, id, w)
}

// discardResponse is a response writer that discards the response.
type discardResponse struct{}

// Header returns a header that is discarded.
func (discardResponse) Header() http.Header { return http.Header{} }

// Write discards b.
func (discardResponse) Write(b []byte) (int, error) { return len(b), nil }

// WriteHeader discards the status.
func (discardResponse) WriteHeader(int) {}

// worker is a running worker process.
type worker struct {
	cmd    *exec.Cmd
	exited chan workerExit
}

// workerExit is the output of a worker and its error, if it failed.
type workerExit struct {
	lines []string
	err   error
}

// startWorker starts this program as a worker and waits for its first line of
// output.
func startWorker(ctx context.Context, server *licensespringtest.Server, id string, w io.Writer) (*worker, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self) //nolint:gosec // starts this program
	cmd.Env = append(os.Environ(), envWorker+"="+id, envKey+"="+server.APIKey(), envBaseURL+"="+server.URL())
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(output)
	if lines.Scan() {
		_, _ = fmt.Fprintln(w, "  process ", lines.Text())
	}
	p := &worker{cmd: cmd, exited: make(chan workerExit, 1)}
	go func() {
		var exit workerExit
		for lines.Scan() {
			exit.lines = append(exit.lines, lines.Text())
		}
		if exit.err = cmd.Wait(); exit.err != nil && stderr.Len() > 0 {
			exit.err = fmt.Errorf("%w: %s", exit.err, strings.TrimSpace(stderr.String()))
		}
		p.exited <- exit
	}()
	return p, nil
}
