package stripehook

import "github.com/stripe/stripe-go/v85"

// invoice is what is read of an invoice.
type invoice struct {
	ID            string                      `json:"id"`
	Status        stripe.InvoiceStatus        `json:"status"`
	BillingReason stripe.InvoiceBillingReason `json:"billing_reason"`
	// Subscription is where the subscription was before 2025-03-31.basil.
	Subscription ref `json:"subscription"`
	Parent       struct {
		SubscriptionDetails struct {
			Subscription ref `json:"subscription"`
		} `json:"subscription_details"`
	} `json:"parent"`
	Customer      ref       `json:"customer"`
	CustomerEmail string    `json:"customer_email"`
	CustomerName  string    `json:"customer_name"`
	CustomerPhone string    `json:"customer_phone"`
	Lines         *lineList `json:"lines"`
}

func (i *invoice) purchase(renewals bool) purchase {
	p := purchase{id: i.ID, lines: i.Lines, customer: customer{
		id: string(i.Customer), email: i.CustomerEmail, name: i.CustomerName, phone: i.CustomerPhone,
	}}
	if i.Status != stripe.InvoiceStatusPaid {
		p.trouble = errNotPaid
		return p
	}
	switch i.BillingReason {
	case stripe.InvoiceBillingReasonSubscriptionCreate:
		subscription := firstOf(string(i.Parent.SubscriptionDetails.Subscription), string(i.Subscription))
		if subscription == "" {
			p.trouble = errNoInvoiceSub
			return p
		}
		p.id, p.first = subscription, true
	case stripe.InvoiceBillingReasonSubscriptionCycle, stripe.InvoiceBillingReasonSubscriptionThreshold:
		if !renewals {
			p.none = "a renewal"
		}
	// The reason of old subscriptions does not tell a change from a renewal.
	case stripe.InvoiceBillingReasonSubscriptionUpdate, stripe.InvoiceBillingReasonSubscription:
		p.trouble = errSubscription
	default: // manual, of a quote, of pending items, and what may come
	}
	return p
}
