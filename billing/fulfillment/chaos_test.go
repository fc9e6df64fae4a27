package fulfillment_test

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// injectRandomFaults makes about a third of the requests fail.
func injectRandomFaults(s *licensespringtest.Server) {
	sometimes := func(f licensespringtest.Fault, perMille int) {
		s.Inject(f.When(func(*http.Request) bool { return rand.IntN(1000) < perMille }).Forever())
	}
	create := licensespringtest.CreateOrder
	sometimes(licensespringtest.Status(http.StatusInternalServerError), 20)
	sometimes(licensespringtest.Status(http.StatusBadGateway, licensespringtest.Body("text/html", "<html>")), 20)
	sometimes(licensespringtest.Status(http.StatusServiceUnavailable, licensespringtest.Stored()).On(create), 20)
	sometimes(licensespringtest.Status(http.StatusTooManyRequests, licensespringtest.Header("Retry-After", "0")), 20)
	sometimes(licensespringtest.DropBefore(), 20)
	sometimes(licensespringtest.DropAfter(), 30)
	sometimes(licensespringtest.DropAfter().Reset(), 20)
	sometimes(licensespringtest.CutRequest(20).On(create), 20)
	sometimes(licensespringtest.CutResponse(300).On(create), 30)
	sometimes(licensespringtest.StallAfter(), 5)
	sometimes(licensespringtest.StallBefore(), 5)
	sometimes(licensespringtest.InvisibleFor(30*time.Millisecond).On(create), 50)
	sometimes(licensespringtest.WrongContentType("text/html"), 10)
	sometimes(licensespringtest.DelayBefore(10*time.Millisecond), 50)
}

// Concurrent senders deliver each event one to three times in random order, while
// the service fails in every way. Each order must exist once.
func TestRepeatedEvents(t *testing.T) {
	t.Parallel()
	n := *eventsFlag
	if testing.Short() {
		n = min(n, 200)
	}
	s := licensespringtest.NewServer(t)
	injectRandomFaults(s)
	p := openPipeline(t)
	tally := newTally()
	var deliveries []*licensespring.Order
	for range n {
		one := tally.next(rand.IntN(50) == 0)
		for range 1 + rand.IntN(3) {
			deliveries = append(deliveries, one)
		}
	}
	rand.Shuffle(len(deliveries), func(i, j int) { deliveries[i], deliveries[j] = deliveries[j], deliveries[i] })

	client := newClient(t, s, licensespring.WithAttemptTimeout(time.Second), licensespring.WithMaxAttempts(3))
	for range 2 {
		run(t, p, client, fulfillment.WithMaxDeliveries(0))
	}
	feed := make(chan *licensespring.Order)
	var senders sync.WaitGroup
	start := time.Now()
	for range 4 {
		senders.Go(func() {
			for one := range feed {
				assert.NoError(t, p.Enqueue(t.Context(), one))
			}
		})
	}
	for _, one := range deliveries {
		feed <- one
	}
	close(feed)
	senders.Wait()
	waitUntilEmpty(t, p)
	t.Logf("%d events, delivered %d times, in %v; %d requests", n, len(deliveries), time.Since(start).Round(time.Millisecond), len(s.Requests()))
	tally.check(t, p, s)
}
