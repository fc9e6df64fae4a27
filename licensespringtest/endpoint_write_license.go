package licensespringtest

import (
	"net/http"
	"time"
)

// A licenseWrite checks a request to a license and applies it: completely or not at
// all. It returns the body of the response, or nil and the response that rejects
// the request. It runs under the store's lock.
type licenseWrite func(l *license, body any, now time.Time) (result map[string]any, rejection response)

// writeLicense handles a request that changes a license.
func (s *Server) writeLicense(x *exchange, write licenseWrite) response {
	body, err := x.parseBody()
	if err != nil {
		return invalidJSON(err)
	}
	result, rejection := s.applyToLicense(x.id, body, write)
	if result == nil {
		return rejection
	}

	return applied(result)
}

func (s *Server) applyToLicense(id int64, body any, write licenseWrite) (result map[string]any, rejection response) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	now := time.Now()
	l := s.store.visibleLicense(id, now)
	if l == nil {
		return nil, notFound()
	}

	return write(l, body, now)
}

// parseBody decodes the body. Where a body is optional, its absence is an empty
// object.
func (x *exchange) parseBody() (any, error) {
	if len(x.body) == 0 && x.optionalBody {
		return &object{}, nil
	}

	return parse(x.body)
}

// applied returns the response to a write that was applied.
func applied(result map[string]any) response {
	resp := jsonResponse(http.StatusOK, result)
	resp.changed = true

	return resp
}
