package licensespringtest

import "net/http"

// The service has several forms of error bodies. These functions return the common ones.

// detailError returns the form for requests that are rejected before their
// content is read.
func detailError(status int, text string) response {
	return jsonResponse(status, map[string]any{"detail": text})
}

// codedError returns the form for well-formed requests that cannot be fulfilled.
func codedError(status int, code, message string) response {
	return jsonResponse(status, map[string]any{"status": status, "code": code, "message": message})
}

// fieldErrors returns the form for malformed requests: the invalid members,
// nested as in the request, with lists of messages as leaves.
func fieldErrors(errs any) response {
	return jsonResponse(http.StatusBadRequest, errs)
}

func invalidJSON(err error) response {
	return codedError(http.StatusBadRequest, "invalid_json", "The request body is invalid JSON: "+err.Error())
}

func unauthorized() response {
	return detailError(http.StatusForbidden, "Authentication credentials were not provided.")
}

func notFound() response {
	return detailError(http.StatusNotFound, "Not found.")
}
