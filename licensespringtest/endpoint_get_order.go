package licensespringtest

import (
	"net/http"
	"time"
)

// getOrder handles GetOrder.
func (s *Server) getOrder(x *exchange) response {
	record := s.visibleRecord(x.id)
	if record == nil {
		return notFound()
	}

	return jsonResponse(http.StatusOK, record)
}

// visibleRecord returns the record of an order, or nil if lookups do not show the
// order.
func (s *Server) visibleRecord(id int64) map[string]any {
	now := time.Now()
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	o, ok := s.store.byID[id]
	if !ok || o.visibleAt.After(now) {
		return nil
	}

	return s.record(o, view{at: now}, true)
}
