package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/lifecycle"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// errCheckFailed means that the check command found a problem.
var errCheckFailed = errors.New("the configuration has problems")

// check runs the check command with the flags and variables of serve: it validates
// them, and compares the store, the clock, and the configuration at Stripe and at the
// service with what serve requires. It changes nothing.
func check(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) error {
	set := &settings{}
	f := set.flagsOf("licensed check", env, stderr)
	if err := f.parse(args); err != nil {
		return err
	}
	var err error
	if set.secrets, err = readSecrets(env); err != nil {
		return err
	}
	a := &app{set: set, logger: newLogger(set, stderr), clock: &clockComparison{}}
	c := checkCommand{app: a, out: stdout}
	c.run(ctx)
	if c.failed {
		return errCheckFailed
	}
	return nil
}

type checkCommand struct {
	app    *app
	out    io.Writer
	failed bool
}

func (c *checkCommand) ok(format string, args ...any)   { c.print("ok", format, args...) }
func (c *checkCommand) warn(format string, args ...any) { c.print("warning", format, args...) }

func (c *checkCommand) problem(format string, args ...any) {
	c.failed = true
	c.print("error", format, args...)
}

func (c *checkCommand) print(result, format string, args ...any) {
	printf(c.out, "%-8s %s\n", result, fmt.Sprintf(format, args...))
}

func (c *checkCommand) run(ctx context.Context) {
	errs := c.app.set.validate()
	for _, err := range errs {
		c.problem("%v", err)
	}
	if len(errs) == 0 {
		c.ok("the settings are valid")
	}
	c.checkStore(ctx)
	c.checkProducts(ctx)
	c.checkStripe(ctx)
	c.checkClock()
}

// checkStripe checks the key, the endpoint and the prices.
func (c *checkCommand) checkStripe(ctx context.Context) {
	if c.app.set.stripeKey.IsZero() {
		c.problem("%s is not set: events without line items become dead letters", envStripeKey)
		return
	}
	items := c.app.stripeItems()
	for _, p := range lifecycle.NewReader(items).Permissions(ctx) {
		switch err := permissionError(p); {
		case err == nil:
			c.ok("the Stripe API key can read %s", p.Resource)
		case errors.Is(err, errStripeKeyRejected):
			c.problem("%v", err)
			return
		default:
			c.problem("%v", err)
		}
	}
	problems, err := c.app.endpointProblems(ctx, items)
	switch {
	case err != nil:
		c.warn("webhook endpoints not checked: %v", err)
	case len(problems) == 0:
		c.ok("the webhook endpoint is subscribed to the required events")
	}
	for _, p := range problems {
		c.problem("%s", p)
	}
	c.checkPrices(ctx, items)
}

// checkProducts reads the products of the service.
func (c *checkCommand) checkProducts(ctx context.Context) {
	if c.app.set.managementKey.IsZero() {
		c.warn("%s is not set: products not checked", envManagementKey)
		return
	}
	err := c.app.newClient()
	if err == nil {
		defer func() { _ = c.app.close() }()
		err = c.app.catalogue.read(ctx, c.app.client)
	}
	if err != nil {
		c.problem("products not read: %v", err)
		return
	}
	c.ok("the service has %d products", len(c.app.catalogue.products()))
}

// checkPrices checks the metadata of the active prices, and their products.
func (c *checkCommand) checkPrices(ctx context.Context, items *stripehook.StripeLineItems) {
	prices, err := items.Prices(ctx)
	if err != nil {
		c.problem("prices not checked: %v", err)
		return
	}
	products := c.app.catalogue.products()
	valid := 0
	for _, price := range prices {
		order, findings, err := lifecycle.PriceOrder(price, c.app.lifecycleConfig())
		if order != nil && products != nil {
			findings = append(findings, order.CheckProducts(products)...)
		}
		invalid := slices.ContainsFunc(findings, func(f licensespring.Finding) bool { return f.Severity == licensespring.SeverityError })
		switch {
		case errors.Is(err, stripehook.ErrNoLicense) && c.app.set.skipUnlicensed:
		case err != nil:
			c.warn("price %s: %v", price.ID, err)
		case invalid:
			c.problem("price %s: %s", price.ID, findingsText(findings))
		case len(findings) > 0:
			c.warn("price %s: %s", price.ID, findingsText(findings))
			valid++
		default:
			valid++
		}
	}
	c.ok("%d of %d active prices describe a license", valid, len(prices))
}
