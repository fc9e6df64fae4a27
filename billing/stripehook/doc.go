// Package stripehook turns what Stripe says was paid into license orders. Its
// [Handler] is the webhook endpoint: it verifies the signature, reads what was
// bought from the metadata of the prices, puts an order into the queue of
// package fulfillment, and answers 2xx only when the order is stored there.
//
//	hook, err := stripehook.New(webhookSecret, pipeline, stripehook.WithAPIKey(stripeKey))
//	…
//	mux.Handle("/webhooks/stripe", hook)
//
// # Events
//
// Subscribe the endpoint in Stripe to all three of
//
//	checkout.session.completed                a customer has gone through Checkout
//	checkout.session.async_payment_succeeded  and the money has come in, days later
//	invoice.paid                              an invoice is paid
//
// Any other event is answered with 2xx and ignored.
//
// # One purchase, one order
//
// The order's id is taken from the object that was paid, with [WithIDPrefix]
// before it, and never made up. What is delivered again, later, in another order
// or twice at once leads to the same id, and the service gives an id away once.
//
//	event                          object                             order
//	-----------------------------  ---------------------------------  -----------------------
//	checkout.session.completed     one-off payment, paid              id of the session
//	                               payment has not come in yet        none yet, it comes with
//	                                                                  async_payment_succeeded
//	                               has an invoice, or will have one   none, it comes with
//	                                                                  invoice.paid
//	                               subscription without an invoice    id of the subscription
//	                               only saves a card (setup)          none
//	…async_payment_succeeded       as above                           as above
//	invoice.paid                   first of a subscription            id of the subscription
//	                               one-off invoice, accepted quote    id of the invoice
//	                               renewal                            none; see [WithRenewals]
//	                               change of a subscription           dead letter
//
// So a subscription that begins in Checkout makes one order, although Stripe
// sends a checkout.session.completed and an invoice.paid for it, in any order:
// the session is left to its invoice. A subscription that begins with nothing to
// pay has no invoice with some of Stripe's billing modes (when all it has is
// metered); then the session makes the order. Should both ever do so, both give
// the id of the subscription, and the second changes nothing.
//
// A subscription that was begun without Checkout and without an invoice is not
// seen.
//
// A renewal makes no order by default: it would give the customer another
// license each month. Licenses of type subscription stay valid until somebody
// says otherwise. [WithRenewals] makes an order of each, with the id of its
// invoice. A change of a subscription in the middle of a period (more seats,
// another plan) that is billed at once is paid for, and no rule says which license
// is due for it: it goes to the dead letters, where a person sees it. One that is
// billed with the next renewal is not seen.
//
// An order is a test order (is_test) if the event is from Stripe's test mode.
//
// # What was bought
//
// The names in the metadata of a price are those of the vendor's own Stripe
// integration:
//
//	product_short_code  product_code, required
//	license_policy      policy_code
//	license_type        license_type: time-limited, perpetual, consumption or subscription
//	max_activations     max_activations, a whole number
//	valid_duration      valid_duration, as in 1y, 2m (months), 3d
//
// What is absent, the service takes from the license policy or the product. A
// quantity of N makes N licenses; a metered price makes one. A recurring price
// makes a subscription (or consumption, if license_type says so) with the
// billing period as its valid_duration, whatever the metadata says of these two,
// as the vendor's integration does.
//
// Every line must name a product, for each was paid for. A line that is a credit
// is passed over, and so is a proration, but for the first invoice of a
// subscription. Who also sells what needs no license says so with
// [WithOtherProducts].
//
// Stripe sends no line items with a session, and with an invoice only the ids of
// the prices. So they are fetched with the Stripe API ([WithAPIKey]; a restricted
// key that reads checkout sessions, invoices and prices is enough), unless they
// are in the event with everything expanded.
//
// # Answers
//
//	2xx  the order is stored; or it is a dead letter with the reason, because
//	     trying again would not make it better; or there is nothing to do
//	400  the signature is wrong or too old, or this is no event
//	405  not a POST
//	413  the body is too large
//	5xx  it could not be stored, or the line items not be fetched: Stripe tries
//	     again, for days
//
// A dead letter keeps the event, with the customer's name and address. When what
// was wrong is mended, resend the event from Stripe, or give the letter's payload
// to [Handler.Redo]; then discard the letter, which does not go by itself.
//
// # Versions of Stripe's API
//
// The handler takes events of any API version. It reads few members, and knows
// them in both forms: as they were, and as they are since 2025-03-31.basil, when
// the price of an invoice's line and the subscription of an invoice moved.
package stripehook
