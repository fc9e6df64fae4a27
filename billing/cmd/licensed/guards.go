package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
)

// sameHost refuses requests for another name than that of this machine, if only
// this machine can reach the port.
func (a *app) sameHost(next http.Handler) http.Handler {
	if !loopback(a.set.admin) {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopback(r.Host) {
			http.Error(w, "this is for "+a.set.admin+" only", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// authorized asks for the admin token, if there is one.
func (a *app) authorized(next http.Handler) http.Handler {
	if a.set.adminToken.IsZero() {
		return next
	}
	want := sha256.Sum256([]byte(a.set.adminToken.Reveal()))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !isBearer {
			_, token, _ = r.BasicAuth()
		}
		// Of equal length, whatever was sent, so that no time tells anything.
		if got := sha256.Sum256([]byte(token)); subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			w.Header().Set("WWW-Authenticate", `Basic realm="licensed"`)
			http.Error(w, "the admin token is missing or wrong", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}
