package exchange_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring/internal/exchange"
	"github.com/licensespring-go/licensespring/internal/jsonread"
)

func TestClassifyResponse(t *testing.T) {
	t.Parallel()
	const json, html = `{"id":1}`, "<html>"
	for _, row := range []struct {
		status int
		body   string
		err    error
		want   exchange.Ending
		reason string
	}{
		{0, "", nil, exchange.Ambiguous, "unexpected status"}, // from a mock
		{101, "", nil, exchange.Ambiguous, "unexpected status"},
		{200, json, nil, exchange.OK, "ok"},
		{200, `[]`, nil, exchange.OK, "ok"},
		{200, `null`, nil, exchange.OK, "ok"}, // valid JSON; callers check for an order
		{201, json, nil, exchange.OK, "ok"},
		{299, json, nil, exchange.OK, "ok"},
		{200, html, nil, exchange.BadBody, "response is not json"},
		{200, "", nil, exchange.BadBody, "response is not json"},
		{204, "", nil, exchange.BadBody, "response is not json"},
		{200, json + json, nil, exchange.BadBody, "response is not json"},
		{200, json, io.ErrUnexpectedEOF, exchange.BadBody, "response truncated"}, // complete, but not known to be
		{200, json, exchange.ErrTooLarge, exchange.BadBody, "response too large"},
		{300, json, nil, exchange.Rejected, "redirected"},
		{301, "", nil, exchange.Rejected, "redirected"},
		{302, "", nil, exchange.Rejected, "redirected"},
		{303, "", nil, exchange.AmbiguousFinal, "redirected"}, // processed; the result is at another URL
		{304, "", nil, exchange.Rejected, "redirected"},
		{307, "", nil, exchange.Rejected, "redirected"},
		{308, "", nil, exchange.Rejected, "redirected"},
		{400, json, nil, exchange.Rejected, "rejected"},
		{403, html, io.ErrUnexpectedEOF, exchange.Rejected, "rejected"}, // the status is sufficient
		{407, html, nil, exchange.Rejected, "rejected"},
		{409, json, nil, exchange.Rejected, "rejected"},
		{429, json, nil, exchange.RateLimited, "rate limited"},
		{429, "", io.ErrUnexpectedEOF, exchange.RateLimited, "rate limited"},
		{408, "", nil, exchange.Ambiguous, "proxy timed out"},
		{499, "", nil, exchange.Ambiguous, "proxy timed out"},
		{460, "", nil, exchange.Ambiguous, "proxy timed out"},
		{421, "", nil, exchange.NotSent, "not processed"},
		{425, "", nil, exchange.NotSent, "not processed"},
		{500, html, nil, exchange.Ambiguous, "server error"},
		{501, json, nil, exchange.AmbiguousFinal, "server error"},
		{502, html, nil, exchange.Ambiguous, "server error"},
		{503, html, exchange.ErrTooLarge, exchange.Ambiguous, "server error"},
		{504, html, nil, exchange.Ambiguous, "server error"},
		{505, html, nil, exchange.AmbiguousFinal, "server error"},
		{520, html, nil, exchange.Ambiguous, "server error"}, // of a proxy
		{599, "", nil, exchange.Ambiguous, "server error"},
		{999, "", nil, exchange.Ambiguous, "server error"},
	} {
		t.Run(fmt.Sprint(row.status, " ", row.body, " ", row.err), func(t *testing.T) {
			t.Parallel()
			got, reason := exchange.ClassifyResponse(row.status, jsonread.Valid([]byte(row.body)), row.err)
			assert.Equal(t, row.want, got)
			assert.Equal(t, row.reason, reason)
		})
	}
}

func TestClassifyError(t *testing.T) {
	t.Parallel()
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	read := func(err error) error { return &net.OpError{Op: "read", Net: "tcp", Err: err} }
	const untrusted = "certificate or protocol not accepted"
	for _, row := range []struct {
		name   string
		err    error
		want   exchange.Ending // of an attempt that was not sent
		reason string
	}{
		{"nil", nil, exchange.NotSent, "no response"},
		{"canceled", fmt.Errorf("x: %w", context.Canceled), exchange.NotSent, "canceled"},
		{"deadline exceeded", fmt.Errorf("x: %w", context.DeadlineExceeded), exchange.NotSent, "timed out"},
		{"i/o timeout", read(os.ErrDeadlineExceeded), exchange.NotSent, "timed out"},
		{"ETIMEDOUT", dial(syscall.ETIMEDOUT), exchange.NotSent, "timed out"},
		{"connection refused", dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), exchange.NotSent, "connection refused"},
		{"no route", dial(os.NewSyscallError("connect", syscall.EHOSTUNREACH)), exchange.NotSent, "dial failed"},
		{"no such host", dial(&net.DNSError{Err: "no such host", IsNotFound: true}), exchange.NotSent, "host name not resolved"},
		{"resolver timeout", dial(&net.DNSError{Err: "i/o timeout", IsTimeout: true}), exchange.NotSent, "host name not resolved"},
		{"reset", read(os.NewSyscallError("read", syscall.ECONNRESET)), exchange.NotSent, "connection closed"},
		{"broken pipe", read(syscall.EPIPE), exchange.NotSent, "connection closed"},
		{"EOF", io.EOF, exchange.NotSent, "connection closed"},
		{"unexpected EOF", io.ErrUnexpectedEOF, exchange.NotSent, "connection closed"},
		{"closed", net.ErrClosed, exchange.NotSent, "connection closed"},
		{"replay prevented", exchange.ErrReplay, exchange.NotSent, "connection closed"},
		{"any other error", errors.New("http2: what"), exchange.NotSent, "transport error"},
		{"TLS alert", &net.OpError{Op: "remote error", Err: tls.AlertError(40)}, exchange.NotSent, "transport error"},
		{"unknown authority", &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, exchange.PermanentFailure, untrusted},
		{"unknown authority, unwrapped", x509.UnknownAuthorityError{}, exchange.PermanentFailure, untrusted},
		{"certificate of another host", x509.HostnameError{Certificate: &x509.Certificate{}}, exchange.PermanentFailure, untrusted},
		{"expired certificate", x509.CertificateInvalidError{Reason: x509.Expired}, exchange.PermanentFailure, untrusted},
		{"server without TLS", http.ErrSchemeMismatch, exchange.PermanentFailure, untrusted},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got, reason := exchange.ClassifyError(row.err, exchange.Unsent, true)
			assert.Equal(t, row.want, got)
			assert.Equal(t, row.reason, reason)
			got, reason = exchange.ClassifyError(row.err, exchange.Sent, true)
			assert.Equal(t, exchange.Ambiguous, got, "any error after the request was sent")
			assert.Equal(t, row.reason, reason)
			got, _ = exchange.ClassifyError(row.err, exchange.Sent, false)
			assert.Equal(t, exchange.Ambiguous, got, "no connection was requested, for an unknown reason")
		})
	}
}

// If no connection was requested, the request is invalid, unless the context
// ended.
func TestClassifyErrorBeforeConnection(t *testing.T) {
	t.Parallel()
	got, reason := exchange.ClassifyError(errors.New("net/http: invalid header field value"), exchange.Unsent, false)
	assert.Equal(t, exchange.PermanentFailure, got)
	assert.Equal(t, "invalid request or proxy configuration", reason)
	got, reason = exchange.ClassifyError(context.DeadlineExceeded, exchange.Unsent, false)
	assert.Equal(t, exchange.NotSent, got)
	assert.Equal(t, "timed out", reason)
}

func TestPhaseNames(t *testing.T) {
	t.Parallel()
	for phase, want := range map[exchange.Phase]string{
		exchange.Unsent: "not sent", exchange.Sent: "sent", exchange.Responded: "responded", exchange.Responded + 1: "unknown",
	} {
		assert.Equal(t, want, phase.String())
	}
}
