package stripehook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

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

// Source identifies a Stripe object.
type Source struct {
	Kind SourceKind `json:"kind"`
	// ID is the Stripe id of the object.
	ID string `json:"id"`
	// Account is the connected account that owns the object, or empty.
	Account string `json:"account,omitzero"`
	// Context is the Stripe context of the object if its event belongs to an
	// organization, and otherwise empty.
	Context string `json:"context,omitzero"`
}

// owner returns the account or the context.
func (s *Source) owner() string { return firstNonEmpty(s.Account, s.Context) }

// Line is one line of a purchase.
type Line struct {
	// Quantity is the number of units. Each unit requires a license.
	Quantity int64 `json:"quantity"`
	// QuantityDecimal is the exact number of units, as in "2.5". It has precedence
	// over Quantity unless it is empty.
	QuantityDecimal string `json:"quantity_decimal,omitzero"`
	// Amount is the amount paid. A negative amount is a credit.
	Amount int64 `json:"amount"`
	// Proration reports whether the line adjusts another billing period.
	Proration bool `json:"proration,omitzero"`
	// Price is nil if the line has an amount without a price.
	Price *Price `json:"price,omitzero"`
}

// Price holds the members of a Stripe price that determine a license.
type Price struct {
	// ID is the Stripe id of the price.
	ID string `json:"id"`
	// Metadata describes the license; see the package documentation.
	Metadata map[string]string `json:"metadata"`
	// Interval is the unit of the billing period (day, week, month or year). It is
	// empty if the price is not recurring.
	Interval string `json:"interval,omitzero"`
	// IntervalCount is the number of units in a billing period.
	IntervalCount int64 `json:"interval_count,omitzero"`
	// Metered reports whether usage is billed instead of a quantity.
	Metered bool `json:"metered,omitzero"`
}

// Sessions finds the Checkout session of an invoice that costs nothing. The handler
// uses it if the [LineItems] implements it, as [StripeLineItems] does. Otherwise an
// order of such an invoice becomes a dead letter.
type Sessions interface {
	// InvoiceSession returns the id of the session that created the invoice of a
	// customer, or an empty id. certain is false if the session has no payment and
	// no invoice yet, so that the invoice may belong to it.
	InvoiceSession(ctx context.Context, invoice Source, customer string) (id string, certain bool, err error)
}

// invoiceSession returns the id of the session that creates the order of a free
// invoice, or errFreeInvoice if that is unknown.
func (h *Handler) invoiceSession(ctx context.Context, p purchase) (string, error) {
	sessions, ok := h.cfg.items.(Sessions)
	if !ok || p.customer.id == "" {
		return "", errFreeInvoice
	}
	id, certain, err := sessions.InvoiceSession(ctx, p.source, p.customer.id)
	if err == nil && id != "" && !certain {
		return "", fmt.Errorf("%w (session %s)", errFreeInvoice, id)
	}
	return id, err
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
		price := l.Data[i].price()
		if price != nil && price.Metadata == nil {
			return false
		}
		// Lines of plans have no price in the events of some old API versions.
		if price == nil && l.Data[i].Plan != "" {
			return false
		}
	}
	return true
}

// lineItem is a line of a session or of an invoice in any API version.
type lineItem struct {
	ID              string     `json:"id"`
	Quantity        quantity   `json:"quantity"`
	QuantityDecimal quantity   `json:"quantity_decimal"` // invoice since 2026-03-25.dahlia
	Amount          int64      `json:"amount"`           // invoice
	AmountTotal     int64      `json:"amount_total"`     // session
	Proration       bool       `json:"proration"`        // before 2025-03-31.basil
	Plan            reference  `json:"plan"`
	Price           *linePrice `json:"price"` // session, and invoice before 2025-03-31.basil
	Pricing         struct {
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

// quantity is the text of a quantity, which is a number or a decimal in a string. It
// is empty for null.
type quantity string

// UnmarshalJSON keeps any value, so that an unexpected one becomes a finding.
func (q *quantity) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) != nil { // null is an empty text
		text = string(data)
	}
	*q = quantity(strings.TrimSpace(text))
	return nil
}

// parseQuantity parses a decimal without a fraction. A number that exceeds the range
// of n is the maximum or the minimum.
func parseQuantity(text string) (n int64, whole bool) {
	integer, fraction, _ := strings.Cut(text, ".")
	if strings.Trim(fraction, "0") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(integer, 10, 64)
	return n, err == nil || errors.Is(err, strconv.ErrRange)
}

func (l *lineItem) price() *linePrice {
	if l.Price != nil {
		return l.Price
	}
	return l.Pricing.PriceDetails.Price
}

func (l *lineItem) line() Line {
	line := Line{
		Amount:    l.Amount + l.AmountTotal,
		Proration: l.Proration || l.Parent.InvoiceItemDetails.Proration || l.Parent.SubscriptionItemDetails.Proration,
	}
	// Stripe truncates quantity to an integer, and has announced to remove it.
	exact := firstNonEmpty(string(l.QuantityDecimal), string(l.Quantity))
	switch n, whole := parseQuantity(exact); {
	case exact == "": // Stripe omits the quantity of lines that have none
		line.Quantity = 1
	case whole:
		line.Quantity = n
	default:
		line.QuantityDecimal = exact
	}
	if price := l.price(); price != nil {
		line.Price = price.price()
	}
	return line
}

func (p *linePrice) price() *Price {
	return &Price{
		ID:            p.ID,
		Metadata:      p.Metadata,
		Interval:      p.Recurring.Interval,
		IntervalCount: p.Recurring.IntervalCount,
		Metered:       p.Recurring.UsageType == stripe.PriceRecurringUsageTypeMetered,
	}
}
