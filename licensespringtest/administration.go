package licensespringtest

import (
	"maps"
	"slices"
	"time"
)

// The methods below change licenses as a user of the vendor's platform does: without
// a request, and without the rules of a request. Each change sets UpdatedAt.

// SignIn simulates the first sign-in of a user and reports whether the user
// exists. A first sign-in replaces the initial password, so records no longer
// show it. Before that, lookups of the fake show the password, which the service
// may not do. To test a lookup without passwords, sign the users in first.
func (s *Server) SignIn(address string) bool {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	u, ok := s.store.users[addressKey(address)]
	if ok && u.initialPassword != "" {
		u.setPassword("chosen by the user")
	}

	return ok
}

// DisableLicense disables a license on behalf of the given user and reports whether
// the license exists. If the license is disabled already, the user replaces the
// former one.
func (s *Server) DisableLicense(id int64, by string) bool {
	return s.administer(id, func(l *license, now time.Time) bool {
		s.store.change(l, now)
		l.disable(now, by)

		return true
	})
}

// EnableLicense enables a license and reports whether it exists.
func (s *Server) EnableLicense(id int64) bool {
	return s.administer(id, func(l *license, now time.Time) bool {
		s.store.change(l, now)
		l.enable()

		return true
	})
}

// SetLicense sets properties of a license, by their names in [License.Properties],
// and reports whether the license exists. It does not validate them: a record shows
// every stored property, so that SetLicense also makes it show a value that no
// request can set, such as times_activated, active or a validity_period of
// 0000-00-00. Ints are stored as int64. The property enabled enables or disables the
// license.
func (s *Server) SetLicense(id int64, properties map[string]any) bool {
	return s.administer(id, func(l *license, now time.Time) bool {
		s.store.change(l, now)
		maps.Copy(l.properties, normalProperties(properties))
		switch properties["enabled"] {
		case true:
			l.enable()
		case false:
			l.disable(now, "")
		}

		return true
	})
}

// SetFeature sets properties of a feature of a license, such as the counter
// total_consumptions, and reports whether the license has the feature. Ints are
// stored as int64.
func (s *Server) SetFeature(id int64, code string, properties map[string]any) bool {
	return s.administer(id, func(l *license, now time.Time) bool {
		i := l.featureIndex(code)
		if i < 0 {
			return false
		}
		s.store.change(l, now)
		maps.Copy(l.features[i].properties, normalProperties(properties))

		return true
	})
}

// AddUser assigns a user to a license, with an initial password if the user is new.
// It reports whether it did: the license must exist, be user-based and not have the
// user. The maximum number of users does not apply.
func (s *Server) AddUser(id int64, email string) bool {
	return s.administer(id, func(l *license, now time.Time) bool {
		if l.item.product.Auth != UserBased || l.userIndex(email) >= 0 {
			return false
		}
		s.store.change(l, now)
		l.users = append(l.users, assignment{user: s.store.user(email, now, now)})

		return true
	})
}

// RemoveUser removes a user from a license. It reports whether the license had the
// user.
func (s *Server) RemoveUser(id int64, email string) bool {
	return s.administer(id, func(l *license, now time.Time) bool {
		i := l.userIndex(email)
		if i < 0 {
			return false
		}
		s.store.change(l, now)
		l.users = slices.Delete(l.users, i, i+1)

		return true
	})
}

// DeleteLicense deletes a license and reports whether it existed. Requests to it
// receive 404 from then on, even with [WithStaleReads]. Its key stays taken.
func (s *Server) DeleteLicense(id int64) bool {
	return s.administer(id, func(l *license, _ time.Time) bool {
		same := func(other *license) bool { return other == l }
		l.item.licenses = slices.DeleteFunc(l.item.licenses, same)
		s.store.licenseSequence = slices.DeleteFunc(s.store.licenseSequence, same)
		delete(s.store.licenses, l.id)
		delete(s.store.licensesByKey, l.key)

		return true
	})
}

// administer applies a change to a license and returns its result. It returns false
// if the license does not exist.
func (s *Server) administer(id int64, change func(l *license, now time.Time) bool) bool {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	l, ok := s.store.licenses[id]

	return ok && change(l, time.Now())
}
