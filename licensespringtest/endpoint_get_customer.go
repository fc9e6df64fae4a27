package licensespringtest

import (
	"net/http"
	"time"
)

// getCustomer handles GetCustomer.
func (s *Server) getCustomer(x *exchange) response {
	record := s.visibleCustomer(x.id)
	if record == nil {
		return notFound()
	}

	return jsonResponse(http.StatusOK, record)
}

// visibleCustomer returns the record of a customer, or nil if lookups do not show
// the customer.
func (s *Server) visibleCustomer(id int64) map[string]any {
	v := view{at: time.Now()}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	c, ok := s.store.customers[id]
	if !ok || !v.shows(c.visibleAt) {
		return nil
	}

	return s.wholeCustomerRecord(c)
}

// wholeCustomerRecord returns the record of a customer as the endpoints of
// customers show it.
func (s *Server) wholeCustomerRecord(c *customer) map[string]any {
	record := s.customerRecord(c.id, c.properties)
	record["created_at"] = c.createdAt.UTC().Format(fractionLayout)
	record["updated_at"] = c.updatedAt.UTC().Format(secondsLayout)

	return record
}
