package stripehook

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/stripe/stripe-go/v85"

	"github.com/licensespring-go/licensespring"
)

// Endpoint is a webhook endpoint of a Stripe account.
type Endpoint struct {
	// ID is the Stripe id of the endpoint.
	ID string
	// URL is the address to which Stripe delivers events.
	URL string
	// Enabled reports whether Stripe delivers events.
	Enabled bool
	// Events are the subscribed event types. "*" means all of them.
	Events []string
}

// requiredEvents are the events after which licenses change. The others of a subject
// follow one of these, or change nothing.
var requiredEvents = [...]string{
	sessionCompleted, sessionAsyncPaymentSucceeded, invoicePaid,
	"customer.subscription.created", "customer.subscription.updated", "customer.subscription.deleted",
	"customer.subscription.paused", "customer.subscription.resumed",
	"charge.refunded", "refund.failed", "charge.dispute.created", "charge.dispute.closed",
}

// MissingEvents returns the event types that the handler requires and the endpoint is
// not subscribed to. invoice.payment_succeeded can replace invoice.paid.
func (e *Endpoint) MissingEvents() []string {
	subscribed := func(kind string) bool { return slices.Contains(e.Events, kind) }
	var missing []string
	if subscribed("*") {
		return nil
	}
	for _, kind := range requiredEvents {
		if !subscribed(kind) && (kind != invoicePaid || !subscribed(invoicePaymentSucceeded)) {
			missing = append(missing, kind)
		}
	}
	return missing
}

// endpointPage is one page of endpoints.
type endpointPage struct {
	stripe.APIResource

	HasMore bool `json:"has_more"`
	Data    []struct {
		ID            string   `json:"id"`
		URL           string   `json:"url"`
		Status        string   `json:"status"`
		EnabledEvents []string `json:"enabled_events"`
	} `json:"data"`
}

// Endpoints returns the webhook endpoints of the account. The key requires read access
// to webhook endpoints.
func (s *StripeLineItems) Endpoints(ctx context.Context) ([]Endpoint, error) {
	params := newListParams(ctx, Source{})
	var endpoints []Endpoint
	for {
		var page endpointPage
		if err := s.get(ctx, "/v1/webhook_endpoints", params, &page); err != nil {
			return nil, err
		}
		for _, e := range page.Data {
			endpoints = append(endpoints, Endpoint{ID: e.ID, URL: e.URL, Enabled: e.Status == "enabled", Events: e.EnabledEvents})
		}
		if !page.HasMore || len(page.Data) == 0 {
			return endpoints, nil
		}
		params.StartingAfter = &page.Data[len(page.Data)-1].ID
	}
}

// pricePage is one page of prices.
type pricePage struct {
	stripe.APIResource

	HasMore bool        `json:"has_more"`
	Data    []linePrice `json:"data"`
}

// Prices returns the active prices of the account.
func (s *StripeLineItems) Prices(ctx context.Context) ([]Price, error) {
	params := newListParams(ctx, Source{})
	params.Active = new(true)
	var prices []Price
	for {
		var page pricePage
		if err := s.get(ctx, "/v1/prices", params, &page); err != nil {
			return nil, err
		}
		for i := range page.Data {
			prices = append(prices, *page.Data[i].price())
		}
		if !page.HasMore || len(page.Data) == 0 {
			return prices, nil
		}
		params.StartingAfter = &page.Data[len(page.Data)-1].ID
	}
}

// eventPage is one page of events.
type eventPage struct {
	stripe.APIResource

	HasMore bool              `json:"has_more"`
	Data    []json.RawMessage `json:"data"`
}

// Events calls yield with the id and the payload of each event of the account of the key
// since a time, newest first, until yield returns an error. Events of connected accounts
// are not among them. Stripe keeps events for 30 days. The key requires read access to
// events.
func (s *StripeLineItems) Events(ctx context.Context, since time.Time, yield func(id string, payload []byte) error) error {
	params := newListParams(ctx, Source{})
	params.Created = &stripe.RangeQueryParams{GreaterThanOrEqual: since.Unix()}
	for {
		var page eventPage
		if err := s.get(ctx, "/v1/events", params, &page); err != nil {
			return err
		}
		for _, payload := range page.Data {
			var e struct {
				ID string `json:"id"`
			}
			if json.Unmarshal(payload, &e) != nil || e.ID == "" {
				return &APIError{}
			}
			params.StartingAfter = &e.ID
			if err := yield(e.ID, payload); err != nil {
				return err
			}
		}
		if !page.HasMore || len(page.Data) == 0 {
			return nil
		}
	}
}

// Permission is a permission that the API key requires.
type Permission struct {
	// Resource is the name of the objects, as in "checkout sessions".
	Resource string
	// Err is nil if the key can read the objects. It is usually an [*APIError].
	Err error
}

// Permissions reads an object of each kind that the handler fetches.
func (s *StripeLineItems) Permissions(ctx context.Context) []Permission {
	var permissions []Permission
	for _, p := range [...]struct{ resource, path string }{
		{"checkout sessions", "/v1/checkout/sessions"},
		{"invoices", "/v1/invoices"},
		{"prices", "/v1/prices"},
		{"subscriptions", "/v1/subscriptions"},
	} {
		params := newListParams(ctx, Source{})
		params.Limit = new(int64(1))
		var page stripe.APIResource
		permissions = append(permissions, Permission{Resource: p.resource, Err: s.get(ctx, p.path, params, &page)})
	}
	return permissions
}

// ErrNoLicense means that a price has no license metadata.
var ErrNoLicense = errors.New("stripehook: the price has no license metadata")

// checkedCustomer is the buyer in the order of [Handler.PriceOrder].
const checkedCustomer = "customer@example.com"

// PriceOrder returns the order of one unit of a price, with an invented buyer, to check
// the metadata of the price before it is sold. It returns [ErrNoLicense], or the error
// with which the event of a purchase becomes a dead letter.
func (h *Handler) PriceOrder(price Price) (*licensespring.Order, error) {
	line := Line{Quantity: 1, Amount: 1, Price: &price}
	if line.isUnlicensed() {
		return nil, ErrNoLicense
	}
	order, _, err := h.newOrder(purchase{id: "check", live: true, customer: customer{email: checkedCustomer}}, []Line{line})
	return order, err
}
