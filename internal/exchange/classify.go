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
	"syscall"

	"github.com/licensespring-go/licensespring/internal/jsonread"
)

// classifyAnswer judges an attempt that was answered with a status. ErrBody is
// what went wrong while the body was read.
func classifyAnswer(status int, body []byte, errBody error) (Ending, string) {
	switch {
	case status >= 200 && status < 300:
		switch {
		case errBody != nil:
			return Unreadable, reasonOfBody(errBody)
		case !jsonread.Valid(body):
			return Unreadable, "the answer is not json"
		}
		return Done, "answered"
	case status == http.StatusTooManyRequests:
		return Limited, "rate limited"
	case status == http.StatusNotImplemented, status == http.StatusHTTPVersionNotSupported:
		// Most likely nothing was done, but a server error is no promise of it.
		return LostForGood, "server error"
	case status >= 500:
		// Also the numbers that proxies made up (520 and on): what the service
		// behind the proxy did is not known.
		return Lost, "server error"
	case status == http.StatusSeeOther:
		// "Done; see the result over there" is what 303 says after a POST, so
		// it is not a refusal as the other redirects are.
		return LostForGood, "redirected"
	case status >= 300 && status < 400:
		return Refused, "redirected"
	case status >= 400:
		return Refused, "refused"
	default:
		return Lost, "unexpected status" // 1xx as a last word, or 0 from a mock
	}
}

// reasonOfBody names what went wrong while a body was read.
func reasonOfBody(err error) string {
	if errors.Is(err, errTooLarge) {
		return "the answer is too large"
	}
	return "the answer was cut short"
}

// classifyError judges an attempt that got no answer. How far it got decides
// what it means; the error itself only decides whether to try again. Asked says
// whether a connection was asked for: without that, what is wrong is wrong with
// the request, or with how the proxy was set up.
func classifyError(err error, reached Phase, asked bool) (Ending, string) {
	reason := reasonOf(err)
	switch {
	case reached == Sent:
		return Lost, reason
	case isHopeless(err):
		return Hopeless, reason
	case !asked && !isContext(err):
		return Hopeless, "the request cannot be sent as it is"
	default:
		return NotSent, reason
	}
}

// withContext is err, or the error of the call's context if that is over: the
// caller may have ended it with an error of his own, and net/http passes that on.
func withContext(ctx context.Context, err error) error {
	if ended := ctx.Err(); ended != nil {
		return ended
	}
	return err
}

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// isHopeless reports failures that are about configuration, not about luck.
func isHopeless(err error) bool {
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

// reasonOf names an error in words of ours: an error of net/http may hold the
// URL, the address, or whatever the other side said.
func reasonOf(err error) string {
	var (
		dns  *net.DNSError
		op   *net.OpError
		nerr net.Error
	)
	switch {
	case err == nil:
		return "no answer"
	case errors.Is(err, context.Canceled):
		return "canceled"
	case isHopeless(err):
		return "the certificate or protocol of the service was not accepted"
	case errors.As(err, &dns):
		return "the name of the service could not be resolved"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded),
		errors.As(err, &nerr) && nerr.Timeout():
		return "timed out"
	case errors.As(err, &op) && op.Op == "dial":
		return "no connection"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed),
		errors.Is(err, errReplay):
		return "connection cut"
	default:
		return "transport error"
	}
}

// leftBecause says why the loop was left before the attempt it had decided on.
func leftBecause(err error) string {
	if isContext(err) {
		return "the context ended during the wait"
	}
	return "the rate budget does not allow it in time"
}
