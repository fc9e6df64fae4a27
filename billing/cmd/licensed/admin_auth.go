package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// requireLoopbackHost rejects requests whose Host header is not loopback, if the
// admin port listens on loopback. It prevents DNS rebinding.
func (a *app) requireLoopbackHost(next http.Handler) http.Handler {
	if !isLoopback(a.set.admin) {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLoopback(r.Host) {
			http.Error(w, "the Host header must be "+a.set.admin, http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// requireToken rejects requests without the admin token, if one is configured. It
// limits attempts with a wrong one.
func (a *app) requireToken(next http.Handler) http.Handler {
	if a.set.adminToken.IsZero() {
		return next
	}
	attempts := newTokenAttempts()
	want := sha256.Sum256([]byte(a.set.adminToken.Reveal()))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !isBearer {
			_, token, _ = r.BasicAuth()
		}
		client := clientOf(r)
		if token != "" && !attempts.begin(client, time.Now()) {
			w.Header().Set("Retry-After", strconv.Itoa(int(attemptInterval.Seconds())))
			http.Error(w, "too many attempts with a wrong admin token", http.StatusTooManyRequests)
			return
		}
		// Hashes have equal lengths, so that the comparison takes constant time.
		if got := sha256.Sum256([]byte(token)); subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			if token != "" {
				a.logger.LogAttrs(r.Context(), slog.LevelWarn, "wrong admin token", slog.String("client", client.String()))
			}
			w.Header().Set("WWW-Authenticate", `Basic realm="licensed"`)
			http.Error(w, "the admin token is missing or wrong", http.StatusUnauthorized)
			return
		}
		attempts.succeeded(client)
		next.ServeHTTP(w, r)
	})
}
