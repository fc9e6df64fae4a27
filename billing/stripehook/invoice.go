package stripehook

import "github.com/stripe/stripe-go/v85"

// invoice holds the members of an invoice that the handler reads.
type invoice struct {
	ID            string                      `json:"id"`
	Status        stripe.InvoiceStatus        `json:"status"`
	BillingReason stripe.InvoiceBillingReason `json:"billing_reason"`
	// Subscription is set in API versions before 2025-03-31.basil.
	Subscription reference `json:"subscription"`
	Parent       struct {
		SubscriptionDetails struct {
			Subscription reference `json:"subscription"`
		} `json:"subscription_details"`
	} `json:"parent"`
	Customer      reference `json:"customer"`
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
		p.err = errNotPaid
		return p
	}
	switch i.BillingReason {
	case stripe.InvoiceBillingReasonSubscriptionCreate:
		subscription := firstNonEmpty(string(i.Parent.SubscriptionDetails.Subscription), string(i.Subscription))
		if subscription == "" {
			p.err = errNoInvoiceSubscription
			return p
		}
		p.id, p.firstInvoice = subscription, true
	case stripe.InvoiceBillingReasonSubscriptionCycle, stripe.InvoiceBillingReasonSubscriptionThreshold:
		if !renewals {
			p.ignoreReason = "renewal"
		}
	// The billing reason of old subscriptions does not distinguish a change from a
	// renewal.
	case stripe.InvoiceBillingReasonSubscriptionUpdate, stripe.InvoiceBillingReasonSubscription:
		p.err = errSubscriptionChange
	default: // manual invoices, quotes, pending items, and reasons added later
	}
	return p
}
