package licensespringtest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// A store holds the orders of a server. Its lock must not be held during a wait: a
// goroutine that blocks on a mutex stops the clock of a synctest bubble.
type store struct {
	mu sync.Mutex

	byStoreID map[string]*order
	byID      map[int64]*order
	sequence  []*order         // in order of creation
	keys      map[string]bool  // all known keys; true for those in use
	users     map[string]*user // by addressKey
	random    *rand.Rand
	lastID    int64
}

type order struct {
	id         int64
	storeID    string
	archived   bool
	properties map[string]any // the other members, by stored name
	customer   *customer      // nil if there is none
	items      []*item
	createdAt  time.Time // as shown in the record
	storedAt   time.Time // actual time of creation
	updatedAt  time.Time
	visibleAt  time.Time
	requests   [][]byte
}

type customer struct {
	id         int64
	properties map[string]any
}

type item struct {
	id       int64
	product  *product
	note     string
	licenses []*license
}

type license struct {
	id         int64
	key        string // "" on user-based licenses
	properties map[string]any
	features   []licenseFeature
	users      []assignment
	// visibleAt is the time from which lookups show the license. For an appended
	// license it is later than that of the order.
	visibleAt time.Time
}

type licenseFeature struct {
	feature    feature
	id         int64
	properties map[string]any
}

// An assignment is a user of a license.
type assignment struct {
	user           *user
	isManager      bool
	maxActivations any // int64, or nil if not set
}

// A user exists once per company and can have several licenses.
type user struct {
	id    int64
	email string
	// initialPassword is empty after the first sign-in.
	initialPassword string
}

func newStore(seed int64) *store {
	s := &store{
		byStoreID: make(map[string]*order),
		byID:      make(map[int64]*order),
		keys:      make(map[string]bool),
		users:     make(map[string]*user),
		random:    rand.New(rand.NewPCG(uint64(seed), 0)), //nolint:gosec // Any bits make a seed.
	}
	s.lastID = 1600000000000000 + s.random.Int64N(100000000000000)

	return s
}

// addressKey returns the key that identifies a user by e-mail address.
func addressKey(address string) string {
	return strings.ToLower(address)
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

// user returns the user with an address. It creates the user, with an initial
// password, if there is none.
func (s *store) user(address string) *user {
	key := addressKey(address)
	u, ok := s.users[key]
	if !ok {
		u = &user{
			id:              s.nextID(),
			email:           address,
			initialPassword: s.randomText(10, "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"),
		}
		s.users[key] = u
	}

	return u
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
			o.customer = &customer{id: s.nextID(), properties: r.dialect.canonicalAll(properties)}
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
		product: r.catalogue.products[wanted.text("product_code")],
		note:    wanted.text("note"),
	}
	for _, license := range wanted.list("licenses") {
		i.licenses = append(i.licenses, s.newLicense(r, o, i.product, license))
	}

	return i
}

func (s *store) newLicense(r orderRequest, o *order, p *product, wanted *object) *license {
	l := &license{
		id:         s.nextID(),
		properties: r.catalogue.defaults(p, wanted),
		features:   s.licenseFeatures(p, wanted),
		visibleAt:  r.visibleAt,
	}
	for name, value := range wanted.members {
		switch name {
		case "key", "users", "product_features":
		default:
			l.properties[r.dialect.canonical(name)] = plain(value)
		}
	}
	// The Create Order page: prevent_vm of an order applies to "all created
	// licenses". It overrides that of a license.
	if o.properties["prevent_vm"] == true {
		l.properties["prevent_vm"] = true
	}
	if p.Auth == UserBased {
		l.users = s.assign(wanted.list("users"))

		return l
	}
	l.key = wanted.text("key")
	if l.key == "" {
		l.key = s.newKey()
	}
	s.keys[l.key] = true

	return l
}

// assign returns the users of a license. A user-based license may have none.
func (s *store) assign(wanted []*object) []assignment {
	users := make([]assignment, len(wanted))
	for i, w := range wanted {
		users[i] = assignment{
			user:           s.user(w.text("email")),
			isManager:      w.flag("is_manager"),
			maxActivations: plain(w.get("max_activations")),
		}
	}

	return users
}

// licenseFeatures returns the features that the license names, or all features of
// the product if it names none. Unknown codes are dropped silently.
func (s *store) licenseFeatures(p *product, wanted *object) []licenseFeature {
	var features []licenseFeature
	add := func(code string, sent map[string]any) {
		f, known := p.features[code]
		if !known {
			return
		}
		properties := map[string]any{}
		if f.Consumption {
			properties["max_consumption"] = int64(f.MaxConsumption)
		}
		maps.Copy(properties, sent)
		delete(properties, "code")
		features = append(features, licenseFeature{feature: f, id: s.nextID(), properties: properties})
	}

	list, given := wanted.get("product_features").([]any)
	if !given {
		for _, f := range p.Features {
			add(f.Code, nil)
		}
	}
	for _, element := range list {
		switch f := element.(type) {
		case string:
			add(f, nil)
		case *object:
			properties, _ := plain(f).(map[string]any)
			add(f.text("code"), properties)
		}
	}

	return features
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
