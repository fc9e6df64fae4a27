package licensespringtest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// A store holds the data of a server. Its lock must not be held during a wait: a
// goroutine that blocks on a mutex stops the clock of a synctest bubble.
type store struct {
	mu sync.Mutex

	contents
}

// contents is what [Server.Load] replaces.
type contents struct {
	byStoreID map[string]*order
	byID      map[int64]*order
	sequence  []*order // in order of creation

	licenses        map[int64]*license
	licensesByKey   map[string]*license
	licenseSequence []*license      // in order of creation
	keys            map[string]bool // all known keys; true for those in use

	users        map[string]*user // by addressKey
	userSequence []*user          // in order of creation

	customers        map[int64]*customer
	customersByName  map[customerName]*customer
	customerSequence []*customer // in order of creation

	// staleReads is the time for which lookups show the state before a change.
	staleReads time.Duration
	source     *rand.PCG
	random     *rand.Rand // reads from source
	lastID     int64
}

type order struct {
	id         int64
	storeID    string
	archived   bool
	properties map[string]any // the other members, by stored name
	customer   *orderCustomer // nil if there is none
	items      []*item
	createdAt  time.Time // as shown in the record
	storedAt   time.Time // actual time of creation
	updatedAt  time.Time
	visibleAt  time.Time
	requests   [][]byte
}

// An orderCustomer is the customer of an order, with the details that the order
// sent. The customer itself may have other details by now.
type orderCustomer struct {
	id         int64
	properties map[string]any
}

type item struct {
	id       int64
	order    *order
	product  *product
	note     string
	licenses []*license
}

func newStore(seed int64, staleReads time.Duration) *store {
	source := rand.NewPCG(uint64(seed), 0) //nolint:gosec // Any bits make a seed.
	s := &store{contents: contents{
		byStoreID: make(map[string]*order),
		byID:      make(map[int64]*order),

		licenses:      make(map[int64]*license),
		licensesByKey: make(map[string]*license),
		keys:          make(map[string]bool),

		users: make(map[string]*user),

		customers:       make(map[int64]*customer),
		customersByName: make(map[customerName]*customer),

		staleReads: staleReads,
		source:     source,
		random:     rand.New(source),
	}}
	s.lastID = 1600000000000000 + s.random.Int64N(100000000000000)

	return s
}

// nextID returns an id in the form of the service: sixteen digits, increasing, with
// gaps.
func (s *store) nextID() int64 {
	s.lastID += 1 + s.random.Int64N(1000)

	return s.lastID
}

// newKey generates an unknown key and marks it as in use.
func (s *store) newKey() string {
	for {
		groups := make([]string, 4)
		for i := range groups {
			groups[i] = s.randomText(4, "ABCDEFGHJKLMNPQRSTUVWXYZ23456789")
		}
		key := strings.Join(groups, "-")
		if _, known := s.keys[key]; !known {
			s.keys[key] = true

			return key
		}
	}
}

func (s *store) randomText(length int, alphabet string) string {
	b := make([]byte, length)
	for i := range b {
		b[i] = alphabet[s.random.IntN(len(alphabet))]
	}

	return string(b)
}

// generateKeys generates n keys that are not in use. An order may contain them, and
// the store does not generate them again.
func (s *store) generateKeys(n int64) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := make([]string, n)
	for i := range keys {
		keys[i] = s.newKey()
		s.keys[keys[i]] = false
	}

	return keys
}

// An orderRequest is a valid request with everything needed to store it.
type orderRequest struct {
	request   *object
	body      []byte
	catalogue *catalogue
	dialect   Dialect
	now       time.Time
	visibleAt time.Time
}

// add stores a new order, or appends the items to an existing one. All checks have
// passed before. The order-level members of an append are ignored: the Create
// Order page documents only that its licenses are appended.
func (s *store) add(r orderRequest, existing *order) *order {
	o := existing
	if o == nil {
		o = s.addOrder(r)
	}
	o.updatedAt = r.now
	o.requests = append(o.requests, r.body)
	for _, wanted := range r.request.list("items") {
		o.items = append(o.items, s.newItem(r, o, wanted))
	}

	return o
}

func (s *store) addOrder(r orderRequest) *order {
	o := &order{
		id:        s.nextID(),
		storeID:   r.request.text("id"),
		createdAt: r.now,
		storedAt:  r.now,
		visibleAt: r.visibleAt,
		properties: map[string]any{
			"is_test": false, "order_type": "normal", "prevent_vm": false,
			"is_bundle": false, "add_to_customer_account": true,
		},
	}
	for name, value := range r.request.members {
		switch name {
		case "id", "items", "append":
		case "customer":
			properties, _ := plain(value).(map[string]any)
			properties = r.dialect.canonicalAll(properties)
			o.customer = &orderCustomer{id: s.customer(r, properties).id, properties: properties}
		case "created":
			// The checker has parsed it before.
			o.createdAt, _ = time.Parse(dateTimeLayout, r.request.text(name))
		default:
			o.properties[name] = plain(value)
		}
	}
	s.byStoreID[o.storeID] = o
	s.byID[o.id] = o
	s.sequence = append(s.sequence, o)

	return o
}

func (s *store) newItem(r orderRequest, o *order, wanted *object) *item {
	i := &item{
		id:      s.nextID(),
		order:   o,
		product: r.catalogue.products[wanted.text("product_code")],
		note:    wanted.text("note"),
	}
	for _, license := range wanted.list("licenses") {
		i.licenses = append(i.licenses, s.newLicense(r, i, license))
	}

	return i
}

// rename changes the store id of an order. The old id becomes available again.
func (s *store) rename(from, to string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.byStoreID[from]
	if !ok {
		return fmt.Errorf("licensespringtest: rename order %q: no such order", from)
	}
	if _, taken := s.byStoreID[to]; taken {
		return fmt.Errorf("licensespringtest: rename order %q: order %q exists", from, to)
	}
	delete(s.byStoreID, from)
	o.storeID = to
	s.byStoreID[to] = o

	return nil
}
