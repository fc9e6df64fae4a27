package lifecycle

import (
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// Status is the status of a subject. That of a subscription is Stripe's.
type Status string

// The statuses of a subscription.
const (
	StatusTrialing          Status = "trialing"
	StatusActive            Status = "active"
	StatusPastDue           Status = "past_due"
	StatusUnpaid            Status = "unpaid"
	StatusPaused            Status = "paused"
	StatusCanceled          Status = "canceled"
	StatusIncomplete        Status = "incomplete"
	StatusIncompleteExpired Status = "incomplete_expired"
)

// The statuses of a one-off payment.
const (
	// StatusPaid: the payment succeeded, or none was required.
	StatusPaid Status = "paid"
	// StatusPending: the payment has not succeeded.
	StatusPending Status = "pending"
)

// Subject is what Stripe shows of one subscription, or of one one-off payment.
type Subject struct {
	// Source identifies the subject: a subscription, or for a one-off payment the
	// invoice, or the Checkout session if it has no invoice.
	Source stripehook.Source `json:"source"`
	// Live is false in Stripe's test mode.
	Live    bool      `json:"live"`
	Status  Status    `json:"status"`
	Created time.Time `json:"created,omitzero"`
	// Currency is the currency of a subscription, as in "eur".
	Currency string `json:"currency,omitzero"`
	// TrialEnd is the end of the trial, also of one that has ended.
	TrialEnd time.Time `json:"trial_end,omitzero"`
	// CancelAtPeriodEnd reports whether the subscription ends with its period.
	CancelAtPeriodEnd bool `json:"cancel_at_period_end,omitzero"`
	// EndedAt is the end of a subscription that has ended.
	EndedAt time.Time `json:"ended_at,omitzero"`
	// PauseCollection is the behavior of invoices while collection is paused, or empty.
	PauseCollection string `json:"pause_collection,omitzero"`
	// Items are the items of a subscription.
	Items []Item `json:"items,omitzero"`
	// Invoices are the paid invoices of a subscription, newest first. A one-off payment
	// has one: the invoice, or the session, after it was paid.
	Invoices []Invoice `json:"invoices,omitzero"`
	// Customer is the buyer.
	Customer stripehook.Customer `json:"customer"`
	// Metadata is the metadata of the subscription, or of the session or the invoice.
	Metadata map[string]string `json:"metadata,omitzero"`
	// Findings list what the reader could not interpret. Nothing changes until they are
	// corrected.
	Findings []licensespring.Finding `json:"findings,omitzero"`
}

// Item is one item of a subscription.
type Item struct {
	// ID is the Stripe id of the subscription item.
	ID string `json:"id"`
	// Price is nil if Stripe shows none.
	Price *stripehook.Price `json:"price,omitzero"`
	// Quantity is 1 for a metered price.
	Quantity int64 `json:"quantity"`
	// PeriodStart and PeriodEnd are the current billing period, which begins before it
	// is paid.
	PeriodStart time.Time `json:"period_start,omitzero"`
	PeriodEnd   time.Time `json:"period_end,omitzero"`
}

// Invoice is a paid invoice, or a paid Checkout session without one.
type Invoice struct {
	// ID is the Stripe id of the invoice or the session.
	ID       string    `json:"id"`
	Created  time.Time `json:"created,omitzero"`
	Currency string    `json:"currency,omitzero"`
	// Total is the amount of the lines after discounts and taxes.
	Total int64 `json:"total"`
	// Credited is the amount of the credit notes after the payment.
	Credited int64  `json:"credited,omitzero"`
	Lines    []Line `json:"lines,omitzero"`
	// Payments are the successful payments. The reader fetches those of the invoices
	// that matter, and leaves others nil.
	Payments []Payment `json:"payments,omitzero"`
}

// Line is a line of a paid invoice.
type Line struct {
	// ID is the Stripe id of the line.
	ID string `json:"id"`
	// Item is the id of the subscription item that the line bills, or empty.
	Item string `json:"item,omitzero"`
	// Price is the price of a line that bills no subscription item.
	Price *stripehook.Price `json:"price,omitzero"`
	// Quantity is the number of units. QuantityDecimal has precedence unless it is
	// empty.
	Quantity        int64  `json:"quantity"`
	QuantityDecimal string `json:"quantity_decimal,omitzero"`
	// Amount is the amount before discounts. A negative amount is a credit.
	Amount int64 `json:"amount"`
	// Proration reports whether the line adjusts another line.
	Proration bool `json:"proration,omitzero"`
	// Start and End are the period that the line bills.
	Start time.Time `json:"start,omitzero"`
	End   time.Time `json:"end,omitzero"`
}

// Payment is a successful charge.
type Payment struct {
	// ID is the Stripe id of the charge.
	ID       string `json:"id"`
	Currency string `json:"currency,omitzero"`
	Amount   int64  `json:"amount"`
	// Refunded is the amount that was refunded.
	Refunded int64     `json:"refunded,omitzero"`
	Disputes []Dispute `json:"disputes,omitzero"`
}

// Dispute is a dispute of a charge.
type Dispute struct {
	// ID is the Stripe id of the dispute.
	ID string `json:"id"`
	// Status is Stripe's, as in "needs_response".
	Status string `json:"status"`
	Amount int64  `json:"amount"`
}
