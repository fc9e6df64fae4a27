// Package stripehook converts Stripe events to license orders. Its [Handler] is a
// webhook endpoint: it verifies the signature, reads the metadata of the purchased
// prices, and enqueues an order in package fulfillment. With [WithInbox] it responds
// with 2xx after the event is stored, and the order follows from the inbox. Otherwise
// it responds after the order is stored.
//
//	in, err := inbox.Open(ctx, pipeline)
//	hook, err := stripehook.New(webhookSecret, pipeline, stripehook.WithInbox(in), stripehook.WithAPIKey(stripeKey))
//	…
//	mux.Handle("/webhooks/stripe", hook)
//
// # Events
//
// Subscribe the endpoint in Stripe to these event types:
//
//	checkout.session.completed                a customer completed Checkout
//	checkout.session.async_payment_succeeded  a delayed payment succeeded
//	invoice.paid                              an invoice was paid
//
// invoice.payment_succeeded can replace invoice.paid, or be subscribed in addition:
// both lead to the same order. It does not report invoices that are paid outside
// Stripe.
//
// The handler ignores other events, and responds to them with 2xx.
//
// # Order ids
//
// The order id is the id of a Stripe object with the prefix of [WithIDPrefix].
// Repeated, delayed, reordered and concurrent deliveries have the same order id, and
// the service assigns an id once.
//
//	event                       object                            order
//	--------------------------  --------------------------------  ------------------------------
//	checkout.session.completed  one-off payment, paid             id of the session
//	                            one-off order that costs nothing  id of the session
//	                            payment pending                   by …async_payment_succeeded
//	                            paid, with an invoice             by invoice.paid, or a dead
//	                                                              letter without that event
//	                            subscription without an invoice   id of the subscription
//	                            setup, which only saves a card    none
//	…async_payment_succeeded    as above                          as above
//	invoice.paid                first invoice of a subscription   id of the subscription
//	                            one-off invoice, accepted quote   id of the invoice
//	                            of a session that costs nothing   by checkout.session.completed
//	                            renewal                           none
//	                            change of a subscription          dead letter
//
// A subscription that starts in Checkout therefore creates one order, although
// Stripe sends checkout.session.completed and invoice.paid for it in any order. With
// some billing modes of Stripe, a subscription without an initial payment has no
// invoice, for example if all its prices are metered. Then the session creates the
// order. If both do, they use the id of the subscription, and the second one changes
// nothing.
//
// A subscription that starts without Checkout and without an invoice is not
// detected.
//
// If the queue implements [OrderStates], an event whose order is queued or done changes
// nothing, even if the metadata of its prices has changed since.
//
// Stripe creates the invoice of a one-off session (invoice_creation) when the payment
// succeeds. No invoice is promised for a session that costs nothing, so that the
// session creates the order in any case. If an invoice.paid event reports an invoice
// without a payment, the handler looks up the sessions of the customer in the Stripe
// API, and ignores the invoice of such a session. If the session cannot be determined,
// the event becomes a dead letter.
//
// Renewals create no order, because each would issue another license. A change of a
// subscription (more seats, another plan) becomes a dead letter, because an event does not
// determine the required licenses, whether it is billed immediately, by a one-off
// invoice, or with the next renewal.
//
// Therefore use [WithSubjects] for subscriptions. Then an event only names the subscription
// or the payment whose licenses package reconcile makes as they are paid for: the table
// above determines the id of the first order, and renewals, changes, failed payments,
// refunds, disputes and cancellations change the licenses. The README of the module lists
// the events that the endpoint then needs.
//
// An order of Stripe's test mode is a test order (is_test). [WithLiveOnly] ignores test
// mode.
//
// The id of a connected account is part of the order id (account-id), because Stripe's
// ids are unique within an account only.
//
// # Trials
//
// If a recurring line of a new subscription costs nothing, the handler fetches the
// subscription. The licenses of a subscription in a trial are trial licenses (is_trial)
// that end with the trial (validity_period).
//
// # Metadata
//
// The metadata keys of a price are those of the vendor's own Stripe integration:
//
//	product_short_code  product_code, required
//	license_policy      policy_code
//	license_type        license_type: time-limited, perpetual, consumption or subscription
//	max_activations     max_activations, an integer
//	valid_duration      valid_duration, as in 1y, 2m (months), 3d
//
// Two keys concern user-based products:
//
//	authorization_method  license-key or user, if the products of the service are not
//	                      known; see [WithAuthorizationMethods]
//	license_user          address of the license user; without it, that of the buyer
//
// The license_user in the metadata of a session, an invoice or a subscription has
// precedence over that of a price. A user-based license without an address makes the
// event a dead letter.
//
// A key that differs from one of these only in case, separators, or up to two
// characters makes the event a dead letter, unless the correct key is present too.
//
// The service uses the license policy or the product for absent values. As in the vendor's
// integration, a recurring price creates a subscription license (or a consumption
// license, if license_type is consumption), and its valid_duration is the billing
// period, regardless of the metadata.
//
// Every line requires a product. Credits are skipped. [WithSkipUnlicensedLines] skips
// lines without license metadata.
//
// An address, a name or a phone number of the customer that is invalid is left out of
// the order, with a warning.
//
// # Quantities
//
// A quantity of N creates N licenses, up to [MaxLicenses]. It counts units: the
// packages of a price (transform_quantity) and its tiers change the amount only. A
// metered price creates one license, and so does a line without a quantity.
//
// An exact quantity (quantity_decimal) has precedence, because Stripe truncates
// quantity. An event with a fraction, a negative quantity, or an amount for a quantity
// of zero becomes a dead letter. The flat fee of a tiered price, which has a quantity
// of zero, is valid beside a line with the units of the price.
//
// # Line items
//
// A session in an event has no line items, and an invoice only the ids of the
// prices. The handler fetches them from the Stripe API unless the event contains
// them in expanded form. [WithAPIKey] takes a restricted key with read access to
// checkout sessions, invoices, prices and subscriptions.
//
// # Responses
//
//	2xx  the event is stored in the inbox, the order is stored, the event is stored
//	     as a dead letter because a retry cannot succeed, or the event requires no
//	     order
//	400  the signature is invalid, too old or from the future, or the body is not an
//	     event
//	405  the method is not POST
//	408  the body was not received in time
//	413  the body is too large
//	5xx  storing the event or the order failed, or fetching line items without an
//	     inbox, or too many bodies are being read; Stripe retries for up to three days
//
// A dead letter contains the event, including the customer's name and address.
// Correct the cause, then redeliver the event from the Stripe dashboard, or pass the
// payload of the dead letter to [Handler.Replay], with corrections if required. The
// dead letter of a queued order is removed if the queue implements [OrderStates].
//
// # Stripe API versions
//
// The oldest supported API version is 2018-10-31. In older versions the billing reason
// of the first invoice of a subscription is that of a change, so that the invoice
// becomes a dead letter that names the version of the event and the oldest supported
// one. Set the API version of the webhook endpoint in Stripe. Other events of older
// versions have the same meaning and are handled.
//
// The handler reads few members, and decodes them in the form of all versions. For
// example, 2025-03-31.basil moved the price of an invoice line and the subscription of
// an invoice.
package stripehook
