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
)

func TestClassifyAnswer(t *testing.T) {
	t.Parallel()
	const json, html = `{"id":1}`, "<html>"
	for _, row := range []struct {
		status int
		body   string
		err    error
		want   exchange.Ending
		reason string
	}{
		{0, "", nil, exchange.Lost, "unexpected status"}, // a mock's
		{101, "", nil, exchange.Lost, "unexpected status"},
		{200, json, nil, exchange.Done, "answered"},
		{200, `[]`, nil, exchange.Done, "answered"},
		{200, `null`, nil, exchange.Done, "answered"}, // whether it shows an order is for others to see
		{201, json, nil, exchange.Done, "answered"},
		{299, json, nil, exchange.Done, "answered"},
		{200, html, nil, exchange.Unreadable, "the answer is not json"},
		{200, "", nil, exchange.Unreadable, "the answer is not json"},
		{204, "", nil, exchange.Unreadable, "the answer is not json"},
		{200, json + json, nil, exchange.Unreadable, "the answer is not json"},
		{200, json, io.ErrUnexpectedEOF, exchange.Unreadable, "the answer was cut short"}, // whole by luck, or by length
		{200, json, exchange.ErrTooLarge, exchange.Unreadable, "the answer is too large"},
		{300, json, nil, exchange.Refused, "redirected"},
		{301, "", nil, exchange.Refused, "redirected"},
		{302, "", nil, exchange.Refused, "redirected"},
		{303, "", nil, exchange.LostForGood, "redirected"}, // "done, see there" is what it says
		{304, "", nil, exchange.Refused, "redirected"},
		{307, "", nil, exchange.Refused, "redirected"},
		{308, "", nil, exchange.Refused, "redirected"},
		{400, json, nil, exchange.Refused, "refused"},
		{403, html, io.ErrUnexpectedEOF, exchange.Refused, "refused"}, // the status said it all
		{407, html, nil, exchange.Refused, "refused"},
		{408, "", nil, exchange.Refused, "refused"}, // it waited for a request that did not come
		{409, json, nil, exchange.Refused, "refused"},
		{429, json, nil, exchange.Limited, "rate limited"},
		{429, "", io.ErrUnexpectedEOF, exchange.Limited, "rate limited"},
		{499, "", nil, exchange.Refused, "refused"},
		{500, html, nil, exchange.Lost, "server error"},
		{501, json, nil, exchange.LostForGood, "server error"},
		{502, html, nil, exchange.Lost, "server error"},
		{503, html, exchange.ErrTooLarge, exchange.Lost, "server error"},
		{504, html, nil, exchange.Lost, "server error"},
		{505, html, nil, exchange.LostForGood, "server error"},
		{520, html, nil, exchange.Lost, "server error"}, // a proxy's own number
		{599, "", nil, exchange.Lost, "server error"},
		{999, "", nil, exchange.Lost, "server error"},
	} {
		t.Run(fmt.Sprint(row.status, " ", row.body, " ", row.err), func(t *testing.T) {
			t.Parallel()
			got, reason := exchange.ClassifyAnswer(row.status, []byte(row.body), row.err)
			assert.Equal(t, row.want, got)
			assert.Equal(t, row.reason, reason)
		})
	}
}

func TestClassifyError(t *testing.T) {
	t.Parallel()
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	read := func(err error) error { return &net.OpError{Op: "read", Net: "tcp", Err: err} }
	const untrusted = "the certificate or protocol of the service was not accepted"
	for _, row := range []struct {
		name   string
		err    error
		want   exchange.Ending // of an attempt that was not sent
		reason string
	}{
		{"nothing", nil, exchange.NotSent, "no answer"},
		{"canceled", fmt.Errorf("x: %w", context.Canceled), exchange.NotSent, "canceled"},
		{"out of time", fmt.Errorf("x: %w", context.DeadlineExceeded), exchange.NotSent, "timed out"},
		{"an i/o timeout", read(os.ErrDeadlineExceeded), exchange.NotSent, "timed out"},
		{"a timeout of the kernel", dial(syscall.ETIMEDOUT), exchange.NotSent, "timed out"},
		{"refused", dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), exchange.NotSent, "connection refused"},
		{"no route", dial(os.NewSyscallError("connect", syscall.EHOSTUNREACH)), exchange.NotSent, "no connection"},
		{"no such host", dial(&net.DNSError{Err: "no such host", IsNotFound: true}), exchange.NotSent, "the name of the service could not be resolved"},
		{"the resolver timed out", dial(&net.DNSError{Err: "i/o timeout", IsTimeout: true}), exchange.NotSent, "the name of the service could not be resolved"},
		{"reset", read(os.NewSyscallError("read", syscall.ECONNRESET)), exchange.NotSent, "connection cut"},
		{"broken pipe", read(syscall.EPIPE), exchange.NotSent, "connection cut"},
		{"the end", io.EOF, exchange.NotSent, "connection cut"},
		{"the end, unexpectedly", io.ErrUnexpectedEOF, exchange.NotSent, "connection cut"},
		{"closed", net.ErrClosed, exchange.NotSent, "connection cut"},
		{"replay prevented", exchange.ErrReplay, exchange.NotSent, "connection cut"},
		{"anything else", errors.New("http2: what"), exchange.NotSent, "transport error"},
		{"a tls alert", &net.OpError{Op: "remote error", Err: tls.AlertError(40)}, exchange.NotSent, "transport error"},
		{"an unknown authority", &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, exchange.Hopeless, untrusted},
		{"an authority, bare", x509.UnknownAuthorityError{}, exchange.Hopeless, untrusted},
		{"another host's certificate", x509.HostnameError{Certificate: &x509.Certificate{}}, exchange.Hopeless, untrusted},
		{"an expired certificate", x509.CertificateInvalidError{Reason: x509.Expired}, exchange.Hopeless, untrusted},
		{"no tls over there", http.ErrSchemeMismatch, exchange.Hopeless, untrusted},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got, reason := exchange.ClassifyError(row.err, exchange.Unsent, true)
			assert.Equal(t, row.want, got)
			assert.Equal(t, row.reason, reason)
			got, reason = exchange.ClassifyError(row.err, exchange.Sent, true)
			assert.Equal(t, exchange.Lost, got, "whatever the error, once it was sent")
			assert.Equal(t, row.reason, reason)
			got, _ = exchange.ClassifyError(row.err, exchange.Sent, false)
			assert.Equal(t, exchange.Lost, got, "no connection was asked for, and nobody knows why")
		})
	}
}

// Where not even a connection was asked for, it is the request that is wrong,
// unless time was up.
func TestClassifyErrorBeforeAnyConnection(t *testing.T) {
	t.Parallel()
	got, reason := exchange.ClassifyError(errors.New("net/http: invalid header field value"), exchange.Unsent, false)
	assert.Equal(t, exchange.Hopeless, got)
	assert.Equal(t, "the request cannot be sent as it is", reason)
	got, reason = exchange.ClassifyError(context.DeadlineExceeded, exchange.Unsent, false)
	assert.Equal(t, exchange.NotSent, got)
	assert.Equal(t, "timed out", reason)
}

func TestPhaseNames(t *testing.T) {
	t.Parallel()
	for phase, want := range map[exchange.Phase]string{
		exchange.Unsent: "not sent", exchange.Sent: "sent", exchange.Answered: "answered", exchange.Answered + 1: "unknown",
	} {
		assert.Equal(t, want, phase.String())
	}
}
