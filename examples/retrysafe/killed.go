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

// The environment of the process that is killed. It gets nothing else to know
// the order by than its id: what is in memory is gone with it.
const (
	envWorker  = "RETRYSAFE_ORDER"
	envKey     = "LICENSESPRING_MANAGEMENT_KEY"
	envBaseURL = "LICENSESPRING_BASE_URL"
)

// worker is the process that is killed: it makes sure that an order is there,
// and prints how that went.
func worker(ctx context.Context, getenv func(string) string, stdout, stderr io.Writer) int {
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
	_, _ = fmt.Fprintf(stdout, "has the order, outcome %q, keys %s\n",
		res.Outcome, strings.Join(res.Order.LicenseKeys(), " and "))
	return 0
}

// killedProcess kills a process when the service has stored its order and
// before it has answered, and runs it again.
func killedProcess(ctx context.Context, server *licensespringtest.Server, w io.Writer) error {
	const id = "inv-2031-000418"
	_, _ = fmt.Fprintf(w, `
2. The process is killed between its request and the answer

Another process ensures order %s. It is killed when the service
has made the order, before the answer is out. Then it is started again and
knows nothing of its first life.

`, id)

	stored := make(chan struct{})
	server.Inject(licensespringtest.Custom(func(_ http.ResponseWriter, r *http.Request, next http.Handler) {
		next.ServeHTTP(discard{}, r) // the order is made; its answer goes nowhere
		close(stored)
		<-r.Context().Done() // no answer until the client is gone
	}).On(licensespringtest.CreateOrder))

	first, err := start(ctx, server, id, w)
	if err != nil {
		return err
	}
	select {
	case <-stored:
		_, _ = fmt.Fprintln(w, "  service  made the order, and has not answered yet")
	case end := <-first.ended:
		return fmt.Errorf("the process ended before it could be killed: %w", end.err)
	}
	if err := first.cmd.Process.Kill(); err != nil {
		return err
	}
	if end := <-first.ended; end.err == nil {
		return errors.New("the process ended well although it was killed")
	}
	_, _ = fmt.Fprintf(w, "  process  is dead (%s)\n\n", first.cmd.ProcessState)

	second, err := start(ctx, server, id, w)
	if err != nil {
		return err
	}
	end := <-second.ended
	for _, line := range end.lines {
		_, _ = fmt.Fprintln(w, "  process ", line)
	}
	if end.err != nil {
		return fmt.Errorf("the process that was started again: %w", end.err)
	}
	_, _ = fmt.Fprintln(w)
	return checkStored(server, id, w)
}

// discard is where an answer goes that nobody gets.
type discard struct{}

// Header returns headers that nobody reads.
func (discard) Header() http.Header { return http.Header{} }

// Write takes everything.
func (discard) Write(b []byte) (int, error) { return len(b), nil }

// WriteHeader takes any status.
func (discard) WriteHeader(int) {}

// process is a process that was started.
type process struct {
	cmd   *exec.Cmd
	ended chan ending
}

// ending is how a process ended, and what it said before.
type ending struct {
	lines []string
	err   error
}

// start starts this program once more, as a worker, and waits for its first
// line.
func start(ctx context.Context, server *licensespringtest.Server, id string, w io.Writer) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self) //nolint:gosec // it is this very program
	cmd.Env = append(os.Environ(), envWorker+"="+id, envKey+"="+server.APIKey(), envBaseURL+"="+server.URL())
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
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
	p := &process{cmd: cmd, ended: make(chan ending, 1)}
	go func() {
		var end ending
		for lines.Scan() {
			end.lines = append(end.lines, lines.Text())
		}
		if end.err = cmd.Wait(); end.err != nil && complaints.Len() > 0 {
			end.err = fmt.Errorf("%w: %s", end.err, strings.TrimSpace(complaints.String()))
		}
		p.ended <- end
	}()
	return p, nil
}
