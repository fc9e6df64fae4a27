package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// htmlOrderID is an order id that contains markup.
const htmlOrderID = `<img src=x onerror=document.title='owned'>"'&`

// startWithFailures starts a service with a result and a dead letter.
func startWithFailures(t *testing.T) *testServe {
	t.Helper()
	r := startServe(t, env())
	id, err := json.Marshal(htmlOrderID)
	require.NoError(t, err)
	code, _, stderr := r.command("enqueue", file(t,
		`{"id": "inv-1", "items": [{"product_code": "acmecad", "licenses": [{}]}]}`,
		`{"id": `+string(id)+`, "items": [{"product_code": "acmegone", "licenses": [{}]}]}`))
	require.Equal(t, exitOK, code, stderr)
	r.waitUntilEmpty(1, 1)
	return r
}

func TestStatusPage(t *testing.T) {
	t.Parallel()
	r := startWithFailures(t)
	status, body, header := get(t, r.admin+"/", nil)
	assert.Equal(t, 200, status)
	assert.Equal(t, "text/html; charset=utf-8", header.Get("Content-Type"))
	assert.Regexp(t, `^default-src 'none';.* style-src 'sha256-[^']+'$`, header.Get("Content-Security-Policy"))
	assert.Equal(t, "no-store", header.Get("Cache-Control"))
	assert.Contains(t, body, `<meta http-equiv="refresh" content="5">`)
	assert.NotContains(t, body, "<img")
	assert.Contains(t, body, "&lt;img src=x")
	for _, external := range []string{"<script", "<link", "src=\"", "@import", "url("} {
		assert.NotContains(t, body, external)
	}
}

// A browser must render the page under its content security policy.
func TestStatusPageInBrowser(t *testing.T) {
	t.Parallel()
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed")
	}
	r := startWithFailures(t)
	dom := dumpDOM(t, browser, r.admin+"/")
	assert.Contains(t, dom, `<p class="big" id="depth">0</p>`)
	assert.Contains(t, dom, `<p class="big" id="done">1</p>`)
	assert.Contains(t, dom, `<p class="big" id="dead">1</p>`)
	assert.Regexp(t, `id="rate">\d+<small> of 600</small>`, dom)
	assert.Contains(t, dom, `id="fake"`)
	assert.Contains(t, dom, `<title>licensed: 0 queued, 1 dead</title>`)
	assert.Regexp(t, `(?s)<table id="failures">.*&lt;img src=x.*invalid request.*acmegone.*</table>`, dom)
	assert.Regexp(t, `(?s)<table id="dead-letters">.*&lt;img src=x.*</table>`, dom)
	assert.NotContains(t, dom, "<img")
	assert.NotContains(t, dom, "owned</title>")
}

// The buttons of the page retry and discard a dead letter. Without a token there are none,
// because every user of the machine could press them.
func TestDeadLetterButtons(t *testing.T) {
	t.Parallel()
	r := startWithFailures(t)
	_, page, _ := get(t, r.admin+"/", nil)
	action := regexp.MustCompile(`action="(/dead/\d+)/retry"`).FindStringSubmatch(page)
	require.NotNil(t, action)
	press := func(path, origin string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.admin+path, http.NoBody)
		require.NoError(t, err)
		req.Header.Set("Origin", origin)
		res, err := (&http.Client{Timeout: testTimeout}).Do(req)
		require.NoError(t, err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return res.StatusCode, string(body)
	}
	status, _ := press(action[1]+"/discard", "https://evil.example.com")
	assert.Equal(t, 403, status, "another site")
	status, _ = press("/dead/999/retry", r.admin)
	assert.Equal(t, 404, status)
	status, _ = press(action[1]+"/other", r.admin)
	assert.Equal(t, 404, status)
	status, _ = press(action[1]+"/retry", r.admin)
	assert.Equal(t, 200, status, "the status page after the redirect")
	r.waitUntilEmpty(1, 1)
	_, page, _ = get(t, r.admin+"/", nil)
	action = regexp.MustCompile(`action="(/dead/\d+)/discard"`).FindStringSubmatch(page)
	require.NotNil(t, action)
	status, _ = press(action[1]+"/discard", r.admin)
	assert.Equal(t, 200, status)
	r.waitUntilEmpty(1, 0)

	a := &app{set: &settings{}}
	res := httptest.NewRecorder()
	a.requireSecret(a.deadLetterForm)(res, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/dead/1/retry", http.NoBody))
	assert.Equal(t, 403, res.Code)
}

// dumpDOM returns the DOM of a page in a headless browser.
func dumpDOM(t *testing.T, browser, url string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	var out, log bytes.Buffer
	cmd := exec.CommandContext(ctx, browser,
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--user-data-dir="+t.TempDir(), "--dump-dom", url)
	cmd.Stdout, cmd.Stderr = &out, &log
	// Child processes of the browser keep the pipes open after it exits.
	cmd.WaitDelay = 5 * time.Second
	err := cmd.Run()
	require.NotEmpty(t, out.String(), "%v: %s", err, log.String())
	return out.String()
}

// The page lists a limited number of dead letters and failures.
func TestStatusPageIsBounded(t *testing.T) {
	t.Parallel()
	r := startServe(t, env())
	var lines []string
	for i := range maxPageDeadLetters + 3 {
		lines = append(lines, `{"id": "inv-`+strconv.Itoa(i)+`", "items": [{"product_code": "acmegone", "licenses": [{}]}]}`)
	}
	code, _, stderr := r.command("enqueue", file(t, lines...))
	require.Equal(t, exitOK, code, stderr)
	r.waitUntilEmpty(0, maxPageDeadLetters+3)
	_, body, _ := get(t, r.admin+"/", nil)
	assert.Contains(t, body, "and 3 more")
	assert.LessOrEqual(t, len(r.status().Failures), maxFailures)
}
