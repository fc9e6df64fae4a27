package exchange

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"

	"github.com/licensespring-go/licensespring/internal/errno"
)

// classifyResponse classifies an attempt that received a response. Valid reports
// whether its body is JSON, and bodyErr is the error of reading it.
func classifyResponse(status int, valid bool, bodyErr error) (Ending, string) {
	switch {
	case status >= 200 && status < 300:
		switch {
		case bodyErr != nil:
			return BadBody, bodyErrorReason(bodyErr)
		case !valid:
			return BadBody, "response is not json"
		}
		return OK, "ok"
	case status == http.StatusTooManyRequests:
		return RateLimited, "rate limited"
	case status == http.StatusNotImplemented, status == http.StatusHTTPVersionNotSupported:
		// Probably without effect, but a 5xx does not guarantee it.
		return AmbiguousFinal, "server error"
	case status >= 500:
		// Includes the status codes of proxies, 520 and up: the effect at the
		// service behind the proxy is unknown.
		return Ambiguous, "server error"
	case status == http.StatusSeeOther:
		// After a POST, 303 means that the request was processed and the result
		// is at another URL. The other redirects mean that it was not.
		return AmbiguousFinal, "redirected"
	case status >= 300 && status < 400:
		return Rejected, "redirected"
	case status == http.StatusRequestTimeout, status == StatusClientClosedRequest, status == StatusLoadBalancerTimeout:
		// Sent by a proxy that no longer waits for the service, which may still
		// act on the request.
		return Ambiguous, "proxy timed out"
	case status == http.StatusMisdirectedRequest, status == http.StatusTooEarly:
		return NotSent, "not processed"
	case status >= 400:
		return Rejected, "rejected"
	default:
		return Ambiguous, "unexpected status" // 1xx as a final status, or 0 from a mock
	}
}

// Statuses of proxies that net/http does not define.
const (
	// StatusClientClosedRequest is the status of nginx.
	StatusClientClosedRequest = 499
	// StatusLoadBalancerTimeout is the status of AWS Elastic Load Balancing.
	StatusLoadBalancerTimeout = 460
)

// bodyErrorReason returns the reason for an error of reading a body.
func bodyErrorReason(err error) string {
	if errors.Is(err, ErrTooLarge) {
		return "response too large"
	}
	return "response truncated"
}

// classifyError classifies an attempt without a response. The phase decides
// whether it may have taken effect; the error only decides whether a retry can
// help. If no connection was requested, the request or the proxy configuration
// is wrong.
func classifyError(err error, reached Phase, connRequested bool) (Ending, string) {
	reason := errorReason(err)
	if p := proxyErrorOf(err); p != nil {
		if p.isPermanent() {
			return PermanentFailure, p.Error()
		}
		return NotSent, p.Error()
	}
	switch {
	case reached == Sent:
		return Ambiguous, reason
	case isPermanent(err):
		return PermanentFailure, reason
	case !connRequested && !isContextError(err):
		return PermanentFailure, "invalid request or proxy configuration"
	default:
		return NotSent, reason
	}
}

// contextErrorOr returns the error of ctx, or err if ctx is not done. net/http
// returns the cancellation cause, which is the caller's and may have any text.
func contextErrorOr(ctx context.Context, err error) error {
	if ctxErr := ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	return err
}

func isContextError(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// isPermanent reports whether err is an error of configuration, which a retry
// does not change.
func isPermanent(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		authority    x509.UnknownAuthorityError
		hostname     x509.HostnameError
		invalid      x509.CertificateInvalidError
	)
	return errors.As(err, &verification) || errors.As(err, &authority) ||
		errors.As(err, &hostname) || errors.As(err, &invalid) ||
		errors.Is(err, http.ErrSchemeMismatch)
}

// proxyErrorOf returns the *proxyError in the tree of err, or nil.
func proxyErrorOf(err error) *proxyError {
	var p *proxyError
	errors.As(err, &p)
	return p
}

// errorReason returns the reason for an error. It never returns the text of the
// error, which may contain the URL, the address, or text of the peer.
func errorReason(err error) string {
	var (
		dns  *net.DNSError
		op   *net.OpError
		nerr net.Error
	)
	switch {
	case err == nil:
		return "no response"
	case errors.Is(err, context.Canceled):
		return "canceled"
	case isPermanent(err):
		return "certificate or protocol not accepted"
	case errors.As(err, &dns):
		return "host name not resolved"
	case errors.Is(err, errno.ConnectionRefused):
		return "connection refused"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded),
		errors.As(err, &nerr) && nerr.Timeout():
		return "timed out"
	case errors.As(err, &op) && op.Op == "dial":
		return "dial failed"
	case errors.Is(err, errno.ConnectionReset), errors.Is(err, errno.BrokenPipe),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed),
		errors.Is(err, errReplay):
		return "connection closed"
	default:
		return "transport error"
	}
}

// noAttemptReason returns why a retry that was decided on did not take place.
func noAttemptReason(err error) string {
	if isContextError(err) {
		return "context done during the wait"
	}
	return "rate limited"
}
