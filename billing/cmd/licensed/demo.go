package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85"
	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/audit"
	"github.com/licensespring-go/licensespring/billing/stripetest"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// The prices of the demo.
const (
	demoMonth     = "price_month"
	demoPro       = "price_pro_month"
	demoYear      = "price_team_year"
	demoPerpetual = "price_perpetual"
)

const (
	demoDay = 24 * time.Hour
	// demoTimeout bounds the processing of the events of one step.
	demoTimeout = time.Minute
)

// startStripe starts the fake of Stripe for the demo.
func (a *app) startStripe() {
	a.stripe = stripetest.New(
		stripetest.WithStart(time.Date(2031, time.January, 15, 10, 0, 0, 0, time.UTC)),
		stripetest.WithEndpoint(stripetest.Endpoint{URL: "https://shop.example.com" + webhookPath, Secret: a.set.webhookSecrets()[0].Reveal()}),
		stripetest.WithSigningTime(time.Now),
		stripetest.WithDelivery(stripetest.Delivery{Duplicate: 0.3, Delay: 0.3, MaxDelay: 6 * time.Hour, Shuffle: true}),
	)
	a.set.stripeKey = licensespring.NewSecret(a.stripe.APIKey())
	for _, p := range [...]stripetest.Price{
		{ID: demoMonth, UnitAmount: 2500, Interval: "month", Metadata: map[string]string{"product_short_code": "acmecad", "max_activations": "1"}},
		{ID: demoPro, UnitAmount: 4900, Interval: "month", Metadata: map[string]string{"product_short_code": "acmecad", "max_activations": "5"}},
		{ID: demoYear, UnitAmount: 24000, Interval: "year", Metadata: map[string]string{"product_short_code": "acmecad"}},
		{ID: demoPerpetual, UnitAmount: 49900, Metadata: map[string]string{"product_short_code": "acmecad", "license_type": "perpetual"}},
	} {
		a.stripe.AddPrice(p)
	}
}

// demo plays a year of five customers, and prints each step with the state at Stripe and
// at the service.
type demo struct {
	app       *app
	out       io.Writer
	url       string
	customers []*demoCustomer
}

type demoCustomer struct {
	name     string
	id       string // of the customer at Stripe
	sub      string // the subscription, or empty
	session  string
	licenses []int64
}

func (d *demo) println(format string, args ...any) { printf(d.out, format+"\n", args...) }

// runDemo plays the year.
func (a *app) runDemo(ctx context.Context, out io.Writer, url string) error {
	d := &demo{app: a, out: out, url: url}
	if err := d.play(ctx); err != nil {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the demo was canceled
		}
		return fmt.Errorf("demo: %w", err)
	}
	return nil
}

func (d *demo) play(ctx context.Context) error {
	stripe := d.app.stripe
	var ada, grace, alan, joan, edsger *demoCustomer
	for _, step := range [...]struct {
		title string
		after time.Duration
		do    func()
	}{
		{"Ada and Grace subscribe by the month, Alan's team of three by the year, and Joan buys a perpetual license. The response to the first create is lost, and the next request is rate limited.", 0, func() {
			d.app.fake.Inject(
				licensespringtest.DropAfter().On(licensespringtest.CreateOrder),
				licensespringtest.Status(http.StatusTooManyRequests, licensespringtest.Header("Retry-After", "1")).On(licensespringtest.CreateOrder).Nth(2),
			)
			ada = d.buy("Ada", demoMonth, 1)
			grace = d.buy("Grace", demoMonth, 1)
			alan = d.buy("Alan", demoYear, 3)
			joan = d.buy("Joan", demoPerpetual, 1)
		}},
		{"A month later: renewals.", 31 * demoDay, func() {}},
		{"Edsger subscribes. Ada changes to the larger plan, with the same key.", 5 * demoDay, func() {
			edsger = d.buy("Edsger", demoMonth, 1)
			stripe.ChangeItem(ada.sub, 0, stripetest.Change{Price: demoPro})
		}},
		{"Alan's team grows to five.", 3 * demoDay, func() {
			stripe.ChangeItem(alan.sub, 0, stripetest.Change{Quantity: 5, Proration: stripetest.AlwaysInvoice})
		}},
		{"Joan returns the product: a full refund.", demoDay, func() {
			stripe.Refund(stripe.ChargeOf(joan.session).ID, 0)
		}},
		{"Ada's card and Grace's card fail at the renewal: their dates are the deadline.", 17 * demoDay, func() {
			stripe.FailPayments(ada.id, 1)
			stripe.SetPaymentMethod(grace.id, stripetest.PaymentFails)
		}},
		{"Ada's payment is retried and succeeds. Grace's fails again and again: the subscription ends.", 25 * demoDay, func() {}},
		{"Edsger cancels at the end of the period: nothing changes until then.", demoDay, func() {
			stripe.CancelAtPeriodEnd(edsger.sub, true)
		}},
		{"Edsger's period ends.", 12 * demoDay, func() {}},
		{"An administrator disables one of Alan's licenses by hand. Alan's team shrinks to four.", 10 * demoDay, func() {
			d.app.fake.DisableLicense(alan.licenses[0], "support@example.com")
			stripe.ChangeItem(alan.sub, 0, stripetest.Change{Quantity: 4})
		}},
		{"A year after the start: everything that is paid for is renewed.", 263 * demoDay, func() {}},
	} {
		step.do()
		if err := d.advance(ctx, step.after); err != nil {
			return err
		}
		d.println("\n%s  %s", stripe.Now().Format(time.DateOnly), step.title)
		d.printCustomers()
	}
	if err := d.forge(ctx); err != nil {
		return err
	}
	return d.checkBooks(ctx)
}

// buy completes a Checkout session.
func (d *demo) buy(name, price string, quantity int64) *demoCustomer {
	s := d.app.stripe.Checkout(stripetest.Checkout{
		Email: strings.ToLower(name) + "@example.com", Name: name, Items: []stripetest.Item{{Price: price, Quantity: quantity}},
	})
	c := &demoCustomer{name: name, session: s.ID}
	if s.Customer != nil {
		c.id = s.Customer.ID
	}
	if s.Subscription != nil {
		c.sub = s.Subscription.ID
	}
	d.customers = append(d.customers, c)
	return c
}

// advance moves the clock of Stripe, delivers its events over HTTP, and waits until they
// are processed. The step of the clock is a day, so that delayed events are late.
func (d *demo) advance(ctx context.Context, by time.Duration) error {
	deliver := stripetest.Forward(&http.Client{Timeout: demoTimeout}, d.url)
	for rest := by; ; rest -= demoDay {
		d.app.stripe.Play(ctx, max(min(rest, demoDay), 0), deliver)
		if err := d.settle(ctx); err != nil {
			return err
		}
		if rest <= demoDay {
			break
		}
	}
	// What is still delayed.
	d.app.stripe.Play(ctx, 12*time.Hour, deliver)
	return d.settle(ctx)
}

// settle waits until nothing is waiting.
func (d *demo) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, demoTimeout)
	defer cancel()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for {
		stats, err := d.app.pipeline.Stats(ctx)
		if err != nil {
			return err
		}
		in, err := d.app.inbox.Stats(ctx)
		if err != nil {
			return err
		}
		jobs, err := d.app.reconciler.Stats(ctx)
		if err != nil {
			return err
		}
		if stats.Depth+in.Events.Depth+jobs.Waiting == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// printCustomers prints the state of each customer at Stripe and at the service.
func (d *demo) printCustomers() {
	for _, c := range d.customers {
		status := "paid"
		if c.sub != "" {
			status = string(d.app.stripe.Subscription(c.sub).Status)
		} else if d.isRefunded(c) {
			status = "refunded"
		}
		c.licenses = nil
		groups := map[string]int{}
		for _, l := range d.app.fake.Licenses() {
			if l.OrderStoreID != c.sub && l.OrderStoreID != c.session {
				continue
			}
			c.licenses = append(c.licenses, l.ID)
			text := "disabled"
			if l.Enabled {
				text = "enabled"
			}
			if until, ok := l.Properties["validity_period"].(string); ok && until != "" {
				text += fmt.Sprintf(" until %.10s", until)
			}
			if n := l.Properties["max_activations"]; n != nil {
				text += fmt.Sprintf(", %v devices", n)
			}
			groups[text]++
		}
		var texts []string
		for text, n := range groups {
			texts = append(texts, fmt.Sprintf("%d %s", n, text))
		}
		slices.Sort(texts)
		d.println("    %-7s %-9s %s", c.name, status, strings.Join(texts, "; "))
	}
}

func (d *demo) isRefunded(c *demoCustomer) bool { return d.app.stripe.ChargeOf(c.session).Refunded }

// forge posts an event with a wrong signature.
func (d *demo) forge(ctx context.Context) error {
	payload := fmt.Appendf(nil, `{"id": "evt_forged", "object": "event", "api_version": %q, "type": "invoice.paid", "data": {"object": {"id": "in_forged"}}}`, stripe.APIVersion)
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: payload, Secret: "whsec_guessed", Timestamp: time.Now()}) //nolint:gosec // not a secret of anything
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url, bytes.NewReader(payload))
	if err != nil {
		return err
	}
	r.Header.Set("Stripe-Signature", signed.Header)
	res, err := (&http.Client{Timeout: demoTimeout}).Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	d.println("\nA forged event reports a payment: the response is %d.", res.StatusCode)
	return nil
}

// checkBooks audits, and compares the number of licenses with what was sold.
func (d *demo) checkBooks(ctx context.Context) error {
	summary, err := d.app.audits.run(ctx, audit.Position{}, false, func(diff audit.Difference) error {
		d.println("    %s %s license %d: %s", diff.Kind, diff.Subject, diff.License, diff.Cause)
		return nil
	})
	if err != nil {
		return err
	}
	const sold = 1 + 1 + 5 + 1 + 1
	issued := d.app.fake.LicenseCount()
	d.println("\n%d licenses were sold, and %d were issued. Audit of Stripe against the service: %s.", sold, issued, auditText(summary))
	if issued != sold || !summary.IsClean() {
		return errors.New("the books are wrong")
	}
	return nil
}
