package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hostile is an order id that tries to be markup.
const hostile = `<img src=x onerror=document.title='owned'>"'&`

// withFailures starts a service that has something to show.
func withFailures(t *testing.T) *running {
	t.Helper()
	r := start(t, env())
	id, err := json.Marshal(hostile)
	require.NoError(t, err)
	code, _, fault := r.command("enqueue", file(t,
		`{"id": "inv-1", "items": [{"product_code": "acme-cad", "licenses": [{}]}]}`,
		`{"id": `+string(id)+`, "items": [{"product_code": "acme-gone", "licenses": [{}]}]}`))
	require.Equal(t, exitOK, code, fault)
	r.settled(1, 1)
	return r
}

func TestPage(t *testing.T) {
	t.Parallel()
	r := withFailures(t)
	status, body, header := get(t, r.admin+"/", nil)
	assert.Equal(t, 200, status)
	assert.Equal(t, "text/html; charset=utf-8", header.Get("Content-Type"))
	assert.Regexp(t, `^default-src 'none';.* style-src 'sha256-[^']+'$`, header.Get("Content-Security-Policy"))
	assert.Equal(t, "no-store", header.Get("Cache-Control"))
	assert.Contains(t, body, `<meta http-equiv="refresh" content="5">`)
	assert.NotContains(t, body, "<img")
	assert.Contains(t, body, "&lt;img src=x")
	for _, outside := range []string{"<script", "<link", "src=\"", "@import", "url("} {
		assert.NotContains(t, body, outside)
	}
}

// TestPageInABrowser looks at the page as a person would: what the browser made of
// it, after it applied the content security policy.
func TestPageInABrowser(t *testing.T) {
	t.Parallel()
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed")
	}
	r := withFailures(t)
	dom := dumpDOM(t, browser, r.admin+"/")
	assert.Contains(t, dom, `<p class="big" id="depth">0</p>`)
	assert.Contains(t, dom, `<p class="big" id="done">1</p>`)
	assert.Contains(t, dom, `<p class="big" id="dead">1</p>`)
	assert.Regexp(t, `id="rate">\d+<small> of 600</small>`, dom)
	assert.Contains(t, dom, `id="fake"`)
	assert.Contains(t, dom, `<title>licensed: 0 queued, 1 dead</title>`)
	assert.Regexp(t, `(?s)<table id="failures">.*&lt;img src=x.*invalid request.*acme-gone.*</table>`, dom)
	assert.Regexp(t, `(?s)<table id="letters">.*&lt;img src=x.*</table>`, dom)
	assert.NotContains(t, dom, "<img")
	assert.NotContains(t, dom, "owned</title>")
}

// dumpDOM returns what a headless browser made of a page.
func dumpDOM(t *testing.T, browser, url string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var out, log bytes.Buffer
	cmd := exec.CommandContext(ctx, browser, //nolint:gosec // the installed browser
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--user-data-dir="+t.TempDir(), "--dump-dom", url)
	cmd.Stdout, cmd.Stderr = &out, &log
	// Its helpers keep the pipes open for a while after it has ended.
	cmd.WaitDelay = 5 * time.Second
	err := cmd.Run()
	require.NotEmpty(t, out.String(), "%v: %s", err, log.String())
	return out.String()
}

// TestPageIsBounded has more dead letters than the page lists.
func TestPageIsBounded(t *testing.T) {
	t.Parallel()
	r := start(t, env())
	var lines []string
	for i := range pageLetters + 3 {
		lines = append(lines, `{"id": "inv-`+strconv.Itoa(i)+`", "items": [{"product_code": "acme-gone", "licenses": [{}]}]}`)
	}
	code, _, fault := r.command("enqueue", file(t, lines...))
	require.Equal(t, exitOK, code, fault)
	r.settled(0, pageLetters+3)
	_, body, _ := get(t, r.admin+"/", nil)
	assert.Contains(t, body, "and 3 more")
	assert.LessOrEqual(t, len(r.view().Failures), shownFailures)
}
