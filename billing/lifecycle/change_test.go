package lifecycle_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring/billing/lifecycle"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// bare returns a price without license metadata.
func bare(id, interval string) *stripehook.Price {
	return &stripehook.Price{ID: id, Interval: interval, IntervalCount: 1}
}

// delivered is what is remembered of the two licenses of payment.
func delivered() lifecycle.Memory {
	one := lifecycle.Remembered{Product: "acmecad", Item: "cs_1/0", Price: "price_2"}
	return lifecycle.Memory{Orders: []string{"cs_1"}, Licenses: map[int64]lifecycle.Remembered{1: one, 2: one}}
}

func purchased(l *license) { l.SubscriptionID, l.OrderStoreID, l.ValidityPeriod = "", "cs_1", "" }

// What was sold once stays as it was sold when the metadata of the price changes.
func TestPurchaseAfterPriceChange(t *testing.T) {
	t.Parallel()
	another := func(s *lifecycle.Subject) { s.Invoices[0].Lines[0].Price.Metadata["product_short_code"] = "acmecam" }
	licenses := records(t, newLicense(1, purchased), newLicense(2, purchased))
	got := lifecycle.Plan(lifecycle.Wanted(payment(another), lifecycle.Config{}), licenses, delivered())
	assert.True(t, got.IsEmpty(), "%+v", got)
	got = lifecycle.Plan(lifecycle.Wanted(payment(another, refunded(6000)), lifecycle.Config{}), licenses, delivered())
	assert.Equal(t, []int64{1, 2}, ensured(got.Ensure))

	// The quantity was that of the devices of one license.
	s := payment(func(s *lifecycle.Subject) { s.Invoices[0].Lines[0].Quantity = 5 })
	memory := delivered()
	delete(memory.Licenses, 2)
	got = lifecycle.Plan(lifecycle.Wanted(s, lifecycle.Config{}), licenses[:1], memory)
	assert.Empty(t, got.Missing)
	assert.Len(t, got.Reviews, 1)
}

// If a price loses its metadata, the license is disabled if nothing is paid for any more,
// and otherwise an operator is asked.
func TestPriceLosesMetadata(t *testing.T) {
	t.Parallel()
	skip := lifecycle.Config{SkipUnlicensed: true}
	yearly := func(l *license) { l.ValidityPeriod = "2032-04-05" }
	withItem := func(s *lifecycle.Subject) {
		s.Items = append(s.Items, lifecycle.Item{ID: "si_2", Price: bare("price_2", "month"), Quantity: 1, PeriodStart: day(time.April, 1), PeriodEnd: day(time.May, 1)})
	}
	withPurchase := func(s *lifecycle.Subject) {
		s.Invoices[0].Lines = append(s.Invoices[0].Lines, lifecycle.Line{ID: "il_once", Price: bare("price_2", ""), Quantity: 1, Amount: 100})
	}
	second := func(item string) lifecycle.Memory {
		m := known(1)
		m.Licenses[2] = lifecycle.Remembered{Product: "acmecad", Item: item, Price: "price_2"}
		return m
	}
	for name, tt := range map[string]struct {
		subject  lifecycle.Subject
		config   lifecycle.Config
		memory   lifecycle.Memory
		licenses []*license
		disabled int
		reviews  int
	}{
		"canceled":     {subscription(withPrice(bare("price_1", "month")), withStatus(lifecycle.StatusCanceled)), lifecycle.Config{}, known(1), []*license{newLicense(1, yearly)}, 1, 0},
		"unpaid":       {subscription(withPrice(bare("price_1", "month")), withStatus(lifecycle.StatusUnpaid)), skip, known(1), []*license{newLicense(1, yearly)}, 0, 1},
		"renewed":      {subscription(renewed, withPrice(bare("price_1", "month"))), skip, known(1), []*license{newLicense(1)}, 0, 1},
		"item removed": {subscription(withPrice(bare("price_1", "month")), func(s *lifecycle.Subject) { s.Items[0].ID = "si_2" }), skip, known(1), []*license{newLicense(1)}, 0, 1},
		"refunded": {
			payment(refunded(6000), func(s *lifecycle.Subject) { s.Invoices[0].Lines[0].Price = bare("price_2", "") }), skip,
			delivered(),
			[]*license{newLicense(1, purchased), newLicense(2, purchased)},
			0, 2,
		},
		"one of two items": {subscription(withItem), skip, second("si_2"), []*license{newLicense(1), newLicense(2)}, 0, 1},
		"a purchase":       {subscription(withPurchase), lifecycle.Config{}, second("il_once"), []*license{newLicense(1), newLicense(2, func(l *license) { l.LicenseType = "perpetual" })}, 0, 2},
		"manual": {subscription(withPrice(bare("price_1", "month")), func(s *lifecycle.Subject) {
			s.Metadata = map[string]string{lifecycle.MetadataLifecycle: "manual"}
		}), skip, known(1), []*license{newLicense(1)}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := lifecycle.Plan(lifecycle.Wanted(tt.subject, tt.config), records(t, tt.licenses...), tt.memory)
			assert.Len(t, got.Surplus, tt.disabled)
			assert.Len(t, got.Reviews, tt.reviews, "%+v", got.Reviews)
			assert.Empty(t, got.Missing)
		})
	}
}

// The licenses of a subscription and of a purchase of one product differ in their type.
func TestPlanSubscriptionAndPurchase(t *testing.T) {
	t.Parallel()
	s := subscription(func(s *lifecycle.Subject) {
		s.Invoices[0].Lines = append(s.Invoices[0].Lines, lifecycle.Line{ID: "il_once", Price: once("price_2", "license_type", "perpetual"), Quantity: 1, Amount: 100})
	})
	licenses := records(t, newLicense(1), newLicense(2, func(l *license) { l.LicenseType, l.ValidityPeriod, l.SubscriptionID = "perpetual", "", "" }))
	memory := adopted(known(), 1, 2)
	got := lifecycle.Plan(lifecycle.Wanted(s, lifecycle.Config{}), licenses, memory)
	memory = got.Done(got.Intent(memory))
	assert.Equal(t, "si_1", memory.Licenses[1].Item)
	assert.Equal(t, "il_once", memory.Licenses[2].Item)

	renewed(&s)
	got = lifecycle.Plan(lifecycle.Wanted(s, lifecycle.Config{}), licenses, memory)
	assert.Equal(t, []int64{1}, ensured(got.Ensure))
	s.Status = lifecycle.StatusCanceled
	got = lifecycle.Plan(lifecycle.Wanted(s, lifecycle.Config{}), licenses, memory)
	assert.Equal(t, []int64{1}, ensured(got.Ensure))
}

// A license that was adopted from another subscription, and disabled with it.
func TestPlanDisabledWithAnotherSubscription(t *testing.T) {
	t.Parallel()
	s := subscription(func(s *lifecycle.Subject) {
		s.Source.ID, s.Metadata = "sub_2", map[string]string{lifecycle.MetadataAdoptOrder: "sub_1"}
	})
	got := lifecycle.Plan(lifecycle.Wanted(s, lifecycle.Config{}), records(t, newLicense(1, disabled)), adopted(known(), 1))
	assert.True(t, got.IsEmpty())
	assert.Len(t, got.Reviews, 1)
}

// An item that replaces another one within the period depends on the payment of both.
func TestReplacedItem(t *testing.T) {
	t.Parallel()
	replaced := func(s *lifecycle.Subject) {
		change := aprilInvoice()
		change.ID, change.Total, change.Payments = "in_change", 500, []lifecycle.Payment{{ID: "ch_change", Currency: "eur", Amount: 500}}
		change.Lines = []lifecycle.Line{
			{ID: "il_credit", Item: "si_1", Quantity: 1, Amount: -2000, Proration: true, Start: day(time.April, 10), End: day(time.May, 1)},
			{ID: "il_new", Item: "si_9", Quantity: 1, Amount: 2500, Proration: true, Start: day(time.April, 10), End: day(time.May, 1)},
		}
		s.Items[0].ID, s.Items[0].Price = "si_9", monthly("price_9", "max_activations", "9")
		s.Invoices = append([]lifecycle.Invoice{change}, s.Invoices...)
	}
	got := lifecycle.Wanted(subscription(replaced), lifecycle.Config{})
	assert.Equal(t, lifecycle.ActionProvide, got.Entitlements[0].Action)
	got = lifecycle.Wanted(subscription(disputed("needs_response"), replaced), lifecycle.Config{})
	assert.Equal(t, lifecycle.ActionSuspend, got.Entitlements[0].Action)
	got = lifecycle.Wanted(subscription(refunded(3000), replaced), lifecycle.Config{})
	assert.Len(t, got.Reviews, 1)
}

// A change is no payment for the period of an item whose invoice is not paid.
func TestChangeOfUnpaidPeriod(t *testing.T) {
	t.Parallel()
	s := subscription(func(s *lifecycle.Subject) {
		inv := &s.Invoices[0]
		inv.Lines[0].Start, inv.Lines[0].Proration = day(time.April, 10), true
		credit := inv.Lines[0]
		credit.ID, credit.Amount = "il_credit", -2000
		inv.Lines = append(inv.Lines, credit)
	})
	got := lifecycle.Wanted(s, lifecycle.Config{})
	assert.Equal(t, lifecycle.DecisionKeep, got.Decision)
	assert.Equal(t, "no period is paid yet", got.Reason)
}

// A year that was paid and refunded, in the place of a month that was paid before.
func TestRefundOfLongerPeriod(t *testing.T) {
	t.Parallel()
	s := subscription(func(s *lifecycle.Subject) {
		year := aprilInvoice()
		year.ID, year.Created = "in_year", day(time.April, 1)
		year.Lines[0].ID, year.Lines[0].End = "il_year", day(time.April, 1).AddDate(1, 0, 0)
		year.Payments[0].ID, year.Payments[0].Refunded = "ch_year", 3000
		s.Items[0].PeriodEnd = year.Lines[0].End
		s.Invoices = append([]lifecycle.Invoice{year}, s.Invoices...)
	})
	got := lifecycle.Wanted(s, lifecycle.Config{})
	assert.Equal(t, lifecycle.ActionSuspend, got.Entitlements[0].Action)
}

// The first period of a price that is billed by usage is covered, also after a trial.
func TestUsageAfterTrial(t *testing.T) {
	t.Parallel()
	p := monthly("price_m")
	p.Metered = true
	s := subscription(withPrice(p), func(s *lifecycle.Subject) {
		s.Created, s.TrialEnd = day(time.April, 1), day(time.April, 15)
		s.Items[0].PeriodStart, s.Items[0].PeriodEnd = day(time.April, 15), day(time.May, 15)
		inv := aprilInvoice()
		inv.Total, inv.Payments = 0, nil
		inv.Lines[0].Amount, inv.Lines[0].End = 0, day(time.April, 15)
		s.Invoices = []lifecycle.Invoice{inv}
	})
	state := lifecycle.Wanted(s, lifecycle.Config{}).Entitlements[0].State
	assert.Equal(t, "2031-05-19", state.ValidityPeriod.String())
	assert.False(t, *state.IsTrial)
	s.Invoices = nil
	got := lifecycle.Wanted(s, lifecycle.Config{})
	assert.Equal(t, lifecycle.DecisionConverge, got.Decision, "without an invoice for the trial")
}

// A license stays with its item, although another item of the product has one too many.
func TestPlanKeepsItems(t *testing.T) {
	t.Parallel()
	// Item si_1 owns license 1, and si_2, whose quantity is now 1, owns 2 and 3.
	target := lifecycle.Wanted(subscription(func(s *lifecycle.Subject) {
		s.Items = append(s.Items, lifecycle.Item{
			ID: "si_2", Price: monthly("price_2", "max_activations", "9"), Quantity: 1, PeriodStart: day(time.April, 1), PeriodEnd: day(time.May, 1),
		})
	}), lifecycle.Config{})
	nine := func(l *license) { l.MaxActivations = 9 }
	two, three := newLicense(2, nine), newLicense(3, nine)
	remembered := func() lifecycle.Memory {
		memory := known(1)
		for _, id := range []int64{2, 3} {
			memory.Licenses[id] = lifecycle.Remembered{Product: "acmecad", Item: "si_2", Price: "price_2"}
		}
		return memory
	}
	got := lifecycle.Plan(target, records(t, newLicense(1, disabled), two, three), remembered())
	assert.Equal(t, []int64{3}, ensured(got.Surplus), "license 1 was disabled manually")
	assert.Empty(t, got.Ensure)

	got = lifecycle.Plan(target, records(t, newLicense(1, disabled), two, three), disabledByUs(remembered(), 1))
	assert.Equal(t, []int64{1}, ensured(got.Ensure), "license 1 is enabled again")
	assert.Equal(t, []int64{3}, ensured(got.Surplus))

	got = lifecycle.Plan(target, records(t, two, three), remembered())
	assert.Empty(t, got.Unseen, "license 1 is not visible")
	assert.Equal(t, []int64{3}, ensured(got.Surplus))
}

// A dispute or a refund of an item that was removed does not concern the others.
func TestRemovedItem(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*lifecycle.Payment){
		"disputed": func(p *lifecycle.Payment) {
			p.Disputes = []lifecycle.Dispute{{ID: "dp_1", Status: "lost", Amount: 500}}
		},
		"refunded": func(p *lifecycle.Payment) { p.Refunded = 500 },
	} {
		s := subscription(func(s *lifecycle.Subject) {
			s.Invoices[0].Lines[0].End = time.Date(2032, 4, 1, 10, 0, 0, 0, time.UTC)
			s.Items[0].PeriodEnd = s.Invoices[0].Lines[0].End
			removed := mayInvoice()
			removed.Lines[0].Item, removed.Lines[0].Amount, removed.Total = "si_2", 500, 500
			removed.Payments[0].Amount = 500
			edit(&removed.Payments[0])
			s.Invoices = append([]lifecycle.Invoice{removed}, s.Invoices...)
		})
		got := lifecycle.Wanted(s, lifecycle.Config{})
		assert.Equal(t, lifecycle.ActionProvide, got.Entitlements[0].Action, name)
		assert.Empty(t, got.Reviews, name)
	}
}

// A shorter period that was refunded does not end a longer one that is paid.
func TestRefundOfShorterPeriod(t *testing.T) {
	t.Parallel()
	s := subscription(func(s *lifecycle.Subject) {
		s.Invoices[0].Lines[0].End = time.Date(2032, 4, 1, 10, 0, 0, 0, time.UTC)
		newer := aprilInvoice()
		newer.ID, newer.Lines[0].ID, newer.Payments[0].Refunded = "in_new", "il_new", 3000
		s.Invoices = append([]lifecycle.Invoice{newer}, s.Invoices...)
	})
	assert.Equal(t, lifecycle.ActionProvide, lifecycle.Wanted(s, lifecycle.Config{}).Entitlements[0].Action)
}
