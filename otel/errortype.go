package otellicensespring

import (
	"net/http"
	"strconv"

	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/licensespring-go/licensespring"
)

// errorTypes are the values of error.type for attempts that failed without a
// status that says so, by the reason the SDK gives. The reasons are texts, and
// texts may change: what is not here counts as _OTHER where no answer came.
var errorTypes = [...]struct{ reason, errorType string }{
	{"timed out", "timeout"},
	{"canceled", "canceled"},
	{"connection cut", "connection_cut"},
	{"connection refused", "connection_refused"},
	{"no connection", "no_connection"},
	{"the name of the service could not be resolved", "name_not_resolved"},
	{"the certificate or protocol of the service was not accepted", "certificate_not_accepted"},
	{"the request cannot be sent as it is", "cannot_be_sent"},
	{"transport error", "transport_error"},
	{"redirected", "redirected"},
	{"unexpected status", "unexpected_status"},
	{"the answer is too large", "answer_too_large"},
	{"the answer was cut short", "answer_cut"},
	{"the answer is not json", "answer_not_json"},
}

// errorType is the error.type of an attempt: its status from 400 on, what kept
// the answer from coming or being read, or empty if nothing is wrong.
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
