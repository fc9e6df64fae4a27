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

// Whatever can become of an attempt has an error.type of its own. The SDK's
// reasons are texts: this test notices when one changes.
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
		{"answered", answering(200, `[]`), nil, false},
		{"not found", answering(404, ``), "404", false},
		{"limited", answering(429, ``), "429", false},
		{"server error", answering(503, ``), "503", false},
		{"redirected: not followed, so it is the end", answering(307, ``), "redirected", true},
		{"unexpected status", answering(199, ``), "unexpected_status", true},
		{"no status, from a mock", answering(0, ``), "unexpected_status", true},
		{"not JSON", answering(200, `<html>`), "answer_not_json", true},
		{"too large", answering(200, strings.Repeat(" ", 2000)), "answer_too_large", true},
		{"cut", func(req *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Request: req, Body: io.NopCloser(io.MultiReader(strings.NewReader("["), failingReader{}))}, nil
		}, "answer_cut", true},
		{"timed out", failing(context.DeadlineExceeded), "timeout", true},
		{"canceled", failing(context.Canceled), "canceled", true},
		{"connection cut", failing(io.ErrUnexpectedEOF), "connection_cut", true},
		{"connection refused", failing(syscall.ECONNREFUSED), "connection_refused", true},
		{"no connection", failing(&net.OpError{Op: "dial", Err: errors.New("no route")}), "no_connection", true},
		{"name not resolved", failing(&net.DNSError{}), "name_not_resolved", true},
		{"certificate", failing(x509.UnknownAuthorityError{}), "certificate_not_accepted", true},
		{"anything else", failing(errors.New("odd")), "transport_error", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRecorder()
			client := meeting(t, tt.transport, licensespring.WithObserver(r.observer()), licensespring.WithMaxResponseBytes(1000))
			_, _ = client.GenerateLicenseKeys(t.Context(), "acme-cad", 1)
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
