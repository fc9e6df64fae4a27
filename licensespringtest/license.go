package licensespringtest

import "time"

// A License is a copy of a license that the server stores.
type License struct {
	// ID is the id that the server assigned.
	ID int64
	// Key is the license key. It is empty if the license is user-based.
	Key string
	// Type is the license type.
	Type string
	// ProductCode is the code of the license's product.
	ProductCode string
	// OrderID and OrderStoreID identify the order that contains the license.
	OrderID      int64
	OrderStoreID string
	// Enabled reports whether the license is enabled. DisabledBy is the user that
	// has disabled it; requests do so as api@example.com.
	Enabled    bool
	DisabledBy string
	// Properties holds the license's other members, by their names in
	// [DialectClassic]: those of the requests, and the defaults of product and
	// policy.
	Properties map[string]any
	Features   []LicenseFeature
	Users      []User
	// CreatedAt is the time at which the server created the license. UpdatedAt is
	// the time of its last change.
	CreatedAt, UpdatedAt time.Time
}

// A LicenseFeature is a feature of a [License].
type LicenseFeature struct {
	Code string
	// Properties holds the feature's other members. Its counter,
	// total_consumptions, is always present, as an int64.
	Properties map[string]any
}

// A User is a user of a [License].
type User struct {
	// ID is the id that the server assigned.
	ID int64
	// Email is the real address, without the suffix that the service appends.
	Email     string
	IsManager bool
	// MaxActivations is nil if no request has set it.
	MaxActivations *int64
	// InitialPassword is the password with which the user was created. It is empty
	// once the user has another one.
	InitialPassword string
	// Password is the current password. A user exists once per server and has one
	// password for all licenses.
	Password string
	// Assignments is the number of [AssignUser] requests that have assigned this
	// user to this license, repeats included.
	Assignments int
}

// License returns a copy of the license with the given id and reports whether it
// exists. As with [Server.Orders], it does not matter whether lookups show the
// license.
func (s *Server) License(id int64) (License, bool) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	l, ok := s.store.licenses[id]
	if !ok {
		return License{}, false
	}

	return l.snapshot(), true
}

// LicenseByKey returns a copy of the license with the given license key and reports
// whether it exists.
func (s *Server) LicenseByKey(key string) (License, bool) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	l, ok := s.store.licensesByKey[key]
	if !ok {
		return License{}, false
	}

	return l.snapshot(), true
}

// Licenses returns copies of all licenses in the order of their creation.
func (s *Server) Licenses() []License {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	licenses := make([]License, len(s.store.licenseSequence))
	for i, l := range s.store.licenseSequence {
		licenses[i] = l.snapshot()
	}

	return licenses
}

// LicenseCount returns the number of licenses of all orders.
func (s *Server) LicenseCount() int {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()

	return len(s.store.licenseSequence)
}

func (l *license) snapshot() License {
	copied := License{
		ID:           l.id,
		Key:          l.key,
		Type:         l.text("license_type"),
		ProductCode:  l.item.product.Code,
		OrderID:      l.item.order.id,
		OrderStoreID: l.item.order.storeID,
		Enabled:      l.enabled(),
		DisabledBy:   l.disabledBy,
		Properties:   cloneMap(l.properties),
		CreatedAt:    l.createdAt,
		UpdatedAt:    l.updatedAt,
	}
	for _, f := range l.features {
		properties := cloneMap(f.properties)
		if _, has := properties[totalConsumptions]; !has {
			properties[totalConsumptions] = int64(0)
		}
		copied.Features = append(copied.Features, LicenseFeature{Code: f.feature.Code, Properties: properties})
	}
	for _, a := range l.users {
		u := User{
			ID: a.user.id, Email: a.user.email, IsManager: a.isManager,
			InitialPassword: a.user.initialPassword, Password: a.user.password,
			Assignments: l.assignments[a.user],
		}
		if n, ok := a.maxActivations.(int64); ok {
			u.MaxActivations = &n
		}
		copied.Users = append(copied.Users, u)
	}

	return copied
}
