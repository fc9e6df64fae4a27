package stripetest

// The dates of the versions that moved members.
const (
	// withoutClosed removed closed and forgiven from invoices, and added their status.
	withoutClosed = "2018-11-08"
	// withCreated replaced date by created in invoices.
	withCreated = "2019-03-14"
	// withCollectionMethod replaced billing by collection_method, and start by
	// start_date, and removed tax_percent.
	withCollectionMethod = "2019-10-17"
	// withItems removed plan and quantity from subscriptions with one item.
	withItems = "2020-08-27"
	// withLatestCharge removed charges from payment intents, and refunds from charges.
	withLatestCharge = "2022-11-15"
	// basil moved the period to items, the price of a line to pricing, the subscription
	// of an invoice to parent, and payments of invoices to objects of their own.
	basil = "2025-03-31"
	// dahlia added quantity_decimal.
	dahlia = "2026-03-25"
)
