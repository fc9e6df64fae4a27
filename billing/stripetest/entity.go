package stripetest

import (
	"encoding/json"
	"fmt"
	"time"
)

// Resource is a kind of objects of the API, and a permission of a restricted key.
type Resource string

// The resources.
const (
	Charges          Resource = "charges"
	CheckoutSessions Resource = "checkout_sessions"
	Customers        Resource = "customers"
	Disputes         Resource = "disputes"
	Events           Resource = "events"
	InvoicePayments  Resource = "invoice_payments"
	Invoices         Resource = "invoices"
	PaymentIntents   Resource = "payment_intents"
	Prices           Resource = "prices"
	Products         Resource = "products"
	Refunds          Resource = "refunds"
	Subscriptions    Resource = "subscriptions"
	WebhookEndpoints Resource = "webhook_endpoints"
)

// object is an object as Stripe writes it.
type object = map[string]any

// entity is an object of the account.
type entity interface {
	base() *identity
	// render returns the object in the shape of a version.
	render(s *Server, v Version) object
}

// identity is the part that all entities have.
type identity struct {
	id       string
	resource Resource
	created  time.Time
	metadata map[string]string
}

func (i *identity) base() *identity { return i }

// idAlphabet are the characters of Stripe's ids.
const idAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// newID returns an id of the length of Stripe's.
func (s *Server) newID(prefix string) string {
	length := 24
	if prefix == "cs" {
		prefix, length = "cs_live", 58
		if s.cfg.testMode {
			prefix = "cs_test"
		}
	}
	text := []byte(prefix + "_")
	for range length {
		text = append(text, idAlphabet[s.ids.IntN(len(idAlphabet))])
	}
	return string(text)
}

// identify returns the identity of a new entity.
func (s *Server) identify(resource Resource, prefix string, metadata map[string]string) identity {
	return identity{id: s.newID(prefix), resource: resource, created: s.now, metadata: metadata}
}

// add stores a new entity.
func (s *Server) add(e entity) {
	b := e.base()
	s.entities[b.id] = e
	s.lists[b.resource] = append(s.lists[b.resource], e)
}

// get returns the entity with an id. It panics if there is none of the type.
func get[E entity](s *Server, id string) E {
	e, ok := s.entities[id].(E)
	if !ok {
		misuse("there is no %T with the id %q", e, id)
	}
	return e
}

// all returns the entities of a resource, oldest first.
func all[E entity](s *Server, r Resource) []E {
	list := make([]E, 0, len(s.lists[r]))
	for _, e := range s.lists[r] {
		list = append(list, e.(E)) //nolint:errcheck,forcetypeassert // a list has one type
	}
	return list
}

// decode returns an entity in its type of stripe-go.
func decode[T any](s *Server, e entity) *T {
	var value T
	data, err := json.Marshal(e.render(s, VersionNewest))
	if err == nil {
		err = json.Unmarshal(data, &value)
	}
	if err != nil {
		panic(fmt.Sprintf("stripetest: decode %s: %v", e.base().id, err))
	}
	return &value
}

// locked calls a method of the server that changes it.
func locked[T any](s *Server, change func() *T) *T {
	s.mu.Lock()
	defer s.mu.Unlock()
	return change()
}

// unix returns a time as Stripe writes it: null if it is zero.
func unix(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Unix()
}

// idOf returns the id of an entity as Stripe writes a reference: null if there is none.
func idOf(e entity, exists bool) any {
	if !exists {
		return nil
	}
	return e.base().id
}

// nullable returns a text, or null if it is empty.
func nullable(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// metadataOf returns metadata as Stripe writes it: an empty object if there is none.
func metadataOf(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

// list returns a list in an object.
func list(url string, data []object, hasMore bool) object {
	if data == nil {
		data = []object{}
	}
	return object{"object": "list", "url": url, "has_more": hasMore, "data": data}
}
