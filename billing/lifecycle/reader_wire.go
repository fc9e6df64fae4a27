package lifecycle

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// The types of this file hold the members of Stripe objects that the reader uses, in the
// form of all API versions.

// reference is an id, or the whole object if it was expanded.
type reference string

// UnmarshalJSON decodes the id in either form.
func (r *reference) UnmarshalJSON(data []byte) error {
	var id string
	if json.Unmarshal(data, &id) == nil { // including null
		*r = reference(id)
		return nil
	}
	var object struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(data, &object); err != nil {
		return err
	}
	*r = reference(object.ID)
	return nil
}

// unixTime is a time in seconds. It is zero for null.
type unixTime struct{ time.Time }

// UnmarshalJSON decodes seconds.
func (t *unixTime) UnmarshalJSON(data []byte) error {
	var seconds *int64
	if err := json.Unmarshal(data, &seconds); err != nil {
		return err
	}
	t.Time = time.Time{}
	if seconds != nil && *seconds != 0 {
		t.Time = time.Unix(*seconds, 0).UTC()
	}
	return nil
}

// page is a page of a list.
type page[T any] struct {
	Object  string `json:"object"`
	HasMore bool   `json:"has_more"`
	Data    []T    `json:"data"`
}

// priceObject is a price, or its id.
type priceObject struct {
	ID        string            `json:"id"`
	Metadata  map[string]string `json:"metadata"`
	Recurring struct {
		Interval      string `json:"interval"`
		IntervalCount int64  `json:"interval_count"`
		UsageType     string `json:"usage_type"`
	} `json:"recurring"`
}

// UnmarshalJSON decodes the price in either form.
func (p *priceObject) UnmarshalJSON(data []byte) error {
	var id string
	if json.Unmarshal(data, &id) == nil {
		*p = priceObject{ID: id}
		return nil
	}
	type expanded priceObject
	return json.Unmarshal(data, (*expanded)(p))
}

func (p *priceObject) price() *stripehook.Price {
	return &stripehook.Price{
		ID: p.ID, Metadata: p.Metadata, Interval: p.Recurring.Interval, IntervalCount: p.Recurring.IntervalCount,
		Metered: p.Recurring.UsageType == "metered",
	}
}

// itemObject is an item of a subscription.
type itemObject struct {
	ID                 string       `json:"id"`
	Price              *priceObject `json:"price"`
	Quantity           *int64       `json:"quantity"`
	CurrentPeriodStart unixTime     `json:"current_period_start"` // since 2025-03-31.basil
	CurrentPeriodEnd   unixTime     `json:"current_period_end"`
}

// subscriptionObject is a subscription.
type subscriptionObject struct {
	ID                 string           `json:"id"`
	Object             string           `json:"object"`
	Livemode           bool             `json:"livemode"`
	Status             Status           `json:"status"`
	Created            unixTime         `json:"created"`
	Currency           string           `json:"currency"`
	TrialEnd           unixTime         `json:"trial_end"`
	CancelAtPeriodEnd  bool             `json:"cancel_at_period_end"`
	EndedAt            unixTime         `json:"ended_at"`
	CurrentPeriodStart unixTime         `json:"current_period_start"` // before 2025-03-31.basil
	CurrentPeriodEnd   unixTime         `json:"current_period_end"`
	Items              page[itemObject] `json:"items"`
	Customer           reference        `json:"customer"`
	PauseCollection    struct {
		Behavior string `json:"behavior"`
	} `json:"pause_collection"`
	Metadata map[string]string `json:"metadata"`
}

// lineObject is a line of an invoice.
type lineObject struct {
	ID               string       `json:"id"`
	Type             string       `json:"type"` // before 2025-03-31.basil
	Amount           int64        `json:"amount"`
	Quantity         json.Number  `json:"quantity"`
	QuantityDecimal  string       `json:"quantity_decimal"`
	Proration        bool         `json:"proration"` // before 2025-03-31.basil
	Price            *priceObject `json:"price"`     // before 2025-03-31.basil
	SubscriptionItem reference    `json:"subscription_item"`
	Period           struct {
		Start unixTime `json:"start"`
		End   unixTime `json:"end"`
	} `json:"period"`
	Pricing struct {
		PriceDetails struct {
			Price *priceObject `json:"price"`
		} `json:"price_details"`
	} `json:"pricing"`
	Parent struct {
		Type               string `json:"type"`
		InvoiceItemDetails struct {
			Proration bool `json:"proration"`
		} `json:"invoice_item_details"`
		SubscriptionItemDetails struct {
			Proration        bool      `json:"proration"`
			SubscriptionItem reference `json:"subscription_item"`
		} `json:"subscription_item_details"`
	} `json:"parent"`
}

// isOfSubscription reports whether a line bills a subscription item.
func (l *lineObject) isOfSubscription() bool {
	return l.Type == "subscription" || l.Parent.Type == "subscription_item_details"
}

// line returns the line. That of a subscription item has no price, because the current
// one of the item counts.
func (l *lineObject) line() Line {
	line := Line{
		ID: l.ID, Item: string(l.Parent.SubscriptionItemDetails.SubscriptionItem), Amount: l.Amount,
		Proration: l.Proration || l.Parent.InvoiceItemDetails.Proration || l.Parent.SubscriptionItemDetails.Proration,
		Start:     l.Period.Start.Time, End: l.Period.End.Time,
	}
	if line.Item == "" {
		line.Item = string(l.SubscriptionItem)
	}
	// Stripe truncates quantity to an integer, and has announced to remove it.
	exact := l.QuantityDecimal
	if exact == "" {
		exact = l.Quantity.String()
	}
	whole, fraction, _ := strings.Cut(exact, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	switch {
	case exact == "":
		line.Quantity = 1
	case err == nil && strings.Trim(fraction, "0") == "":
		line.Quantity = n
	default:
		line.QuantityDecimal = exact
	}
	if line.Item == "" {
		switch {
		case l.Price != nil:
			line.Price = l.Price.price()
		case l.Pricing.PriceDetails.Price != nil:
			line.Price = l.Pricing.PriceDetails.Price.price()
		}
	}
	return line
}

// invoiceObject is an invoice.
type invoiceObject struct {
	ID                           string    `json:"id"`
	Object                       string    `json:"object"`
	Livemode                     bool      `json:"livemode"`
	Status                       string    `json:"status"`
	Paid                         *bool     `json:"paid"` // before 2025-03-31.basil
	Created                      unixTime  `json:"created"`
	Currency                     string    `json:"currency"`
	Total                        int64     `json:"total"`
	AmountPaid                   int64     `json:"amount_paid"`
	PostPaymentCreditNotesAmount int64     `json:"post_payment_credit_notes_amount"`
	Subscription                 reference `json:"subscription"` // before 2025-03-31.basil
	Charge                       reference `json:"charge"`       // before 2025-03-31.basil
	// PaymentIntent is set before 2025-03-31.basil.
	PaymentIntent reference `json:"payment_intent"`
	Parent        struct {
		SubscriptionDetails struct {
			Subscription reference         `json:"subscription"`
			Metadata     map[string]string `json:"metadata"`
		} `json:"subscription_details"`
	} `json:"parent"`
	Metadata      map[string]string `json:"metadata"`
	Customer      reference         `json:"customer"`
	CustomerEmail string            `json:"customer_email"`
	CustomerName  string            `json:"customer_name"`
	CustomerPhone string            `json:"customer_phone"`
	Lines         page[lineObject]  `json:"lines"`
}

func (i *invoiceObject) subscription() string {
	if id := string(i.Parent.SubscriptionDetails.Subscription); id != "" {
		return id
	}
	return string(i.Subscription)
}

// isPaid also accepts an invoice without a status, which Stripe added on 2018-11-08.
func (i *invoiceObject) isPaid() bool {
	return i.Status == "paid" || (i.Status == "" && i.Paid != nil && *i.Paid)
}

func (i *invoiceObject) customer() stripehook.Customer {
	return stripehook.Customer{ID: string(i.Customer), Email: i.CustomerEmail, Name: i.CustomerName, Phone: i.CustomerPhone}
}

// sessionObject is a Checkout session.
type sessionObject struct {
	ID              string    `json:"id"`
	Object          string    `json:"object"`
	Livemode        bool      `json:"livemode"`
	Mode            string    `json:"mode"`
	Status          string    `json:"status"`
	PaymentStatus   string    `json:"payment_status"`
	Created         unixTime  `json:"created"`
	Currency        string    `json:"currency"`
	AmountTotal     int64     `json:"amount_total"`
	Subscription    reference `json:"subscription"`
	Invoice         reference `json:"invoice"`
	PaymentIntent   reference `json:"payment_intent"`
	InvoiceCreation struct {
		Enabled bool `json:"enabled"`
	} `json:"invoice_creation"`
	Customer        reference `json:"customer"`
	CustomerEmail   string    `json:"customer_email"`
	CustomerDetails struct {
		Email        string `json:"email"`
		Name         string `json:"name"`
		BusinessName string `json:"business_name"`
		Phone        string `json:"phone"`
	} `json:"customer_details"`
	Metadata map[string]string `json:"metadata"`
}

func (s *sessionObject) customer() stripehook.Customer {
	email := s.CustomerDetails.Email
	if email == "" {
		email = s.CustomerEmail
	}
	return stripehook.Customer{
		ID: string(s.Customer), Email: email, Name: s.CustomerDetails.Name,
		Company: s.CustomerDetails.BusinessName, Phone: s.CustomerDetails.Phone,
	}
}

// isFree reports whether the session ended without a payment.
func (s *sessionObject) isFree() bool {
	return s.PaymentStatus == "no_payment_required" || s.AmountTotal == 0
}

// invoicePayment is a payment of an invoice, since 2025-03-31.basil.
type invoicePayment struct {
	ID      string    `json:"id"`
	Invoice reference `json:"invoice"`
	Status  string    `json:"status"`
	Payment struct {
		Type          string    `json:"type"`
		Charge        reference `json:"charge"`
		PaymentIntent reference `json:"payment_intent"`
	} `json:"payment"`
}

// chargeObject is a charge.
type chargeObject struct {
	ID             string    `json:"id"`
	Object         string    `json:"object"`
	Livemode       bool      `json:"livemode"`
	Status         string    `json:"status"`
	Paid           bool      `json:"paid"`
	Currency       string    `json:"currency"`
	Amount         int64     `json:"amount"`
	AmountCaptured *int64    `json:"amount_captured"`
	AmountRefunded int64     `json:"amount_refunded"`
	Disputed       bool      `json:"disputed"`
	Dispute        reference `json:"dispute"` // before 2020-08-27
	Invoice        reference `json:"invoice"` // before 2025-03-31.basil
	PaymentIntent  reference `json:"payment_intent"`
}

// succeeded reports whether the charge has moved money.
func (c *chargeObject) succeeded() bool {
	return c.Status == "succeeded" || (c.Paid && c.Status != "failed" && c.Status != "pending") ||
		strings.EqualFold(c.Status, "paid") // before 2015
}

// disputeObject is a dispute.
type disputeObject struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Amount int64  `json:"amount"`
}
