package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// The environment of the worker process. The id of the order is all that it knows:
// a killed process keeps nothing in memory.
const (
	envWorker  = "CRASHSAFE_ORDER"
	envKey     = "LICENSESPRING_MANAGEMENT_KEY"
	envBaseURL = "LICENSESPRING_BASE_URL"
)

// runWorker is the process that is killed. It ensures the order and prints the
// attempts and the outcome.
func runWorker(ctx context.Context, getenv func(string) string, stdout, stderr io.Writer) int {
	client, err := licensespring.New(getenv(envKey), licensespring.WithBaseURL(getenv(envBaseURL)))
	if err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	_, _ = fmt.Fprintln(stdout, "calls EnsureOrder")
	order := licensespring.NewOrder(getenv(envWorker)).AddItem("acmecad",
		licensespring.NewLicense().TimeLimited(licensespring.Years(1)), licensespring.NewLicense().Perpetual())
	res, err := client.EnsureOrder(ctx, order)
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
