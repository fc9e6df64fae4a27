package lifecycle_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/lifecycle"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// world is a subject with the licenses of a simple service.
type world struct {
	rand     *rand.Rand
	subject  lifecycle.Subject
	licenses []*license
	products map[int64]string
	memory   lifecycle.Memory
	lastID   int64
}

func pick[T any](w *world, values ...T) T { return values[w.rand.IntN(len(values))] }

func newWorld(seed uint64) *world {
	w := &world{rand: rand.New(rand.NewPCG(seed, 1)), products: map[int64]string{}, memory: lifecycle.Memory{Licenses: map[int64]lifecycle.Remembered{}}}
	w.subject = subscription()
	w.changeSubject()
	for range w.rand.IntN(6) {
		w.addLicense()
	}
	return w
}

// changeSubject changes what Stripe shows.
func (w *world) changeSubject() {
	s := &w.subject
	*s = subscription()
	if w.rand.IntN(4) == 0 {
		*s = payment()
		s.Invoices[0].Lines[0].Quantity = int64(1 + w.rand.IntN(3))
	} else {
		s.Status = pick(w, lifecycle.StatusActive, lifecycle.StatusActive, lifecycle.StatusActive, lifecycle.StatusTrialing, lifecycle.StatusPastDue,
			lifecycle.StatusUnpaid, lifecycle.StatusCanceled, lifecycle.StatusIncomplete)
		s.TrialEnd = day(time.April, 20)
		s.Items = nil
		for i := range w.rand.IntN(4) {
			price := monthly(fmt.Sprint("price_", w.rand.IntN(3)), pick(w, []string{}, []string{"product_short_code", "acmecam"}, []string{"max_activations", "4"},
				[]string{"quantity", "max_activations"}, []string{"on_refund", "review"}, []string{"product_features", "render:period"})...)
			s.Items = append(s.Items, lifecycle.Item{
				ID: fmt.Sprint("si_", i+w.rand.IntN(2)*4), Price: price, Quantity: int64(w.rand.IntN(4)), PeriodStart: day(time.April, 1), PeriodEnd: day(time.May, 1),
			})
		}
		if w.rand.IntN(3) == 0 {
			s.Invoices = append(s.Invoices, mayInvoice())
		}
	}
	switch w.rand.IntN(5) {
	case 0:
		s.Invoices[0].Payments[0].Refunded = int64(w.rand.IntN(2) * 3000)
	case 1:
		disputed(pick(w, "won", "lost", "under_review", "needs_response"))(s)
	}
}

func (w *world) addLicense() {
	w.lastID++
	l := newLicense(w.lastID, func(l *license) {
		l.SubscriptionID = pick(w, "sub_1", "sub_1", "sub_2", "")
		l.OrderStoreID = pick(w, "sub_1", "cs_1", "inv-1")
		l.Enabled = w.rand.IntN(3) > 0
		l.ValidityPeriod = pick(w, "2031-05-05", "2030-01-01", "2033-01-01", "")
		l.LicenseType = pick(w, "subscription", "perpetual")
		l.IsTrial = w.rand.IntN(2) == 0
		l.CreatedAt = pick(w, "2031-04-01T10:00:00Z", "2031-03-01T10:00:00Z")
		if w.rand.IntN(2) == 0 {
			l.Features = []licFeature{{Code: "render", ExpiryDate: pick(w, "", "2030-01-01", "2035-01-01")}}
		}
	})
	w.licenses = append(w.licenses, l)
	w.products[l.ID] = pick(w, "acmecad", "acmecam")
	if w.rand.IntN(2) == 0 {
		known := lifecycle.Remembered{Item: fmt.Sprint("si_", w.rand.IntN(4)), Price: "price_1"}
		if w.rand.IntN(2) == 0 {
			known.Disabled = "before"
		}
		w.memory.Licenses[l.ID] = known
	}
}

func (w *world) records(t *testing.T) []*licensespring.LicenseRecord {
	t.Helper()
	list := records(t, w.licenses...)
	for _, rec := range list {
		known := w.memory.Licenses[rec.ID]
		known.Product = w.products[rec.ID]
		w.memory.Licenses[rec.ID] = known
	}
	w.rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

// converge plans, checks the changes, and applies them.
func (w *world) converge(t *testing.T) (lifecycle.Target, lifecycle.Changes) {
	t.Helper()
	target := lifecycle.Wanted(w.subject, lifecycle.Config{})
	changes := lifecycle.Plan(target, w.records(t), w.memory)
	require.Equal(t, changes, lifecycle.Plan(target, w.records(t), w.memory), "independent of the order of the licenses")
	require.False(t, changes.Blocked)
	if target.Decision != lifecycle.DecisionConverge {
		require.True(t, changes.IsEmpty())
	}
	intent := changes.Intent(w.memory)
	for _, e := range changes.Ensure {
		w.ensure(t, e)
	}
	for _, order := range changes.Orders(&target) {
		require.NoError(t, order.Validate())
		for _, item := range order.Items {
			for _, l := range item.Licenses {
				w.issue(&order, item.ProductCode, l, &intent, changes.Missing)
			}
		}
	}
	intent.Pending = nil
	for _, e := range changes.Surplus {
		w.ensure(t, e)
	}
	w.memory = changes.Done(intent)
	return target, changes
}

// ensure applies a state as Client.EnsureLicense does.
func (w *world) ensure(t *testing.T, e lifecycle.Ensure) {
	t.Helper()
	l := w.licenses[slices.IndexFunc(w.licenses, func(l *license) bool { return l.ID == e.License })]
	known := w.memory.Licenses[e.License]
	state := e.State
	require.False(t, state.AllowShorten)
	if *state.Enabled && !l.Enabled {
		require.NotEmpty(t, known.Disabled, "enables only what this program has disabled")
		require.True(t, state.AllowEnable)
	}
	require.Equal(t, *state.Enabled && known.Disabled != "", state.AllowEnable)
	require.Equal(t, state.AllowEnable && l.Enabled, e.Enable, "the read may be outdated")
	l.Enabled = *state.Enabled
	if !state.ValidityPeriod.IsZero() {
		require.False(t, l.ValidityPeriod == "" && l.LicenseType == "perpetual")
		require.GreaterOrEqual(t, state.ValidityPeriod.String(), l.ValidityPeriod, "a date is never moved back")
		l.ValidityPeriod = state.ValidityPeriod.String()
	}
	if state.IsTrial != nil {
		l.IsTrial = *state.IsTrial
	}
	if state.MaxActivations != nil {
		l.MaxActivations = *state.MaxActivations
	}
	if state.ProductFeatures != nil {
		for _, f := range state.ProductFeatures {
			for _, old := range l.Features {
				require.GreaterOrEqual(t, f.ExpiryDate.String(), old.ExpiryDate)
			}
		}
		l.Features = features(state.ProductFeatures)
	}
}

func features(list []licensespring.ProductFeature) (all []licFeature) {
	for _, f := range list {
		one := licFeature{Code: f.Code}
		if !f.ExpiryDate.IsZero() {
			one.ExpiryDate = f.ExpiryDate.String()
		}
		all = append(all, one)
	}
	return all
}

// issue creates a license of an order.
func (w *world) issue(order *licensespring.Order, product string, ordered licensespring.License, memory *lifecycle.Memory, missing []lifecycle.Missing) {
	w.lastID++
	l := newLicense(w.lastID, func(l *license) {
		l.SubscriptionID, l.OrderStoreID, l.LicenseType = ordered.SubscriptionID, order.ID, string(ordered.LicenseType)
		l.ValidityPeriod = ""
		if !ordered.ValidityPeriod.IsZero() {
			l.ValidityPeriod = licensespring.DateOf(ordered.ValidityPeriod).String()
		}
		l.IsTrial = ordered.IsTrial != nil && *ordered.IsTrial
		if ordered.MaxActivations != nil {
			l.MaxActivations = *ordered.MaxActivations
		}
		l.Features = features(ordered.ProductFeatures)
	})
	w.licenses = append(w.licenses, l)
	w.products[l.ID] = product
	for i := range missing {
		if m := &missing[i]; m.Product == product && m.Count > 0 && assert.ObjectsAreEqual(m.License, ordered) {
			m.Count--
			memory.Licenses[l.ID] = lifecycle.Remembered{Product: product, Item: m.Item, Price: m.Price}
			return
		}
	}
}

// After the changes, the licenses are as wanted, for random subjects, licenses and
// memories, and after random changes at Stripe and by operators.
func TestPlanConverges(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3000) {
		w := newWorld(seed)
		// The licenses of a payment remain those of the payment.
		for range 5 {
			target, changes := w.converge(t)
			again := lifecycle.Plan(target, w.records(t), w.memory)
			require.True(t, again.IsEmpty(), "seed %d: %+v after %+v", seed, again, changes)
			w.checkCounts(t, &target)
			w.changeSubject()
			if len(w.licenses) > 0 && w.rand.IntN(3) == 0 { // an operator
				l := pick(w, w.licenses...)
				l.Enabled = !l.Enabled
			}
		}
	}
}

// checkCounts checks that as many licenses are usable as were paid for, except those that
// were disabled manually.
func (w *world) checkCounts(t *testing.T, target *lifecycle.Target) {
	t.Helper()
	if target.Decision != lifecycle.DecisionConverge || target.Subject.Kind != stripehook.SourceSubscription {
		return
	}
	wanted, kept := map[string]int{}, map[string]bool{}
	for _, e := range target.Entitlements {
		wanted[e.Product] += e.Count
		kept[e.Product] = kept[e.Product] || e.Action == lifecycle.ActionKeep
	}
	enabled, manual := map[string]int{}, map[string]int{}
	for _, l := range w.licenses {
		known := w.memory.Licenses[l.ID]
		if known.Item == "" && l.SubscriptionID != "sub_1" && l.OrderStoreID != "sub_1" {
			continue // foreign
		}
		switch product := w.products[l.ID]; {
		case l.Enabled:
			enabled[product]++
		case known.Disabled == "":
			manual[product]++
		}
	}
	for _, product := range []string{"acmecad", "acmecam"} {
		if kept[product] {
			continue
		}
		assert.LessOrEqual(t, enabled[product], wanted[product], product)
		assert.GreaterOrEqual(t, enabled[product]+manual[product], wanted[product], product)
	}
}
