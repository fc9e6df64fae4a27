package reconcile_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The test runs the test binary as the process that is killed. Environment variables
// configure it.
const (
	envStore      = "RECONCILE_TEST_STORE"
	envStripe     = "RECONCILE_TEST_STRIPE"
	envStripeKey  = "RECONCILE_TEST_STRIPE_KEY"
	envService    = "RECONCILE_TEST_SERVICE"
	envServiceKey = "RECONCILE_TEST_SERVICE_KEY"
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

// runChild serves the webhook and runs the workers until the process is killed.
func runChild(ctx context.Context) error {
	m, err := openMachine(ctx, os.Getenv(envStore), services{
		stripe: &http.Client{}, stripeURL: os.Getenv(envStripe), stripeKey: os.Getenv(envStripeKey),
		licenseURL: os.Getenv(envService), licenseKey: os.Getenv(envServiceKey),
	})
	if err != nil {
		return err
	}
	if os.Getenv(envAudit) != "" {
		return runAudit(ctx, m)
	}
	go func() {
		if err := m.run(ctx); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}()
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return (&http.Server{Handler: m.hook, ReadHeaderTimeout: time.Minute}).Serve(l)
}

// process is a process that is killed.
type process struct {
	cmd    *exec.Cmd
	url    string
	client *http.Client
	stderr bytes.Buffer
}

func startProcess(t *testing.T, dir string, s services) *process {
	t.Helper()
	p := &process{
		cmd:    exec.CommandContext(t.Context(), os.Args[0]), //nolint:gosec // the test binary
		client: &http.Client{Transport: &http.Transport{}, Timeout: time.Minute},
	}
	p.cmd.Env = append(os.Environ(), envStore+"="+dir, envStripe+"="+s.stripeURL, envStripeKey+"="+s.stripeKey,
		envService+"="+s.licenseURL, envServiceKey+"="+s.licenseKey)
	p.cmd.Stderr = &p.stderr
	out, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = p.cmd.Wait()
		require.FailNow(t, "the process did not start", "%s", p.stderr.String())
	}
	p.url = "http://" + strings.TrimSpace(line)
	return p
}

// deliver passes a delivery to the process. The sender retries it if the process is
// killed before the response.
func (p *process) deliver(w http.ResponseWriter, r *http.Request) {
	out := r.Clone(r.Context())
	out.RequestURI = ""
	var err error
	if out.URL, err = out.URL.Parse(p.url); err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	res, err := p.client.Do(out)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer res.Body.Close()
	w.WriteHeader(res.StatusCode)
	_, _ = io.Copy(w, res.Body)
}

// kill sends SIGKILL.
func (p *process) kill(t *testing.T) {
	t.Helper()
	_ = p.cmd.Process.Kill()
	p.wait(t)
}

func (p *process) wait(t *testing.T) {
	t.Helper()
	_ = p.cmd.Wait()
	p.client.CloseIdleConnections()
	assert.Empty(t, p.stderr.String(), "the process must not exit before the kill")
}

// killsPerPeriod is the number of kills between two comparisons.
const killsPerPeriod = 20

// The process is killed at any moment, while customers act, events arrive, and both
// services fail.
func TestKilledReconciler(t *testing.T) {
	t.Parallel()
	kills := *killsFlag
	if testing.Short() {
		kills = min(kills, 3)
	}
	s := newSimulation(t, max(*seedFlag, 1), *subscriptionsFlag, 2*kills, unreliable())
	for killed := 0; killed < kills && !t.Failed(); {
		s.injectFaults()
		for range min(killsPerPeriod, kills-killed) {
			s.playUntilKilled()
			killed++
		}
		s.open()
		s.quiet(true)
		s.close()
	}
	t.Logf("%d processes killed, %d days, %d deliveries, %d licenses", kills, s.day, s.events, s.service.LicenseCount())
}

// playUntilKilled starts a process and plays days until it is killed.
func (s *simulation) playUntilKilled() {
	s.t.Helper()
	s.process = startProcess(s.t, s.dir, s.services)
	delay, changes := time.Duration(s.rng.IntN(500))*time.Millisecond, s.rng.IntN(8)
	after := time.Duration(s.rng.IntN(3000)) * time.Microsecond
	kill := make(chan struct{}, 1)
	if changes < 4 { // shortly after a change arrives, or would
		delay = time.Second
		var seen atomic.Int64
		onRequest := func(r *http.Request) {
			if r.Method != http.MethodGet && int(seen.Add(1)) == changes+1 {
				kill <- struct{}{}
			}
		}
		s.onRequest.Store(&onRequest)
		defer s.onRequest.Store(nil)
	}
	var killer sync.WaitGroup
	killed := make(chan struct{})
	killer.Go(func() {
		select {
		case <-time.After(delay):
		case <-kill:
			<-time.After(after)
		}
		_ = s.process.cmd.Process.Kill()
		close(killed)
	})
	for days, isKilled := 0, false; !isKilled; days++ {
		if days < 4 {
			s.nextDay(true)
		}
		select {
		case <-killed:
			isKilled = true
		case <-time.After(time.Duration(s.rng.IntN(100)) * time.Millisecond):
		}
	}
	killer.Wait()
	s.process.wait(s.t)
	s.process = nil
}
