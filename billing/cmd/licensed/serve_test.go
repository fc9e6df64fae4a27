package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
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

// TestDemo is the one command that shows the whole way. The demo itself compares
// the books.
func TestDemo(t *testing.T) {
	t.Parallel()
	var stdout, stderr output
	code := run(t.Context(), []string{"serve", "-demo", "-exit", "-listen", "127.0.0.1:0", "-admin", "127.0.0.1:0"}, env(), &stdout, &stderr)
	assert.Equal(t, exitOK, code, stderr.String())
	assert.Empty(t, stderr.String())
	assert.Contains(t, stdout.String(), "the service has 3 with 6, there are 3 results and 2 dead letters.")
	assert.Contains(t, stdout.String(), "cs_demo_1    recovered")
}

// TestCommands is the whole life of orders from the command line.
func TestCommands(t *testing.T) {
	t.Parallel()
	r := start(t, env())
	good := `{"id": "inv-1", "items": [{"product_code": "acme-cad", "licenses": [{}, {}]}]}`
	orders := file(t,
		good, "",
		`{"id": "inv-2", "items": [{"product_code": "acme-cad", "licenses": [{"max_activations": -1}]}]}`,
		`{"id": "inv-3", "items": [{"product_code": "acme-gone", "licenses": [{}]}]}`,
		`{"id": "inv-4",`,
	)
	code, out, fault := r.command("enqueue", orders)
	assert.Equal(t, exitFailed, code)
	assert.Equal(t, "2 queued, 2 refused\n", out)
	assert.Contains(t, fault, "line 3: items[0].licenses[0].max_activations: ")
	assert.Contains(t, fault, "line 5: this is not an order")
	r.settled(1, 1)

	// The same again changes nothing.
	code, out, _ = r.command("enqueue", file(t, good))
	assert.Equal(t, exitOK, code)
	assert.Equal(t, "1 queued, 0 refused\n", out)
	r.settled(1, 1)

	// A delivery is told of a moment after the order has left the queue.
	eventually(t, "the failure is shown", func() bool {
		code, out, _ = r.command("status")
		return strings.Contains(out, "worker dead inv-3: ")
	})
	assert.Equal(t, exitOK, code)
	assert.Contains(t, out, "(a fake)\nqueue     0 (0 waiting, 0 begun)\ndone      1\ndead      1\nrequests  ")

	code, out, _ = r.command("dead", "list")
	assert.Equal(t, exitOK, code)
	assert.Regexp(t, `^1\t.*\tinv-3\tqueue\t.*unknown_product`, out)

	// Nothing was mended, so it dies again; under another number.
	code, out, fault = r.command("dead", "retry", "1")
	assert.Equal(t, exitOK, code, fault)
	assert.Equal(t, "1\tqueued\tinv-3\n", out)
	eventually(t, "it is dead again", func() bool {
		_, out, _ := r.command("dead", "list", "-json")
		return strings.Contains(out, `"seq": 2`)
	})
	code, _, fault = r.command("dead", "retry", "1")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, fault, "no such dead letter")

	code, out, _ = r.command("dead", "discard", "-all")
	assert.Equal(t, exitOK, code)
	assert.Equal(t, "2\tdiscarded\tinv-3\n", out)
	r.settled(1, 0)
}

func TestUsage(t *testing.T) {
	t.Parallel()
	r := start(t, env())
	tests := []struct {
		args []string
		code int
		says string
	}{
		{nil, exitUsage, "usage: licensed"},
		{[]string{"sing"}, exitUsage, "usage: licensed"},
		{[]string{"help"}, exitOK, "usage: licensed"},
		{[]string{"serve", "-h"}, exitOK, "STRIPE"},
		{[]string{"serve", "-nonsense"}, exitUsage, "-nonsense"},
		{[]string{"serve", "now"}, exitFailed, `unexpected argument "now"`},
		{[]string{"enqueue"}, exitUsage, "usage: licensed enqueue"},
		{[]string{"enqueue", "no-such-file"}, exitFailed, "no-such-file"},
		{[]string{"dead"}, exitUsage, "usage: licensed"},
		{[]string{"dead", "bury"}, exitUsage, "usage: licensed"},
		{[]string{"dead", "retry"}, exitFailed, "give the numbers"},
		{[]string{"dead", "retry", "-all", "1"}, exitFailed, "give the numbers"},
		{[]string{"dead", "retry", "one"}, exitFailed, `"one" is not the number`},
		{[]string{"dead", "discard", "77"}, exitFailed, "no such dead letter"},
		{[]string{"status", "-server", "http://127.0.0.1:1"}, exitFailed, "is licensed serve running?"},
		{[]string{"status", "-server", r.webhook}, exitFailed, "status 404"},
	}
	for _, tt := range tests {
		code, out, fault := r.command(tt.args...)
		assert.Equal(t, tt.code, code, tt.args)
		if tt.says != "STRIPE" {
			assert.Contains(t, out+fault, tt.says, tt.args)
		}
	}
}

// TestSignal sends SIGTERM to a process with a call under way, and starts it
// again on the same directory.
func TestSignal(t *testing.T) {
	t.Parallel()
	store := t.TempDir()
	begin := func() (*exec.Cmd, *running) {
		r := &running{t: t, stdout: &output{}, stderr: &output{}}
		cmd := exec.CommandContext(t.Context(), os.Args[0], //nolint:gosec // this test itself
			"serve", "-fake", "-store", store, "-listen", "127.0.0.1:0", "-admin", "127.0.0.1:0")
		cmd.Env = []string{envChild + "=1"}
		cmd.Stdout, cmd.Stderr = r.stdout, r.stderr
		require.NoError(t, cmd.Start())
		r.webhook, r.admin = addresses(t, r.stdout)
		return cmd, r
	}
	cmd, r := begin()
	code, _, fault := r.command("enqueue", file(t, `{"id": "inv-1", "items": [{"product_code": "acme-cad", "licenses": [{}]}]}`))
	require.Equal(t, exitOK, code, fault)
	r.settled(1, 0)
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, cmd.Wait(), r.stderr.String())
	assert.Contains(t, r.stderr.String(), "msg=draining")
	assert.Contains(t, r.stderr.String(), "msg=drained")

	cmd, r = begin()
	r.settled(1, 0)
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	require.NoError(t, cmd.Wait(), r.stderr.String())
}

// TestDrain ends a service while a call is under way and while the service is
// slow to answer: the call ends, its result is stored, and the exit code is 0.
func TestDrain(t *testing.T) {
	t.Parallel()
	store := t.TempDir()
	set, err := newSettings([]string{"-fake", "-store", store, "-admin", "127.0.0.1:0", "-listen", "127.0.0.1:0"}, env(), &output{})
	require.NoError(t, err)
	var log, out output
	a, err := newApp(t.Context(), set, &log)
	require.NoError(t, err)
	called, answer := make(chan struct{}), make(chan struct{})
	a.fake.Inject(licensespringtest.Custom(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		close(called)
		<-answer
		next.ServeHTTP(w, r)
	}).On(licensespringtest.CreateOrder))
	public, err := a.listen(t.Context(), set.listen, a.publicHandler())
	require.NoError(t, err)
	admin, err := a.listen(t.Context(), set.admin, a.adminHandler())
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.serve(ctx, &out, public, admin) }()
	require.NoError(t, a.pipeline.Enqueue(t.Context(), licensespring.NewOrder("inv-1").AddItem("acme-cad", licensespring.NewLicense())))
	<-called
	cancel()
	eventually(t, "it drains", a.draining.Load)
	code, body, _ := get(t, "http://"+admin.address+"/healthz", nil)
	assert.Equal(t, http.StatusServiceUnavailable, code)
	assert.Equal(t, "draining\n", body)
	_, body, _ = get(t, "http://"+admin.address+"/", nil)
	assert.Contains(t, body, "draining")
	close(answer)
	require.NoError(t, <-ended)
	require.NoError(t, a.close())

	p, err := fulfillment.Open(t.Context(), fulfillment.WithStoreDir(store))
	require.NoError(t, err)
	defer p.Close()
	result, err := p.Result(t.Context(), "inv-1")
	require.NoError(t, err)
	assert.Len(t, result.Order.LicenseKeys(), 1)
}

// TestNATS is a serve whose queue is on a NATS server that is not its own.
func TestNATS(t *testing.T) {
	t.Parallel()
	p, err := fulfillment.Open(t.Context(), fulfillment.WithStoreDir(t.TempDir()), fulfillment.WithListen("127.0.0.1:0"), fulfillment.WithName("acme"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.Close() })
	address := p.Address()
	if !strings.Contains(address, "://") {
		address = "nats://" + address
	}
	r := start(t, env(), "-fake", "-nats", address, "-name", "acme")
	code, _, fault := r.command("enqueue", file(t, `{"id": "inv-1", "items": [{"product_code": "acme-cad", "licenses": [{}]}]}`))
	require.Equal(t, exitOK, code, fault)
	r.settled(1, 0)
	_, err = p.Result(t.Context(), "inv-1")
	assert.NoError(t, err)
}

// TestWebhook posts events to the public port, and retries the dead letter of one
// whose line items could not be read.
func TestWebhook(t *testing.T) {
	t.Parallel()
	r := start(t, env("STRIPE_WEBHOOK_SECRET", "whsec_test"), "-fake", "-id-prefix", "s-")
	post := func(name string) int {
		payload, err := sample(name)
		require.NoError(t, err)
		signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: payload, Secret: "whsec_test", Timestamp: time.Now()})
		q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.webhook, bytes.NewReader(payload))
		require.NoError(t, err)
		q.Header.Set("Stripe-Signature", signed.Header)
		res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(q)
		require.NoError(t, err)
		defer res.Body.Close()
		return res.StatusCode
	}
	assert.Equal(t, 200, post("1_checkout"))
	assert.Equal(t, 200, post("6_bad_metadata"))
	r.settled(1, 1)
	code, out, _ := r.command("dead", "list")
	assert.Equal(t, exitOK, code)
	assert.Contains(t, out, "\ts-cs_demo_6\tstripe checkout.session.completed\tlines[0].price.metadata.product_short_code: is required")
	code, _, fault := r.command("dead", "retry", "1")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, fault, "1: ")
	assert.Contains(t, fault, "lines[0].price.metadata.product_short_code: is required")

	// A request that is not one of Stripe's is shown, and pushes nothing out.
	status, _, _ := do(t, http.MethodPost, r.webhook, nil)
	assert.Equal(t, 400, status)
	v := r.view()
	assert.Equal(t, "the signature is wrong", v.Refused.Reason)
	assert.Equal(t, 1, v.Webhook["refused"])
	assert.Equal(t, 1, v.Webhook["queued"])
	assert.Equal(t, 1, v.Webhook["rejected"])
	require.NotEmpty(t, v.Failures)
	assert.Equal(t, "webhook", v.Failures[0].Where)

	status, body, _ := get(t, strings.TrimSuffix(r.webhook, webhookPath)+"/healthz", nil)
	assert.Equal(t, 200, status)
	assert.Equal(t, "ok\n", body)
	_, page, _ := get(t, r.admin+"/", nil)
	for _, private := range []string{"ada@example.com", "Lovelace", "whsec_test", licensespringtest.DefaultAPIKey} {
		assert.NotContains(t, page+r.stderr.String()+r.stdout.String(), private)
	}
	assert.NotRegexp(t, `[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}`, page+r.stderr.String(), "a license key")
	// The public port has nothing else.
	for _, path := range []string{"/", "/metrics", "/api/status", "/api/dead"} {
		status, _, _ := get(t, strings.TrimSuffix(r.webhook, webhookPath)+path, nil)
		assert.Equal(t, 404, status, path)
	}
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	r := start(t, env())
	var out, fault output
	code := run(t.Context(), []string{"serve", "-listen", strings.TrimPrefix(r.admin, "http://"), "-admin", "127.0.0.1:0"}, env(), &out, &fault)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, fault.String(), "address already in use")
}

// TestRetryOfAnEvent is a dead letter that is an event of Stripe's: when the
// metadata is mended, retry reads it once more and makes the order.
func TestRetryOfAnEvent(t *testing.T) {
	t.Parallel()
	set, err := newSettings([]string{"-fake"}, env("STRIPE_WEBHOOK_SECRET", "whsec_test"), &output{})
	require.NoError(t, err)
	a, err := newApp(t.Context(), set, &output{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = a.close() })
	shop := &shop{metadata: map[string]string{"product_short_code": "acme-cad", "max_activations": "many"}}
	a.hook, err = stripehook.New(set.webhookSecret, a.pipeline, stripehook.WithLineItems(shop))
	require.NoError(t, err)
	admin := httptest.NewServer(a.adminHandler())
	t.Cleanup(admin.Close)

	payload, err := sample("1_checkout")
	require.NoError(t, err)
	payload = bytes.Replace(payload, []byte(`"has_more": false`), []byte(`"has_more": true`), 1) // so they are fetched
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: payload, Secret: "whsec_test", Timestamp: time.Now()})
	q := httptest.NewRequestWithContext(t.Context(), http.MethodPost, webhookPath, bytes.NewReader(payload))
	q.Header.Set("Stripe-Signature", signed.Header)
	w := httptest.NewRecorder()
	a.publicHandler().ServeHTTP(w, q)
	assert.Equal(t, "rejected\n", w.Body.String())

	status, body, _ := do(t, http.MethodPost, admin.URL+"/api/dead/1/retry", nil)
	assert.Equal(t, 422, status)
	assert.Contains(t, body, "must be a whole number")
	shop.down = true
	status, body, _ = do(t, http.MethodPost, admin.URL+"/api/dead/1/retry", nil)
	assert.Equal(t, 503, status, body)
	shop.down, shop.metadata["max_activations"] = false, "5"
	status, body, _ = do(t, http.MethodPost, admin.URL+"/api/dead/1/retry", nil)
	assert.Equal(t, 200, status)
	assert.JSONEq(t, `{"order_id": "cs_demo_1", "done": "queued"}`, body)
	stats, err := a.pipeline.Stats(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 1, stats.Depth)
	assert.Zero(t, stats.Dead)
}

// shop is where the line items of TestRetryOfAnEvent come from.
type shop struct {
	metadata map[string]string
	down     bool
}

func (s *shop) Lines(context.Context, stripehook.Source) ([]stripehook.Line, error) {
	if s.down {
		return nil, errors.New("down")
	}
	return []stripehook.Line{{Quantity: 1, Price: &stripehook.Price{ID: "price_1", Metadata: s.metadata}}}, nil
}
