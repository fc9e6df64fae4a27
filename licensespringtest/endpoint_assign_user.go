package licensespringtest

import (
	"net/http"
	"slices"
	"time"
)

// assignUser handles AssignUser. The user has a new password afterwards, also if
// the license or another one has the user already: the former password stops
// working. The service does not document this. WithRejectedRepeats selects another
// behavior for a user that the license has.
func (s *Server) assignUser(x *exchange) response {
	return s.writeLicense(x, func(l *license, body any, now time.Time) (map[string]any, response) {
		o, errs := s.checker.checkBody(body, s.checker.assignment)
		if len(errs) > 0 {
			return nil, fieldErrors(errs)
		}
		i := l.userIndex(o.text("email"))
		limit, _ := l.properties["max_license_users"].(int64)
		switch {
		case l.item.product.Auth != UserBased:
			return nil, detailError(http.StatusBadRequest, "License is not user-based.")
		case i < 0 && limit > 0 && int64(len(l.users)) >= limit:
			return nil, detailError(http.StatusBadRequest, "License has reached the maximum number of users.")
		case i >= 0 && s.config.rejectedRepeats:
			return nil, detailError(http.StatusBadRequest, "User is already assigned to this license.")
		}

		s.store.change(l, now)
		if i < 0 {
			u := s.store.user(o.text("email"), now, now.Add(max(s.config.lookupDelay, x.invisibleFor)))
			i = len(l.users)
			l.users = append(l.users, assignment{user: u})
		}
		l.users[i].update(o)
		u := l.users[i].user
		u.update(o)
		l.assignments[u]++
		u.setPassword(o.text("password"))
		if o.text("password") == "" {
			u.setPassword(s.store.newPassword())
		}

		return map[string]any{"message": "User has been assigned.", "new_password": u.password}, response{}
	})
}

// unassignUser handles UnassignUser.
func (s *Server) unassignUser(x *exchange) response {
	return s.writeLicense(x, func(l *license, body any, now time.Time) (map[string]any, response) {
		o, errs := s.checker.checkUnassign(body)
		if len(errs) > 0 {
			return nil, fieldErrors(errs)
		}
		i := l.userIndex(o.text("license_user_email"))
		if id, ok := plain(o.get("license_user_id")).(int64); ok {
			i = slices.IndexFunc(l.users, func(a assignment) bool { return a.user.id == id })
		}
		if i < 0 {
			return nil, detailError(http.StatusBadRequest, "User is not assigned to this license.")
		}
		s.store.change(l, now)
		l.users = slices.Delete(l.users, i, i+1)

		return map[string]any{"message": "User has been unassigned."}, response{}
	})
}

// userIndex returns the index of the user with an address, or -1.
func (st *licenseState) userIndex(address string) int {
	return slices.IndexFunc(st.users, func(a assignment) bool {
		return addressKey(a.user.email) == addressKey(address)
	})
}

// update sets the members of an assignment that a request contains.
func (a *assignment) update(o *object) {
	if manager, ok := o.get("is_manager").(bool); ok {
		a.isManager = manager
	}
	if n := plain(o.get("max_activations")); n != nil {
		a.maxActivations = n
	}
	if n := plain(o.get("total_activations")); n != nil {
		a.totalActivations = n
	}
}
