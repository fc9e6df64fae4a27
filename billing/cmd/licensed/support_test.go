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

	"github.com/stretchr/testify/require"
)

// envChild makes the test binary be the program, for tests that need a process.
const envChild = "LICENSED_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(envChild) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// output is a buffer that is written to while it is read.
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

// patience is how long anything may take on a machine that is busy.
const patience = 40 * time.Second

// eventually waits for something that is bound to come.
func eventually(t *testing.T, what string, ready func() bool) {
	t.Helper()
	require.Eventually(t, ready, patience, 20*time.Millisecond, what)
}

// env is an environment of a test's own.
func env(pairs ...string) environment {
	vars := map[string]string{}
	for pair := range slices.Chunk(pairs, 2) {
		vars[pair[0]] = pair[1]
	}
	return func(name string) string { return vars[name] }
}

// running is a serve in this process.
type running struct {
	t              *testing.T
	webhook, admin string
	stdout, stderr *output
	stop           context.CancelFunc
	code           chan int
}

// start runs serve on free ports, and stops it when the test ends.
func start(t *testing.T, env environment, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &running{t: t, stdout: &output{}, stderr: &output{}, stop: cancel, code: make(chan int, 1)}
	go func() {
		r.code <- run(ctx, append([]string{"serve", "-listen", "127.0.0.1:0", "-admin", "127.0.0.1:0"}, args...), env, r.stdout, r.stderr)
	}()
	t.Cleanup(func() {
		cancel()
		r.code <- <-r.code
	})
	r.webhook, r.admin = addresses(t, r.stdout)
	return r
}

// addresses reads where a serve listens from what it prints.
func addresses(t *testing.T, stdout *output) (webhook, admin string) {
	t.Helper()
	pattern := regexp.MustCompile(`webhook +(\S+)\n.*status page +(\S+)/\n`)
	var found []string
	eventually(t, "it says where it listens", func() bool {
		found = pattern.FindStringSubmatch(stdout.String())
		return found != nil
	})
	return found[1], found[2]
}

// command runs another command against the server.
func (r *running) command(args ...string) (code int, stdout, stderr string) {
	r.t.Helper()
	var out, fault bytes.Buffer
	code = run(r.t.Context(), args, env("LICENSED_SERVER", r.admin), &out, &fault)
	return code, out.String(), fault.String()
}

// view asks how the server stands.
func (r *running) view() view {
	r.t.Helper()
	code, out, fault := r.command("status", "-json")
	require.Equal(r.t, exitOK, code, fault)
	var v view
	require.NoError(r.t, json.Unmarshal([]byte(out), &v))
	return v
}

// settled waits until the queue is empty, with this many results and letters.
func (r *running) settled(done, dead int) {
	r.t.Helper()
	eventually(r.t, "the queue is empty", func() bool {
		v := r.view()
		return v.Queue.Depth == 0 && v.Queue.Done == done && v.Queue.Dead == dead
	})
}

// file writes lines into a file.
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
