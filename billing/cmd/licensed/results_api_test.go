package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// startWithResults starts a service with results of two customers.
func startWithResults(t *testing.T) *testServe {
	t.Helper()
	r := startServe(t, env())
	code, _, stderr := r.command("enqueue", file(t,
		`{"id": "inv-1", "customer": {"email": "ada@example.com"}, "items": [{"product_code": "acmecad", "licenses": [{"key": "AB2C-D3EF-GH4J-K5MN", "subscription_id": "sub_417"}]}]}`,
		`{"id": "inv-2", "items": [{"product_code": "acmeweb", "licenses": [{"users": [{"email": "grace@example.com"}]}]}]}`))
	require.Equal(t, exitOK, code, stderr)
	r.waitUntilEmpty(2, 0)
	return r
}

func TestResultCommands(t *testing.T) {
	t.Parallel()
	r := startWithResults(t)
	code, out, stderr := r.command("result", "inv-1")
	require.Equal(t, exitOK, code, stderr)
	assert.Contains(t, out, "AB2C-D3EF-GH4J-K5MN")
	code, _, stderr = r.command("result", "inv-9")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, stderr, "no result for this order")

	for q, want := range map[string][]string{
		"":                    {"inv-1", "inv-2"},
		"inv-":                {"inv-1", "inv-2"},
		"inv-2":               {"inv-2"},
		"ADA@example.com":     {"inv-1"},
		"grace@example.com":   {"inv-2"},
		"sub_417":             {"inv-1"},
		"ab2c-d3ef-gh4j-k5mn": {"inv-1"},
		"AB2C":                nil, // a license key is compared as a whole
		"nothing":             nil,
	} {
		code, out, stderr := r.command("results", "export", "-q", q)
		require.Equal(t, exitOK, code, stderr)
		var ids []string
		for line := range strings.Lines(out) {
			var v resultView
			require.NoError(t, json.Unmarshal([]byte(line), &v))
			ids = append(ids, v.OrderID)
		}
		assert.ElementsMatch(t, want, ids, q)
	}
	code, out, stderr = r.command("results", "list", "-q", "inv-1")
	require.Equal(t, exitOK, code, stderr)
	assert.Equal(t, 2, strings.Count(out, "\n"), out)
	for _, args := range [][]string{{"result"}, {"result", "a", "b"}, {"undelivered"}, {"undelivered", "retry"}, {"undelivered", "retry", "7"}} {
		code, _, _ := r.command(args...)
		assert.NotEqual(t, exitOK, code, args)
	}
	code, out, stderr = r.command("undelivered", "list")
	require.Equal(t, exitOK, code, stderr)
	assert.Empty(t, out)
}

func TestSearchPage(t *testing.T) {
	t.Parallel()
	r := startWithResults(t)
	status, body, header := get(t, r.admin+"/search?q="+url.QueryEscape(`"><img src=x>`), nil)
	assert.Equal(t, http.StatusOK, status)
	assert.NotContains(t, body, "<img")
	assert.Contains(t, body, `class="none"`)
	assert.Contains(t, header.Get("Content-Security-Policy"), "form-action 'self'")
	_, body, _ = get(t, r.admin+"/search?q=sub_417", nil)
	assert.Contains(t, body, "AB2C-D3EF-GH4J-K5MN")
	assert.NotContains(t, body, "inv-2")
	if browser, err := exec.LookPath("chromium"); err == nil {
		assert.Contains(t, dumpDOM(t, browser, r.admin+"/search?q=sub_417"), "AB2C-D3EF-GH4J-K5MN")
	}
}

// Results hold license keys: they are shown only to those with the admin token, except
// those of the fake.
func TestResultsRequireToken(t *testing.T) {
	t.Parallel()
	paths := []string{"/api/results", "/api/results/inv-1", "/search"}
	vars := []string{envManagementKey, "FAKEFAKE.0123456789abcdef0123456789abcdef", envWebhookSecret, "whsec_x"}
	r := startServe(t, env(vars...), "-store", t.TempDir(), "-base-url", "http://127.0.0.1:1")
	for _, path := range paths {
		status, body, _ := get(t, r.admin+path, nil)
		assert.Equal(t, http.StatusForbidden, status, path)
		assert.Contains(t, body, envAdminToken)
	}
	r = startServe(t, env(append(vars, envAdminToken, testToken)...), "-store", t.TempDir(), "-base-url", "http://127.0.0.1:1")
	for _, path := range paths {
		status, _, _ := get(t, r.admin+path, nil)
		assert.Equal(t, http.StatusUnauthorized, status, path)
		status, _, _ = get(t, r.admin+path, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+testToken) })
		assert.NotEqual(t, http.StatusUnauthorized, status, path)
		assert.NotEqual(t, http.StatusForbidden, status, path)
	}
}
