package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
)

// eventsAtStripe serves GET /v1/events in pages of two, newest first.
func eventsAtStripe(t *testing.T, events ...[]byte) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer rk_test" {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"error": {"type": "invalid_request_error"}}`))
			return
		}
		since, err := strconv.ParseInt(r.FormValue("created[gte]"), 10, 64)
		assert.NoError(t, err)
		assert.WithinDuration(t, time.Now().Add(-72*time.Hour), time.Unix(since, 0), time.Minute)
		first := 0
		if after := r.FormValue("starting_after"); after != "" {
			first, err = strconv.Atoi(after[len("evt_"):])
			assert.NoError(t, err)
			first++
		}
		var page struct {
			Data    []json.RawMessage `json:"data"`
			HasMore bool              `json:"has_more"`
		}
		page.HasMore = first+2 < len(events)
		for i := first; i < min(first+2, len(events)); i++ {
			var e map[string]any
			assert.NoError(t, json.Unmarshal(events[i], &e))
			e["id"] = "evt_" + strconv.Itoa(i)
			event, err := json.Marshal(e)
			assert.NoError(t, err)
			page.Data = append(page.Data, event)
		}
		assert.NoError(t, json.NewEncoder(w).Encode(page))
	}))
	t.Cleanup(s.Close)
	return s
}

// The store loses orders and an event. They are reported, and recovered from the events
// at Stripe.
func TestRecoverLostOrders(t *testing.T) {
	t.Parallel()
	store := t.TempDir()
	set, err := newSettings([]string{"-fake", "-store", store}, env(), &output{})
	require.NoError(t, err)
	a, err := newApp(t.Context(), set, &output{})
	require.NoError(t, err)
	payload, err := sample("1_checkout")
	require.NoError(t, err)
	_, err = a.hook.Replay(t.Context(), payload)
	require.NoError(t, err)
	require.NoError(t, a.pipeline.Enqueue(t.Context(), licensespring.NewOrder("inv-lost").AddItem("acmecad", licensespring.NewLicense())))
	require.NoError(t, a.inbox.Store(t.Context(), "/evt_1", payload)) // the id of eventsAtStripe
	require.NoError(t, a.close())
	for _, stream := range []string{"licensespring-orders", "licensespring-inbox"} {
		require.NoError(t, os.Truncate(filepath.Join(store, "jetstream", "$G", "streams", stream, "msgs", "1.blk"), 100))
	}

	r := startServe(t, env("STRIPE_WEBHOOK_SECRET", "whsec_test"), "-fake", "-store", store)
	assert.Contains(t, r.stderr.String(), "order_id=cs_demo_1")
	assert.Contains(t, r.stderr.String(), "message_id=/evt_1")
	assert.Equal(t, 3, r.status().Queue.Missing)
	_, page, _ := get(t, r.admin+"/", nil)
	assert.Contains(t, page, "3 accepted orders or events are missing")
	_, metrics, _ := get(t, r.admin+"/metrics", nil)
	assert.Contains(t, metrics, "\nlicensed_queue_missing_orders 3\n")
	_, out, _ := r.command("status")
	assert.Contains(t, out, "missing   3 (the store is damaged: licensed missing list)\n")
	code, out, _ := r.command("missing", "list")
	assert.Equal(t, exitOK, code)
	assert.Contains(t, out, "\torder\tcs_demo_1\n")
	assert.Contains(t, out, "\tinbox\t/evt_1\n")

	var events [][]byte
	for _, name := range []string{"8_other", "1_checkout", "4_unpaid", "1_checkout"} {
		event, err := sample(name)
		require.NoError(t, err)
		events = append(events, event)
	}
	stripe := eventsAtStripe(t, events...)
	recovery := func(key string, args ...string) (code int, stdout, stderr string) {
		var outBuf, errBuf bytes.Buffer
		args = append([]string{"recover", "-server", r.admin, "-stripe-url", stripe.URL}, args...)
		code = run(t.Context(), args, env("STRIPE_API_KEY", key), &outBuf, &errBuf)
		return code, outBuf.String(), errBuf.String()
	}
	for range 2 { // it can be repeated
		code, out, stderr := recovery("rk_test", "-since", "72h")
		assert.Equal(t, exitOK, code, stderr)
		assert.Regexp(t, `\d \w+\n`, out)
		r.waitUntilEmpty(1, 0)
	}
	code, out, _ = r.command("missing", "list")
	assert.Equal(t, exitOK, code)
	assert.Equal(t, 1, strings.Count(out, "\n"), out)
	code, out, _ = r.command("missing", "forget", "inv-lost")
	assert.Equal(t, exitOK, code)
	assert.Equal(t, "forgotten\tinv-lost\n", out)
	assert.Zero(t, r.status().Queue.Missing)
	code, _, stderr := r.command("missing", "forget", "inv-lost")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, stderr, "not missing")

	for _, tt := range []struct {
		name, key string
		args      []string
		want      string
	}{
		{"no key", "", []string{"-since", "72h"}, "STRIPE_API_KEY is not set"},
		{"wrong key", "rk_wrong", []string{"-since", "72h"}, "stripe responded with status 401"},
		{"no time", "rk_test", nil, "-since"}, // a default could miss the period of the loss
	} {
		code, _, stderr := recovery(tt.key, tt.args...)
		assert.Equal(t, exitFailed, code, tt.name)
		assert.Contains(t, stderr, tt.want, tt.name)
	}
}
