package stripetest

import (
	"encoding/json"
	"net/http"
	"strings"
)

// apiError is an error response.
type apiError struct {
	status  int
	kind    string
	code    string
	param   string
	message string
	// unmodeled is set for a request that the fake does not model, or that Stripe rejects
	// because of its form.
	unmodeled bool
}

// invalid returns the error of an invalid parameter.
func invalid(param, message string) *apiError {
	return &apiError{
		status: http.StatusBadRequest, kind: "invalid_request_error", param: param, message: message, unmodeled: true,
	}
}

// missing returns the error of an object that does not exist.
func missing(status int, resource Resource, id, param string) *apiError {
	name := strings.TrimSuffix(strings.ReplaceAll(string(resource), "_", " "), "s")
	return &apiError{
		status: status, kind: "invalid_request_error", code: "resource_missing", param: param,
		message: "No such " + name + ": '" + id + "'",
	}
}

func (s *Server) fail(w http.ResponseWriter, e apiError) {
	o := object{"type": e.kind, "message": e.message, "request_log_url": "https://dashboard.stripe.com/logs/" + w.Header().Get("Request-Id")}
	if e.code != "" {
		o["code"] = e.code
	}
	if e.param != "" {
		o["param"] = e.param
	}
	data, err := json.MarshalIndent(object{"error": o}, "", "  ")
	if err != nil {
		panic("stripetest: encode an error: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(e.status)
	_, _ = w.Write(append(data, '\n'))
}
