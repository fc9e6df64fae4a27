package stripehook

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/stripe/stripe-go/v85"

	"github.com/licensespring-go/licensespring"
)

// pageSize is the maximum page size of Stripe.
const pageSize = 100

// StripeLineItems fetches line items from the Stripe API. It is safe for concurrent
// use.
type StripeLineItems struct {
	client *stripe.Client
}

// NewStripeLineItems returns a [StripeLineItems] that uses a secret or restricted
// key. The http.Client should have a timeout. An empty baseURL is that of Stripe. It
// does not retry, because Stripe delivers the event again.
func NewStripeLineItems(key licensespring.Secret, client *http.Client, baseURL string) *StripeLineItems {
	config := stripe.BackendConfig{
		HTTPClient: client,
		// The waits between retries of stripe-go cannot be canceled.
		MaxNetworkRetries: new(int64(0)),
		EnableTelemetry:   new(false),
		// The default logger writes responses to standard error.
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	}
	if baseURL != "" {
		config.URL = &baseURL
	}
	return &StripeLineItems{client: stripe.NewClient(key.Reveal(),
		stripe.WithBackends(stripe.NewBackendsWithConfig(&config)))}
}

// Lines returns all lines of a session or an invoice, page by page.
func (s *StripeLineItems) Lines(ctx context.Context, of Source) ([]Line, error) {
	list := stripe.ListParams{Limit: new(int64(pageSize))}
	if of.Account != "" {
		list.SetStripeAccount(of.Account)
	}
	if of.Kind == SourceInvoice {
		return s.invoice(ctx, list, of.ID)
	}
	return s.session(ctx, list, of.ID)
}

func (s *StripeLineItems) session(ctx context.Context, list stripe.ListParams, id string) ([]Line, error) {
	params := &stripe.CheckoutSessionListLineItemsParams{ListParams: list, Session: &id}
	params.AddExpand("data.price") // expanded by default in current versions
	var lines []Line
	for item, err := range s.client.V1CheckoutSessions.ListLineItems(ctx, params).All(ctx) {
		if err != nil {
			return nil, fetchError(ctx, err)
		}
		lines = append(lines, Line{Quantity: item.Quantity, Amount: item.AmountTotal, Price: newPrice(item.Price)})
	}
	return lines, nil
}

func (s *StripeLineItems) invoice(ctx context.Context, list stripe.ListParams, id string) ([]Line, error) {
	params := &stripe.InvoiceListLinesParams{ListParams: list, Invoice: &id}
	params.AddExpand("data.pricing.price_details.price")
	var lines []Line
	for item, err := range s.client.V1Invoices.ListLines(ctx, params).All(ctx) {
		if err != nil {
			return nil, fetchError(ctx, err)
		}
		line := Line{Quantity: item.Quantity, Amount: item.Amount}
		if item.Pricing != nil && item.Pricing.PriceDetails != nil {
			line.Price = newPrice(item.Pricing.PriceDetails.Price)
		}
		if parent := item.Parent; parent != nil {
			line.Proration = (parent.InvoiceItemDetails != nil && parent.InvoiceItemDetails.Proration) ||
				(parent.SubscriptionItemDetails != nil && parent.SubscriptionItemDetails.Proration)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

func newPrice(p *stripe.Price) *Price {
	if p == nil {
		return nil
	}
	price := &Price{ID: p.ID, Metadata: p.Metadata}
	if r := p.Recurring; r != nil {
		price.Interval, price.IntervalCount = string(r.Interval), r.IntervalCount
		price.Metered = r.UsageType == stripe.PriceRecurringUsageTypeMetered
	}
	return price
}

// fetchError returns an error without the message of Stripe, which may quote the
// request, and without the URL in errors of net/http.
func fetchError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e, ok := errors.AsType[*stripe.Error](err)
	if !ok {
		return errors.New("no valid response from stripe")
	}
	text := "stripe responded with status " + strconv.Itoa(e.HTTPStatusCode)
	if e.RequestID != "" {
		text += " (" + e.RequestID + ")"
	}
	return errors.New(text)
}
