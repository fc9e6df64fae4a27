package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/stripehook"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// The demo compares the totals itself.
func TestDemo(t *testing.T) {
	t.Parallel()
	var stdout, stderr output
	code := run(t.Context(), []string{"serve", "-demo", "-exit", "-listen", "127.0.0.1:0", "-admin", "127.0.0.1:0"}, env(), &stdout, &stderr)
	assert.Equal(t, exitOK, code, stderr.String())
	assert.Empty(t, stderr.String())
	assert.Contains(t, stdout.String(), "9 licenses were sold, and 9 were issued.", "the response to the first create is lost")
	assert.Contains(t, stdout.String(), "5 subscriptions and payments, 9 licenses, no differences")
	assert.Contains(t, stdout.String(), "A forged event reports a payment: the response is 400.")
}

// After the demo the history and the audit are available by command and on the pages,
// and the shop knows of each change.
func TestSubjects(t *testing.T) {
	t.Parallel()
	s := startShop(t)
	r, a := startApp(t, env(envNotifySecret, testNotifySecret, "LICENSED_NOTIFY_URL", s.URL), "-demo")
	eventually(t, "the demo ends", func() bool { return strings.Contains(r.stdout.String(), "The status page is at") })
	s.checkChanges(t, r)

	code, out, errs := r.command("subjects", "list", "-q", "ada@example.com")
	require.Equal(t, exitOK, code, errs)
	require.Regexp(t, `^sub_\w+\tactive\tconverge\t1 licenses\n$`, out)
	id, _, _ := strings.Cut(out, "\t")
	code, out, errs = r.command("subjects", "show", id)
	require.Equal(t, exitOK, code, errs)
	assert.Contains(t, out, "past_due  keep: the subscription is past due: the date of the license is the deadline")
	assert.Contains(t, out, "end on 2031-03-19, changed (the subscription is active)")
	code, out, _ = r.command("subjects", "reconcile", id)
	assert.Equal(t, exitOK, code)
	assert.Equal(t, "requested\t"+id+"\n", out)
	code, _, errs = r.command("subjects", "show", "sub_unknown")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs, "no such subject")
	code, _, errs = r.command("subjects", "show", "unknown")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs, "not that of a subscription")

	license := a.fake.Licenses()[0]
	for _, q := range []string{id, "ADA@example.com", license.Key, strconv.FormatInt(license.ID, 10)} {
		_, page, _ := get(t, r.admin+"/subjects?q="+url.QueryEscape(q), nil)
		assert.Contains(t, page, `<h2 class="id">`, q)
		assert.NotContains(t, page, "grace", q)
	}
	_, page, _ := get(t, r.admin+"/subjects?q=unknown", nil)
	assert.Contains(t, page, "None.")
	_, page, _ = get(t, r.admin+"/", nil)
	assert.Contains(t, page, `<p class="big" id="subjects">5</p>`)
	assert.Contains(t, page, "no differences")
	_, metrics, _ := get(t, r.admin+"/metrics", nil)
	assert.Contains(t, metrics, "\nlicensed_audit_differences{kind=\"unpaid\"} 0\n")
	_, out, _ = r.command("status")
	assert.Contains(t, out, "subjects  5 (")

	file := filepath.Join(t.TempDir(), "position.json")
	code, out, errs = r.command("audit", "-resume", file)
	assert.Equal(t, exitOK, code, errs)
	assert.Empty(t, out)
	assert.Contains(t, errs, "5 subscriptions and payments, 9 licenses, no differences")

	// An administrator enables a license that is not paid for.
	for _, l := range a.fake.Licenses() {
		if !l.Enabled && l.DisabledBy == "api@example.com" {
			a.fake.EnableLicense(l.ID)
			break
		}
	}
	code, out, errs = r.command("audit", "-o", "csv")
	assert.Equal(t, exitFailed, code)
	assert.Regexp(t, `^kind,subject,status,license,cause,change,fix\nunpaid,`, out)
	assert.Contains(t, errs, "the licenses are not as they are paid for")
	code, out, _ = r.command("audit", "-o", "json")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, out, `{"kind":"unpaid","subject":"`)
	code, out, errs = r.command("audit", "-fix")
	assert.Equal(t, exitOK, code, errs)
	assert.Regexp(t, `kind +subject .*\nunpaid .* disable +done`, out)
	code, _, _ = r.command("audit", "-o", "xml")
	assert.Equal(t, exitFailed, code)
}

// The commands enqueue, inspect, retry and discard orders.
func TestCommands(t *testing.T) {
	t.Parallel()
	r := startServe(t, env())
	valid := `{"id": "inv-1", "items": [{"product_code": "acmecad", "licenses": [{}, {}]}]}`
	orders := file(t,
		valid, "",
		`{"id": "inv-2", "items": [{"product_code": "acmecad", "licenses": [{"max_activations": -1}]}]}`,
		`{"id": "inv-3", "items": [{"product_code": "acmegone", "licenses": [{}]}]}`,
		`{"id": "inv-4",`,
	)
	code, out, stderr := r.command("enqueue", orders)
	assert.Equal(t, exitFailed, code)
	assert.Equal(t, "2 queued, 2 rejected\n", out)
	assert.Contains(t, stderr, "line 3: items[0].licenses[0].max_activations: ")
	assert.Contains(t, stderr, "line 5: not valid JSON: write each order as a JSON object on one line, or all orders in a JSON array\n")
	r.waitUntilEmpty(1, 1)

	// A repeated order changes nothing.
	code, out, _ = r.command("enqueue", file(t, valid))
	assert.Equal(t, exitOK, code)
	assert.Equal(t, "1 queued, 0 rejected\n", out)
	r.waitUntilEmpty(1, 1)

	// The delivery is recorded shortly after the order was acknowledged.
	eventually(t, "the failure is listed", func() bool {
		code, out, _ = r.command("status")
		return strings.Contains(out, "worker dead inv-3: ")
	})
	assert.Equal(t, exitOK, code)
	assert.Contains(t, out, "(fake)\ninbox     0 (0 paid sessions wait for their invoice)\nqueue     0 (0 waiting, 0 in flight)\ndone      1\ndead      1\nrequests  ")

	code, out, _ = r.command("dead", "list")
	assert.Equal(t, exitOK, code)
	assert.Regexp(t, `^1\t.*\tinv-3\tqueue\t.*unknown_product`, out)

	// The cause is not corrected: the order becomes another dead letter.
	code, out, stderr = r.command("dead", "retry", "1")
	assert.Equal(t, exitOK, code, stderr)
	assert.Equal(t, "1\tqueued\tinv-3\n", out)
	eventually(t, "the order is a dead letter again", func() bool {
		_, out, _ := r.command("dead", "list", "-json")
		return strings.Contains(out, `"seq": 2`)
	})
	code, _, stderr = r.command("dead", "retry", "1")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, stderr, "no such dead letter")

	code, out, _ = r.command("dead", "discard", "-all")
	assert.Equal(t, exitOK, code)
	assert.Equal(t, "2\tdiscarded\tinv-3\n", out)
	r.waitUntilEmpty(1, 0)
}

func TestUsage(t *testing.T) {
	t.Parallel()
	r := startServe(t, env())
	tests := []struct {
		args []string
		code int
		text string
	}{
		{nil, exitUsage, "usage: licensed"},
		{[]string{"unknown"}, exitUsage, "usage: licensed"},
		{[]string{"help"}, exitOK, "usage: licensed"},
		{[]string{"serve", "-h"}, exitOK, "STRIPE"},
		{[]string{"serve", "-nonsense"}, exitUsage, "-nonsense"},
		{[]string{"serve", "now"}, exitFailed, `unexpected argument "now"`},
		{[]string{"enqueue"}, exitUsage, "usage: licensed enqueue"},
		{[]string{"enqueue", "no-such-file"}, exitFailed, "no-such-file"},
		{[]string{"dead"}, exitUsage, "usage: licensed"},
		{[]string{"dead", "unknown"}, exitUsage, "usage: licensed"},
		{[]string{"dead", "retry"}, exitFailed, "specify the numbers"},
		{[]string{"dead", "retry", "-all", "1"}, exitFailed, "specify the numbers"},
		{[]string{"dead", "retry", "one"}, exitFailed, `"one" is not the number`},
		{[]string{"dead", "discard", "77"}, exitFailed, "no such dead letter"},
		{[]string{"status", "-server", "http://127.0.0.1:1"}, exitFailed, "is licensed serve running?"},
		{[]string{"status", "-server", r.webhook}, exitFailed, "status 404"},
	}
	for _, tt := range tests {
		code, out, stderr := r.command(tt.args...)
		assert.Equal(t, tt.code, code, tt.args)
		if tt.text != "STRIPE" {
			assert.Contains(t, out+stderr, tt.text, tt.args)
		}
	}
}

// SIGTERM and SIGINT end the process gracefully, and the store survives a restart.
func TestSignal(t *testing.T) {
	t.Parallel()
	store := t.TempDir()
	startProcess := func() (*exec.Cmd, *testServe) {
		r := &testServe{t: t, stdout: &output{}, stderr: &output{}}
		cmd := exec.CommandContext(t.Context(), os.Args[0], //nolint:gosec // the test binary
			"serve", "-fake", "-store", store, "-listen", "127.0.0.1:0", "-admin", "127.0.0.1:0")
		cmd.Env = []string{envChild + "=1"}
		cmd.Stdout, cmd.Stderr = r.stdout, r.stderr
		require.NoError(t, cmd.Start())
		r.webhook, r.admin = readAddresses(t, r.stdout)
		return cmd, r
	}
	cmd, r := startProcess()
	code, _, stderr := r.command("enqueue", file(t, `{"id": "inv-1", "items": [{"product_code": "acmecad", "licenses": [{}]}]}`))
	require.Equal(t, exitOK, code, stderr)
	r.waitUntilEmpty(1, 0)
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, cmd.Wait(), r.stderr.String())
	assert.Contains(t, r.stderr.String(), "msg=draining")
	assert.Contains(t, r.stderr.String(), "msg=drained")

	cmd, r = startProcess()
	r.waitUntilEmpty(1, 0)
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	require.NoError(t, cmd.Wait(), r.stderr.String())
}

// A service that ends during a call waits for the response and stores the result.
func TestDrain(t *testing.T) {
	t.Parallel()
	store := t.TempDir()
	set, err := newSettings([]string{"-fake", "-store", store, "-admin", "127.0.0.1:0", "-listen", "127.0.0.1:0"}, env(), &output{})
	require.NoError(t, err)
	var log, out output
	a, err := newApp(t.Context(), set, &log)
	require.NoError(t, err)
	called, respond := make(chan struct{}), make(chan struct{})
	a.fake.Inject(licensespringtest.Custom(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		close(called)
		<-respond
		next.ServeHTTP(w, r)
	}).On(licensespringtest.CreateOrder))
	public, err := a.listen(t.Context(), set.listen, a.publicHandler())
	require.NoError(t, err)
	admin, err := a.listen(t.Context(), set.admin, a.adminHandler())
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.serve(ctx, &out, public, admin) }()
	require.NoError(t, a.pipeline.Enqueue(t.Context(), licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense())))
	<-called
	cancel()
	eventually(t, "the service drains", a.draining.Load)
	code, body, _ := get(t, "http://"+admin.address+"/readyz", nil)
	assert.Equal(t, http.StatusServiceUnavailable, code)
	assert.Regexp(t, "^draining\n", body)
	code, _, _ = get(t, "http://"+admin.address+"/healthz", nil)
	assert.Equal(t, http.StatusOK, code, "a restart would interrupt the drain")
	_, body, _ = get(t, "http://"+admin.address+"/", nil)
	assert.Contains(t, body, "draining")
	close(respond)
	require.NoError(t, <-ended)
	require.NoError(t, a.close())

	p, err := fulfillment.Open(t.Context(), fulfillment.WithStoreDir(store))
	require.NoError(t, err)
	defer p.Close()
	result, err := p.Result(t.Context(), "inv-1")
	require.NoError(t, err)
	assert.Len(t, result.Order.LicenseKeys(), 1)
}

// serve uses the queue of another NATS server.
func TestNATS(t *testing.T) {
	t.Parallel()
	p, err := fulfillment.Open(t.Context(), fulfillment.WithStoreDir(t.TempDir()), fulfillment.WithListen("127.0.0.1:0"), fulfillment.WithName("acme"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.Close() })
	address := p.Address()
	if !strings.Contains(address, "://") {
		address = "nats://" + address
	}
	r := startServe(t, env(), "-fake", "-nats", address, "-name", "acme")
	code, _, stderr := r.command("enqueue", file(t, `{"id": "inv-1", "items": [{"product_code": "acmecad", "licenses": [{}]}]}`))
	require.Equal(t, exitOK, code, stderr)
	r.waitUntilEmpty(1, 0)
	_, err = p.Result(t.Context(), "inv-1")
	assert.NoError(t, err)
}

// Events are posted to the public port, and the dead letter of an invalid one is
// retried.
func TestWebhook(t *testing.T) {
	t.Parallel()
	r := startServe(t, env("STRIPE_WEBHOOK_SECRET", "whsec_test"), "-fake", "-id-prefix", "s-")
	post := func(name string) int {
		payload, err := sample(name)
		require.NoError(t, err)
		return r.post(string(payload))
	}
	assert.Equal(t, 200, post("1_checkout"))
	assert.Equal(t, 200, post("6_bad_metadata"))
	r.waitUntilEmpty(1, 1)
	code, out, _ := r.command("dead", "list")
	assert.Equal(t, exitOK, code)
	assert.Contains(t, out, "\ts-cs_demo_6\tstripe checkout.session.completed\tlines[0].price.metadata.product_shortcode: is not known")
	code, _, stderr := r.command("dead", "retry", "1")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, stderr, "1: ")
	assert.Contains(t, stderr, "lines[0].price.metadata.product_short_code: is required")

	// An invalid request is recorded, but does not displace failures.
	status, _, _ := do(t, http.MethodPost, r.webhook, nil)
	assert.Equal(t, 400, status)
	v := r.status()
	assert.Equal(t, "the signature is invalid", v.LastInvalid.Reason)
	assert.Equal(t, 1, v.Events["invalid"])
	assert.Equal(t, 2, v.Events["stored"])
	assert.Equal(t, 1, v.Events["queued"])
	assert.Equal(t, 1, v.Events["rejected"])
	require.NotEmpty(t, v.Failures)
	assert.Equal(t, "inbox", v.Failures[0].Source)

	status, body, _ := get(t, strings.TrimSuffix(r.webhook, webhookPath)+"/healthz", nil)
	assert.Equal(t, 200, status)
	assert.Equal(t, "ok\n", body)
	_, page, _ := get(t, r.admin+"/", nil)
	for _, private := range []string{"ada@example.com", "Lovelace", "whsec_test", licensespringtest.DefaultAPIKey} {
		assert.NotContains(t, page+r.stderr.String()+r.stdout.String(), private)
	}
	assert.NotRegexp(t, `[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}`, page+r.stderr.String(), "license keys are private")
	// The public port serves no other path.
	for _, path := range []string{"/", "/metrics", "/api/status", "/api/dead"} {
		status, _, _ := get(t, strings.TrimSuffix(r.webhook, webhookPath)+path, nil)
		assert.Equal(t, 404, status, path)
	}
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	r := startServe(t, env())
	var stdout, stderr output
	code := run(t.Context(), []string{"serve", "-listen", strings.TrimPrefix(r.admin, "http://"), "-admin", "127.0.0.1:0"}, env(), &stdout, &stderr)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, stderr.String(), "address already in use")
}

// Retrying the dead letter of a Stripe event enqueues the order after the metadata was
// corrected.
func TestRetryOfEvent(t *testing.T) {
	t.Parallel()
	set, err := newSettings([]string{"-fake"}, env("STRIPE_WEBHOOK_SECRET", "whsec_test"), &output{})
	require.NoError(t, err)
	a, err := newApp(t.Context(), set, &output{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = a.close() })
	items := &fakeLineItems{metadata: map[string]string{"product_short_code": "acmecad", "max_activations": "many"}}
	a.hook, err = stripehook.New(set.webhookSecret, a.pipeline, stripehook.WithLineItems(items))
	require.NoError(t, err)
	admin := httptest.NewServer(a.adminHandler())
	t.Cleanup(admin.Close)

	payload, err := sample("1_checkout")
	require.NoError(t, err)
	payload = bytes.Replace(payload, []byte(`"has_more": false`), []byte(`"has_more": true`), 1) // requires a fetch
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: payload, Secret: "whsec_test", Timestamp: time.Now()})
	q := httptest.NewRequestWithContext(t.Context(), http.MethodPost, webhookPath, bytes.NewReader(payload))
	q.Header.Set("Stripe-Signature", signed.Header)
	w := httptest.NewRecorder()
	a.publicHandler().ServeHTTP(w, q)
	assert.Equal(t, "rejected\n", w.Body.String())

	status, body, _ := do(t, http.MethodPost, admin.URL+"/api/dead/1/retry", nil)
	assert.Equal(t, 422, status)
	assert.Contains(t, body, "must be a non-negative integer")
	items.unavailable = true
	status, body, _ = do(t, http.MethodPost, admin.URL+"/api/dead/1/retry", nil)
	assert.Equal(t, 503, status, body)
	items.unavailable, items.metadata["max_activations"] = false, "5"
	status, body, _ = do(t, http.MethodPost, admin.URL+"/api/dead/1/retry", nil)
	assert.Equal(t, 200, status)
	assert.JSONEq(t, `{"order_id": "cs_demo_1", "status": "queued"}`, body)
	stats, err := a.pipeline.Stats(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 1, stats.Depth)
	assert.Zero(t, stats.Dead)
}

// fakeLineItems implements stripehook.LineItems.
type fakeLineItems struct {
	metadata    map[string]string
	unavailable bool
}

func (f *fakeLineItems) Lines(context.Context, stripehook.Source) ([]stripehook.Line, error) {
	if f.unavailable {
		return nil, errors.New("unavailable")
	}
	return []stripehook.Line{{Quantity: 1, Price: &stripehook.Price{ID: "price_1", Metadata: f.metadata}}}, nil
}
