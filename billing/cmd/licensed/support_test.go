package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85/webhook"
)

// envChild makes the test binary run the program, for tests that need a process.
const envChild = "LICENSED_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(envChild) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// output is a bytes.Buffer that is safe for concurrent use.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// testTimeout is long so that no test fails on a slow machine.
const testTimeout = 3 * time.Minute

// eventually waits until the condition is true.
func eventually(t *testing.T, name string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, testTimeout, 20*time.Millisecond, name)
}

// env returns an environment with the given variables only.
func env(pairs ...string) environment {
	vars := map[string]string{}
	for pair := range slices.Chunk(pairs, 2) {
		vars[pair[0]] = pair[1]
	}
	return func(name string) string { return vars[name] }
}

// testServe is a serve that runs in this process.
type testServe struct {
	t              *testing.T
	webhook, admin string
	stdout, stderr *output
	stop           context.CancelFunc
	code           chan int
}

// startServe runs serve on free ports, and stops it when the test ends.
func startServe(t *testing.T, env environment, args ...string) *testServe {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &testServe{t: t, stdout: &output{}, stderr: &output{}, stop: cancel, code: make(chan int, 1)}
	go func() {
		r.code <- run(ctx, append([]string{"serve", "-listen", "127.0.0.1:0", "-admin", "127.0.0.1:0"}, args...), env, r.stdout, r.stderr)
	}()
	t.Cleanup(func() {
		cancel()
		r.code <- <-r.code
	})
	r.webhook, r.admin = readAddresses(t, r.stdout)
	return r
}

// startApp is startServe with access to the components.
func startApp(t *testing.T, env environment, args ...string) (*testServe, *app) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &testServe{t: t, stdout: &output{}, stderr: &output{}, stop: cancel, code: make(chan int, 1)}
	set, err := newSettings(append([]string{"-listen", "127.0.0.1:0", "-admin", "127.0.0.1:0"}, args...), env, r.stderr)
	require.NoError(t, err)
	a, err := newApp(ctx, set, r.stderr)
	require.NoError(t, err)
	public, err := a.listen(ctx, set.listen, a.publicHandler())
	require.NoError(t, err)
	admin, err := a.listen(ctx, set.admin, a.adminHandler())
	require.NoError(t, err)
	a.reportAddresses(ctx, r.stdout, public, admin)
	done := make(chan error, 1)
	go func() { done <- a.serve(ctx, r.stdout, public, admin) }()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-done)
		public.close()
		admin.close()
		assert.NoError(t, a.close())
	})
	r.webhook, r.admin = readAddresses(t, r.stdout)
	return r, a
}

// readAddresses reads the addresses that serve prints.
func readAddresses(t *testing.T, stdout *output) (webhook, admin string) {
	t.Helper()
	pattern := regexp.MustCompile(`webhook +(\S+)\n.*status page +(\S+)/\n`)
	var found []string
	eventually(t, "serve prints its addresses", func() bool {
		found = pattern.FindStringSubmatch(stdout.String())
		return found != nil
	})
	return found[1], found[2]
}

// command runs another command that uses this serve.
func (r *testServe) command(args ...string) (code int, stdout, stderr string) {
	r.t.Helper()
	var outBuf, errBuf bytes.Buffer
	code = run(r.t.Context(), args, env("LICENSED_SERVER", r.admin), &outBuf, &errBuf)
	return code, outBuf.String(), errBuf.String()
}

// post posts an event that is signed with whsec_test.
func (r *testServe) post(payload string) (status int) {
	r.t.Helper()
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: []byte(payload), Secret: "whsec_test", Timestamp: time.Now()})
	q, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.webhook, strings.NewReader(payload))
	require.NoError(r.t, err)
	q.Header.Set("Stripe-Signature", signed.Header)
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(q)
	require.NoError(r.t, err)
	defer res.Body.Close()
	return res.StatusCode
}

// status returns the state of the server.
func (r *testServe) status() statusView {
	r.t.Helper()
	code, out, stderr := r.command("status", "-json")
	require.Equal(r.t, exitOK, code, stderr)
	var v statusView
	require.NoError(r.t, json.Unmarshal([]byte(out), &v))
	return v
}

// waitUntilEmpty waits until the queue is empty and has the given numbers of results
// and dead letters.
func (r *testServe) waitUntilEmpty(done, dead int) {
	r.t.Helper()
	eventually(r.t, "the queue is empty", func() bool {
		v := r.status()
		return v.Inbox.Events == 0 && v.Queue.Depth == 0 && v.Queue.Done == done && v.Queue.Dead == dead
	})
}

// file writes lines to a temporary file and returns its name.
func file(t *testing.T, lines ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "orders.jsonl")
	require.NoError(t, os.WriteFile(name, []byte(strings.Join(lines, "\n")+"\n"), 0o600))
	return name
}

func get(t *testing.T, url string, change func(*http.Request)) (int, string, http.Header) {
	t.Helper()
	return do(t, http.MethodGet, url, change)
}

func do(t *testing.T, method, url string, change func(*http.Request)) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	require.NoError(t, err)
	if change != nil {
		change(r)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(r)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(body), res.Header
}

// sample returns a sample event of Stripe.
func sample(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join("testdata", "samples", name+".json"))
}
