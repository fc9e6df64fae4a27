package stripetest_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stripe/stripe-go/v85"

	"github.com/licensespring-go/licensespring/billing/stripetest"
)

var histories = flag.Uint64("histories", 10, "number of random histories")

// transitions are the changes of the status of a subscription that Stripe documents.
var transitions = map[stripe.SubscriptionStatus][]stripe.SubscriptionStatus{
	"incomplete": {"active", "incomplete_expired", "canceled"},
	"trialing":   {"active", "paused", "canceled"},
	"active":     {"past_due", "canceled"},
	"past_due":   {"active", "unpaid", "canceled"},
	"unpaid":     {"active", "canceled"},
	"paused":     {"active", "canceled"},
}

// Random histories keep the rules of Stripe, whatever is called when.
func TestRandomHistories(t *testing.T) {
	t.Parallel()
	for seed := range *histories {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 0))
			final := []stripetest.FinalAction{stripetest.FinalCancel, stripetest.FinalUnpaid, stripetest.FinalPastDue}[r.IntN(3)]
			s := newServer(t, stripetest.WithSeed(seed), stripetest.WithDunning(stripetest.Dunning{Final: final}))
			for range 60 {
				attempt(t, func() { act(s, r) })
			}
			s.Advance(60 * day)
			checkHistory(t, s)
		})
	}
}

// attempt calls a function that may do what Stripe would reject.
func attempt(t *testing.T, call func()) {
	t.Helper()
	defer func() {
		if v := recover(); v != nil {
			text, ok := v.(string)
			_, isRuntime := v.(runtime.Error)
			if !ok || isRuntime || !strings.HasPrefix(text, "stripetest: ") || strings.Contains(text, "code") {
				panic(v)
			}
		}
	}()
	call()
}

// act plays one random step.
func act(s *stripetest.Server, r *rand.Rand) {
	pick := func(kind string) string {
		seen := map[string]bool{}
		var ids []string
		for _, e := range s.Events() {
			if id := e.Data.Object["id"].(string); e.Data.Object["object"] == kind && !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
		if len(ids) == 0 {
			return "none"
		}
		return ids[r.IntN(len(ids))]
	}
	prices := []string{"price_month", "price_pro", "price_year", "price_metered", "price_once"}
	item := stripetest.Item{Price: prices[r.IntN(len(prices))], Quantity: r.Int64N(3)}
	missing := []stripetest.MissingPaymentMethod{"", stripetest.MissingPauses, stripetest.MissingCancels}[r.IntN(3)]
	trial := max(r.IntN(40)-20, 0)
	switch r.IntN(17) {
	case 0:
		s.Checkout(stripetest.Checkout{Items: []stripetest.Item{item}, TrialDays: trial, MissingPaymentMethod: missing, Delayed: time.Duration(r.IntN(2)) * day, FailsLater: r.IntN(2) == 0, InvoiceCreation: r.IntN(2) == 0})
	case 1:
		s.Subscribe(stripetest.Subscription{Customer: pick("customer"), Items: []stripetest.Item{item}, TrialDays: trial, MissingPaymentMethod: missing, SendInvoice: r.IntN(5) == 0})
	case 2:
		s.SetPaymentMethod(pick("customer"), []stripetest.PaymentMethod{stripetest.PaymentSucceeds, stripetest.PaymentFails, stripetest.PaymentNone}[r.IntN(3)])
	case 3:
		s.FailPayments(pick("customer"), r.IntN(4))
	case 4:
		s.ChangeItem(pick("subscription"), 0, stripetest.Change{
			Price: item.Price, Quantity: item.Quantity, Proration: []stripetest.ProrationBehavior{"", stripetest.AlwaysInvoice, stripetest.NoProrations}[r.IntN(3)],
		})
	case 5:
		s.CancelAtPeriodEnd(pick("subscription"), r.IntN(2) == 0)
	case 6:
		s.PauseCollection(pick("subscription"), stripe.SubscriptionPauseCollectionBehaviorKeepAsDraft, s.Now().Add(40*day))
	case 7:
		s.Resume(pick("subscription"))
	case 8:
		s.Refund(pick("charge"), r.Int64N(2)*100)
	case 9:
		s.Dispute(pick("charge"))
	case 10:
		s.CloseDispute(pick("dispute"), r.IntN(2) == 0)
	case 11:
		[]func(string) *stripe.Invoice{s.PayInvoice, s.PayInvoiceOutOfBand, s.VoidInvoice, s.MarkUncollectible}[r.IntN(4)](pick("invoice"))
	case 12:
		if r.IntN(3) == 0 {
			s.CancelNow(pick("subscription"))
		}
	default:
		s.Advance(time.Duration(r.Int64N(int64(12 * day))).Truncate(time.Second))
	}
}

// checkHistory checks the events and the objects at the end.
func checkHistory(t *testing.T, s *stripetest.Server) {
	t.Helper()
	status := map[string]stripe.SubscriptionStatus{}
	paid := map[string]int{}
	created := int64(0)
	for _, e := range s.Events() {
		assert.GreaterOrEqual(t, e.Created, created)
		created = e.Created
		id, _ := e.Data.Object["id"].(string)
		now, _ := e.Data.Object["status"].(string)
		switch e.Data.Object["object"] {
		case "subscription":
			next := stripe.SubscriptionStatus(now)
			if before, ok := status[id]; ok && before != next {
				assert.Contains(t, transitions[before], next, "%s %s", e.Type, id)
				assert.NotEqual(t, stripe.EventTypeCustomerSubscriptionCreated, e.Type)
			}
			if e.Type == stripe.EventTypeCustomerSubscriptionUpdated {
				assert.NotEmpty(t, e.Data.PreviousAttributes)
			}
			status[id] = next
		case "invoice":
			if e.Type == stripe.EventTypeInvoicePaid {
				paid[id]++
			}
		}
	}
	for id, n := range paid {
		assert.Equal(t, 1, n, "invoice %s is paid once", id)
	}
	for id, want := range status {
		sub := s.Subscription(id)
		assert.Equal(t, want, sub.Status, "the last event shows the status of %s", id)
		ended := want == stripe.SubscriptionStatusCanceled || want == stripe.SubscriptionStatusIncompleteExpired
		assert.Equal(t, ended, sub.EndedAt != 0)
		if !ended && want != stripe.SubscriptionStatusPaused {
			assert.Greater(t, sub.Items.Data[0].CurrentPeriodEnd, s.Now().Unix(), "%s %s is renewed", want, id)
		}
		for _, inv := range s.SubscriptionInvoices(id) {
			assert.Equal(t, inv.Status == stripe.InvoiceStatusPaid, paid[inv.ID] == 1)
			if inv.Status == stripe.InvoiceStatusPaid {
				assert.Equal(t, inv.AmountDue, inv.AmountPaid)
			}
			if inv.NextPaymentAttempt != 0 {
				assert.GreaterOrEqual(t, inv.NextPaymentAttempt, s.Now().Unix())
			}
		}
	}
}
