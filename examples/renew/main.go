// Renew follows a subscription after the sale: it issues the license, extends it after
// a payment whose response is lost, suspends it, reinstates it, and changes the plan.
// It runs against the fake of the service and needs no account.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// plan is what the customer of a price gets.
type plan struct {
	seats    int
	features []licensespring.ProductFeature
}

var (
	basic = plan{seats: 2, features: []licensespring.ProductFeature{{Code: "render"}}}
	pro   = plan{seats: 10, features: []licensespring.ProductFeature{{Code: "render"}, {Code: "export"}}}
)

// subscription is what the billing system knows.
type subscription struct {
	id        string
	plan      plan
	paidUntil licensespring.Date
	unpaid    bool
	// suspended is set when this program disables the license, and stored. A license
	// that was disabled by other means is never enabled.
	suspended bool
}

// state derives what the license must be from the subscription. It is a pure
// function, so that every call sends the same for the same subscription.
func (s *subscription) state() licensespring.LicenseState {
	return licensespring.LicenseState{
		Enabled: new(!s.unpaid),
		LicenseUpdate: licensespring.LicenseUpdate{
			ValidityPeriod: s.paidUntil,
			IsTrial:        new(false),
			MaxActivations: new(s.plan.seats),
		},
		ProductFeatures: s.plan.features,
		AllowEnable:     s.suspended,
	}
}

func run(ctx context.Context, w io.Writer) error {
	server := licensespringtest.NewServer(nil)
	defer server.Close()
	client, err := licensespring.New(server.APIKey(), licensespring.WithBaseURL(server.URL()),
		licensespring.WithRetryWaits(10*time.Millisecond, 100*time.Millisecond))
	if err != nil {
		return err
	}
	sub := &subscription{id: "sub_417", plan: basic, paidUntil: licensespring.Date{Year: 2031, Month: time.June, Day: 8}}

	license := licensespring.NewLicense().Subscription().WithSubscriptionID(sub.id).WithMaxActivations(sub.plan.seats)
	license.ValidityPeriod, license.ProductFeatures = sub.paidUntil.Time(), sub.plan.features
	order, err := client.EnsureOrder(ctx, licensespring.NewOrder("sub_417-first").AddItem("acmecad", license))
	if err != nil {
		return err
	}
	id := order.Order.Licenses()[0].ID
	_, _ = fmt.Fprintf(w, "The first payment creates order %s: %s\n", order.Order.StoreID, order.Outcome)

	// Each step changes what the billing system knows, and converges.
	steps := []struct {
		name   string
		change func()
	}{
		{"A payment extends the license; the response is lost", func() {
			sub.paidUntil = licensespring.Date{Year: 2031, Month: time.July, Day: 8}
			server.Inject(licensespringtest.DropAfter().On(licensespringtest.UpdateLicense))
		}},
		{"The same event is delivered again", func() {}},
		{"A payment fails for good: suspend", func() { sub.unpaid, sub.suspended = true, true }},
		{"The payment is recovered: reinstate and extend", func() {
			sub.unpaid, sub.paidUntil = false, licensespring.Date{Year: 2031, Month: time.August, Day: 8}
		}},
		{"The customer changes to the larger plan", func() { sub.suspended, sub.plan = false, pro }},
	}
	for _, step := range steps {
		step.change()
		res, err := client.EnsureLicense(ctx, id, sub.state())
		if err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		show(w, step.name, res)
	}
	return nil
}

func show(w io.Writer, step string, res *licensespring.LicenseResult) {
	l := res.License
	if l.Enabled == nil || l.MaxActivations == nil {
		_, _ = fmt.Fprintf(w, "\n%s: %s, not read back\n", step, res.Outcome)
		return
	}
	_, _ = fmt.Fprintf(w, "\n%s: %s\n", step, res.Outcome)
	for _, attempt := range res.Attempts {
		_, _ = fmt.Fprintln(w, "   ", attempt)
	}
	_, _ = fmt.Fprintf(w, "  enabled %t, until %s, %d devices, features", *l.Enabled, licensespring.DateOf(l.ValidityPeriod), *l.MaxActivations)
	for _, f := range l.ProductFeatures {
		_, _ = fmt.Fprint(w, " ", f.Code)
	}
	_, _ = fmt.Fprintln(w)
}
