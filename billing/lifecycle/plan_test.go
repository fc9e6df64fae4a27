package lifecycle_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/lifecycle"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// known returns a memory of licenses of si_1 that have the state of price_1.
func known(ids ...int64) lifecycle.Memory {
	m := lifecycle.Memory{Licenses: map[int64]lifecycle.Remembered{}}
	for _, id := range ids {
		m.Licenses[id] = lifecycle.Remembered{Product: "acmecad", Item: "si_1", Price: "price_1"}
	}
	return m
}

// disabledByUs marks licenses.
func disabledByUs(m lifecycle.Memory, ids ...int64) lifecycle.Memory {
	for _, id := range ids {
		l := m.Licenses[id]
		l.Disabled = "the subscription is unpaid"
		m.Licenses[id] = l
	}
	return m
}

func ensured(list []lifecycle.Ensure) (ids []int64) {
	for _, e := range list {
		ids = append(ids, e.License)
	}
	return ids
}

func kinds(notes []lifecycle.Note) (all []lifecycle.NoteKind) {
	for _, n := range notes {
		all = append(all, n.Kind)
	}
	return all
}

func disabled(l *license) { l.Enabled = false }

func adopted(m lifecycle.Memory, ids ...int64) lifecycle.Memory {
	for _, id := range ids {
		m.Licenses[id] = lifecycle.Remembered{Product: "acmecad"}
	}
	return m
}

func TestPlan(t *testing.T) {
	t.Parallel()
	date := licensespring.Date{Year: 2031, Month: time.May, Day: 5}
	paid := func(edits ...func(*licensespring.LicenseState)) licensespring.LicenseState {
		s := licensespring.LicenseState{Enabled: new(true), LicenseUpdate: licensespring.ValidUntil(date)}
		for _, edit := range edits {
			edit(&s)
		}
		return s
	}
	tests := []struct {
		name     string
		subject  lifecycle.Subject
		config   lifecycle.Config
		licenses []*license
		memory   lifecycle.Memory

		ensure  []int64
		state   *licensespring.LicenseState // of the first one
		missing int
		order   string // id, with + for an append
		surplus []int64
		notes   []lifecycle.NoteKind
		reviews []string
		blocked bool
	}{
		{name: "first order", subject: subscription(withQuantity(2)), missing: 2, order: "sub_1"},
		{name: "converged", subject: subscription(), licenses: []*license{newLicense(1)}, memory: known(1)},
		{name: "renewal", subject: subscription(renewed), licenses: []*license{newLicense(1)}, memory: known(1), ensure: []int64{1}, state: new(paid(func(s *licensespring.LicenseState) {
			s.ValidityPeriod.Month = time.June
		}))},
		{name: "later date", subject: subscription(), licenses: []*license{newLicense(1, func(l *license) { l.ValidityPeriod = "2032-01-01" })}, memory: known(1), notes: []lifecycle.NoteKind{lifecycle.NoteLaterDate}},
		{name: "later date, other difference", subject: subscription(), licenses: []*license{newLicense(1, func(l *license) { l.ValidityPeriod, l.IsTrial = "2032-01-01T10:00:00Z", true })}, memory: known(1), ensure: []int64{1}, state: new(paid(func(s *licensespring.LicenseState) {
			s.ValidityPeriod = licensespring.Date{}
		})), notes: []lifecycle.NoteKind{lifecycle.NoteLaterDate}},
		{name: "perpetual", subject: subscription(), licenses: []*license{newLicense(1, func(l *license) { l.LicenseType, l.ValidityPeriod = "perpetual", "" })}, memory: known(1), notes: []lifecycle.NoteKind{lifecycle.NoteEndless}},
		{name: "without an end", subject: subscription(), licenses: []*license{newLicense(1, func(l *license) { l.ValidityPeriod = "" })}, memory: known(1), ensure: []int64{1}, state: new(paid())},
		{name: "past due", subject: subscription(withStatus(lifecycle.StatusPastDue)), licenses: []*license{newLicense(1, func(l *license) { l.ValidityPeriod = "2031-01-01" }), newLicense(2)}, memory: known(1)},

		{name: "unpaid", subject: subscription(withStatus(lifecycle.StatusUnpaid)), licenses: []*license{newLicense(2), newLicense(1)}, memory: known(1, 2), ensure: []int64{1, 2}, state: &licensespring.LicenseState{Enabled: new(false)}},
		{name: "unpaid, disabled already", subject: subscription(withStatus(lifecycle.StatusUnpaid)), licenses: []*license{newLicense(1, disabled)}, memory: known(1)},
		{name: "recovered", subject: subscription(), licenses: []*license{newLicense(1, disabled)}, memory: disabledByUs(known(1), 1), ensure: []int64{1}, state: new(paid(func(s *licensespring.LicenseState) { s.AllowEnable = true }))},
		{name: "recovered, disabled manually", subject: subscription(), licenses: []*license{newLicense(1, disabled)}, memory: known(1), notes: []lifecycle.NoteKind{lifecycle.NoteDisabledManually}},
		{name: "recovered, disabled again manually", subject: subscription(), licenses: []*license{newLicense(1, disabled, func(l *license) { l.TimeDisabled = "2031-04-03T10:00:00Z" })}, memory: func() lifecycle.Memory {
			m := disabledByUs(known(1), 1)
			l := m.Licenses[1]
			l.TimeDisabled = day(time.April, 2)
			m.Licenses[1] = l
			return m
		}(), notes: []lifecycle.NoteKind{lifecycle.NoteDisabledManually}},
		{name: "refunded", subject: subscription(refunded(3000)), licenses: []*license{newLicense(1)}, memory: known(1), ensure: []int64{1}, state: &licensespring.LicenseState{Enabled: new(false)}},
		{name: "partial refund", subject: subscription(refunded(1)), licenses: []*license{newLicense(1)}, memory: known(1), reviews: []string{"partial_refund:in_apr:1"}},
		{name: "enabled manually while unpaid", subject: subscription(withStatus(lifecycle.StatusUnpaid)), licenses: []*license{newLicense(1)}, memory: disabledByUs(known(1), 1), ensure: []int64{1}, state: &licensespring.LicenseState{Enabled: new(false)}},

		{name: "quantity up", subject: subscription(withQuantity(3)), licenses: []*license{newLicense(1)}, memory: known(1), missing: 2, order: "sub_1+"},
		{name: "quantity up, order in memory", subject: subscription(), memory: lifecycle.Memory{Orders: []string{"sub_1"}}, missing: 1, order: "sub_1+"},
		{name: "quantity up again", subject: subscription(withQuantity(2)), licenses: []*license{newLicense(1), newLicense(2, disabled)}, memory: disabledByUs(known(1, 2), 2), ensure: []int64{2}, state: new(paid(func(s *licensespring.LicenseState) { s.AllowEnable = true }))},
		{name: "quantity up, users", subject: subscription(withQuantity(2), withPrice(monthly("price_1", "authorization_method", "user"))), licenses: []*license{newLicense(1)}, memory: known(1), missing: 1, order: "sub_1-2"},
		{name: "quantity down", subject: subscription(), licenses: []*license{newLicense(1), newLicense(3), newLicense(2)}, memory: known(1, 2, 3), surplus: []int64{3, 2}},
		{name: "quantity down, one disabled manually", subject: subscription(withQuantity(2)), licenses: []*license{newLicense(1, disabled), newLicense(2), newLicense(3)}, memory: known(1, 2, 3)},
		{name: "disabled manually counts", subject: subscription(withQuantity(2)), licenses: []*license{newLicense(1, disabled), newLicense(2)}, memory: known(1, 2), notes: []lifecycle.NoteKind{lifecycle.NoteDisabledManually}},
		{name: "quantity 0", subject: subscription(withQuantity(0)), licenses: []*license{newLicense(1)}, memory: known(1), surplus: []int64{1}},
		{name: "pending", subject: subscription(withQuantity(2)), licenses: []*license{newLicense(1)}, memory: func() lifecycle.Memory {
			m := known(1)
			m.Pending = []lifecycle.Pending{{OrderID: "sub_1", Product: "acmecad", Item: "si_1", Count: 1}}
			return m
		}(), notes: []lifecycle.NoteKind{lifecycle.NotePending}},
		{name: "not visible", subject: subscription(withQuantity(2)), licenses: []*license{newLicense(1)}, memory: known(1, 2), notes: []lifecycle.NoteKind{lifecycle.NoteNotVisible}},

		{name: "another price", subject: subscription(withPrice(monthly("price_9", "max_activations", "5"))), licenses: []*license{newLicense(1)}, memory: known(1), ensure: []int64{1}, state: new(paid(func(s *licensespring.LicenseState) { s.MaxActivations = new(5) }))},
		{name: "another price with a value that is not shown", subject: subscription(withPrice(monthly("price_9", "max_transfers", "5"))), licenses: []*license{newLicense(1)}, memory: known(1), ensure: []int64{1}, state: new(paid(func(s *licensespring.LicenseState) { s.MaxTransfers = new(5) }))},
		{name: "a value that is not shown", subject: subscription(withPrice(monthly("price_1", "max_transfers", "5"))), licenses: []*license{newLicense(1)}, memory: known(1)},
		{name: "replaced item", subject: subscription(func(s *lifecycle.Subject) { s.Items[0].ID, s.Items[0].Price.ID = "si_9", "price_9" }), licenses: []*license{newLicense(1)}, memory: known(1)},
		{name: "another product", subject: subscription(withPrice(monthly("price_9", "product_short_code", "acmecam"))), licenses: []*license{newLicense(1)}, memory: known(1), missing: 1, order: "sub_1+", surplus: []int64{1}},
		{name: "another product without metadata", subject: subscription(func(s *lifecycle.Subject) {
			s.Items = append(s.Items, lifecycle.Item{ID: "si_2", Price: &stripehook.Price{ID: "price_0"}, Quantity: 1})
			s.Items[0].Price = monthly("price_9", "product_short_code", "acmecam")
		}), config: lifecycle.Config{SkipUnlicensed: true}, licenses: []*license{newLicense(1)}, memory: known(1), missing: 1, order: "sub_1+", reviews: []string{"surplus:1"}},
		{name: "canceled, without metadata", subject: subscription(withPrice(&stripehook.Price{ID: "price_1"}), withStatus(lifecycle.StatusCanceled)), licenses: []*license{newLicense(1), newLicense(2, disabled)}, memory: known(1, 2), surplus: []int64{1}},
		{name: "canceled, an item without metadata", subject: subscription(withStatus(lifecycle.StatusCanceled), func(s *lifecycle.Subject) {
			s.Items = append(s.Items, lifecycle.Item{ID: "si_2", Price: &stripehook.Price{ID: "price_0"}, Quantity: 1})
			s.Items[0].Price = monthly("price_9", "product_short_code", "acmecam")
		}), licenses: []*license{newLicense(1)}, memory: known(1), surplus: []int64{1}},
		{name: "features", subject: subscription(withPrice(monthly("price_1", "product_features", "render:period"))), licenses: []*license{newLicense(1, func(l *license) {
			l.Features = []licFeature{{Code: "render", ExpiryDate: "2031-05-09"}}
		})}, memory: known(1)},
		{name: "missing feature", subject: subscription(withPrice(monthly("price_1", "product_features", "render,calls:5"))), licenses: []*license{newLicense(1, func(l *license) {
			l.Features = []licFeature{{Code: "render"}}
		})}, memory: known(1), ensure: []int64{1}, state: new(paid(func(s *licensespring.LicenseState) {
			s.ProductFeatures = []licensespring.ProductFeature{{Code: "render"}, {Code: "calls", MaxConsumption: new(5)}}
		}))},

		{name: "adopted by subscription id", subject: subscription(), licenses: []*license{newLicense(1, func(l *license) { l.OrderStoreID = "old" })}, memory: adopted(known(), 1), notes: []lifecycle.NoteKind{lifecycle.NoteAdopted}},
		{name: "adopted by order id", subject: subscription(), licenses: []*license{newLicense(1, func(l *license) { l.SubscriptionID = "" })}, memory: adopted(known(), 1), notes: []lifecycle.NoteKind{lifecycle.NoteAdopted}},
		{name: "adopted by metadata", subject: subscription(func(s *lifecycle.Subject) { s.Metadata = map[string]string{"adopt_license_id": "1"} }), licenses: []*license{newLicense(1, func(l *license) { l.SubscriptionID, l.OrderStoreID = "", "old" })}, memory: adopted(known(), 1), notes: []lifecycle.NoteKind{lifecycle.NoteAdopted}},
		{name: "adopted and disabled", subject: subscription(), licenses: []*license{newLicense(1, disabled)}, memory: adopted(known(), 1), notes: []lifecycle.NoteKind{lifecycle.NoteAdopted, lifecycle.NoteDisabledManually}},
		{name: "adopted order, more licenses", subject: subscription(withQuantity(2), func(s *lifecycle.Subject) { s.Metadata = map[string]string{"adopt_order_id": "old"} }), licenses: []*license{newLicense(1, func(l *license) { l.SubscriptionID, l.OrderStoreID = "", "old" })}, memory: adopted(known(), 1), missing: 1, order: "sub_1", notes: []lifecycle.NoteKind{lifecycle.NoteAdopted}},
		{name: "adopted order not found", subject: subscription(func(s *lifecycle.Subject) { s.Metadata = map[string]string{"adopt_order_id": "old"} }), reviews: []string{"adopt:sub_1"}},
		{name: "foreign", subject: subscription(), licenses: []*license{newLicense(1, func(l *license) { l.SubscriptionID, l.OrderStoreID = "sub_2", "sub_2" })}, missing: 1, order: "sub_1", notes: []lifecycle.NoteKind{lifecycle.NoteForeign}},
		{name: "unknown product", subject: subscription(), licenses: []*license{newLicense(1)}, reviews: []string{"product_unknown:1"}, blocked: true},

		{name: "review", subject: subscription(withStatus("resting")), licenses: []*license{newLicense(1)}, memory: known(1), reviews: []string{"findings:status=unknown_status"}, blocked: true},
		{name: "keep", subject: subscription(func(s *lifecycle.Subject) { s.Metadata = map[string]string{"license_lifecycle": "manual"} }), licenses: []*license{newLicense(1, disabled), newLicense(2)}, memory: disabledByUs(known(1, 2), 1)},
		{name: "no user", subject: subscription(withPrice(monthly("price_1", "authorization_method", "user")), func(s *lifecycle.Subject) { s.Customer.Email = "" }), reviews: []string{"order:si_1"}},

		{name: "payment", subject: payment(), missing: 2, order: "cs_1"},
		{name: "payment refunded before the order", subject: payment(refunded(6000))},
		{name: "payment, surplus", subject: payment(), licenses: []*license{
			newLicense(1, func(l *license) { l.OrderStoreID, l.MaxActivations = "cs_1", 99 }), newLicense(2, func(l *license) { l.OrderStoreID = "cs_1" }), newLicense(3, func(l *license) { l.OrderStoreID = "cs_1" }),
		}, memory: adopted(known(), 1, 2, 3), notes: []lifecycle.NoteKind{lifecycle.NoteAdopted, lifecycle.NoteAdopted}, reviews: []string{"surplus:3"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			target := lifecycle.Wanted(tt.subject, tt.config)
			got := lifecycle.Plan(target, records(t, tt.licenses...), tt.memory)
			assert.Equal(t, tt.ensure, ensured(got.Ensure))
			if tt.state != nil && assert.NotEmpty(t, got.Ensure) {
				assert.Equal(t, *tt.state, got.Ensure[0].State)
			}
			assert.Equal(t, tt.surplus, ensured(got.Surplus))
			for _, e := range append(got.Ensure, got.Surplus...) {
				assert.NotEmpty(t, e.Reason)
				assert.False(t, e.State.AllowShorten)
				require.NoError(t, e.State.Validate())
			}
			missing, order := 0, ""
			for _, m := range got.Missing {
				missing += m.Count
				if order = m.OrderID; m.Append {
					order += "+"
				}
				assert.NotEmpty(t, m.Reason)
			}
			assert.Equal(t, tt.missing, missing)
			assert.Equal(t, tt.order, order)
			assert.Equal(t, tt.notes, kinds(got.Notes))
			var reviews []string
			for _, r := range got.Reviews {
				reviews = append(reviews, r.ID)
			}
			assert.Equal(t, tt.reviews, reviews)
			assert.Equal(t, tt.blocked, got.Blocked)
			for _, o := range got.Orders(&target) {
				require.NoError(t, o.Validate())
			}
		})
	}
}

// The licenses of two items of one product stay with their items.
func TestPlanTwoItemsOfOneProduct(t *testing.T) {
	t.Parallel()
	s := subscription(withQuantity(2), func(s *lifecycle.Subject) {
		s.Items = append(s.Items, lifecycle.Item{ID: "si_2", Price: monthly("price_2", "max_activations", "9"), Quantity: 1, PeriodEnd: day(time.May, 1)})
	})
	memory := known(1, 2)
	memory.Licenses[3] = lifecycle.Remembered{Product: "acmecad", Item: "si_2", Price: "price_2"}
	licenses := []*license{newLicense(1), newLicense(2), newLicense(3, func(l *license) { l.MaxActivations = 9 })}
	got := lifecycle.Plan(lifecycle.Wanted(s, lifecycle.Config{}), records(t, licenses...), memory)
	assert.True(t, got.IsEmpty(), "%+v", got)

	// A unit that moves from one item to the other keeps its key.
	s.Items[0].Quantity, s.Items[1].Quantity = 1, 2
	got = lifecycle.Plan(lifecycle.Wanted(s, lifecycle.Config{}), records(t, licenses...), memory)
	assert.Empty(t, got.Missing)
	assert.Empty(t, got.Surplus)
	require.Equal(t, []int64{2}, ensured(got.Ensure))
	assert.Equal(t, new(9), got.Ensure[0].State.MaxActivations)

	memory = got.Done(got.Intent(memory))
	assert.Equal(t, "si_2", memory.Licenses[2].Item)
}

// What is disabled is remembered before, and forgotten after it was enabled.
func TestMemory(t *testing.T) {
	t.Parallel()
	unpaid := lifecycle.Wanted(subscription(withStatus(lifecycle.StatusUnpaid)), lifecycle.Config{})
	memory := known(1)
	changes := lifecycle.Plan(unpaid, records(t, newLicense(1)), memory)
	intent := changes.Intent(memory)
	assert.Equal(t, "the subscription is unpaid", intent.Licenses[1].Disabled)
	assert.Empty(t, memory.Licenses[1].Disabled, "the argument is unchanged")
	done := changes.Done(intent)
	assert.Equal(t, intent.Licenses[1].Disabled, done.Licenses[1].Disabled)

	data, err := json.Marshal(done)
	require.NoError(t, err)
	var stored lifecycle.Memory
	require.NoError(t, json.Unmarshal(data, &stored))
	assert.Equal(t, done.Licenses, stored.Licenses)

	active := lifecycle.Wanted(subscription(), lifecycle.Config{})
	changes = lifecycle.Plan(active, records(t, newLicense(1, disabled)), stored)
	require.Len(t, changes.Ensure, 1)
	assert.True(t, changes.Ensure[0].State.AllowEnable)
	assert.NotEmpty(t, changes.Intent(stored).Licenses[1].Disabled, "until it is enabled")
	assert.Empty(t, changes.Done(stored).Licenses[1].Disabled)

	changes = lifecycle.Plan(active, nil, lifecycle.Memory{})
	intent = changes.Intent(lifecycle.Memory{})
	assert.Equal(t, []lifecycle.Pending{{OrderID: "sub_1", Product: "acmecad", Item: "si_1", Count: 1}}, intent.Pending)
	changes = lifecycle.Plan(active, nil, intent)
	assert.True(t, changes.IsEmpty())
}

// A license that was found once is not ordered again, although the changes after it were
// found have failed, and a later list lacks it.
func TestFoundLicensesAreRememberedBeforeChanges(t *testing.T) {
	t.Parallel()
	target := lifecycle.Wanted(subscription(withQuantity(2)), lifecycle.Config{})
	products := lifecycle.Memory{Licenses: map[int64]lifecycle.Remembered{1: {Product: "acmecad"}, 2: {Product: "acmecad"}}}
	found := lifecycle.Plan(target, records(t, newLicense(1), newLicense(2)), products)
	require.Empty(t, found.Missing)
	later := lifecycle.Plan(target, records(t, newLicense(1)), found.Intent(products))
	assert.Empty(t, later.Missing)
	assert.Empty(t, products.Licenses[1].Item, "the argument is unchanged")
}

// A license that was deleted can be replaced manually.
func TestPlanAdoptsReplacement(t *testing.T) {
	t.Parallel()
	target := lifecycle.Wanted(subscription(), lifecycle.Config{})
	memory := known(1)
	memory.Licenses[2] = lifecycle.Remembered{Product: "acmecad"}
	got := lifecycle.Plan(target, records(t, newLicense(2)), memory)
	assert.True(t, got.IsEmpty(), "%+v", got)
	require.Len(t, got.Assigned, 1)
	assert.Equal(t, int64(2), got.Assigned[0].License)
}

// A read that shows a license enabled, which this program may have disabled, can be
// outdated.
func TestPlanEnablesAgain(t *testing.T) {
	t.Parallel()
	unpaid := lifecycle.Wanted(subscription(withStatus(lifecycle.StatusUnpaid)), lifecycle.Config{})
	changes := lifecycle.Plan(unpaid, records(t, newLicense(1)), known(1))
	memory := changes.Intent(known(1))
	paid := lifecycle.Wanted(subscription(), lifecycle.Config{})
	got := lifecycle.Plan(paid, records(t, newLicense(1)), memory)
	require.Len(t, got.Ensure, 1)
	assert.True(t, got.Ensure[0].Enable)
	assert.True(t, got.Ensure[0].State.AllowEnable)
	got = lifecycle.Plan(paid, records(t, newLicense(1)), got.Done(got.Intent(memory)))
	assert.True(t, got.IsEmpty(), "%+v", got)
}

// All licenses of the first order are in one order.
func TestOrders(t *testing.T) {
	t.Parallel()
	s := subscription(withQuantity(2), func(s *lifecycle.Subject) {
		s.Live = false
		s.Customer.Email = "not an address"
		s.Items = append(s.Items, lifecycle.Item{ID: "si_2", Price: monthly("price_2", "product_short_code", "acmecam"), Quantity: 1, PeriodEnd: day(time.May, 1)})
	})
	target := lifecycle.Wanted(s, lifecycle.Config{})
	changes := lifecycle.Plan(target, nil, lifecycle.Memory{})
	orders := changes.Orders(&target)
	require.Len(t, orders, 1)
	assert.Equal(t, "sub_1", orders[0].ID)
	assert.False(t, orders[0].Append)
	assert.True(t, orders[0].IsTest)
	require.Len(t, orders[0].Items, 2)
	assert.Len(t, orders[0].Items[0].Licenses, 2)
	assert.Empty(t, orders[0].Customer.Email, "left out")
	assert.Equal(t, "not an address", target.Customer.Email, "the target is unchanged")
}
