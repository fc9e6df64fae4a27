package licensespringtest

import "net/http"

// The error bodies of the service come in three shapes; each has its
// constructor here, so that no handler writes one by hand.

// detail is the shape of everything refused before the request was looked into.
func detail(status int, text string) reply {
	return jsonReply(status, map[string]any{"detail": text})
}

// coded is the shape of a request that is well formed and still impossible.
func coded(status int, code, message string) reply {
	return jsonReply(status, map[string]any{"status": status, "code": code, "message": message})
}

// fieldErrors is the shape of a malformed request: the members that are wrong,
// nested like the request itself, with lists of messages at the leaves.
func fieldErrors(errs any) reply {
	return jsonReply(http.StatusBadRequest, errs)
}

func unauthorized() reply {
	return detail(http.StatusForbidden, "Authentication credentials were not provided.")
}

func notFound() reply {
	return detail(http.StatusNotFound, "Not found.")
}
