package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring/billing/lifecycle"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// stripeTimeout bounds one request to Stripe.
const stripeTimeout = 10 * time.Second

// errStripeKeyRejected is the result of a request with an invalid key.
var errStripeKeyRejected = errors.New("the Stripe API key is invalid")

// stripeItems returns the client of the Stripe API.
func (a *app) stripeItems() *stripehook.StripeLineItems {
	client := &http.Client{Timeout: stripeTimeout}
	switch {
	case a.stripe != nil:
		client = a.stripe.Client()
	case a.clock != nil:
		client.Transport = a.clock.of(newTransport(1))
	}
	return stripehook.NewStripeLineItems(a.set.stripeKey, client, a.set.stripeURL)
}

// permissionError returns why the key cannot read the objects of a permission. The
// error matches errInconclusive if the response does not show it.
func permissionError(p stripehook.Permission) error {
	api, ok := errors.AsType[*stripehook.APIError](p.Err)
	switch {
	case p.Err == nil:
		return nil
	case ok && api.Status == http.StatusUnauthorized:
		return errStripeKeyRejected
	case ok && api.Status == http.StatusForbidden:
		return fmt.Errorf("the Stripe API key has no permission to read %s", p.Resource)
	default:
		return fmt.Errorf("%s: %w: %w", p.Resource, errInconclusive, p.Err)
	}
}

// checkStripeKey reads an object of each kind that the inbox fetches.
func (a *app) checkStripeKey(ctx context.Context) error {
	if a.set.stripeKey.IsZero() {
		return errors.New(envStripeKey + " is not set")
	}
	for _, p := range lifecycle.NewReader(a.stripeItems()).Permissions(ctx) {
		if err := permissionError(p); err != nil {
			return err
		}
	}
	return nil
}

// checkStripeEndpoint checks that Stripe delivers the required events. A key without
// the permission to read endpoints shows neither that it does nor that it does not.
func (a *app) checkStripeEndpoint(ctx context.Context) error {
	if a.set.stripeKey.IsZero() {
		return errInconclusive
	}
	problems, err := a.endpointProblems(ctx, a.stripeItems())
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", errInconclusive, err)
	case len(problems) > 0:
		return errors.New(strings.Join(problems, "; "))
	default:
		return nil
	}
}

// endpointProblems compares the webhook endpoints at Stripe with what serve requires.
func (a *app) endpointProblems(ctx context.Context, items *stripehook.StripeLineItems) ([]string, error) {
	endpoints, err := items.Endpoints(ctx)
	if err != nil {
		return nil, err
	}
	var problems []string
	found := false
	for i := range endpoints {
		e := &endpoints[i]
		if !e.Enabled || !a.isOwnEndpoint(e.URL) {
			continue
		}
		found = true
		if missing := e.MissingEvents(); len(missing) > 0 {
			problems = append(problems, fmt.Sprintf("webhook endpoint %s is not subscribed to %s", e.ID, strings.Join(missing, ", ")))
		}
	}
	if !found {
		problems = append(problems, "no enabled webhook endpoint at Stripe has the URL of this service")
	}
	return problems, nil
}

// isOwnEndpoint reports whether the URL of an endpoint is that of this service. If it
// is not configured, the path decides.
func (a *app) isOwnEndpoint(endpoint string) bool {
	if a.set.webhookURL != "" {
		return endpoint == a.set.webhookURL
	}
	u, err := url.Parse(endpoint)
	return err == nil && strings.HasSuffix(strings.TrimRight(u.Path, "/"), webhookPath)
}
