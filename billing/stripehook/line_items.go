package stripehook

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/stripe/stripe-go/v85"
)

// LineItems fetches line items that an event does not contain. After an error the
// handler responds with 5xx, so that Stripe delivers the event again.
type LineItems interface {
	// Lines returns all lines of a session or an invoice, with their prices.
	Lines(ctx context.Context, of Source) ([]Line, error)
}

// SourceKind is the type of a Stripe object that has lines.
type SourceKind string

// The kinds of sources.
const (
	SourceSession SourceKind = "checkout.session"
	SourceInvoice SourceKind = "invoice"
)

// Source identifies a Stripe object that has lines.
type Source struct {
	Kind SourceKind
	// ID is the Stripe id of the object.
	ID string
	// Account is the connected account that owns the object, or empty.
	Account string
}

// Line is one line of a purchase.
type Line struct {
	// Quantity is the number of units, each of which requires a license.
	Quantity int64
	// Amount is the amount paid. A negative amount is a credit.
	Amount int64
	// Proration reports whether the line adjusts another billing period.
	Proration bool
	// Price is nil if the line has an amount without a price.
	Price *Price
}

// Price holds the members of a Stripe price that determine a license.
type Price struct {
	// ID is the Stripe id of the price.
	ID string
	// Metadata describes the license; see the package documentation.
	Metadata map[string]string
	// Interval is the unit of the billing period (day, week, month or year). It is
	// empty if the price is not recurring.
	Interval string
	// IntervalCount is the number of units in a billing period.
	IntervalCount int64
	// Metered reports whether usage is billed instead of a quantity.
	Metered bool
}

var errNoLineItems = errors.New("the event does not contain all line items, and no API key is configured to fetch them")

// lines returns the lines of a purchase, from the event if it contains all of them.
func (h *Handler) lines(ctx context.Context, p purchase) ([]Line, error) {
	if p.lines.isComplete() {
		lines := make([]Line, len(p.lines.Data))
		for i := range p.lines.Data {
			lines[i] = p.lines.Data[i].line()
		}
		return lines, nil
	}
	if h.cfg.items == nil {
		return nil, errNoLineItems
	}
	return h.cfg.items.Lines(ctx, p.source)
}

// lineList is a list of lines in an event.
type lineList struct {
	HasMore bool       `json:"has_more"`
	Data    []lineItem `json:"data"`
}

// isComplete reports whether the list has no further page and all prices are
// expanded.
func (l *lineList) isComplete() bool {
	if l == nil || l.HasMore || len(l.Data) == 0 {
		return false
	}
	for i := range l.Data {
		if price := l.Data[i].price(); price != nil && price.Metadata == nil {
			return false
		}
	}
	return true
}

// lineItem is a line of a session or of an invoice in any API version.
type lineItem struct {
	Quantity    *int64     `json:"quantity"`
	Amount      int64      `json:"amount"`       // invoice
	AmountTotal int64      `json:"amount_total"` // session
	Proration   bool       `json:"proration"`    // before 2025-03-31.basil
	Price       *linePrice `json:"price"`        // session, and invoice before 2025-03-31.basil
	Pricing     struct {
		PriceDetails struct {
			Price *linePrice `json:"price"`
		} `json:"price_details"`
	} `json:"pricing"`
	Parent struct {
		InvoiceItemDetails      itemDetails `json:"invoice_item_details"`
		SubscriptionItemDetails itemDetails `json:"subscription_item_details"`
	} `json:"parent"`
}

type itemDetails struct {
	Proration bool `json:"proration"`
}

// linePrice is a price that is an id, or expanded.
type linePrice struct {
	ID        string            `json:"id"`
	Metadata  map[string]string `json:"metadata"`
	Recurring struct {
		Interval      string                         `json:"interval"`
		IntervalCount int64                          `json:"interval_count"`
		UsageType     stripe.PriceRecurringUsageType `json:"usage_type"`
	} `json:"recurring"`
}

// UnmarshalJSON decodes the price in either form.
func (p *linePrice) UnmarshalJSON(data []byte) error {
	var id string
	if json.Unmarshal(data, &id) == nil {
		*p = linePrice{ID: id}
		return nil
	}
	type expanded linePrice
	return json.Unmarshal(data, (*expanded)(p))
}

func (l *lineItem) price() *linePrice {
	if l.Price != nil {
		return l.Price
	}
	return l.Pricing.PriceDetails.Price
}

func (l *lineItem) line() Line {
	line := Line{
		Quantity:  1, // Stripe omits the quantity of lines that have none
		Amount:    l.Amount + l.AmountTotal,
		Proration: l.Proration || l.Parent.InvoiceItemDetails.Proration || l.Parent.SubscriptionItemDetails.Proration,
	}
	if l.Quantity != nil {
		line.Quantity = *l.Quantity
	}
	if price := l.price(); price != nil {
		line.Price = &Price{
			ID:            price.ID,
			Metadata:      price.Metadata,
			Interval:      price.Recurring.Interval,
			IntervalCount: price.Recurring.IntervalCount,
			Metered:       price.Recurring.UsageType == stripe.PriceRecurringUsageTypeMetered,
		}
	}
	return line
}
