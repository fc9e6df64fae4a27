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
	// float64, []any and map[string]any, and json.Number for a number that is too
	// large for a float64.
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
