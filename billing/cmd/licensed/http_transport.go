package main

import (
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// countingTransport counts all requests to the service, including retries and
// lookups, because the rate limit of the service includes them.
type countingTransport struct {
	next     http.RoundTripper
	activity *activity
	requests *prometheus.CounterVec
}

// RoundTrip sends a request and counts it by the status of its response.
func (t *countingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	t.activity.recordRequest()
	res, err := t.next.RoundTrip(r)
	status := "none"
	if err == nil {
		status = strconv.Itoa(res.StatusCode)
	}
	t.requests.WithLabelValues(status).Inc()
	return res, err
}

// newTransport returns a transport that keeps an idle connection for each worker.
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
