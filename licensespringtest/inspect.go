package licensespringtest

import (
	"bytes"
	"time"
)

// An Order is a copy of what the server stores of an order.
type Order struct {
	// ID is the id the server gave the order.
	ID int64
	// StoreID is the id the client gave it.
	StoreID string
	// Archived says whether the order was archived by [Server.ArchiveOrder].
	Archived bool
	// Properties are the other members of the order as stored, by their names
	// on the vendor's page, defaults included. Values are what was sent, of the
	// types bool, string, int64, float64, []any and map[string]any.
	Properties map[string]any
	// Customer is nil if the order has none.
	Customer *Customer
	Items    []Item
	// CreatedAt is what the order's record says, UpdatedAt when it was last
	// appended to, and StoredAt when it was really made.
	CreatedAt, UpdatedAt, StoredAt time.Time
	// Requests are the bodies of the requests that made the order: the one
	// that created it and those that appended to it.
	Requests [][]byte
}

// A Customer is the customer of an [Order]. ID is the number the server gave
// it.
type Customer struct {
	ID int64
	// Properties are the customer's members, by their names on the vendor's
	// page.
	Properties map[string]any
}

// An Item is an item of an [Order]. ID is the number the server gave it.
type Item struct {
	ID          int64
	ProductCode string
	Note        string
	Licenses    []License
}

// A License is a license of an [Item].
type License struct {
	ID int64
	// Key is the license key, empty if the license is user-based.
	Key string
	// Type is the license type.
	Type string
	// Properties are the license's other members as stored, by their names on
	// the vendor's page: what was sent, and what product and policy added.
	Properties map[string]any
	// Features are the features the license has.
	Features []LicenseFeature
	// Users are the users the license is assigned to.
	Users []User
}

// A LicenseFeature is a feature of a [License].
type LicenseFeature struct {
	Code       string
	Properties map[string]any
}

// A User is a user of a [License]. ID is the number the server gave it.
type User struct {
	ID int64
	// Email is the real address, without the suffix the service adds to it.
	Email     string
	IsManager bool
	// MaxActivations is nil if the order did not say.
	MaxActivations *int64
	// InitialPassword is empty once the user has chosen another.
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

// Orders returns all orders in the order they were made, whether lookups show
// them yet or not. The copies are the caller's to keep.
func (s *Server) Orders() []Order {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	orders := make([]Order, len(s.store.sequence))
	for i, o := range s.store.sequence {
		orders[i] = o.copy()
	}

	return orders
}

// Order returns the order with the id a client gave it, and whether there is
// one.
func (s *Server) Order(storeID string) (Order, bool) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	o, ok := s.store.byStoreID[storeID]
	if !ok {
		return Order{}, false
	}

	return o.copy(), true
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

// RenameOrder gives an order another store id, as can be done in the vendor's
// platform. The old id is free again: it guards nothing any more. It fails if
// there is no such order or the new id is taken.
func (s *Server) RenameOrder(from, to string) error {
	return s.store.rename(from, to)
}

// ArchiveOrder archives an order. Lists show that it is archived, and it guards
// its id as before. It reports whether there is such an order.
func (s *Server) ArchiveOrder(storeID string) bool {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	o, ok := s.store.byStoreID[storeID]
	if ok {
		o.archived = true
	}

	return ok
}

// SignIn plays a user's first sign-in, at which the initial password is
// replaced: records do not show it from then on. Up to then lookups show it too,
// which the service is not known to do: a test of what becomes of passwords that
// a lookup does not show signs the users in first. It reports whether there is
// such a user.
func (s *Server) SignIn(address string) bool {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	u, ok := s.store.users[addressKey(address)]
	if ok {
		u.initialPassword = ""
	}

	return ok
}

func (o *order) copy() Order {
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
		copied.Items[n] = i.copy()
	}
	for n, body := range o.requests {
		copied.Requests[n] = bytes.Clone(body)
	}

	return copied
}

func (i *item) copy() Item {
	copied := Item{ID: i.id, ProductCode: i.product.Code, Note: i.note, Licenses: make([]License, len(i.licenses))}
	for n, l := range i.licenses {
		copied.Licenses[n] = l.copy()
	}

	return copied
}

func (l *license) copy() License {
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
		if n, given := a.maxActivations.(int64); given {
			u.MaxActivations = &n
		}
		copied.Users = append(copied.Users, u)
	}

	return copied
}
