package reconcile_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/internal/worldtest"
	"github.com/licensespring-go/licensespring/billing/stripetest"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

var (
	seedFlag          = flag.Uint64("seed", 0, "only this seed of the simulation")
	seedsFlag         = flag.Uint64("seeds", 2, "number of seeds of the simulation")
	subscriptionsFlag = flag.Int("subscriptions", 10, "number of customers of a simulation")
	yearsFlag         = flag.Float64("years", 0.25, "years of a simulation")
	killsFlag         = flag.Int("kills", 3, "number of killed processes")
	eventsFlag        = flag.Int("events", 150, "number of events, each delivered one to three times")
)

// quietInterval is the number of days between two comparisons.
const quietInterval = 91

// simulation plays random lives of customers against both fakes, while the services, the
// deliveries and the machine fail.
type simulation struct {
	t        *testing.T
	seed     uint64
	rng      *rand.Rand
	stripe   *stripetest.Server
	service  *licensespringtest.Server
	services services
	dir      string
	model    *model
	lives    []*life
	day      int
	timeline []entry

	process *process // instead of a machine
	// keepEvents keeps events instead of delivering them, and keepPrices keeps the
	// metadata of prices.
	keepEvents, keepPrices bool
	kept                   []keptEvent

	machine *machine
	stop    func() // of the present workers, or nil
	workers sync.WaitGroup
	faults  atomic.Bool // whether faults are injected
	// onRequest is called with each request to LicenseSpring while faults are injected.
	onRequest atomic.Pointer[func(*http.Request)]

	holds    map[int64][]hold
	requests int // number of requests of the service that were checked
	dates    map[string]string
	failed   map[string]bool // subjects
	events   int
}

// hold is a time for which a license is disabled manually.
type hold struct{ from, until time.Time }

// entry is an entry of the timeline.
type entry struct {
	life int
	text string
}

func (s *simulation) log(l *life, format string, args ...any) {
	e := entry{life: -1, text: s.stripe.Now().Format(time.DateTime) + " "}
	if l != nil {
		e.life = l.n
		e.text += fmt.Sprintf("customer %d (%s%s): ", l.n, l.sub, l.session[:min(len(l.session), 16*max(0, 1-len(l.sub)))])
	}
	e.text += fmt.Sprintf(format, args...)
	s.timeline = append(s.timeline, e)
}

// TestSimulation plays random lives. After each quiet period the licenses are as the
// model says.
func TestSimulation(t *testing.T) {
	t.Parallel()
	first, n := uint64(1), *seedsFlag
	if *seedFlag > 0 {
		first, n = *seedFlag, 1
	}
	for seed := first; seed < first+n; seed++ {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			t.Parallel()
			days := int(*yearsFlag * 365)
			s := newSimulation(t, seed, *subscriptionsFlag, days, unreliable())
			s.open()
			for s.day < days {
				s.play(min(quietInterval, days-s.day))
				s.quiet(true)
				if t.Failed() {
					break
				}
			}
			s.close()
			t.Logf("%d customers, %d days, %d deliveries, %d licenses, %d requests to LicenseSpring, %d to Stripe",
				len(s.lives), s.day, s.events, s.service.LicenseCount(), s.requests, len(s.stripe.Requests()))
		})
	}
}

// unreliable is a delivery that doubles, delays, reorders and loses events.
func unreliable() stripetest.Delivery {
	return stripetest.Delivery{Duplicate: 0.2, Delay: 0.3, MaxDelay: 3 * day, Lose: 0.05, Shuffle: true}
}

func newSimulation(t *testing.T, seed uint64, customers, days int, delivery stripetest.Delivery) *simulation {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 0))
	s := &simulation{
		t: t, seed: seed, rng: r, dir: t.TempDir(),
		holds: map[int64][]hold{}, dates: map[string]string{}, failed: map[string]bool{},
		lives: newLives(seed, customers, days),
	}
	options := []licensespringtest.Option{
		licensespringtest.WithProducts(
			licensespringtest.Product{Code: "acmecad"}, licensespringtest.Product{Code: "acmelab"}, licensespringtest.Product{Code: "acmetool"}),
		licensespringtest.WithRequestLogLimit(1 << 20),
	}
	if r.IntN(2) == 0 {
		options = append(options, licensespringtest.WithLookupDelay(staleTime))
	}
	if r.IntN(2) == 0 {
		options = append(options, licensespringtest.WithStaleReads(staleTime))
	}
	if r.IntN(2) == 0 {
		options = append(options, licensespringtest.WithRejectedRepeats())
	}
	s.service = licensespringtest.NewServer(t, options...)
	final := []stripetest.FinalAction{stripetest.FinalCancel, stripetest.FinalUnpaid, stripetest.FinalPastDue}[r.IntN(3)]
	s.stripe = stripetest.New(stripetest.WithTB(t), stripetest.WithSeed(seed), stripetest.WithSigningTime(time.Now),
		stripetest.WithDunning(stripetest.Dunning{Final: final}),
		stripetest.WithDelivery(delivery))
	s.services = services{
		stripe: s.stripe.Client(), stripeURL: s.stripe.URL(), stripeKey: s.stripe.APIKey(),
		licenseURL: s.service.URL(), licenseKey: s.service.APIKey(),
		hides: func() worldtest.Hide {
			if s.faults.Load() && time.Now().UnixMilli()/50%8 == 0 { // all lists of a job
				return worldtest.Newest
			}
			return nil
		},
	}
	s.model = &model{stripe: s.stripe, offers: map[string]*offer{}, disputes: map[string]string{}}
	for _, o := range offers() {
		s.model.offers[o.id] = o
		if o.isBroken = o.broken != nil; o.isBroken {
			s.stripe.AddPrice(o.price(o.broken))
		} else {
			s.stripe.AddPrice(o.price(o.metadata))
		}
	}
	s.log(nil, "seed %d, final action %s", seed, final)
	t.Cleanup(func() { s.explain() })
	return s
}

// staleTime is the time for which lookups may show an earlier state.
const staleTime = 20 * time.Millisecond

// explain prints the timelines of the customers whose licenses are wrong.
func (s *simulation) explain() {
	if !s.t.Failed() {
		return
	}
	var text strings.Builder
	fmt.Fprintf(&text, "replay with -run '%s' -seed=%d -subscriptions=%d -years=%v\n", strings.SplitN(s.t.Name(), "/", 2)[0], s.seed, len(s.lives), *yearsFlag)
	for _, e := range s.timeline {
		if e.life < 0 || s.failed[s.expectation(s.lives[e.life]).subject] {
			fmt.Fprintln(&text, e.text)
		}
	}
	s.t.Log(text.String())
}

// open opens the machine and runs its workers.
func (s *simulation) open() {
	s.t.Helper()
	var err error
	s.machine, err = openMachine(s.t.Context(), s.dir, s.services, fulfillment.WithSyncInterval(time.Minute))
	require.NoError(s.t, err)
	s.start()
}

// start starts workers. Earlier ones may still be stopping.
func (s *simulation) start() {
	ctx, cancel := context.WithCancel(s.t.Context())
	m := s.machine
	s.workers.Go(func() { assert.NoError(s.t, m.run(ctx)) })
	s.stop = func() {
		cancel()
		s.stop = nil
	}
}

func (s *simulation) close() {
	s.t.Helper()
	if s.stop != nil {
		s.stop()
	}
	s.workers.Wait()
	require.NoError(s.t, s.machine.close())
	s.machine = nil
}

// play plays days with faults.
func (s *simulation) play(days int) {
	s.t.Helper()
	s.injectFaults()
	for range days {
		s.nextDay(true)
		s.disturb()
		switch s.rng.IntN(12) {
		case 0:
			s.work(300 * time.Millisecond)
		case 1, 2, 3, 4:
			s.work(time.Duration(s.rng.IntN(10)) * time.Millisecond)
		}
	}
	if s.machine == nil {
		s.open()
	} else if s.stop == nil {
		s.start()
	}
}

// work lets the workers work for a time, or until only retries wait.
func (s *simulation) work(limit time.Duration) {
	s.t.Helper()
	for end := time.Now().Add(limit); s.stop != nil && time.Now().Before(end); <-time.After(5 * time.Millisecond) {
		if b, err := s.machine.backlog(s.t.Context()); err != nil || b.waiting() == 0 {
			return
		}
	}
}

// nextDay plays one day.
func (s *simulation) nextDay(acts bool) {
	if acts {
		for _, l := range s.lives {
			if s.act(l) {
				s.observe(l)
			}
		}
		if !s.keepPrices {
			s.changePrices()
		}
	}
	s.stripe.Play(s.t.Context(), day, s.deliver)
	s.day++
	for _, l := range s.lives {
		if l.session != "" && !l.ended {
			s.observe(l)
		}
	}
}

// deliver is the webhook. It fails while the machine is closed, and sometimes otherwise.
func (s *simulation) deliver(w http.ResponseWriter, r *http.Request) {
	s.events++
	if s.keepEvents {
		s.keep(w, r)
		return
	}
	if s.process != nil {
		s.process.deliver(w, r)
		return
	}
	if s.machine == nil || s.faults.Load() && s.rng.IntN(30) == 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	s.machine.hook.ServeHTTP(w, r)
}

// changePrices corrects the metadata of a price, or breaks it.
func (s *simulation) changePrices() {
	for _, id := range []string{"price_bare", "price_typo"} {
		if s.rng.IntN(100) > 0 {
			continue
		}
		o := s.model.offers[id]
		if o.isBroken = !o.isBroken; o.isBroken {
			s.stripe.AddPrice(o.price(o.broken))
			s.log(nil, "the metadata of %s is broken", id)
		} else {
			s.stripe.AddPrice(o.price(o.metadata))
			s.log(nil, "the metadata of %s is corrected", id)
		}
	}
}

// disturb stops and starts the workers, or the machine.
func (s *simulation) disturb() {
	switch n := s.rng.IntN(60); {
	case s.machine == nil:
		if n < 20 {
			s.open()
		}
	case s.stop == nil:
		if n < 20 {
			s.start()
		}
	case n < 6:
		s.stop()
	case n == 6 && s.rng.IntN(3) == 0:
		s.close()
	}
}

// injectFaults makes both services fail sometimes.
func (s *simulation) injectFaults() {
	s.faults.Store(true)
	sometimes := func(f licensespringtest.Fault, perMille int) {
		s.service.Inject(f.When(func(*http.Request) bool { return rand.IntN(1000) < perMille }).Forever())
	}
	s.service.Inject(licensespringtest.DelayBefore(0).When(func(r *http.Request) bool {
		if f := s.onRequest.Load(); f != nil {
			(*f)(r)
		}
		return false
	}).Forever())
	sometimes(licensespringtest.Status(http.StatusInternalServerError), 20)
	sometimes(licensespringtest.Status(http.StatusBadGateway), 20)
	sometimes(licensespringtest.Status(http.StatusServiceUnavailable, licensespringtest.Stored()), 20)
	sometimes(licensespringtest.Status(http.StatusTooManyRequests, licensespringtest.Header("Retry-After", "0")), 10)
	sometimes(licensespringtest.DropBefore(), 20)
	sometimes(licensespringtest.DropAfter(), 30)
	sometimes(licensespringtest.CutResponse(300), 20)
	sometimes(licensespringtest.WrongContentType("text/html"), 10)
	sometimes(licensespringtest.DelayBefore(10*time.Millisecond), 30)
	sometimes(licensespringtest.DelayAfter(10*time.Millisecond), 30)
	for range 40 {
		f := []stripetest.Fault{
			stripetest.Status(http.StatusInternalServerError), stripetest.Status(http.StatusServiceUnavailable),
			stripetest.Cut(), stripetest.Garbage(), stripetest.RateLimited(0),
		}[s.rng.IntN(5)]
		resources := []stripetest.Resource{stripetest.Subscriptions, stripetest.Invoices, stripetest.InvoicePayments, stripetest.Charges, stripetest.CheckoutSessions}
		s.stripe.Inject(f.On(resources[s.rng.IntN(len(resources))]).Times(1 + s.rng.IntN(3)))
	}
}

func (s *simulation) clearFaults() {
	s.faults.Store(false)
	s.service.ClearFaults()
	s.stripe.ClearFaults()
}

// expectation returns what is right for a life now.
func (s *simulation) expectation(l *life) expectation {
	switch {
	case l.session == "":
		return expectation{exact: true}
	case l.sub == "" && l.once:
		item := l.checkout.Items[0]
		return s.model.session(l.session, item.Price, int(item.Quantity))
	case l.sub == "":
		return expectation{exact: true} // no subscription was started
	default:
		return s.model.subscription(l.sub)
	}
}

// observe records what is right for a life.
func (s *simulation) observe(l *life) {
	v := s.expectation(l)
	for product := range v.rights {
		if l.bounds[product] == nil {
			l.bounds[product] = &bounds{}
		}
	}
	for product, b := range l.bounds {
		r, ok := v.rights[product]
		if ok && r.exact || !ok && v.exact {
			b.most, b.floor = max(b.most, r.count), min(b.floor, r.count)
		}
		if r.date.After(b.latest) {
			b.latest = r.date
		}
	}
	l.ended = v.ended
}
