package stripetest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/stripe/stripe-go/v85"
)

// eventLife is the time for which Stripe keeps events.
const eventLife = 30 * day

// event is an event. Its payloads are final: later changes of the object do not show.
type event struct {
	identity

	kind stripe.EventType
	// payloads has the version of the account, and those of the endpoints.
	payloads map[Version]object
}

// emit emits an event about an object, and schedules its deliveries.
func (s *Server) emit(kind stripe.EventType, about entity) {
	s.emitIf(kind, about, true)
}

// emitUpdate emits the event of an updated object, unless the object is the same as in
// its previous event.
func (s *Server) emitUpdate(about entity) {
	switch about.(type) {
	case *subscription:
		s.emitIf(stripe.EventTypeCustomerSubscriptionUpdated, about, false)
	case *invoice:
		s.emitIf(stripe.EventTypeInvoiceUpdated, about, false)
	default:
		panic(fmt.Sprintf("stripetest: no event of an updated %T", about))
	}
}

func (s *Server) emitIf(kind stripe.EventType, about entity, unchanged bool) {
	e := &event{kind: kind, payloads: make(map[Version]object)}
	snapshots := make(map[Version]object)
	changed := false
	versions := s.versions()
	for _, v := range versions {
		now := about.render(s, v)
		data := object{"object": now}
		if before, ok := s.snapshots[about.base().id][v]; ok {
			previous := difference(before, now)
			changed = changed || len(previous) > 0
			if strings.HasSuffix(string(kind), ".updated") {
				data["previous_attributes"] = previous
			}
		}
		snapshots[v] = now
		e.payloads[v] = data
	}
	if !changed && !unchanged {
		return
	}
	s.snapshots[about.base().id] = snapshots
	e.identity = s.identify(Events, "evt", nil)
	s.add(e)
	for _, v := range versions {
		e.payloads[v] = s.newPayload(e, v, e.payloads[v])
	}
	s.schedule(e)
}

// Events returns all events in the version of the account, oldest first.
func (s *Server) Events() []*stripe.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	var events []*stripe.Event
	for _, e := range all[*event](s, Events) {
		events = append(events, decode[stripe.Event](s, e))
	}
	return events
}

// versions returns the versions of events.
func (s *Server) versions() []Version {
	versions := []Version{s.cfg.version}
	for _, e := range s.endpoints {
		if !slices.Contains(versions, e.Version) {
			versions = append(versions, e.Version)
		}
	}
	return versions
}

func (s *Server) newPayload(e *event, v Version, data object) object {
	o := object{
		"id": e.id, "object": "event", "api_version": string(v), "created": e.created.Unix(), "data": data,
		"livemode": s.isLive(), "pending_webhooks": s.subscribers(e.kind), "type": string(e.kind),
		"request": object{"id": nil, "idempotency_key": nil},
	}
	if s.cfg.account != "" {
		o["account"] = s.cfg.account
	}
	if s.cfg.context != "" {
		o["context"] = s.cfg.context
	}
	return o
}

// render returns the event in the version of the account. Stripe does not convert events
// to the version of a request.
func (e *event) render(s *Server, _ Version) object { return e.payloads[s.cfg.version] }

// difference returns the previous values of the members that differ. Of objects it
// returns the members that differ, and of lists all elements, as Stripe does.
func difference(before, now object) object {
	d := object{}
	for name, value := range now {
		old, ok := before[name]
		if ok && reflect.DeepEqual(old, value) {
			continue
		}
		oldObject, isObject := old.(object)
		newObject, stays := value.(object)
		if isObject && stays && name != "metadata" {
			d[name] = difference(oldObject, newObject)
		} else {
			d[name] = old // null if it is new
		}
	}
	for name, old := range before {
		if _, ok := now[name]; !ok {
			d[name] = old
		}
	}
	return d
}
