package inbox_test

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/inbox"
	"github.com/licensespring-go/licensespring/billing/stripehook"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

var killsFlag = flag.Int("kills", 10, "number of killed processes")

// The test runs the test binary as the process that is killed. Environment variables
// configure it.
const (
	envStore   = "INBOX_TEST_STORE"
	envStripe  = "INBOX_TEST_STRIPE"
	envService = "INBOX_TEST_SERVICE"
	envKey     = "INBOX_TEST_KEY"
)

func TestMain(m *testing.M) {
	if os.Getenv(envStore) != "" {
		if err := runChild(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// runChild serves the webhook, and processes events and orders until it is killed.
func runChild(ctx context.Context) error {
	p, err := fulfillment.Open(ctx, fulfillment.WithStoreDir(os.Getenv(envStore)), fulfillment.WithAckWait(time.Second))
	if err != nil {
		return err
	}
	if missing := p.Missing(); len(missing) > 0 { // a kill loses nothing
		return fmt.Errorf("missing: %v", missing)
	}
	in, err := inbox.Open(ctx, p)
	if err != nil {
		return err
	}
	hook, err := stripehook.New(licensespring.NewSecret(secret), p, stripehook.WithInbox(in), itemsOf(os.Getenv(envStripe)))
	if err != nil {
		return err
	}
	client, err := licensespring.New(os.Getenv(envKey), licensespring.WithBaseURL(os.Getenv(envService)))
	if err != nil {
		return err
	}
	go func() { _ = p.Run(ctx, client) }()
	go func() { _ = in.Run(ctx, hook, fulfillment.WithBackoff(5*time.Millisecond, time.Second)) }()
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return (&http.Server{Handler: hook, ReadHeaderTimeout: time.Minute}).Serve(l)
}

// The process is killed between its response and the order, while Stripe and the
// service are slow and sometimes fail. Every confirmed event leads to one order, and
// nothing remains in the store.
func TestKilledInbox(t *testing.T) {
	t.Parallel()
	api := newStripeAPI(t)
	unreliable := newUnreliableProxy(t, api)
	s := licensespringtest.NewServer(t)
	dir := t.TempDir()
	rounds := *killsFlag
	if testing.Short() {
		rounds = min(rounds, 3)
	}
	var open []string // ids of sessions whose event is not confirmed
	confirmed := 0
	for round := range rounds {
		child := startChild(t, dir, unreliable, s)
		for i := range 8 {
			open = append(open, fmt.Sprintf("cs_%d_%d", round, i))
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			<-time.After(time.Duration(rand.IntN(150)) * time.Millisecond)
			_ = child.cmd.Process.Kill()
		})
		var rest []string
		for _, id := range open {
			stored := child.post(t, sessionEvent(id))
			if rand.IntN(2) == 0 { // Stripe delivers some events twice
				stored = child.post(t, sessionEvent(id)) || stored
			}
			if stored {
				confirmed++
			} else {
				rest = append(rest, id)
			}
		}
		wg.Wait()
		child.wait(t)
		open = rest
	}
	t.Logf("%d events confirmed by %d killed processes", confirmed, rounds)
	child := startChild(t, dir, api.URL, s)
	for _, id := range open {
		require.True(t, child.post(t, sessionEvent(id)))
	}
	want := rounds * 8
	require.Eventually(t, func() bool { return len(s.Orders()) >= want }, 3*time.Minute, 20*time.Millisecond)
	_ = child.cmd.Process.Kill()
	child.wait(t)

	p := openPipeline(t, dir)
	in, err := inbox.Open(t.Context(), p)
	require.NoError(t, err)
	stop := (&service{t: t, pipeline: p, inbox: in, hook: newHook(t, p, in, api)}).run()
	client, err := licensespring.New(s.APIKey(), licensespring.WithBaseURL(s.URL()))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx, client) }()
	require.Eventually(t, func() bool {
		stats, err := p.Stats(t.Context())
		require.NoError(t, err)
		inboxStats, err := in.Stats(t.Context())
		require.NoError(t, err)
		return stats == fulfillment.Stats{Done: want} && inboxStats == inbox.Stats{}
	}, 3*time.Minute, 20*time.Millisecond, "an order or an event remains")
	stop()
	cancel()
	require.NoError(t, <-done)
	assert.Len(t, s.Orders(), want)
	assert.Equal(t, want, s.LicenseCount())
	require.NoError(t, p.Close())
	assert.Empty(t, openPipeline(t, dir).Missing())
}

func newHook(t *testing.T, p *fulfillment.Pipeline, in *inbox.Inbox, api *stripeAPI) *stripehook.Handler {
	t.Helper()
	hook, err := stripehook.New(licensespring.NewSecret(secret), p, stripehook.WithInbox(in), api.items())
	require.NoError(t, err)
	return hook
}

// newUnreliableProxy returns the URL of a slow Stripe API that fails half of the time.
func newUnreliableProxy(t *testing.T, api *stripeAPI) string {
	t.Helper()
	next := api.Config.Handler
	return serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-time.After(time.Duration(rand.IntN(50)) * time.Millisecond)
		if rand.IntN(2) == 0 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		next.ServeHTTP(w, r)
	}))
}

type child struct {
	cmd     *exec.Cmd
	address string
	stderr  bytes.Buffer
}

func startChild(t *testing.T, dir, stripe string, s *licensespringtest.Server) *child {
	t.Helper()
	c := &child{cmd: exec.CommandContext(t.Context(), os.Args[0])} //nolint:gosec // the test binary
	c.cmd.Env = append(os.Environ(), envStore+"="+dir, envStripe+"="+stripe, envService+"="+s.URL(), envKey+"="+s.APIKey())
	c.cmd.Stderr = &c.stderr
	out, err := c.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = c.cmd.Wait()
		require.FailNow(t, "the process did not start", "%s", c.stderr.String())
	}
	c.address = strings.TrimSpace(line)
	return c
}

// post posts an event, and reports whether it was confirmed.
func (c *child) post(t *testing.T, payload []byte) bool {
	t.Helper()
	p := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: payload, Secret: secret, Timestamp: time.Now()})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+c.address, bytes.NewReader(payload))
	require.NoError(t, err)
	r.Header.Set("Stripe-Signature", p.Header)
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode == http.StatusOK
}

func (c *child) wait(t *testing.T) {
	t.Helper()
	_ = c.cmd.Wait()
	assert.Empty(t, c.stderr.String(), "the process must not exit before the kill")
}
