package licensespringtest

import (
	"bytes"
	"time"
)

// An Order is a copy of an order that the server stores.
type Order struct {
	// ID is the id that the server assigned.
	ID int64
	// StoreID is the id that the client assigned.
	StoreID string
	// Archived reports whether the order was archived with [Server.ArchiveOrder].
	Archived bool
	// Properties holds the other members of the order, including defaults, by
	// their names in [DialectClassic]. Values have the types bool, string, int64,
	// float64, []any and map[string]any.
	Properties map[string]any
	// Customer is nil if the order has none.
	Customer *Customer
	Items    []Item
	// CreatedAt is the creation time that the order's record shows. UpdatedAt is
	// the time of the last append. StoredAt is the time at which the server
	// created the order.
	CreatedAt, UpdatedAt, StoredAt time.Time
	// Requests holds the bodies of the request that created the order and of
	// those that appended to it.
	Requests [][]byte
}

// A Customer is the customer of an [Order].
type Customer struct {
	// ID is the id that the server assigned.
	ID int64
	// Properties holds the customer's members, by their names in
	// [DialectClassic].
	Properties map[string]any
}

// An Item is an item of an [Order].
type Item struct {
	// ID is the id that the server assigned.
	ID          int64
	ProductCode string
	Note        string
	Licenses    []License
}

// A License is a license of an [Item].
type License struct {
	// ID is the id that the server assigned.
	ID int64
	// Key is the license key. It is empty if the license is user-based.
	Key string
	// Type is the license type.
	Type string
	// Properties holds the license's other members, by their names in
	// [DialectClassic]: those of the request, and the defaults of product and
	// policy.
	Properties map[string]any
	Features   []LicenseFeature
	Users      []User
}

// A LicenseFeature is a feature of a [License].
type LicenseFeature struct {
	Code       string
	Properties map[string]any
}

// A User is a user of a [License].
type User struct {
	// ID is the id that the server assigned.
	ID int64
	// Email is the real address, without the suffix that the service appends.
	Email     string
	IsManager bool
	// MaxActivations is nil if the order did not set it.
	MaxActivations *int64
	// InitialPassword is the password with which the user was created. It is empty
	// once the user has another one.
	InitialPassword string
}

// Licenses returns the licenses of all items.
func (o Order) Licenses() []License {
	var licenses []License
	for _, i := range o.Items {
		licenses = append(licenses, i.Licenses...)
	}

	return licenses
}

// Orders returns copies of all orders in the order of their creation, including
// those that lookups do not show yet.
func (s *Server) Orders() []Order {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	orders := make([]Order, len(s.store.sequence))
	for i, o := range s.store.sequence {
		orders[i] = o.snapshot()
	}

	return orders
}

// Order returns a copy of the order with the given store id and reports whether
// it exists.
func (s *Server) Order(storeID string) (Order, bool) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	o, ok := s.store.byStoreID[storeID]
	if !ok {
		return Order{}, false
	}

	return o.snapshot(), true
}

// LicenseCount returns the number of licenses of all orders.
func (s *Server) LicenseCount() int {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	n := 0
	for _, o := range s.store.sequence {
		for _, i := range o.items {
			n += len(i.licenses)
		}
	}

	return n
}

// RenameOrder changes the store id of an order, as the vendor's platform allows.
// The old id becomes available again and no longer protects against duplicates.
// RenameOrder fails if the order does not exist or the new id is taken.
func (s *Server) RenameOrder(from, to string) error {
	return s.store.rename(from, to)
}

// ArchiveOrder archives an order and reports whether it exists. Lists show that
// the order is archived. Its store id stays taken.
func (s *Server) ArchiveOrder(storeID string) bool {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	o, ok := s.store.byStoreID[storeID]
	if ok {
		o.archived = true
	}

	return ok
}

// SignIn simulates the first sign-in of a user and reports whether the user
// exists. A first sign-in replaces the initial password, so records no longer
// show it. Before that, lookups of the fake show the password, which the service
// may not do. To test a lookup without passwords, sign the users in first.
func (s *Server) SignIn(address string) bool {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	u, ok := s.store.users[addressKey(address)]
	if ok {
		u.initialPassword = ""
	}

	return ok
}

func (o *order) snapshot() Order {
	copied := Order{
		ID:         o.id,
		StoreID:    o.storeID,
		Archived:   o.archived,
		Properties: cloneMap(o.properties),
		CreatedAt:  o.createdAt,
		UpdatedAt:  o.updatedAt,
		StoredAt:   o.storedAt,
		Items:      make([]Item, len(o.items)),
		Requests:   make([][]byte, len(o.requests)),
	}
	if o.customer != nil {
		copied.Customer = &Customer{ID: o.customer.id, Properties: cloneMap(o.customer.properties)}
	}
	for n, i := range o.items {
		copied.Items[n] = i.snapshot()
	}
	for n, body := range o.requests {
		copied.Requests[n] = bytes.Clone(body)
	}

	return copied
}

func (i *item) snapshot() Item {
	copied := Item{ID: i.id, ProductCode: i.product.Code, Note: i.note, Licenses: make([]License, len(i.licenses))}
	for n, l := range i.licenses {
		copied.Licenses[n] = l.snapshot()
	}

	return copied
}

func (l *license) snapshot() License {
	copied := License{ID: l.id, Key: l.key, Properties: cloneMap(l.properties)}
	copied.Type, _ = l.properties["license_type"].(string)
	for _, f := range l.features {
		copied.Features = append(copied.Features, LicenseFeature{
			Code: f.feature.Code, Properties: cloneMap(f.properties),
		})
	}
	for _, a := range l.users {
		u := User{
			ID: a.user.id, Email: a.user.email, IsManager: a.isManager, InitialPassword: a.user.initialPassword,
		}
		if n, ok := a.maxActivations.(int64); ok {
			u.MaxActivations = &n
		}
		copied.Users = append(copied.Users, u)
	}

	return copied
}
