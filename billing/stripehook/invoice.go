package stripehook

import (
	"maps"

	"github.com/stripe/stripe-go/v85"
)

// invoice holds the members of an invoice that the handler reads.
type invoice struct {
	ID            string                      `json:"id"`
	Status        stripe.InvoiceStatus        `json:"status"`
	Paid          bool                        `json:"paid"` // before 2025-03-31.basil
	BillingReason stripe.InvoiceBillingReason `json:"billing_reason"`
	AmountPaid    *int64                      `json:"amount_paid"`
	Total         *int64                      `json:"total"`
	// Subscription is set in API versions before 2025-03-31.basil.
	Subscription reference `json:"subscription"`
	Parent       struct {
		SubscriptionDetails struct {
			Subscription reference         `json:"subscription"`
			Metadata     map[string]string `json:"metadata"`
		} `json:"subscription_details"`
	} `json:"parent"`
	SubscriptionDetails struct { // before 2025-03-31.basil
		Metadata map[string]string `json:"metadata"`
	} `json:"subscription_details"`
	Metadata      map[string]string `json:"metadata"`
	Customer      reference         `json:"customer"`
	CustomerEmail string            `json:"customer_email"`
	CustomerName  string            `json:"customer_name"`
	CustomerPhone string            `json:"customer_phone"`
	Lines         *lineList         `json:"lines"`
}

func (i *invoice) purchase(version apiVersion) purchase {
	p := purchase{id: i.ID, lines: i.Lines, customer: customer{
		id: string(i.Customer), email: i.CustomerEmail, name: i.CustomerName, phone: i.CustomerPhone,
	}}
	p.metadata = make(map[string]string)
	for _, metadata := range [...]map[string]string{
		i.SubscriptionDetails.Metadata, i.Parent.SubscriptionDetails.Metadata, i.Metadata,
	} {
		maps.Copy(p.metadata, metadata)
	}
	subscription := firstNonEmpty(string(i.Parent.SubscriptionDetails.Subscription), string(i.Subscription))
	p.ofSubscription = subscription != ""
	if !i.isPaid() {
		p.err = errNotPaid
		return p
	}
	switch i.BillingReason {
	case stripe.InvoiceBillingReasonSubscriptionCreate:
		if subscription == "" {
			p.err = errNoInvoiceSubscription
			return p
		}
		p.id, p.subscription, p.firstInvoice = subscription, subscription, true
	case stripe.InvoiceBillingReasonSubscriptionCycle, stripe.InvoiceBillingReasonSubscriptionThreshold:
		p.ignoreRenewal(i.Lines)
	// The billing reason of old subscriptions does not distinguish a change from a
	// renewal.
	case stripe.InvoiceBillingReasonSubscriptionUpdate, stripe.InvoiceBillingReasonSubscription:
		p.err = errSubscriptionChange
		if !version.isSupported() {
			p.err = version.unsupportedError()
		}
	case stripe.InvoiceBillingReasonManual, stripe.InvoiceBillingReasonQuoteAccept,
		stripe.InvoiceBillingReasonAutomaticPendingInvoiceItemInvoice:
		p.freeInvoice = i.isFree()
	default: // added later, or absent
		p.freeInvoice = i.isFree()
		if subscription != "" {
			// It may be a renewal, for which an order would issue another license.
			p.err = errBillingReason
		}
	}
	return p
}

// isPaid also accepts an invoice without a status, which Stripe added on 2018-11-08.
func (i *invoice) isPaid() bool {
	return i.Status == stripe.InvoiceStatusPaid || (i.Status == "" && i.Paid)
}

// isFree reports whether nothing was paid for the invoice.
func (i *invoice) isFree() bool {
	amount := i.AmountPaid
	if amount == nil {
		amount = i.Total
	}
	return amount != nil && *amount == 0
}
