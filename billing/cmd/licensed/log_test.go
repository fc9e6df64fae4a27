package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/licensespringtest"
)

// With -log-json every line of the output is JSON, including those of the NATS
// server, and of a failure.
func TestJSONLog(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args    []string
		code    int
		message string
	}{
		"serve":            {[]string{"-fake", "-v"}, exitOK, `"msg":"listening"`},
		"invalid settings": {[]string{"-fake", "-workers", "0"}, exitFailed, "-workers must be from 1 to 1000"},
		"failed start":     {[]string{"-fake", "-store", "/dev/null/store"}, exitFailed, "create the store directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			var out output // of both streams
			code := make(chan int, 1)
			go func() {
				code <- run(ctx, append([]string{"serve", "-log-json", "-listen", "127.0.0.1:0", "-admin", "127.0.0.1:0"}, tt.args...), env(), &out, &out)
			}()
			eventually(t, "the message is logged", func() bool { return strings.Contains(out.String(), tt.message) })
			cancel()
			assert.Equal(t, tt.code, <-code)
			if tt.code == exitOK {
				assert.Contains(t, out.String(), `"msg":"nats server"`)
			}
			for line := range strings.Lines(out.String()) {
				require.True(t, json.Valid([]byte(line)), line)
			}
		})
	}
}

// A start and a stop log nothing but their own records.
func TestQuietLog(t *testing.T) {
	t.Parallel()
	stripe := fakeStripe{endpoints: []any{endpointOf(ownURL, "*")}}
	service := licensespringtest.NewServer(t)
	r := startServe(t, env("STRIPE_API_KEY", "rk_test", "STRIPE_BASE_URL", stripe.start(t), "STRIPE_WEBHOOK_SECRET", "whsec_test",
		"LICENSESPRING_MANAGEMENT_KEY", service.APIKey(), "LICENSESPRING_BASE_URL", service.URL()), "-store", t.TempDir())
	r.waitUntilEmpty(0, 0)
	eventually(t, "all checks ran", func() bool {
		code, _, _ := get(t, r.admin+"/readyz", nil)
		return code == http.StatusOK
	})
	r.stop()
	code := <-r.code
	r.code <- code
	assert.Equal(t, exitOK, code)
	for line := range strings.Lines(r.stderr.String()) {
		assert.Regexp(t, "msg=(draining|drained)", line)
	}
}
