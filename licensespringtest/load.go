package licensespringtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
)

// Load replaces everything that the server stores by what [Server.Save] has written.
// The products and the features of the saved licenses must exist. After an error,
// the server is unchanged.
func (s *Server) Load(r io.Reader) error {
	var state savedState
	if err := json.NewDecoder(r).Decode(&state); err != nil {
		return fmt.Errorf("licensespringtest: load: %w", err)
	}
	if state.Version != savedVersion {
		return fmt.Errorf("licensespringtest: load: version %d of the saved state, want %d", state.Version, savedVersion)
	}
	loaded := newStore(s.config.seed, s.config.staleReads)
	if err := loaded.load(&state, s.catalogue); err != nil {
		return fmt.Errorf("licensespringtest: load: %w", err)
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	s.store.contents = loaded.contents

	return nil
}

func (s *store) load(state *savedState, products *catalogue) error {
	if err := s.source.UnmarshalBinary(state.Random); err != nil {
		return err
	}
	s.lastID = state.LastID
	maps.Copy(s.keys, state.Keys)
	users := make(map[int64]*user)
	for _, saved := range state.Users {
		u := &user{
			id: saved.ID, email: saved.Email, details: nonNil(saved.Details),
			password: saved.Password, initialPassword: saved.InitialPassword,
			createdAt: saved.CreatedAt, visibleAt: saved.VisibleAt,
		}
		users[u.id], s.users[addressKey(u.email)] = u, u
		s.userSequence = append(s.userSequence, u)
	}
	for _, saved := range state.Customers {
		c := &customer{
			id: saved.ID, properties: nonNil(saved.Properties),
			createdAt: saved.CreatedAt, updatedAt: saved.UpdatedAt, visibleAt: saved.VisibleAt,
		}
		for _, name := range namesOf(c.properties) {
			if slices.Contains(saved.Names, name.property) {
				s.customersByName[name] = c
			}
		}
		s.customers[c.id] = c
		s.customerSequence = append(s.customerSequence, c)
	}
	for i := range state.Orders {
		if err := s.loadOrder(&state.Orders[i], products, users); err != nil {
			return fmt.Errorf("order %q: %w", state.Orders[i].StoreID, err)
		}
	}
	// Ids increase, so that they are in the order of creation.
	slices.SortFunc(s.licenseSequence, func(a, b *license) int { return cmp.Compare(a.id, b.id) })

	return nil
}

func (s *store) loadOrder(saved *savedOrder, products *catalogue, users map[int64]*user) error {
	o := &order{
		id: saved.ID, storeID: saved.StoreID, archived: saved.Archived, properties: nonNil(saved.Properties),
		createdAt: saved.CreatedAt, storedAt: saved.StoredAt, updatedAt: saved.UpdatedAt, visibleAt: saved.VisibleAt,
		requests: saved.Requests,
	}
	if c := saved.Customer; c != nil {
		if s.customers[c.ID] == nil {
			return fmt.Errorf("no customer %d", c.ID)
		}
		o.customer = &orderCustomer{id: c.ID, properties: nonNil(c.Properties)}
	}
	for i := range saved.Items {
		from := &saved.Items[i]
		p, ok := products.products[from.ProductCode]
		if !ok {
			return fmt.Errorf("no product %q", from.ProductCode)
		}
		to := &item{id: from.ID, order: o, product: p, note: from.Note}
		for j := range from.Licenses {
			l, err := from.Licenses[j].load(to, users)
			if err != nil {
				return fmt.Errorf("license %d: %w", from.Licenses[j].ID, err)
			}
			to.licenses = append(to.licenses, l)
			s.licenses[l.id] = l
			s.licenseSequence = append(s.licenseSequence, l)
			if l.key != "" {
				s.licensesByKey[l.key] = l
			}
		}
		o.items = append(o.items, to)
	}
	s.byStoreID[o.storeID], s.byID[o.id] = o, o
	s.sequence = append(s.sequence, o)

	return nil
}

func (saved *savedLicense) load(in *item, users map[int64]*user) (*license, error) {
	l := &license{
		id: saved.ID, key: saved.Key, createdAt: saved.CreatedAt, visibleAt: saved.VisibleAt,
		assignments: make(map[*user]int),
		licenseState: licenseState{
			item: in, properties: nonNil(saved.Properties),
			updatedAt: saved.UpdatedAt, disabledAt: saved.DisabledAt, disabledBy: saved.DisabledBy,
		},
	}
	for _, f := range saved.Features {
		known, ok := in.product.features[f.Code]
		if !ok {
			return nil, fmt.Errorf("no feature %q", f.Code)
		}
		l.features = append(l.features, licenseFeature{feature: known, id: f.ID, properties: nonNil(f.Properties)})
	}
	for _, a := range saved.Users {
		u, ok := users[a.UserID]
		if !ok {
			return nil, fmt.Errorf("no user %d", a.UserID)
		}
		to := assignment{user: u, isManager: a.IsManager}
		if a.MaxActivations != nil {
			to.maxActivations = *a.MaxActivations
		}
		if a.TotalActivations != nil {
			to.totalActivations = *a.TotalActivations
		}
		l.users = append(l.users, to)
	}
	for id, n := range saved.Assignments {
		if u, ok := users[id]; ok {
			l.assignments[u] = n
		}
	}

	return l, nil
}

// nonNil returns a map that can be written to.
func nonNil(v savedValue) map[string]any {
	if v == nil {
		return make(map[string]any)
	}

	return v
}
