package fulfillment_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// The tests in this file run the test binary as the child process that is killed.
// Environment variables configure the child.
const (
	envQueue   = "FULFILLMENT_TEST_QUEUE" // URL of the queue
	envStore   = "FULFILLMENT_TEST_STORE" // or the directory of an embedded queue
	envService = "FULFILLMENT_TEST_SERVICE"
	envKey     = "FULFILLMENT_TEST_KEY"
	envLimit   = "FULFILLMENT_TEST_LIMIT" // maximum number of deliveries, if not the default
)

func TestMain(m *testing.M) {
	if os.Getenv(envService) != "" {
		os.Exit(runChild())
	}
	os.Exit(m.Run())
}

// runChild runs a worker until the process is killed. It enqueues the orders that it
// reads from standard input, and prints the id of each stored order.
func runChild() int {
	ctx := context.Background()
	client, err := licensespring.New(os.Getenv(envKey),
		licensespring.WithBaseURL(os.Getenv(envService)), unlimited, licensespring.WithRetryWaits(time.Millisecond, 20*time.Millisecond))
	if err != nil {
		return fail(err)
	}
	location := fulfillment.WithURL(os.Getenv(envQueue))
	if dir := os.Getenv(envStore); dir != "" {
		location = fulfillment.WithStoreDir(dir)
	}
	p, err := fulfillment.Open(ctx, location, shortAckWait)
	if err != nil {
		return fail(err)
	}
	limit := fulfillment.DefaultMaxDeliveries
	if text := os.Getenv(envLimit); text != "" {
		if limit, err = strconv.Atoi(text); err != nil {
			return fail(err)
		}
	}
	go func() {
		_ = p.Run(ctx, exitOnFatalOrder(client), fulfillment.WithConcurrency(8),
			fulfillment.WithBackoff(5*time.Millisecond, 100*time.Millisecond), fulfillment.WithMaxDeliveries(limit))
	}()
	fmt.Println("ready")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		order := &licensespring.Order{}
		if err := json.Unmarshal(lines.Bytes(), order); err != nil {
			return fail(err)
		}
		if err := p.Enqueue(ctx, order); err != nil {
			return fail(err)
		}
		fmt.Println("stored", order.ID)
	}
	<-ctx.Done() // never
	return 0
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

var shortAckWait = fulfillment.WithAckWait(time.Second)

// child is a child process.
type child struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Scanner
	stderr bytes.Buffer
}

func startChild(t *testing.T, s *licensespringtest.Server, env ...string) *child {
	t.Helper()
	c := &child{cmd: exec.CommandContext(t.Context(), os.Args[0])} //nolint:gosec // the test binary
	c.cmd.Env = append(os.Environ(), append(env, envService+"="+s.URL(), envKey+"="+s.APIKey())...)
	c.cmd.Stderr = &c.stderr
	var err error
	c.stdin, err = c.cmd.StdinPipe()
	require.NoError(t, err)
	out, err := c.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.cmd.Start())
	c.stdout = bufio.NewScanner(out)
	if !c.stdout.Scan() || c.stdout.Text() != "ready" {
		_ = c.cmd.Wait()
		require.FailNow(t, "the process did not start", "%s", c.stderr.String())
	}
	return c
}

// kill sends SIGKILL.
func (c *child) kill(t *testing.T) {
	t.Helper()
	_ = c.cmd.Process.Kill()
	_ = c.stdin.Close()
	for c.stdout.Scan() { // drain earlier output
	}
	_ = c.cmd.Wait()
	assert.Empty(t, c.stderr.String(), "the child must not exit before the kill")
}

// injectSlowFaults makes the service slow and faulty, so that kills occur at many
// different points.
func injectSlowFaults(s *licensespringtest.Server) {
	sometimes := func(percent int) func(*http.Request) bool {
		return func(*http.Request) bool { return rand.IntN(100) < percent }
	}
	s.Inject(
		licensespringtest.DropAfter().On(licensespringtest.CreateOrder).When(sometimes(5)).Forever(),
		licensespringtest.Status(http.StatusBadGateway).When(sometimes(3)).Forever(),
		licensespringtest.InvisibleFor(20*time.Millisecond).On(licensespringtest.CreateOrder).When(sometimes(5)).Forever(),
		licensespringtest.DelayBefore(20*time.Millisecond).When(sometimes(30)).Forever(),
		licensespringtest.DelayAfter(20*time.Millisecond).When(sometimes(30)).Forever(),
	)
}

// Workers are killed while the queue keeps running. Two workers share the queue at
// a time, and a new process replaces each killed one.
func TestKilledWorkers(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	injectSlowFaults(s)
	p := openPipeline(t, fulfillment.WithListen("127.0.0.1:0"), shortAckWait)
	queue := envQueue + "=" + p.Address()
	tally := newTally()
	rounds := kills()
	survivor := startChild(t, s, queue)
	for range rounds {
		target := startChild(t, s, queue)
		for i := range 8 {
			one := tally.next(i == 7)
			for range 1 + rand.IntN(2) {
				require.NoError(t, p.Enqueue(t.Context(), one))
			}
		}
		<-time.After(time.Duration(rand.IntN(80)) * time.Millisecond)
		target.kill(t)
		if rand.IntN(4) == 0 {
			target, survivor = survivor, startChild(t, s, queue)
			target.kill(t)
		}
	}
	waitUntilEmpty(t, p)
	survivor.kill(t)
	t.Logf("killed %d workers", rounds)
	tally.check(t, p, s)
}

// The process with the embedded queue is killed, so that every confirmed order must
// be on disk. Orders that were not confirmed are enqueued again, like webhook events,
// and so are some that were confirmed.
func TestKilledQueue(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	injectSlowFaults(s)
	dir := t.TempDir()
	tally := newTally()
	byID := make(map[string][][]byte)
	var open [][]byte // not confirmed
	rounds := kills()
	stored := 0
	for range rounds {
		target := startChild(t, s, envStore+"="+dir)
		for i := range 8 {
			one := tally.next(i == 7)
			line, err := json.Marshal(one)
			require.NoError(t, err)
			open = append(open, line)
			byID[one.ID] = append(byID[one.ID], line)
		}
		// The kill follows a random confirmation after a random delay.
		confirmed, last := 0, rand.IntN(len(open)+1)
		var all sync.WaitGroup
		kill := func() {
			all.Go(func() {
				<-time.After(time.Duration(rand.IntN(60)) * time.Millisecond)
				_ = target.cmd.Process.Kill()
			})
		}
		for _, line := range open {
			if confirmed == last {
				kill()
			}
			if _, err := target.stdin.Write(append(line, '\n')); err != nil || !target.stdout.Scan() {
				break
			}
			var id string
			_, err := fmt.Sscanf(target.stdout.Text(), "stored %s", &id)
			require.NoError(t, err)
			require.Contains(t, byID, id)
			confirmed++
		}
		if confirmed == last && last == len(open) {
			kill()
		}
		stored += confirmed
		rest := open[confirmed:]
		if confirmed > 0 && rand.IntN(3) == 0 {
			rest = append(slices.Clip(rest), open[rand.IntN(confirmed)])
		}
		open = rest
		all.Wait()
		target.kill(t)
	}
	p := openDir(t, dir, shortAckWait)
	for _, line := range open {
		order := &licensespring.Order{}
		require.NoError(t, json.Unmarshal(line, order))
		require.NoError(t, p.Enqueue(t.Context(), order))
	}
	remaining := stats(t, p).Depth
	run(t, p, newClient(t, s))
	waitUntilEmpty(t, p)
	t.Logf("killed %d processes with an embedded queue: %d confirmed orders, %d remaining in the queue", rounds, stored, remaining)
	tally.check(t, p, s)
}

func kills() int {
	if testing.Short() {
		return min(*killsFlag, 5)
	}
	return *killsFlag
}
