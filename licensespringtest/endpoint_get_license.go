package licensespringtest

import (
	"net/http"
	"time"
)

// getLicense handles GetLicense.
func (s *Server) getLicense(x *exchange) response {
	record := s.licenseLookup(x.id)
	if record == nil {
		return notFound()
	}

	return jsonResponse(http.StatusOK, record)
}

// licenseLookup returns the record of a license, or nil if lookups do not show the
// license.
func (s *Server) licenseLookup(id int64) map[string]any {
	now := time.Now()
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	l := s.store.visibleLicense(id, now)
	if l == nil {
		return nil
	}

	return s.licenseRecord(l, s.store.shown(l, view{at: now}), now)
}
