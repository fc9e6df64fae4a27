package stripehook

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85/webhook"
)

// readVerified returns the body of a request with a valid signature, or the report of
// an invalid request. It bounds the number of bodies in memory.
func (h *Handler) readVerified(w http.ResponseWriter, r *http.Request) ([]byte, *Report) {
	invalid := func(status int, reason string, err error) ([]byte, *Report) {
		report := invalidReport(status, reason, err)
		return nil, &report
	}
	timeout := time.NewTimer(h.cfg.readTimeout)
	defer timeout.Stop()
	select {
	case h.bodies <- struct{}{}:
		defer func() { <-h.bodies }()
	case <-timeout.C:
		w.Header().Set("Retry-After", "1")
		return invalid(http.StatusServiceUnavailable, "too many requests are being read", nil)
	case <-r.Context().Done():
		return invalid(http.StatusServiceUnavailable, "the request was canceled", r.Context().Err())
	}
	body, err := h.readBody(w, r)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return invalid(http.StatusRequestTimeout, "the body was not received in time", err)
	case isTooLarge(err):
		return invalid(http.StatusRequestEntityTooLarge, "the body is too large", nil)
	case err != nil:
		return invalid(http.StatusBadRequest, "the body could not be read", err)
	}
	header := r.Header.Get("Stripe-Signature")
	err = h.verify(body, header)
	switch {
	case errors.Is(err, webhook.ErrTooOld):
		return invalid(http.StatusBadRequest, "the signature is too old", err)
	case err != nil:
		return invalid(http.StatusBadRequest, "the signature is invalid", err)
	case time.Until(signedAt(header)) > h.cfg.tolerance:
		return invalid(http.StatusBadRequest, "the signature is from the future: check the clock", nil)
	}
	return body, nil
}

func (h *Handler) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	// A writer without a connection does not support deadlines.
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(h.cfg.readTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.cfg.maxBody))
	// A deadline that passes later would cancel the context of the request.
	_ = control.SetReadDeadline(time.Time{})
	return body, err
}

func isTooLarge(err error) bool {
	_, ok := errors.AsType[*http.MaxBytesError](err)
	return ok
}

// verify verifies a signature with each secret. It returns webhook.ErrTooOld only if
// the age is the reason for all of them.
func (h *Handler) verify(body []byte, header string) error {
	var err error
	for _, secret := range h.cfg.secrets {
		err = webhook.ValidatePayloadWithTolerance(body, header, secret.Reveal(), h.cfg.tolerance)
		if err == nil || errors.Is(err, webhook.ErrTooOld) {
			return err // the age does not depend on the secret
		}
	}
	return err
}

// signedAt returns the timestamp of a verified signature header. Like the verification
// it uses the last one.
func signedAt(header string) time.Time {
	var at time.Time
	for pair := range strings.SplitSeq(header, ",") {
		if text, ok := strings.CutPrefix(pair, "t="); ok {
			seconds, _ := strconv.ParseInt(text, 10, 64) // it was parsed before
			at = time.Unix(seconds, 0)
		}
	}
	return at
}
