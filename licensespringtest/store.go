package licensespringtest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// A store holds everything the fake remembers of orders. Its lock is held for
// computation only, never across a wait: a goroutine that waits for a mutex
// would keep the clock of a synctest bubble from moving.
type store struct {
	mu sync.Mutex

	byStoreID map[string]*order
	byID      map[int64]*order
	sequence  []*order         // in the order they were made
	keys      map[string]bool  // every key known; true for those in use
	users     map[string]*user // by addressKey
	random    *rand.Rand
	lastID    int64
}

type order struct {
	id         int64
	storeID    string
	archived   bool
	properties map[string]any // every other member, by its stored name
	customer   *customer      // nil when none was given
	items      []*item
	createdAt  time.Time // what the record says
	storedAt   time.Time // when it was really made
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
	// visibleAt is when lookups begin to show the license. It is later than
	// the order's for licenses appended to an order that was there.
	visibleAt time.Time
}

type licenseFeature struct {
	feature    feature
	id         int64
	properties map[string]any
}

// An assignment makes a user one of the users of a license.
type assignment struct {
	user           *user
	isManager      bool
	maxActivations any // int64, nil when not given
}

// A user exists once per company, however many licenses it has.
type user struct {
	id    int64
	email string
	// initialPassword is empty once the user has chosen another.
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

// addressKey is what makes two e-mail addresses the same user.
func addressKey(address string) string {
	return strings.ToLower(address)
}

// nextID makes ids as the service's look: sixteen digits, growing, with gaps.
func (s *store) nextID() int64 {
	s.lastID += 1 + s.random.Int64N(1000)

	return s.lastID
}

// newKey makes a key nobody has had, and marks it as in use.
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

// reserveKeys makes n keys for generate_license. They are not in use, so an
// order may bring them, but they will not be made again.
func (s *store) reserveKeys(n int64) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := make([]string, n)
	for i := range keys {
		keys[i] = s.newKey()
		s.keys[keys[i]] = false
	}

	return keys
}

// user finds the user with an address, or makes one with an initial password.
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

// A blueprint is a checked request on its way into the store.
type blueprint struct {
	request   *object
	body      []byte
	catalogue *catalogue
	dialect   Dialect
	now       time.Time
	visibleAt time.Time
}

// add stores what the blueprint describes: a new order, or more items of the
// one given. Everything that could refuse it has been asked before. What an
// append says of the order itself is ignored: the page promises no more than that
// its licenses are appended.
func (s *store) add(b blueprint, to *order) *order {
	if to == nil {
		to = s.addOrder(b)
	}
	to.updatedAt = b.now
	to.requests = append(to.requests, b.body)
	for _, wanted := range b.request.list("items") {
		to.items = append(to.items, s.newItem(b, to, wanted))
	}

	return to
}

func (s *store) addOrder(b blueprint) *order {
	o := &order{
		id:        s.nextID(),
		storeID:   b.request.text("id"),
		createdAt: b.now,
		storedAt:  b.now,
		visibleAt: b.visibleAt,
		properties: map[string]any{
			"is_test": false, "order_type": "normal", "prevent_vm": false,
			"is_bundle": false, "add_to_customer_account": true,
		},
	}
	for name, value := range b.request.members {
		switch name {
		case "id", "items", "append":
		case "customer":
			properties, _ := plain(value).(map[string]any)
			o.customer = &customer{id: s.nextID(), properties: b.dialect.canonicalAll(properties)}
		case "created":
			// The check has parsed it before: it cannot fail.
			o.createdAt, _ = time.Parse(dateTimeLayout, b.request.text(name))
		default:
			o.properties[name] = plain(value)
		}
	}
	s.byStoreID[o.storeID] = o
	s.byID[o.id] = o
	s.sequence = append(s.sequence, o)

	return o
}

func (s *store) newItem(b blueprint, o *order, wanted *object) *item {
	made := &item{
		id:      s.nextID(),
		product: b.catalogue.products[wanted.text("product_code")],
		note:    wanted.text("note"),
	}
	for _, license := range wanted.list("licenses") {
		made.licenses = append(made.licenses, s.newLicense(b, o, made.product, license))
	}

	return made
}

func (s *store) newLicense(b blueprint, o *order, p *product, wanted *object) *license {
	made := &license{
		id:         s.nextID(),
		properties: b.catalogue.defaults(p, wanted),
		features:   s.licenseFeatures(p, wanted),
		visibleAt:  b.visibleAt,
	}
	for name, value := range wanted.members {
		switch name {
		case "key", "users", "product_features":
		default:
			made.properties[b.dialect.canonical(name)] = plain(value)
		}
	}
	// The order's switch is for "all created licenses", whatever they say.
	if o.properties["prevent_vm"] == true {
		made.properties["prevent_vm"] = true
	}
	if p.Auth == UserBased {
		made.users = s.assign(wanted.list("users"))

		return made
	}
	made.key = wanted.text("key")
	if made.key == "" {
		made.key = s.newKey()
	}
	s.keys[made.key] = true

	return made
}

// assign gives a license its users. A user-based license may have none yet.
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

// licenseFeatures are the product's features the license asks for, all of them
// if it does not ask. Codes the product does not have are dropped in silence.
func (s *store) licenseFeatures(p *product, wanted *object) []licenseFeature {
	var made []licenseFeature
	add := func(code string, asked map[string]any) {
		f, known := p.features[code]
		if !known {
			return
		}
		properties := map[string]any{}
		if f.Consumption {
			properties["max_consumption"] = int64(f.MaxConsumption)
		}
		maps.Copy(properties, asked)
		delete(properties, "code")
		made = append(made, licenseFeature{feature: f, id: s.nextID(), properties: properties})
	}

	asked, given := wanted.get("product_features").([]any)
	if !given {
		for _, f := range p.Features {
			add(f.Code, nil)
		}
	}
	for _, one := range asked {
		switch one := one.(type) {
		case string:
			add(one, nil)
		case *object:
			properties, _ := plain(one).(map[string]any)
			add(one.text("code"), properties)
		}
	}

	return made
}

// rename gives an order another store id, which frees the old one.
func (s *store) rename(from, to string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.byStoreID[from]
	if !ok {
		return fmt.Errorf("licensespringtest: no order %q", from)
	}
	if _, taken := s.byStoreID[to]; taken {
		return fmt.Errorf("licensespringtest: order %q exists", to)
	}
	delete(s.byStoreID, from)
	o.storeID = to
	s.byStoreID[to] = o

	return nil
}
