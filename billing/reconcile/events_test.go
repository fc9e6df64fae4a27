package reconcile_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring/billing/stripetest"
)

// The events of weeks arrive one to three times, in random order, from concurrent
// senders, while both services fail. As none is lost, no audit is necessary.
func TestRepeatedEvents(t *testing.T) {
	t.Parallel()
	n := *eventsFlag
	if testing.Short() {
		n = min(n, 100)
	}
	const weeks = 26
	s := newSimulation(t, max(*seedFlag, 1), max(n/60, 8), weeks*7, stripetest.Delivery{})
	s.keepPrices, s.keepEvents = true, true
	s.open()
	events, deliveries := 0, 0
	for events < n && !t.Failed() {
		s.injectFaults()
		for range 4 * 7 {
			s.nextDay(true)
		}
		all := s.kept
		s.kept = nil
		events += len(all)
		for _, one := range slices.Clone(all) {
			for range rand.IntN(3) {
				all = append(all, one)
			}
		}
		rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		deliveries += len(all)
		feed := make(chan keptEvent)
		var senders sync.WaitGroup
		for range 4 {
			senders.Go(func() {
				for one := range feed {
					one.send(t, s.machine.hook)
				}
			})
		}
		for _, one := range all {
			feed <- one
		}
		close(feed)
		senders.Wait()
		s.quiet(false)
	}
	s.close()
	t.Logf("%d events of %d customers in %d days, delivered %d times; %d licenses, %d requests to LicenseSpring, %d to Stripe",
		events, len(s.lives), s.day, deliveries, s.service.LicenseCount(), s.requests, len(s.stripe.Requests()))
}

// keptEvent is an event that is delivered later.
type keptEvent struct {
	header http.Header
	body   []byte
}

// keep confirms an event and keeps it.
func (s *simulation) keep(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	assert.NoError(s.t, err)
	s.kept = append(s.kept, keptEvent{header: r.Header.Clone(), body: body})
	w.WriteHeader(http.StatusOK)
}

// send delivers an event until it is confirmed.
func (e *keptEvent) send(t *testing.T, hook http.Handler) {
	t.Helper()
	for range 20 {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", bytes.NewReader(e.body))
		r.Header = e.header.Clone()
		w := httptest.NewRecorder()
		if hook.ServeHTTP(w, r); w.Code == http.StatusOK {
			return
		}
	}
	assert.Fail(t, "an event was not confirmed")
}
