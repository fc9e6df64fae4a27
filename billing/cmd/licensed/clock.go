package main

import (
	"maps"
	"net/http"
	"sync"
	"time"
)

const (
	// maxClockSkew is the tolerance of Stripe's signatures.
	maxClockSkew = 5 * time.Minute
	// warnClockSkew is far more than a synchronized clock deviates.
	warnClockSkew = 10 * time.Second
)

// clockComparison compares the clock of this machine with the dates of responses.
type clockComparison struct {
	mu    sync.Mutex
	hosts map[string]time.Duration
}

// skews returns how far the clock of this machine is ahead of each host.
func (c *clockComparison) skews() map[string]time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.hosts)
}

// of returns a transport that compares the dates of the responses of another one. The
// transport stays the same without a comparison.
func (c *clockComparison) of(next http.RoundTripper) http.RoundTripper {
	if c == nil {
		return next
	}
	return &clockTransport{next: next, clock: c}
}

// clockTransport passes the dates of responses to a comparison.
type clockTransport struct {
	next  http.RoundTripper
	clock *clockComparison
}

// RoundTrip sends a request.
func (t *clockTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	start := time.Now()
	res, err := t.next.RoundTrip(req)
	if err == nil {
		t.clock.record(req.URL.Host, res.Header.Get("Date"), start, time.Now())
	}
	return res, err
}

// record compares a date with the interval in which it was written. A date has no
// fractions of a second.
func (c *clockComparison) record(host, date string, start, end time.Time) {
	written, err := http.ParseTime(date)
	if err != nil {
		return
	}
	var skew time.Duration
	switch {
	case written.Add(time.Second).Before(start):
		skew = start.Sub(written.Add(time.Second))
	case written.After(end):
		skew = end.Sub(written)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hosts == nil {
		c.hosts = make(map[string]time.Duration)
	}
	c.hosts[host] = skew
}

// checkClock reports how far the clock of this machine differs from those of the hosts.
func (c *checkCommand) checkClock() {
	worst := time.Duration(0)
	skews := c.app.clock.skews()
	for _, skew := range skews {
		if skew.Abs() > worst.Abs() {
			worst = skew
		}
	}
	direction := "ahead"
	if worst < 0 {
		direction = "behind"
	}
	switch rounded := worst.Abs().Round(time.Second); {
	case len(skews) == 0:
		c.warn("clock not checked: there was no response with a date")
	case worst.Abs() >= maxClockSkew:
		c.problem("the clock of this machine is %s %s: events are rejected because of their signatures", rounded, direction)
	case worst.Abs() >= warnClockSkew:
		c.warn("the clock of this machine is %s %s: synchronize it", rounded, direction)
	default:
		c.ok("the clock of this machine is right")
	}
}
