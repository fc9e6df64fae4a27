package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring"
)

// Attempts with a wrong token are limited, also concurrent ones. Other clients and the
// correct token are not affected.
func TestTokenAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &app{set: &settings{secrets: secrets{adminToken: licensespring.NewSecret("open-sesame")}}, logger: newLogger(&settings{demo: true}, &output{})}
		handler := a.requireToken(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		try := func(client, token string) int {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
			r.RemoteAddr = client
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code == http.StatusTooManyRequests {
				assert.NotEmpty(t, w.Header().Get("Retry-After"))
			}
			return w.Code
		}
		const attacker, operator = "192.0.2.1:1000", "192.0.2.2:1000"
		for range 5 * maxAttempts { // a scraper
			assert.Equal(t, 200, try(operator, "open-sesame"))
			assert.Equal(t, 401, try(operator, ""), "a browser first sends no token")
		}
		var mu sync.Mutex
		codes := map[int]int{}
		var all sync.WaitGroup
		for i := range 5 * maxAttempts {
			all.Go(func() {
				code := try(attacker, fmt.Sprint("guess-", i))
				mu.Lock()
				defer mu.Unlock()
				codes[code]++
			})
		}
		all.Wait()
		assert.Equal(t, map[int]int{401: maxAttempts, 429: 4 * maxAttempts}, codes)
		assert.Equal(t, 429, try(attacker, "open-sesame"), "a correct guess is not revealed")
		assert.Equal(t, 200, try(operator, "open-sesame"))
		<-time.After(attemptInterval)
		assert.Equal(t, 401, try(attacker, "guess"))
		assert.Equal(t, 429, try(attacker, "guess"))
	})
}

func TestTokenAttemptsAreBounded(t *testing.T) {
	t.Parallel()
	a := newTokenAttempts()
	now := time.Now()
	for i := range 3 * maxAttemptClients {
		r := &http.Request{RemoteAddr: fmt.Sprintf("[2001:db8:%x::1]:80", i)}
		assert.True(t, a.begin(clientOf(r), now))
		assert.LessOrEqual(t, len(a.clients), maxAttemptClients)
	}
	assert.Equal(t, netip.MustParsePrefix("192.0.2.1/32"), clientOf(&http.Request{RemoteAddr: "[::ffff:192.0.2.1]:80"}))
	assert.Equal(t, clientOf(&http.Request{RemoteAddr: "[2001:db8::1]:80"}), clientOf(&http.Request{RemoteAddr: "[2001:db8::2%eth0]:81"}))
	assert.Equal(t, netip.Prefix{}, clientOf(&http.Request{RemoteAddr: "@"}))
}
