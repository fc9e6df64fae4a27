package licensespringtest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
)

// Save writes everything that the server stores as JSON, for [Server.Load]. It
// contains the passwords of users. Injected faults, recorded requests and the former
// states of [WithStaleReads] are not saved.
func (s *Server) Save(w io.Writer) error {
	s.store.mu.Lock()
	state, err := s.store.save()
	s.store.mu.Unlock()
	if err == nil {
		err = json.NewEncoder(w).Encode(state)
	}
	if err != nil {
		return fmt.Errorf("licensespringtest: save: %w", err)
	}

	return nil
}

// save returns the state. It shares no value that a later request changes: requests
// replace the maps of licenses and orders, and those of users and customers are
// copied.
func (s *store) save() (*savedState, error) {
	random, err := s.source.MarshalBinary()
	if err != nil {
		return nil, err
	}
	state := &savedState{Version: savedVersion, LastID: s.lastID, Random: random, Keys: maps.Clone(s.keys)}
	for _, u := range s.userSequence {
		state.Users = append(state.Users, savedUser{
			ID: u.id, Email: u.email, Details: cloneMap(u.details), Password: u.password, InitialPassword: u.initialPassword,
			CreatedAt: u.createdAt, VisibleAt: u.visibleAt,
		})
	}
	for _, c := range s.customerSequence {
		saved := savedCustomer{
			ID: c.id, Properties: cloneMap(c.properties),
			CreatedAt: c.createdAt, UpdatedAt: c.updatedAt, VisibleAt: c.visibleAt,
		}
		for _, name := range namesOf(c.properties) {
			if s.customersByName[name] == c {
				saved.Names = append(saved.Names, name.property)
			}
		}
		state.Customers = append(state.Customers, saved)
	}
	for _, o := range s.sequence {
		state.Orders = append(state.Orders, o.save())
	}

	return state, nil
}

func (o *order) save() savedOrder {
	saved := savedOrder{
		ID: o.id, StoreID: o.storeID, Archived: o.archived, Properties: cloneMap(o.properties),
		CreatedAt: o.createdAt, StoredAt: o.storedAt, UpdatedAt: o.updatedAt, VisibleAt: o.visibleAt,
		Requests: slices.Clone(o.requests),
	}
	if c := o.customer; c != nil {
		saved.Customer = &savedReference{ID: c.id, Properties: cloneMap(c.properties)}
	}
	for _, i := range o.items {
		item := savedItem{ID: i.id, ProductCode: i.product.Code, Note: i.note}
		for _, l := range i.licenses {
			item.Licenses = append(item.Licenses, l.save())
		}
		saved.Items = append(saved.Items, item)
	}

	return saved
}

func (l *license) save() savedLicense {
	saved := savedLicense{
		ID: l.id, Key: l.key, Properties: cloneMap(l.properties),
		CreatedAt: l.createdAt, UpdatedAt: l.updatedAt, VisibleAt: l.visibleAt,
		DisabledAt: l.disabledAt, DisabledBy: l.disabledBy,
	}
	for _, f := range l.features {
		saved.Features = append(saved.Features, savedFeature{ID: f.id, Code: f.feature.Code, Properties: cloneMap(f.properties)})
	}
	for _, a := range l.users {
		saved.Users = append(saved.Users, savedAssignment{
			UserID: a.user.id, IsManager: a.isManager,
			MaxActivations: optional(a.maxActivations), TotalActivations: optional(a.totalActivations),
		})
	}
	for u, n := range l.assignments {
		if saved.Assignments == nil {
			saved.Assignments = make(map[int64]int)
		}
		saved.Assignments[u.id] = n
	}

	return saved
}

// optional returns a pointer to a value that is an int64, and nil for nil.
func optional(v any) *int64 {
	if n, ok := v.(int64); ok {
		return &n
	}

	return nil
}
