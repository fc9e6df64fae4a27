package fake

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/connect"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

// running is a fake that runs in the test.
type running struct {
	client       *licensespring.Client
	url, control string
	// stop ends the fake, and returns its error and its standard output.
	stop func() (string, error)
}

// start runs the command until the end of the test.
func start(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	settings := &connect.Settings{Getenv: func(string) string { return "" }}
	cmd := NewCommand(settings)
	settings.AddFlags(cmd)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(append([]string{"--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"}, args...))
	var stdout bytes.Buffer
	cmd.SetOut(&stdout)
	cmd.SetErr(writer)
	var group sync.WaitGroup
	var failed error
	group.Go(func() {
		failed = cmd.ExecuteContext(ctx)
		_ = writer.Close()
	})
	r := &running{}
	r.stop = sync.OnceValues(func() (string, error) {
		cancel()
		_, _ = io.Copy(io.Discard, reader)
		group.Wait()
		return stdout.String(), failed
	})
	t.Cleanup(func() { _, _ = r.stop() })

	var key string
	for r.control == "" {
		var line [1]byte
		var text strings.Builder
		for line[0] != '\n' {
			_, err := reader.Read(line[:])
			require.NoError(t, err, "the fake has not started: %v", failed)
			text.WriteByte(line[0])
		}
		words := strings.Fields(text.String())
		switch {
		case strings.HasPrefix(text.String(), "export "+connect.EnvKey):
			_, key, _ = strings.Cut(words[1], "=")
		case strings.HasPrefix(text.String(), "export "+connect.EnvBaseURL):
			_, r.url, _ = strings.Cut(words[1], "=")
		case strings.HasPrefix(text.String(), "The control API"):
			r.control = strings.TrimSuffix(words[len(words)-1], ".")
		}
	}
	client, err := licensespring.New(key, licensespring.WithBaseURL(r.url),
		licensespring.WithRateLimiter(licensespring.NewRateLimiter(licensespring.NoRateLimit)))
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	r.client = client
	return r
}

// call sends a request to the control API.
func (r *running) call(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, r.control+path, strings.NewReader(body))
	require.NoError(t, err)
	resp, err := (&http.Client{}).Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(text)
}

func (r *running) create(t *testing.T, id string) *licensespring.OrderResult {
	t.Helper()
	res, err := r.client.EnsureOrder(t.Context(), licensespring.NewOrder(id).AddItem("acmecad", licensespring.NewLicense()))
	require.NoError(t, err)
	return res
}

func TestControl(t *testing.T) {
	t.Parallel()
	r := start(t)
	status, body := r.call(t, http.MethodPost, "/faults", `{"kind": "drop-after", "on": ["create_order"]}`)
	assert.Equal(t, http.StatusOK, status)
	assert.JSONEq(t, `{"injected":1}`, body)
	_, body = r.call(t, http.MethodGet, "/faults", "")
	assert.JSONEq(t, `["DropAfter()"]`, body)
	res := r.create(t, "o-1")
	assert.Equal(t, licensespring.OutcomeRecovered, res.Outcome)
	id := res.Order.Licenses()[0].ID

	_, body = r.call(t, http.MethodGet, "/requests", "")
	var requests []map[string]any
	require.NoError(t, json.Unmarshal([]byte(body), &requests))
	require.NotEmpty(t, requests)
	assert.Equal(t, "create_order", requests[0]["endpoint"])
	assert.Equal(t, true, requests[0]["changed"])
	assert.Equal(t, "DropAfter()", requests[0]["fault"])
	assert.Contains(t, requests[0]["body"], "items")
	assert.NotContains(t, body, "FAKEFAKE")
	status, _ = r.call(t, http.MethodDelete, "/requests", "")
	assert.Equal(t, http.StatusNoContent, status)
	_, body = r.call(t, http.MethodGet, "/requests", "")
	assert.JSONEq(t, "[]", body)

	status, _ = r.call(t, http.MethodPatch, fmt.Sprintf("/licenses/%d", id), `{"enabled": false, "times_activated": 3, "max_overages": 1.5}`)
	assert.Equal(t, http.StatusNoContent, status)
	license, err := r.client.GetLicense(t.Context(), id)
	require.NoError(t, err)
	assert.False(t, *license.Enabled)
	assert.Equal(t, 3, *license.TimesActivated)

	_, state := r.call(t, http.MethodGet, "/state", "")
	r.create(t, "o-2")
	status, _ = r.call(t, http.MethodPut, "/state", state)
	assert.Equal(t, http.StatusNoContent, status)
	_, err = r.client.GetOrderByStoreID(t.Context(), "o-2")
	require.ErrorIs(t, err, licensespring.ErrNotFound)
	r.create(t, "o-1")
	status, _ = r.call(t, http.MethodDelete, "/state", "")
	assert.Equal(t, http.StatusNoContent, status)
	assert.Equal(t, res.Order.ID, r.create(t, "o-1").Order.ID, "the ids begin again")

	for _, row := range [][3]string{
		{http.MethodPost, "/faults", "{"}, {http.MethodPut, "/state", "{"}, {http.MethodPatch, "/licenses/1", "{"},
	} {
		status, body := r.call(t, row[0], row[1], row[2])
		assert.Equal(t, http.StatusBadRequest, status, row)
		assert.Contains(t, body, `{"error":`)
	}
	status, _ = r.call(t, http.MethodPatch, "/licenses/1", "{}")
	assert.Equal(t, http.StatusNotFound, status)
	_, err = r.stop()
	assert.NoError(t, err)
}

func TestState(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state.json")
	first := start(t, "--state", file)
	order := first.create(t, "o-1").Order
	_, err := first.stop()
	require.NoError(t, err)
	if info, err := os.Stat(file); assert.NoError(t, err) && runtime.GOOS != "windows" {
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}

	second := start(t, "--state", file)
	res := second.create(t, "o-1")
	assert.Equal(t, licensespring.OutcomeExisting, res.Outcome)
	assert.Equal(t, order.LicenseKeys(), res.Order.LicenseKeys())
	assert.NotEqual(t, order.LicenseKeys(), second.create(t, "o-2").Order.LicenseKeys())
	_, err = second.stop()
	require.NoError(t, err)
	left, err := filepath.Glob(file + ".*")
	require.NoError(t, err)
	assert.Empty(t, left, "temporary files")
}

func TestJournal(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "journal.jsonl")
	r := start(t, "--journal", file)
	r.create(t, "o-1")
	_, err := r.stop()
	require.NoError(t, err)
	journal, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, 1, strings.Count(string(journal), "\n"))
	assert.Contains(t, string(journal), `"endpoint":"create_order"`)

	r = start(t, "--journal", "-")
	r.create(t, "o-1")
	stdout, err := r.stop()
	require.NoError(t, err)
	assert.Contains(t, stdout, `"endpoint":"create_order"`)
}

func TestFlags(t *testing.T) {
	t.Parallel()
	products := filepath.Join(t.TempDir(), "products.json")
	require.NoError(t, os.WriteFile(products, []byte(`{"products": [{"code": "desk"}], "policies": [{"code": "campus", "properties": {"max_activations": 50}}]}`), 0o600))
	r := start(t, "--products", products, "--fault", "status,status=503,on=list_orders", "--random-faults", "--seed", "7", "--rate-limit", "enterprise")
	license := licensespring.NewLicense().WithPolicy("campus")
	res, err := r.client.EnsureOrder(t.Context(), licensespring.NewOrder("o-1").AddItem("desk", license))
	require.NoError(t, err)
	assert.Equal(t, 50, *res.Order.Licenses()[0].MaxActivations)

	current := start(t, "--dialect", "current")
	order := licensespring.NewOrder("o-1").WithCustomer(licensespring.Customer{Company: "A"}).AddItem("acmecad", licensespring.NewLicense())
	_, err = current.client.CreateOrder(t.Context(), order)
	require.ErrorIs(t, err, licensespring.ErrInvalidRequest, "a fake accepts one dialect")
}

func TestInvalidFlags(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(content string) string {
		name := filepath.Join(dir, fmt.Sprintf("%x", content))
		require.NoError(t, os.WriteFile(name, []byte(content), 0o600))
		return name
	}
	readable := file("\n")
	require.NoError(t, os.Chmod(readable, 0o644))
	for want, args := range map[string][]string{
		"lets other users read the file":         {"--journal", readable},
		"--fault explode: unknown kind":          {"--fault", "explode"},
		"--fault stall: unknown kind":            {"--fault", "explode", "--fault", "stall"},
		"invalid port":                           {"--listen", "127.0.0.1:999999"},
		"address 999999: invalid port":           {"--control", "127.0.0.1:999999"},
		"none: ":                                 {"--products", filepath.Join(dir, "none")},
		"unknown field \"name\"":                 {"--products", file(`{"name": 1}`)},
		"no products":                            {"--products", file(`{}`)},
		"want a code, and each once":             {"--products", file(`{"products": [{"code": "a"}, {"code": "a"}]}`)},
		"authorization_method: want license-key": {"--products", file(`{"products": [{"code": "a", "authorization_method": "x"}]}`)},
		"policy \"\": want a code":               {"--products", file(`{"products": [{"code": "a"}], "policies": [{}]}`)},
		"unexpected EOF":                         {"--state", file("{")},
		"state.json":                             {"--state", filepath.Join(dir, "none", "state.json")},
		"is a directory":                         {"--journal", dir},
		"unknown command \"x\" for \"fake\"":     {"x"},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			if args[len(args)-1] == readable && runtime.GOOS == "windows" {
				t.Skip("there are no such permissions")
			}
			settings := &connect.Settings{Getenv: func(string) string { return "" }}
			cmd := NewCommand(settings)
			cmd.SilenceErrors, cmd.SilenceUsage = true, true
			cmd.SetArgs(append([]string{"--listen", "127.0.0.1:0", "--control", "none"}, args...))
			cmd.SetErr(io.Discard)
			err := cmd.ExecuteContext(t.Context())
			require.ErrorContains(t, err, want)
			if args[0] != "x" {
				assert.Equal(t, exit.Usage, exit.Code(err))
			}
		})
	}
}
