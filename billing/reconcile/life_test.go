package reconcile_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85"

	"github.com/licensespring-go/licensespring/billing/reconcile"
	"github.com/licensespring-go/licensespring/billing/stripetest"
)

// life is the life of one customer with one subscription or one-off payment. Its plan
// depends only on its seed and on the fake of Stripe, which depends on no clock.
type life struct {
	n        int
	rng      *rand.Rand
	begin    int // day
	checkout stripetest.Checkout
	once     bool
	session  string
	sub      string
	customer string
	dispute  string // the open one
	refund   string // the last one

	bounds map[string]*bounds // by product
	ended  bool               // nothing happens on its own anymore
}

// bounds is what was right for a product until now.
type bounds struct {
	most   int       // licenses at the same time
	latest time.Time // end
	// floor is the smallest number of licenses since the last comparison.
	floor int
}

// newLives returns random lives that begin in the first days.
func newLives(seed uint64, n, days int) []*life {
	lives := make([]*life, n)
	for i := range lives {
		r := rand.New(rand.NewPCG(seed, uint64(i)+1))
		l := &life{n: i, rng: r, begin: r.IntN(days/2 + 1), bounds: map[string]*bounds{}}
		recurring := []string{"price_month", "price_month", "price_pro", "price_lab", "price_year", "price_devices", "price_keep", "price_review", "price_bare", "price_typo"}
		item := stripetest.Item{Price: recurring[r.IntN(len(recurring))], Quantity: 1 + r.Int64N(4)}
		l.checkout = stripetest.Checkout{Email: fmt.Sprintf("customer%d@example.com", i)}
		switch kind := r.IntN(10); {
		case kind < 2:
			l.once = true
			item.Price = []string{"price_once", "price_tool"}[r.IntN(2)]
			l.checkout.InvoiceCreation = r.IntN(2) == 0
			l.checkout.Guest = !l.checkout.InvoiceCreation && r.IntN(3) == 0
		case kind < 4:
			l.checkout.TrialDays = 7 + r.IntN(30)
			l.checkout.MissingPaymentMethod = []stripetest.MissingPaymentMethod{"", stripetest.MissingPauses, stripetest.MissingCancels}[r.IntN(3)]
		}
		l.checkout.Items = []stripetest.Item{item}
		if !l.once && r.IntN(5) == 0 && item.Price != "price_bare" && item.Price != "price_typo" {
			l.checkout.Items = append(l.checkout.Items, stripetest.Item{Price: "price_tool", Quantity: 1 + r.Int64N(2)})
		}
		if l.checkout.TrialDays == 0 && r.IntN(6) == 0 {
			l.checkout.Delayed = time.Duration(1+r.IntN(6)) * day
			l.checkout.FailsLater = r.IntN(3) == 0
		}
		lives[i] = l
	}
	return lives
}

// attempt calls a function that may do what Stripe would reject, and reports whether it
// was done.
func attempt(call func()) (done bool) {
	defer func() {
		if v := recover(); v != nil {
			text, ok := v.(string)
			if _, isRuntime := v.(runtime.Error); !ok || isRuntime || !strings.HasPrefix(text, "stripetest: ") {
				panic(v)
			}
		}
	}()
	call()
	return true
}

// act does what happens to the customer on a day, and reports whether something may
// have happened.
func (s *simulation) act(l *life) bool {
	switch {
	case s.day < l.begin:
		return false
	case s.day == l.begin:
		session := s.stripe.Checkout(l.checkout)
		l.session = session.ID
		if session.Subscription != nil {
			l.sub = session.Subscription.ID
		}
		if session.Customer != nil {
			l.customer = session.Customer.ID
		}
		s.log(l, "checkout of %v, trial %d days, delayed %v, fails later %v", l.checkout.Items, l.checkout.TrialDays, l.checkout.Delayed, l.checkout.FailsLater)
		return true
	case l.rng.IntN(100) >= 8:
		return false
	}
	r := l.rng
	text, done := "", false
	try := func(name string, call func()) {
		text = name
		done = attempt(call)
	}
	switch choice := r.IntN(40); {
	case choice < 6:
		s.actManually(l)
		return false
	case choice < 9:
		try("refund", func() { s.refund(l) })
	case choice < 12:
		try("dispute", func() { s.disputePayment(l) })
	case l.sub == "":
		return false
	case choice < 16:
		c := stripetest.Change{
			Quantity:  1 + r.Int64N(5),
			Proration: []stripetest.ProrationBehavior{"", stripetest.AlwaysInvoice, stripetest.NoProrations}[r.IntN(3)],
		}
		try(fmt.Sprintf("quantity %d (%s)", c.Quantity, c.Proration), func() { s.stripe.ChangeItem(l.sub, 0, c) })
	case choice < 19:
		prices := []string{"price_month", "price_pro", "price_lab", "price_year", "price_devices", "price_keep"}
		c := stripetest.Change{
			Price:     prices[r.IntN(len(prices))],
			Proration: []stripetest.ProrationBehavior{"", stripetest.AlwaysInvoice, stripetest.NoProrations}[r.IntN(3)],
		}
		try(fmt.Sprintf("%s (%s)", c.Price, c.Proration), func() { s.stripe.ChangeItem(l.sub, 0, c) })
	case choice < 23:
		n := 1 + r.IntN(4)
		try(fmt.Sprintf("the next %d payments fail", n), func() { s.stripe.FailPayments(l.customer, n) })
	case choice < 25:
		try("card declined", func() { s.stripe.SetPaymentMethod(l.customer, stripetest.PaymentFails) })
	case choice < 26:
		try("card removed", func() { s.stripe.SetPaymentMethod(l.customer, stripetest.PaymentNone) })
	case choice < 30:
		try("new card", func() { s.stripe.SetPaymentMethod(l.customer, stripetest.PaymentSucceeds) })
	case choice < 33:
		try("invoice", func() { text = s.settleInvoice(l) })
	case choice < 34:
		cancel := r.IntN(2) == 0
		try(fmt.Sprintf("cancel at period end: %v", cancel), func() { s.stripe.CancelAtPeriodEnd(l.sub, cancel) })
	case choice < 35:
		if r.IntN(3) > 0 {
			return false
		}
		try("canceled", func() { s.stripe.CancelNow(l.sub) })
	case choice < 37:
		behavior := []stripe.SubscriptionPauseCollectionBehavior{"keep_as_draft", "mark_uncollectible", "void"}[r.IntN(3)]
		until := s.stripe.Now().Add(time.Duration(20+r.IntN(50)) * day)
		try("collection paused: "+string(behavior), func() { s.stripe.PauseCollection(l.sub, behavior, until) })
	default:
		try("resume", func() { s.stripe.Resume(l.sub) })
	}
	if done {
		s.log(l, "%s", text)
	}
	return true
}

// payments returns the ids of the invoices or the session of a life.
func (s *simulation) payments(l *life) []string {
	if l.sub == "" {
		return []string{l.session}
	}
	var ids []string
	for _, inv := range s.stripe.SubscriptionInvoices(l.sub) {
		if inv.Status == "paid" {
			ids = append(ids, inv.ID)
		}
	}
	return ids
}

// payment returns one of the payments, mostly the last one, or an empty id.
func (s *simulation) payment(l *life) string {
	ids := s.payments(l)
	switch {
	case len(ids) == 0:
		return ""
	case l.rng.IntN(3) > 0:
		return ids[len(ids)-1]
	default:
		return ids[l.rng.IntN(len(ids))]
	}
}

func (s *simulation) refund(l *life) {
	kind, id := l.rng.IntN(4), s.payment(l)
	if kind == 0 && l.refund != "" {
		s.stripe.FailRefund(l.refund)
		l.refund = ""
		s.log(l, "refund failed")
		return
	}
	charge := s.stripe.ChargeOf(id)
	amount := int64(0)
	if kind > 1 {
		amount = charge.Amount / 3
	}
	l.refund = s.stripe.Refund(charge.ID, amount).ID
	s.log(l, "refund of %d of %s (%d of %d refunded before)", amount, id, charge.AmountRefunded, charge.Amount)
}

func (s *simulation) disputePayment(l *life) {
	id, won := s.payment(l), l.rng.IntN(3) > 0
	if l.dispute != "" {
		closed := s.stripe.CloseDispute(l.dispute, won)
		s.model.disputes[closed.Charge.ID] = string(closed.Status)
		l.dispute = ""
		s.log(l, "dispute %s", closed.Status)
		return
	}
	charge := s.stripe.ChargeOf(id)
	if l.rng.IntN(4) == 0 {
		l.dispute = s.stripe.Inquire(charge.ID).ID
		s.log(l, "inquiry about %s", id)
		return
	}
	l.dispute = s.stripe.Dispute(charge.ID).ID
	s.model.disputes[charge.ID] = "open"
	s.log(l, "dispute of %s", id)
}

// settleInvoice does something with an invoice that is not paid.
func (s *simulation) settleInvoice(l *life) string {
	invoices := slices.DeleteFunc(s.stripe.SubscriptionInvoices(l.sub), func(inv *stripe.Invoice) bool {
		return inv.Status == "paid" || inv.Status == "void"
	})
	if len(invoices) == 0 {
		return "nothing to pay"
	}
	id := invoices[l.rng.IntN(len(invoices))].ID
	switch l.rng.IntN(8) {
	case 0:
		s.stripe.VoidInvoice(id)
		return id + " voided"
	case 1:
		s.stripe.MarkUncollectible(id)
		return id + " marked as uncollectible"
	case 2:
		s.stripe.PayInvoiceOutOfBand(id)
		return id + " paid out of band"
	default:
		s.stripe.PayInvoice(id)
		return id + " paid manually, if the card allows it"
	}
}

// actManually disables or enables a license on the vendor's platform.
func (s *simulation) actManually(l *life) {
	licenses := s.licensesOf(s.expectation(l).subject)
	pick := l.rng.Uint64()
	if len(licenses) == 0 {
		return
	}
	one := licenses[pick%uint64(len(licenses))]
	if one.Enabled {
		if s.isDisabling(l, one.ID) {
			return
		}
		if s.service.DisableLicense(one.ID, "support@example.com") {
			s.holds[one.ID] = append(s.holds[one.ID], hold{from: time.Now()})
			s.log(l, "license %d disabled manually", one.ID)
		}
		return
	}
	if s.keepEvents {
		return // only an audit notices it
	}
	until := time.Now()
	if held := s.holds[one.ID]; len(held) > 0 && held[len(held)-1].until.IsZero() {
		held[len(held)-1].until = until
	}
	s.service.EnableLicense(one.ID)
	s.log(l, "license %d enabled manually", one.ID)
}

// isDisabling reports whether the program is about to disable a license, or does not know
// whether it has. A manual disable at this moment cannot be told from its own.
func (s *simulation) isDisabling(l *life, id int64) bool {
	if s.machine == nil {
		return false
	}
	subject, ok := reconcile.SubjectOf(s.expectation(l).subject)
	if !ok {
		return false
	}
	rec, err := s.machine.reconciler.Record(s.t.Context(), subject)
	return err == nil && rec.Memory.Licenses[id].Disabled != ""
}
