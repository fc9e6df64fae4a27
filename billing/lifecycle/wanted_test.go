package lifecycle_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/lifecycle"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// Each row is a row of the table in the package documentation, or a variant of one.
func TestWanted(t *testing.T) {
	t.Parallel()
	const (
		converge, keep, review  = lifecycle.DecisionConverge, lifecycle.DecisionKeep, lifecycle.DecisionReview
		provide, suspend, leave = lifecycle.ActionProvide, lifecycle.ActionSuspend, lifecycle.ActionKeep
		april                   = "2031-05-05" // the end of April, 3 days, and 1 day
		may                     = "2031-06-05"
	)
	trial := func(s *lifecycle.Subject) {
		s.Status, s.TrialEnd = lifecycle.StatusTrialing, day(time.May, 1)
		s.Invoices[0].Total, s.Invoices[0].Lines[0].Amount, s.Invoices[0].Payments = 0, 0, nil
	}
	secondItem := func(s *lifecycle.Subject) {
		s.Items = append(s.Items, lifecycle.Item{
			ID: "si_2", Price: monthly("price_3", "product_short_code", "acmecam"), Quantity: 2, PeriodStart: day(time.April, 1), PeriodEnd: day(time.May, 1),
		})
	}
	proration := func(edit func(*lifecycle.Invoice)) func(*lifecycle.Subject) {
		return func(s *lifecycle.Subject) {
			inv := aprilInvoice()
			inv.ID, inv.Total = "in_change", 1000
			inv.Lines[0].Proration, inv.Lines[0].Amount, inv.Lines[0].Start = true, 1000, day(time.April, 20)
			inv.Lines[0].End = day(time.May, 1)
			edit(&inv)
			s.Invoices = append(s.Invoices, inv)
		}
	}
	metered := func() *stripehook.Price { p := monthly("price_m"); p.Metered = true; return p }
	tests := []struct {
		name     string
		subject  lifecycle.Subject
		config   lifecycle.Config
		decision lifecycle.Decision
		action   lifecycle.Action // of the first entitlement
		count    int
		date     string
		trial    bool
		reviews  []string // ids
	}{
		// active, trialing
		{name: "active", subject: subscription(), decision: converge, action: provide, count: 1, date: april},
		{name: "renewal", subject: subscription(renewed), decision: converge, action: provide, count: 1, date: may},
		{name: "period moved before the payment", subject: subscription(func(s *lifecycle.Subject) {
			s.Items[0].PeriodStart, s.Items[0].PeriodEnd = day(time.May, 1), day(time.June, 1)
		}), decision: converge, action: provide, count: 1, date: april},
		{name: "invoices in another order", subject: subscription(renewed, func(s *lifecycle.Subject) {
			s.Invoices[0], s.Invoices[1] = s.Invoices[1], s.Invoices[0]
		}), decision: converge, action: provide, count: 1, date: may},
		{name: "slack of the configuration", subject: subscription(), config: lifecycle.Config{SlackDays: new(0)}, decision: converge, action: provide, count: 1, date: "2031-05-02"},
		{name: "slack of the price", subject: subscription(withPrice(monthly("price_1", "slack_days", "30"))), config: lifecycle.Config{SlackDays: new(0)}, decision: converge, action: provide, count: 1, date: "2031-06-01"},
		{name: "trial", subject: subscription(trial), decision: converge, action: provide, count: 1, date: april, trial: true},
		{name: "trial without an invoice", subject: subscription(trial, func(s *lifecycle.Subject) { s.Invoices = nil }), decision: converge, action: provide, count: 1, date: april, trial: true},
		{name: "trial that was extended", subject: subscription(trial, func(s *lifecycle.Subject) { s.TrialEnd = day(time.June, 1) }), decision: converge, action: provide, count: 1, date: may, trial: true},
		{name: "trial without an end", subject: subscription(trial, func(s *lifecycle.Subject) { s.TrialEnd = time.Time{} }), decision: review, reviews: []string{"findings:trial_end=unreadable"}},
		{name: "trial ended, not paid yet", subject: subscription(trial, withStatus(lifecycle.StatusActive)), decision: converge, action: provide, count: 1, date: april, trial: true},
		{name: "trial ended and paid", subject: subscription(trial, withStatus(lifecycle.StatusActive), renewed), decision: converge, action: provide, count: 1, date: may},
		{name: "trial that was shortened", subject: subscription(trial, withStatus(lifecycle.StatusActive), func(s *lifecycle.Subject) { s.TrialEnd = day(time.April, 10) }), decision: converge, action: provide, count: 1, date: "2031-04-14", trial: true},
		{name: "no period is paid", subject: subscription(func(s *lifecycle.Subject) { s.Invoices = nil }), decision: keep, action: leave},
		{name: "free price", subject: subscription(func(s *lifecycle.Subject) { s.Invoices[0].Lines[0].Amount, s.Invoices[0].Total = 0, 0 }), decision: converge, action: provide, count: 1, date: april},
		{name: "metered, first period", subject: subscription(withPrice(metered()), func(s *lifecycle.Subject) {
			s.Invoices, s.Created = nil, day(time.April, 1)
		}), decision: converge, action: provide, count: 1, date: april},
		{name: "metered, previous period paid", subject: subscription(withPrice(metered()), func(s *lifecycle.Subject) {
			s.Items[0].PeriodStart, s.Items[0].PeriodEnd = day(time.May, 1), day(time.June, 1)
		}), decision: converge, action: provide, count: 1, date: may},
		{name: "metered, previous period not paid", subject: subscription(withPrice(metered()), func(s *lifecycle.Subject) {
			s.Items[0].PeriodStart, s.Items[0].PeriodEnd = day(time.June, 1), day(time.July, 1)
		}), decision: converge, action: provide, count: 1, date: april},
		{name: "item added within the period, not billed yet", subject: subscription(secondItem), decision: converge, action: provide, count: 1, date: april},
		{name: "proration does not move the date", subject: subscription(proration(func(inv *lifecycle.Invoice) {
			inv.Lines[0].End = day(time.July, 1)
		})), decision: converge, action: provide, count: 1, date: april},

		// past_due
		{name: "past due", subject: subscription(withStatus(lifecycle.StatusPastDue)), decision: keep, action: leave},
		{name: "past due and disputed", subject: subscription(withStatus(lifecycle.StatusPastDue), disputed("needs_response")), decision: converge, action: suspend},

		// unpaid, paused, incomplete_expired, canceled
		{name: "unpaid", subject: subscription(withStatus(lifecycle.StatusUnpaid)), decision: converge, action: suspend},
		{name: "paused", subject: subscription(withStatus(lifecycle.StatusPaused)), decision: converge, action: suspend},
		{name: "incomplete_expired", subject: subscription(withStatus(lifecycle.StatusIncompleteExpired)), decision: converge, action: suspend},
		{name: "canceled", subject: subscription(withStatus(lifecycle.StatusCanceled), func(s *lifecycle.Subject) { s.EndedAt = day(time.April, 9) }), decision: converge, action: suspend},
		{name: "incomplete", subject: subscription(withStatus(lifecycle.StatusIncomplete)), decision: keep, action: leave},
		{name: "unknown status", subject: subscription(withStatus("resting")), decision: review, reviews: []string{"findings:status=unknown_status"}},

		// cancel_at_period_end, pause_collection
		{name: "cancel at the period end", subject: subscription(func(s *lifecycle.Subject) { s.CancelAtPeriodEnd = true }), decision: converge, action: provide, count: 1, date: april},
		{name: "collection paused", subject: subscription(func(s *lifecycle.Subject) { s.PauseCollection = "void" }), decision: converge, action: provide, count: 1, date: april},

		// refunds and disputes of the current period
		{name: "refund", subject: subscription(refunded(3000)), decision: converge, action: suspend},
		{name: "refund by a credit note", subject: subscription(func(s *lifecycle.Subject) { s.Invoices[0].Credited = 3000 }), decision: converge, action: suspend},
		{name: "refund, keep", subject: subscription(refunded(3000), withPrice(monthly("price_1", "on_refund", "keep"))), decision: converge, action: provide, count: 1, date: april},
		{name: "refund, review", subject: subscription(refunded(3000), withPrice(monthly("price_1", "on_refund", "review"))), decision: keep, action: leave, reviews: []string{"refund:in_apr"}},
		{name: "partial refund", subject: subscription(refunded(1000)), decision: converge, action: provide, count: 1, date: april, reviews: []string{"partial_refund:in_apr:1000"}},
		{name: "refund of an invoice that was paid from the balance in part", subject: subscription(refunded(3000), func(s *lifecycle.Subject) { s.Invoices[0].Total = 9000 }), decision: converge, action: provide, count: 1, date: april, reviews: []string{"partial_refund:in_apr:3000"}},
		{name: "refund of a change within the period", subject: subscription(proration(func(inv *lifecycle.Invoice) {
			inv.Payments[0].Refunded = 1000
		})), decision: converge, action: provide, count: 1, date: april, reviews: []string{"partial_refund:in_change:1000"}},
		{name: "refund of an old period", subject: subscription(refunded(3000), renewed), decision: converge, action: provide, count: 1, date: may},
		{name: "refund of an invoice that was replaced", subject: subscription(func(s *lifecycle.Subject) {
			inv := aprilInvoice()
			inv.ID, inv.Payments[0].Refunded = "in_wrong", 3000
			s.Invoices = append([]lifecycle.Invoice{inv}, s.Invoices...)
		}), decision: converge, action: provide, count: 1, date: april},
		{name: "dispute", subject: subscription(disputed("needs_response")), decision: converge, action: suspend},
		{name: "dispute under review", subject: subscription(disputed("under_review")), decision: converge, action: suspend},
		{name: "dispute lost", subject: subscription(disputed("lost")), decision: converge, action: suspend},
		{name: "dispute won", subject: subscription(disputed("won")), decision: converge, action: provide, count: 1, date: april},
		{name: "inquiry", subject: subscription(disputed("warning_needs_response")), decision: converge, action: provide, count: 1, date: april},
		{name: "dispute of an old period", subject: subscription(disputed("lost"), renewed), decision: converge, action: provide, count: 1, date: may},
		{name: "dispute of a change within the period", subject: subscription(proration(func(inv *lifecycle.Invoice) {
			inv.Payments[0].Disputes = []lifecycle.Dispute{{ID: "dp_1", Status: "needs_response"}}
		})), decision: converge, action: suspend},
		{name: "dispute with an unknown status", subject: subscription(disputed("puzzled")), decision: review, reviews: []string{"findings:invoices=unreadable"}},
		{name: "refund in another currency", subject: subscription(refunded(3000), func(s *lifecycle.Subject) { s.Invoices[0].Payments[0].Currency = "usd" }), decision: review, reviews: []string{"findings:invoices=unreadable"}},
		{name: "invoice in another currency", subject: subscription(func(s *lifecycle.Subject) { s.Currency = "usd" }), decision: review, reviews: []string{"findings:invoices=unreadable"}},
		{name: "subscription that shows no currency", subject: subscription(func(s *lifecycle.Subject) { s.Currency = "" }), decision: converge, action: provide, count: 1, date: april},

		// quantities
		{name: "quantity", subject: subscription(withQuantity(10)), decision: converge, action: provide, count: 10, date: april},
		{name: "quantity 0", subject: subscription(withQuantity(0)), decision: converge, action: provide, date: april},
		{name: "negative quantity", subject: subscription(withQuantity(-1)), decision: review, reviews: []string{"findings:items[0].quantity=quantity"}},
		{name: "too many licenses", subject: subscription(withQuantity(10_001)), decision: review, reviews: []string{"findings:items[0].quantity=too_many_licenses"}},
		{name: "too many licenses of two items", subject: subscription(withQuantity(9_999), secondItem), decision: review, reviews: []string{"findings:=too_many_licenses"}},
		{name: "quantity of a limit", subject: subscription(withQuantity(10), withPrice(monthly("price_1", "quantity", "floating_users"))), decision: converge, action: provide, count: 1, date: april},
		{name: "quantity 0 of a limit", subject: subscription(withQuantity(0), withPrice(monthly("price_1", "quantity", "max_license_users"))), decision: converge, action: provide, date: april},
		{name: "quantity that exceeds a limit", subject: subscription(withQuantity(1<<40), withPrice(monthly("price_1", "quantity", "max_activations"))), decision: review, reviews: []string{"findings:items[0].quantity=quantity"}},

		// prices
		{name: "no price", subject: subscription(withPrice(nil)), decision: review, reviews: []string{"findings:items[0].price=required"}},
		{name: "no metadata", subject: subscription(withPrice(&stripehook.Price{ID: "price_1"})), decision: review, reviews: []string{"findings:items[0].price.metadata.product_short_code=required,items[0].price.recurring=unreadable"}},
		{name: "no metadata, skipped", subject: subscription(withPrice(&stripehook.Price{ID: "price_1"})), config: lifecycle.Config{SkipUnlicensed: true}, decision: keep},
		{name: "no metadata, canceled", subject: subscription(withPrice(&stripehook.Price{ID: "price_1"}), withStatus(lifecycle.StatusCanceled)), decision: converge},
		{name: "no metadata, incomplete", subject: subscription(withPrice(&stripehook.Price{ID: "price_1"}), withStatus(lifecycle.StatusIncomplete)), decision: keep},
		{name: "misspelled key", subject: subscription(withPrice(monthly("price_1", "slack-days", "9"))), decision: review, reviews: []string{"findings:items[0].price.metadata.slack-days=metadata_key"}},
		{name: "unreadable subject", subject: subscription(func(s *lifecycle.Subject) {
			s.Findings = []licensespring.Finding{{Path: "items", Rule: lifecycle.RuleUnreadable, Severity: licensespring.SeverityError}}
		}), decision: review, reviews: []string{"findings:items=unreadable"}},

		// metadata of the subject
		{name: "manual", subject: subscription(func(s *lifecycle.Subject) { s.Metadata = map[string]string{"license_lifecycle": "manual"} }), decision: keep},
		{name: "invalid license id", subject: subscription(func(s *lifecycle.Subject) { s.Metadata = map[string]string{"adopt_license_id": "12, x"} }), decision: review, reviews: []string{"findings:metadata.adopt_license_id=subject_metadata"}},
		{name: "misspelled subject key", subject: subscription(func(s *lifecycle.Subject) { s.Metadata = map[string]string{"Adopt-Order-ID": "inv-1"} }), decision: review, reviews: []string{"findings:metadata.Adopt-Order-ID=metadata_key"}},
		{name: "invalid lifecycle", subject: subscription(func(s *lifecycle.Subject) { s.Metadata = map[string]string{"license_lifecycle": "off"} }), decision: review, reviews: []string{"findings:metadata.license_lifecycle=subject_metadata"}},

		// lines of a subscription that sell something once
		{name: "purchase with a subscription", subject: subscription(withStatus(lifecycle.StatusCanceled), func(s *lifecycle.Subject) {
			s.Items = nil
			s.Invoices[0].Lines = append(s.Invoices[0].Lines, lifecycle.Line{ID: "il_once", Price: once("price_2"), Quantity: 2, Amount: 100})
		}), decision: converge, action: provide, count: 2},
		{name: "unlicensed purchase with a subscription", subject: subscription(func(s *lifecycle.Subject) {
			s.Invoices[0].Lines = append(s.Invoices[0].Lines, lifecycle.Line{ID: "il_fee", Price: &stripehook.Price{ID: "price_fee"}, Quantity: 1, Amount: 100})
		}), decision: converge, action: provide, count: 1, date: april, reviews: []string{"unlicensed:il_fee"}},

		// one-off payments
		{name: "payment", subject: payment(), decision: converge, action: provide, count: 2},
		{name: "payment pending", subject: payment(withStatus(lifecycle.StatusPending), func(s *lifecycle.Subject) { s.Invoices = nil }), decision: keep},
		{name: "payment with an unknown status", subject: payment(withStatus("haunted"), func(s *lifecycle.Subject) { s.Invoices = nil }), decision: review, reviews: []string{"findings:status=unknown_status"}},
		{name: "payment without lines", subject: payment(func(s *lifecycle.Subject) { s.Invoices = nil }), decision: review, reviews: []string{"findings:lines=required"}},
		{name: "payment without a price", subject: payment(func(s *lifecycle.Subject) { s.Invoices[0].Lines[0].Price = nil }), decision: review, reviews: []string{"findings:invoices[0].lines[0].price=required"}},
		{name: "payment refunded", subject: payment(refunded(6000)), decision: converge, action: suspend},
		{name: "payment refunded, keep", subject: payment(refunded(6000), func(s *lifecycle.Subject) { s.Invoices[0].Lines[0].Price.Metadata["on_refund"] = "keep" }), decision: converge, action: provide, count: 2},
		{name: "payment refunded in part", subject: payment(refunded(1)), decision: converge, action: provide, count: 2, reviews: []string{"partial_refund:cs_1:1"}},
		{name: "payment disputed", subject: payment(disputed("under_review")), decision: converge, action: suspend},
		{name: "payment dispute won", subject: payment(disputed("won")), decision: converge, action: provide, count: 2},
		{name: "payment of a fraction", subject: payment(func(s *lifecycle.Subject) { s.Invoices[0].Lines[0].QuantityDecimal = "2.5" }), decision: review, reviews: []string{"findings:invoices[0].lines[0].quantity=quantity"}},
		{name: "payment without units", subject: payment(func(s *lifecycle.Subject) { s.Invoices[0].Lines[0].Quantity = 0 }), decision: review, reviews: []string{"findings:invoices[0].lines[0].quantity=quantity"}},
		{name: "payment with a proration", subject: payment(func(s *lifecycle.Subject) { s.Invoices[0].Lines[0].Proration = true }), decision: review, reviews: []string{"findings:invoices[0].lines[0]=subscription_change"}},
		{name: "credit", subject: payment(func(s *lifecycle.Subject) {
			s.Invoices[0].Lines = append(s.Invoices[0].Lines, lifecycle.Line{ID: "credit", Amount: -5})
		}), decision: converge, action: provide, count: 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := lifecycle.Wanted(tt.subject, tt.config)
			again := lifecycle.Wanted(tt.subject, tt.config)
			assert.Equal(t, got, again, "pure")
			assert.Equal(t, tt.decision, got.Decision, "%+v", got.Reviews)
			assert.NotEmpty(t, got.Reason)
			var ids []string
			for _, r := range got.Reviews {
				ids = append(ids, r.ID)
				assert.NotEmpty(t, r.Reason)
				assert.NotEmpty(t, r.Proposal)
			}
			assert.Equal(t, tt.reviews, ids)
			if tt.action == "" {
				assert.Empty(t, got.Entitlements)
				return
			}
			require.NotEmpty(t, got.Entitlements)
			e := got.Entitlements[0]
			assert.Equal(t, tt.action, e.Action)
			assert.Equal(t, tt.count, e.Count)
			assert.NotEmpty(t, e.Reason)
			if tt.action != provide {
				return
			}
			assert.Equal(t, new(true), e.State.Enabled)
			require.NoError(t, e.State.Validate())
			if tt.date == "" {
				assert.True(t, e.State.ValidityPeriod.IsZero())
				return
			}
			assert.Equal(t, tt.date, e.State.ValidityPeriod.String())
			assert.Equal(t, &tt.trial, e.State.IsTrial)
			assert.NotEmpty(t, e.Reasons["validity_period"])
			assert.Equal(t, tt.date, licensespring.DateOf(e.Template.ValidityPeriod).String())
			assert.Equal(t, "sub_1", e.Template.SubscriptionID)
		})
	}
}

// Every entitlement is part of the target, with its own product.
func TestWantedItems(t *testing.T) {
	t.Parallel()
	s := subscription(func(s *lifecycle.Subject) {
		s.Source.Account, s.Live = "acct_1", false
		s.Items = append(s.Items, lifecycle.Item{
			ID: "si_2", Price: monthly("price_3", "product_short_code", "acmecam", "max_activations", "7"), Quantity: 2, PeriodEnd: day(time.May, 1),
		})
		s.Metadata = map[string]string{"adopt_order_id": "inv-1, inv-2", "adopt_license_id": "12,13"}
	})
	got := lifecycle.Wanted(s, lifecycle.Config{OrderIDPrefix: "stripe-"})
	require.Len(t, got.Entitlements, 2)
	assert.Equal(t, "acmecam", got.Entitlements[1].Product)
	assert.Equal(t, 2, got.Entitlements[1].Count)
	assert.Equal(t, new(7), got.Entitlements[1].State.MaxActivations)
	assert.Equal(t, "2031-05-05", got.Entitlements[1].State.ValidityPeriod.String())
	assert.Equal(t, "stripe-acct_1-sub_1", got.OrderID)
	assert.True(t, got.IsTest)
	assert.Equal(t, "ada@example.com", got.Customer.Email)
	assert.Equal(t, lifecycle.Lookup{
		SubscriptionID: "sub_1", OrderIDs: []string{"stripe-acct_1-sub_1", "inv-1", "inv-2"}, LicenseIDs: []int64{12, 13},
	}, got.Lookup)
}

// A replaced item has the period that was paid for the earlier one.
func TestWantedReplacedItem(t *testing.T) {
	t.Parallel()
	s := subscription(func(s *lifecycle.Subject) { s.Items[0].ID = "si_9" })
	got := lifecycle.Wanted(s, lifecycle.Config{})
	assert.Equal(t, "2031-05-05", got.Entitlements[0].State.ValidityPeriod.String())

	s.Items[0].PeriodEnd = day(time.June, 1)
	assert.Equal(t, lifecycle.DecisionKeep, lifecycle.Wanted(s, lifecycle.Config{}).Decision, "the period is not paid")
}

// A license user is required only for a new license.
func TestWantedUsers(t *testing.T) {
	t.Parallel()
	config := lifecycle.Config{Authorization: func(string) licensespring.AuthorizationMethod { return licensespring.AuthorizationUser }}
	got := lifecycle.Wanted(subscription(), config)
	assert.Equal(t, []licensespring.LicenseUser{{Email: "ada@example.com"}}, got.Entitlements[0].Template.Users)

	got = lifecycle.Wanted(subscription(func(s *lifecycle.Subject) { s.Metadata = map[string]string{"license_user": "grace@example.com"} }), config)
	assert.Equal(t, []licensespring.LicenseUser{{Email: "grace@example.com"}}, got.Entitlements[0].Template.Users)

	got = lifecycle.Wanted(subscription(func(s *lifecycle.Subject) { s.Customer.Email = "" }), config)
	assert.Equal(t, lifecycle.DecisionConverge, got.Decision)
	require.Len(t, got.Entitlements[0].Findings, 1)
	assert.Equal(t, stripehook.RuleLicenseUser, got.Entitlements[0].Findings[0].Rule)
}
