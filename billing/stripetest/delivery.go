package stripetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/stripe/stripe-go/v85"
	"github.com/stripe/stripe-go/v85/webhook"
)

// Delivery is how events are delivered.
type Delivery struct {
	// Duplicate is the probability that an event is delivered twice.
	Duplicate float64
	// Delay is the probability that a delivery is delayed, by up to MaxDelay.
	Delay    float64
	MaxDelay time.Duration
	// Lose is the probability that an event is never delivered. The API shows it.
	Lose float64
	// Shuffle delivers the events that are due in any order.
	Shuffle bool
}

// PendingEvent is an event that is to be delivered.
type PendingEvent struct {
	ID   string
	Type stripe.EventType
	// URL is that of the endpoint.
	URL string
	// Due is the time of the next attempt.
	Due time.Time
	// Attempts is the number of failed attempts.
	Attempts int
}

type endpoint struct {
	identity
	Endpoint
}

type delivery struct {
	event    *event
	to       *endpoint
	due      time.Time
	attempts int
}

// redeliveries are the times between the attempts to deliver an event: three days
// altogether.
var redeliveries = [...]time.Duration{
	5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 12 * time.Hour, 12 * time.Hour, 12 * time.Hour, 12 * time.Hour,
}

func (s *Server) addEndpoint(e Endpoint) {
	one := &endpoint{identity: s.identify(WebhookEndpoints, "we", nil), Endpoint: e}
	s.endpoints = append(s.endpoints, one)
	s.add(one)
}

func (e *endpoint) wants(kind stripe.EventType) bool {
	return !e.Disabled && (len(e.Events) == 0 || slices.Contains(e.Events, "*") || slices.Contains(e.Events, string(kind)))
}

// subscribers returns the number of endpoints that receive an event.
func (s *Server) subscribers(kind stripe.EventType) int {
	n := 0
	for _, e := range s.endpoints {
		if e.wants(kind) {
			n++
		}
	}
	return n
}

// schedule schedules the deliveries of a new event.
func (s *Server) schedule(e *event) {
	policy := s.cfg.delivery
	for _, to := range s.endpoints {
		if !to.wants(e.kind) || s.happens(policy.Lose) {
			continue
		}
		copies := 1
		if s.happens(policy.Duplicate) {
			copies = 2
		}
		for range copies {
			d := &delivery{event: e, to: to, due: s.now}
			if s.happens(policy.Delay) && policy.MaxDelay > 0 {
				d.due = s.now.Add(time.Duration(s.chance.Int64N(int64(policy.MaxDelay)) + 1))
			}
			s.deliveries = append(s.deliveries, d)
		}
	}
}

func (s *Server) happens(probability float64) bool {
	return probability > 0 && s.chance.Float64() < probability
}

// Pending returns the events that are to be delivered, in the order of their emission.
func (s *Server) Pending() []PendingEvent {
	s.mu.Lock()
	defer s.mu.Unlock()
	pending := make([]PendingEvent, len(s.deliveries))
	for i, d := range s.deliveries {
		pending[i] = PendingEvent{ID: d.event.id, Type: d.event.kind, URL: d.to.URL, Due: d.due, Attempts: d.attempts}
	}
	return pending
}

// Deliver delivers the events that are due, one after the other, until none is due. It
// returns the number of deliveries. A response with another status than 2xx is retried
// when its time has come. The handler may call the server.
func (s *Server) Deliver(ctx context.Context, handler http.HandlerFunc) int {
	n := 0
	for ctx.Err() == nil {
		d, r := s.next(ctx)
		if d == nil {
			break
		}
		w := newRecorder()
		handler(w, r)
		s.delivered(d, w.status)
		n++
	}
	return n
}

// Forward returns a handler for [Server.Deliver] that sends a delivery to another URL than
// that of the endpoint, such as that of a process. A failed request is a response with the
// status 502.
func Forward(client *http.Client, url string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		status := http.StatusBadGateway
		if forwarded, err := http.NewRequestWithContext(r.Context(), r.Method, url, r.Body); err == nil {
			forwarded.Header = r.Header
			if response, err := client.Do(forwarded); err == nil { //nolint:gosec // the URL of the test
				response.Body.Close()
				status = response.StatusCode
			}
		}
		w.WriteHeader(status)
	}
}

// Play moves the clock by a duration, and delivers events as soon as they are due.
func (s *Server) Play(ctx context.Context, d time.Duration, handler http.HandlerFunc) {
	end := s.Now().Add(d)
	for ctx.Err() == nil {
		s.Deliver(ctx, handler)
		next, ok := s.nextDelivery()
		if due, scheduled := s.NextDue(); scheduled && (!ok || due.Before(next)) {
			next, ok = due, true
		}
		if !ok || next.After(end) {
			break
		}
		s.AdvanceTo(next)
	}
	s.AdvanceTo(end)
	s.Deliver(ctx, handler)
}

// DropPending drops the pending deliveries of the events for which drop returns true, and
// returns their number. The events are lost, and the API shows them.
func (s *Server) DropPending(drop func(PendingEvent) bool) int {
	pending := s.Pending()
	s.mu.Lock()
	defer s.mu.Unlock()
	var kept []*delivery
	for i, d := range s.deliveries {
		if i >= len(pending) || !drop(pending[i]) {
			kept = append(kept, d)
		}
	}
	n := len(s.deliveries) - len(kept)
	s.deliveries = kept
	return n
}

// nextDelivery returns the time of the next delivery.
func (s *Server) nextDelivery() (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.deliveries) == 0 {
		return time.Time{}, false
	}
	return slices.MinFunc(s.deliveries, func(a, b *delivery) int { return a.due.Compare(b.due) }).due, true
}

// next removes a delivery that is due, and returns it with its request.
func (s *Server) next(ctx context.Context) (*delivery, *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var due []int
	for i, d := range s.deliveries {
		if !d.due.After(s.now) {
			due = append(due, i)
		}
	}
	if len(due) == 0 {
		return nil, nil
	}
	// Without a policy, a delayed event is delivered after those that are due earlier.
	i := slices.MinFunc(due, func(a, b int) int { return s.deliveries[a].due.Compare(s.deliveries[b].due) })
	if s.cfg.delivery.Shuffle {
		i = due[s.chance.IntN(len(due))]
	}
	d := s.deliveries[i]
	s.deliveries = slices.Delete(s.deliveries, i, i+1)
	return d, s.request(ctx, d)
}

// request returns the signed request of a delivery.
func (s *Server) request(ctx context.Context, d *delivery) *http.Request {
	payload, err := json.MarshalIndent(d.event.payloads[d.to.Version], "", "  ")
	if err != nil {
		panic(fmt.Sprintf("stripetest: encode an event: %v", err))
	}
	at := s.now
	if s.cfg.signedAt != nil {
		at = s.cfg.signedAt()
	}
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: payload, Secret: d.to.Secret, Timestamp: at})
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.to.URL, bytes.NewReader(payload))
	if err != nil {
		misuse("the URL %q of the endpoint is invalid: %v", d.to.URL, err)
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
	r.Header.Set("Stripe-Signature", signed.Header)
	return r
}

// delivered schedules the next attempt of a rejected delivery.
func (s *Server) delivered(d *delivery, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if status >= 200 && status < 300 || d.attempts >= len(redeliveries) {
		return
	}
	d.due = s.now.Add(redeliveries[d.attempts])
	d.attempts++
	s.deliveries = append(s.deliveries, d)
}

func (e *endpoint) render(s *Server, _ Version) object {
	status, events := "enabled", e.Events
	if e.Disabled {
		status = "disabled"
	}
	if len(events) == 0 {
		events = []string{"*"}
	}
	return object{
		"id": e.id, "object": "webhook_endpoint", "api_version": string(e.Version), "application": nil,
		"created": e.created.Unix(), "description": nil, "enabled_events": events, "livemode": s.isLive(),
		"metadata": metadataOf(e.metadata), "status": status, "url": e.URL,
	}
}
