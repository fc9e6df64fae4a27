package stripehook

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/stripe/stripe-go/v85"
)

// LineItems is where line items come from that are not in the event. An error
// has the event answered with 5xx, so that Stripe delivers it again.
type LineItems interface {
	// Lines returns all lines of a session or an invoice, with their prices.
	Lines(ctx context.Context, of Source) ([]Line, error)
}

// SourceKind is a kind of object that has lines.
type SourceKind string

// The kinds.
const (
	SessionSource SourceKind = "checkout.session"
	InvoiceSource SourceKind = "invoice"
)

// Source names an object that has lines.
type Source struct {
	Kind SourceKind
	// ID is Stripe's id of it.
	ID string
	// Account is the connected account it belongs to, empty for one's own.
	Account string
}

// Line is one line of what was bought.
type Line struct {
	// Quantity is how many; one line of 3 makes 3 licenses.
	Quantity int64
	// Amount is what was paid for it; below zero it is a credit.
	Amount int64
	// Proration says that the line corrects another period's.
	Proration bool
	// Price is nil if the line is an amount without a price.
	Price *Price
}

// Price is what is read of a price.
type Price struct {
	// ID is Stripe's id of it.
	ID string
	// Metadata says what it sells; see the package documentation.
	Metadata map[string]string
	// Interval is the unit of the billing period (day, week, month or year), and
	// empty if the price is not recurring.
	Interval string
	// IntervalCount is how many of it make the period.
	IntervalCount int64
	// Metered says that usage is billed, and not a quantity.
	Metered bool
}

var errNoSource = errors.New("the event has no complete line items, and no API key was given to fetch them with")

// lines returns the lines of a purchase, from the event if it has all of them.
func (h *Handler) lines(ctx context.Context, p purchase) ([]Line, error) {
	if p.lines.complete() {
		lines := make([]Line, len(p.lines.Data))
		for i := range p.lines.Data {
			lines[i] = p.lines.Data[i].line()
		}
		return lines, nil
	}
	if h.items == nil {
		return nil, errNoSource
	}
	return h.items.Lines(ctx, p.source)
}

// lineList is a list of lines in an event.
type lineList struct {
	HasMore bool       `json:"has_more"`
	Data    []lineItem `json:"data"`
}

// complete reports whether nothing has to be fetched: no further page, no price
// that is only an id.
func (l *lineList) complete() bool {
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

// lineItem is a line of a session or of an invoice, in any of its forms.
type lineItem struct {
	Quantity    *int64     `json:"quantity"`
	Amount      int64      `json:"amount"`       // of an invoice's line
	AmountTotal int64      `json:"amount_total"` // of a session's
	Proration   bool       `json:"proration"`    // before 2025-03-31.basil
	Price       *linePrice `json:"price"`        // of a session's line; of an invoice's before that
	Pricing     struct {
		PriceDetails struct {
			Price *linePrice `json:"price"`
		} `json:"price_details"`
	} `json:"pricing"`
	Parent struct {
		InvoiceItemDetails      prorated `json:"invoice_item_details"`
		SubscriptionItemDetails prorated `json:"subscription_item_details"`
	} `json:"parent"`
}

type prorated struct {
	Proration bool `json:"proration"`
}

// linePrice is a price that is an id only, or expanded.
type linePrice struct {
	ID        string            `json:"id"`
	Metadata  map[string]string `json:"metadata"`
	Recurring struct {
		Interval      string                         `json:"interval"`
		IntervalCount int64                          `json:"interval_count"`
		UsageType     stripe.PriceRecurringUsageType `json:"usage_type"`
	} `json:"recurring"`
}

// UnmarshalJSON reads the price in either form.
func (p *linePrice) UnmarshalJSON(data []byte) error {
	var id string
	if json.Unmarshal(data, &id) == nil {
		*p = linePrice{ID: id}
		return nil
	}
	type whole linePrice
	return json.Unmarshal(data, (*whole)(p))
}

func (l *lineItem) price() *linePrice {
	if l.Price != nil {
		return l.Price
	}
	return l.Pricing.PriceDetails.Price
}

func (l *lineItem) line() Line {
	line := Line{
		Quantity:  1, // Stripe shows no quantity where there is nothing to count
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
