package licensespringtest

import (
	"net/http"
	"time"
)

// setUserPassword handles SetUserPassword. The query names the user.
func (s *Server) setUserPassword(x *exchange) response {
	body, err := x.parseBody()
	if err != nil {
		return invalidJSON(err)
	}
	o, errs := s.checker.checkBody(body, s.checker.password)
	if len(errs) > 0 {
		return fieldErrors(errs)
	}
	address := x.request.URL.Query().Get("email")
	if !s.changePassword(address, o.text("password")) {
		return jsonResponse(http.StatusBadRequest, map[string]any{"message": "User does not exist."})
	}

	return applied(map[string]any{"message": "Password has been changed."})
}

// changePassword sets the password of a user and reports whether requests find the
// user.
func (s *Server) changePassword(address, password string) bool {
	now := time.Now()
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	u, ok := s.store.users[addressKey(address)]
	if !ok || u.visibleAt.After(now) {
		return false
	}
	u.setPassword(password)

	return true
}
