package main

import (
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// counting counts the requests to the service: the repeated ones and the lookups,
// too, since the service counts them as well.
type counting struct {
	next     http.RoundTripper
	board    *board
	requests *prometheus.CounterVec
}

// RoundTrip sends a request, and counts it with the status of its answer.
func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	c.board.request()
	res, err := c.next.RoundTrip(r)
	code := "none"
	if err == nil {
		code = strconv.Itoa(res.StatusCode)
	}
	c.requests.WithLabelValues(code).Inc()
	return res, err
}

// newTransport returns a transport that keeps a connection for each worker.
func newTransport(workers int) *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:   true,
		MaxIdleConns:        2 * workers,
		MaxIdleConnsPerHost: workers,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second,
	}
}
