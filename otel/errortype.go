package otellicensespring

import (
	"net/http"
	"strconv"

	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/licensespring-go/licensespring"
)

// errorTypes maps the Reason of an attempt to its error.type. An unknown Reason
// becomes _OTHER if there was no response.
var errorTypes = [...]struct{ reason, errorType string }{
	{"timed out", "timeout"},
	{"canceled", "canceled"},
	{"connection closed", "connection_closed"},
	{"connection refused", "connection_refused"},
	{"dial failed", "dial_failed"},
	{"host name not resolved", "host_name_not_resolved"},
	{"certificate or protocol not accepted", "certificate_not_accepted"},
	{"invalid request or proxy configuration", "invalid_configuration"},
	{"transport error", "transport_error"},
	{"no response", "no_response"},
	{"redirected", "redirected"},
	{"unexpected status", "unexpected_status"},
	{"response too large", "response_too_large"},
	{"response truncated", "response_truncated"},
	{"response is not json", "response_not_json"},
}

// errorType returns the error.type of an attempt: its status if that is 400 or
// above, or the reason why the response is missing or unusable. It returns "" if
// the attempt succeeded.
func errorType(a licensespring.Attempt) string {
	if a.Status >= http.StatusBadRequest {
		return strconv.Itoa(a.Status)
	}
	for i := range errorTypes {
		if errorTypes[i].reason == a.Reason {
			return errorTypes[i].errorType
		}
	}
	if a.Status == 0 {
		return semconv.ErrorTypeOther.Value.AsString()
	}
	return ""
}
