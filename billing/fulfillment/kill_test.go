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

// The tests here run their own program a second time, as the process that is
// killed. What it is to do stands in the environment.
const (
	envQueue   = "FULFILLMENT_TEST_QUEUE" // where the queue is: a URL
	envStore   = "FULFILLMENT_TEST_STORE" // or a directory, with the queue in the process itself
	envService = "FULFILLMENT_TEST_SERVICE"
	envKey     = "FULFILLMENT_TEST_KEY"
	envLimit   = "FULFILLMENT_TEST_LIMIT" // of deliveries, where it is not the default
)

func TestMain(m *testing.M) {
	if os.Getenv(envService) != "" {
		os.Exit(victim())
	}
	os.Exit(m.Run())
}

// victim works until it is killed. It enqueues the orders it is sent on its
// standard input and answers each with its id when it is stored.
func victim() int {
	ctx := context.Background()
	client, err := licensespring.New(os.Getenv(envKey),
		licensespring.WithBaseURL(os.Getenv(envService)), unlimited, licensespring.WithRetryWaits(time.Millisecond, 20*time.Millisecond))
	if err != nil {
		return failed(err)
	}
	where := fulfillment.WithURL(os.Getenv(envQueue))
	if dir := os.Getenv(envStore); dir != "" {
		where = fulfillment.WithStoreDir(dir)
	}
	p, err := fulfillment.Open(ctx, where, killedAckWait)
	if err != nil {
		return failed(err)
	}
	limit := fulfillment.DefaultMaxDeliveries
	if text := os.Getenv(envLimit); text != "" {
		if limit, err = strconv.Atoi(text); err != nil {
			return failed(err)
		}
	}
	go func() {
		_ = p.Run(ctx, killedBy(client), fulfillment.WithConcurrency(8),
			fulfillment.WithBackoff(5*time.Millisecond, 100*time.Millisecond), fulfillment.WithMaxDeliveries(limit))
	}()
	fmt.Println("ready")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		order := &licensespring.Order{}
		if err := json.Unmarshal(lines.Bytes(), order); err != nil {
			return failed(err)
		}
		if err := p.Enqueue(ctx, order); err != nil {
			return failed(err)
		}
		fmt.Println("stored", order.ID)
	}
	<-ctx.Done() // never
	return 0
}

func failed(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

var killedAckWait = fulfillment.WithAckWait(time.Second)

// process is a victim.
type process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Scanner
	errors bytes.Buffer
}

func startVictim(t *testing.T, s *licensespringtest.Server, env ...string) *process {
	t.Helper()
	p := &process{cmd: exec.CommandContext(t.Context(), os.Args[0])} //nolint:gosec // this very program
	p.cmd.Env = append(os.Environ(), append(env, envService+"="+s.URL(), envKey+"="+s.APIKey())...)
	p.cmd.Stderr = &p.errors
	var err error
	p.in, err = p.cmd.StdinPipe()
	require.NoError(t, err)
	out, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	p.out = bufio.NewScanner(out)
	if !p.out.Scan() || p.out.Text() != "ready" {
		_ = p.cmd.Wait()
		require.FailNow(t, "the process did not start", "%s", p.errors.String())
	}
	return p
}

// kill is kill -9.
func (p *process) kill(t *testing.T) {
	t.Helper()
	_ = p.cmd.Process.Kill()
	_ = p.in.Close()
	for p.out.Scan() { // what it said before
	}
	_ = p.cmd.Wait()
	assert.Empty(t, p.errors.String(), "it ended by itself")
}

// slowly makes the service slow and faulty, so that there are many moments in
// which a kill can hit.
func slowly(s *licensespringtest.Server) {
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

// Workers are killed while the queue lives on. Two of them at a time share it,
// and one is killed; the next one is a new process.
func TestKilledWorkers(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	slowly(s)
	p := openPipeline(t, fulfillment.WithListen("127.0.0.1:0"), killedAckWait)
	queue := envQueue + "=" + p.Address()
	books := newBooks()
	rounds := kills()
	lives := startVictim(t, s, queue)
	for range rounds {
		dies := startVictim(t, s, queue)
		for i := range 8 {
			one := books.next(i == 7)
			for range 1 + rand.IntN(2) {
				require.NoError(t, p.Enqueue(t.Context(), one))
			}
		}
		<-time.After(time.Duration(rand.IntN(80)) * time.Millisecond)
		dies.kill(t)
		if rand.IntN(4) == 0 {
			dies, lives = lives, startVictim(t, s, queue)
			dies.kill(t)
		}
	}
	settled(t, p)
	lives.kill(t)
	t.Logf("killed %d workers", rounds)
	books.check(t, p, s)
}

// The process with the queue in it is killed, so that what it answered for has
// to be on disk. Orders that were not answered for are sent again, as webhooks are,
// and some that were as well.
func TestKilledQueue(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	slowly(s)
	dir := t.TempDir()
	books := newBooks()
	byID := make(map[string][][]byte)
	var open [][]byte // not answered for yet
	rounds := kills()
	stored := 0
	for range rounds {
		dies := startVictim(t, s, envStore+"="+dir)
		for i := range 8 {
			one := books.next(i == 7)
			line, err := json.Marshal(one)
			require.NoError(t, err)
			open = append(open, line)
			byID[one.ID] = append(byID[one.ID], line)
		}
		// The kill comes a random while after a random answer, whatever is being
		// said and done by then.
		answered, last := 0, rand.IntN(len(open)+1)
		var all sync.WaitGroup
		kill := func() {
			all.Go(func() {
				<-time.After(time.Duration(rand.IntN(60)) * time.Millisecond)
				_ = dies.cmd.Process.Kill()
			})
		}
		for _, line := range open {
			if answered == last {
				kill()
			}
			if _, err := dies.in.Write(append(line, '\n')); err != nil || !dies.out.Scan() {
				break
			}
			var id string
			_, err := fmt.Sscanf(dies.out.Text(), "stored %s", &id)
			require.NoError(t, err)
			require.Contains(t, byID, id)
			answered++
		}
		if answered == last && last == len(open) {
			kill()
		}
		stored += answered
		rest := open[answered:]
		if answered > 0 && rand.IntN(3) == 0 {
			rest = append(slices.Clip(rest), open[rand.IntN(answered)])
		}
		open = rest
		all.Wait()
		dies.kill(t)
	}
	p := openDir(t, dir, killedAckWait)
	for _, line := range open {
		order := &licensespring.Order{}
		require.NoError(t, json.Unmarshal(line, order))
		require.NoError(t, p.Enqueue(t.Context(), order))
	}
	left := stats(t, p).Depth
	run(t, p, newClient(t, s))
	settled(t, p)
	t.Logf("killed %d processes with the queue in them; they had answered for %d orders, and left %d in the queue", rounds, stored, left)
	books.check(t, p, s)
}

func kills() int {
	if testing.Short() {
		return min(*killsFlag, 5)
	}
	return *killsFlag
}
