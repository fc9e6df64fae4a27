package main

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

const (
	// maxAttempts is the number of attempts with a wrong admin token that a client can
	// make at once. One more is permitted per attemptInterval.
	maxAttempts     = 10
	attemptInterval = 5 * time.Second
	// maxAttemptClients is the maximum number of clients that are counted separately.
	maxAttemptClients = 1000
)

// tokenAttempts limits attempts with a wrong admin token, by client.
type tokenAttempts struct {
	mu      sync.Mutex
	clients map[netip.Prefix]attempts
}

// attempts is the number of remaining attempts of a client at a time.
type attempts struct {
	remaining float64
	at        time.Time
}

func newTokenAttempts() *tokenAttempts {
	return &tokenAttempts{clients: make(map[netip.Prefix]attempts)}
}

// begin reports whether the client may try a token, and counts the attempt until
// succeeded is called. Counting before the comparison also limits concurrent attempts.
func (t *tokenAttempts) begin(client netip.Prefix, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	a, known := t.clients[client]
	if !known {
		t.makeSpace(now)
		a = attempts{maxAttempts, now}
	}
	a = a.refilled(now)
	if a.remaining < 1 {
		return false
	}
	a.remaining--
	t.clients[client] = a
	return true
}

// succeeded does not count the last attempt of a client.
func (t *tokenAttempts) succeeded(client netip.Prefix) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := t.clients[client]
	a.remaining = min(a.remaining+1, maxAttempts)
	t.clients[client] = a
}

// makeSpace removes clients without recent attempts, or all if there are too many.
func (t *tokenAttempts) makeSpace(now time.Time) {
	if len(t.clients) < maxAttemptClients {
		return
	}
	for client, a := range t.clients {
		if a.refilled(now).remaining == maxAttempts {
			delete(t.clients, client)
		}
	}
	if len(t.clients) >= maxAttemptClients {
		clear(t.clients)
	}
}

func (a attempts) refilled(now time.Time) attempts {
	gained := now.Sub(a.at).Seconds() / attemptInterval.Seconds()
	return attempts{min(a.remaining+max(gained, 0), maxAttempts), now}
}

// clientOf returns the address of a client. The addresses of an IPv6 network count as
// one client.
func clientOf(r *http.Request) netip.Prefix {
	const networkBits = 64
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	address, _ := netip.ParseAddr(host) // an invalid address is one client
	address = address.Unmap().WithZone("")
	bits := address.BitLen()
	if address.Is6() {
		bits = networkBits
	}
	prefix, _ := address.Prefix(bits)
	return prefix
}
