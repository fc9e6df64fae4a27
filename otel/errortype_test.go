package otellicensespring_test

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"

	"github.com/licensespring-go/licensespring"
)

// TestErrorType provokes the reasons of the SDK. It fails if the text of a reason
// changes.
func TestErrorType(t *testing.T) {
	t.Parallel()
	failing := func(err error) roundTripper {
		return func(*http.Request) (*http.Response, error) { return nil, err }
	}
	tests := []struct {
		name      string
		transport roundTripper
		want      any // nil: no error
		described bool
	}{
		{"success", respond(200, `[]`), nil, false},
		{"not found", respond(404, ``), "404", false},
		{"limited", respond(429, ``), "429", false},
		{"server error", respond(503, ``), "503", false},
		{"redirected", respond(307, ``), "redirected", true},
		{"unexpected status", respond(199, ``), "unexpected_status", true},
		{"no status", respond(0, ``), "unexpected_status", true},
		{"not JSON", respond(200, `<html>`), "response_not_json", true},
		{"too large", respond(200, strings.Repeat(" ", 2000)), "response_too_large", true},
		{"truncated", func(req *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Request: req, Body: io.NopCloser(io.MultiReader(strings.NewReader("["), failingReader{}))}, nil
		}, "response_truncated", true},
		{"timed out", failing(context.DeadlineExceeded), "timeout", true},
		{"canceled", failing(context.Canceled), "canceled", true},
		{"connection closed", failing(io.ErrUnexpectedEOF), "connection_closed", true},
		{"connection refused", failing(syscall.ECONNREFUSED), "connection_refused", true},
		{"dial failed", failing(&net.OpError{Op: "dial", Err: errors.New("no route")}), "dial_failed", true},
		{"host name not resolved", failing(&net.DNSError{}), "host_name_not_resolved", true},
		{"certificate", failing(x509.UnknownAuthorityError{}), "certificate_not_accepted", true},
		{"other error", failing(errors.New("other")), "transport_error", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRecorder()
			client := newClient(t, tt.transport, licensespring.WithObserver(r.observer()), licensespring.WithMaxResponseBytes(1000))
			_, _ = client.GenerateLicenseKeys(t.Context(), "acmecad", 1)
			spans := r.ended(t)
			require.Len(t, spans, 2)
			assert.Equal(t, tt.want, attributesOf(&spans[1])["error.type"])
			assert.Equal(t, tt.want != nil, spans[1].Status.Code == codes.Error)
			assert.Equal(t, tt.described, spans[1].Status.Description != "")
		})
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
