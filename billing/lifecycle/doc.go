// Package lifecycle derives which licenses a customer of Stripe should have, and what
// must change at the service to get there. It is level-triggered: an event determines
// only which subscription or payment to look at, so that lost, repeated and reordered
// events end in the same state.
//
//	event ──Resolve──► source ──Reader──► Subject ──Wanted──► Target ──Plan──► Changes
//
// [Wanted] and [Plan] are pure functions without a clock. [Reader] is the only part
// that sends requests, and it only reads. The caller orders, calls
// Client.EnsureLicense, and stores the [Memory].
//
// # What is wanted
//
//	at Stripe                              licenses
//	-------------------------------------  -----------------------------------------------
//	active, trialing                       enabled until the end of the paid period + slack
//	active, no period paid yet             unchanged, and none is ordered
//	past_due                               unchanged: the date is the deadline
//	unpaid, paused, incomplete_expired     disabled
//	canceled                               disabled
//	incomplete                             none is ordered yet
//	cancel_at_period_end                   as active, until the subscription is canceled
//	pause_collection                       as active: no period is paid, so that they expire
//	open or lost dispute                   disabled
//	full refund                            on_refund: disabled, unchanged, or a review
//	partial refund                         as without it, and a review
//	dispute won, resumed, recovered        enabled, if this program has disabled them
//	another price                          its limits and features, with the same key
//	another product                        new licenses, and the old ones disabled
//	higher quantity                        more licenses, or a higher limit
//	lower quantity                         the newest ones disabled, or a lower limit
//	anything unknown                       unchanged, and a review
//
// Refunds and disputes count if they concern a one-off purchase or the current period:
// the paid period of the item that begins last. An inquiry (warning_needs_response) is
// no dispute.
//
// The paid period ends with the latest period of a paid invoice line of the item. It is
// not current_period_end, which moves before the payment. Prorated lines do not move
// the date. An item that was added within a period has the period of its
// subscription. Usage of a metered price is paid afterwards, so that the current period
// is covered while the previous one is paid.
//
// A license ends slack + 1 days after the day on which its paid period ends, in UTC. It
// is not documented whether the named day counts. With the additional day, the license
// is valid for at least the number of slack days after the period.
//
// A license of a one-off purchase is enabled or disabled, and keeps the product, dates,
// limits and features with which it was sold. If its price sells more later, that is a
// review.
//
// # What is never done
//
// A license that was disabled manually is never changed, and counts as one of the
// quantity. A date is never moved to an earlier day. No license is deleted. A license
// that was enabled manually against the rules is disabled again: set license_lifecycle
// to manual instead.
//
// # Metadata of prices
//
// The first five keys are those of the vendor's own integration. The keys of values of a
// license have the names of the service. A key that is probably a misspelled one of
// these, and an invalid value, make every subject with the price a review.
//
//	key                          value
//	---------------------------  -----------------------------------------------------
//	product_short_code           product, required
//	license_policy               license policy
//	license_type                 time-limited, perpetual, consumption or subscription;
//	                             a recurring price is a subscription or consumption
//	max_activations              number of devices
//	valid_duration               as in 1y, 2m (months), 3d; of one-off prices
//	authorization_method         license-key or user
//	license_user                 address of the user
//	quantity                     licenses (default): each unit is a license;
//	                             max_activations, max_license_users, floating_users:
//	                             one license, whose limit is the quantity times the
//	                             value of that key (1 if it is absent)
//	slack_days                   days after the paid period; default 3. It should exceed
//	                             the time in which Stripe retries a failed charge
//	on_refund                    effect of a full refund: disable (default), keep, review
//	product_features             all features of the plan, separated by commas: code,
//	                             code:1000 with a maximum consumption, code:period if it
//	                             ends with the license, code:1000:period
//	max_license_users            number of users; 0 means unlimited
//	max_transfers                0 means unlimited, -1 none
//	allow_unlimited_activations  true or false
//	max_consumptions             of a consumption license
//	allow_overages               true or false
//	max_overages                 number
//	reset_consumption            true or false
//	consumption_period           daily, weekly, monthly or annually
//	floating_users               number of seats; makes the license floating
//	is_floating                  true or false
//	is_floating_cloud            true or false
//	floating_timeout             minutes
//	grace_period                 duration after the end, probably in hours; 0 allows none
//	prevent_vm                   true or false
//
// # Metadata of subscriptions, sessions and invoices
//
//	adopt_order_id     orders of the service, separated by commas, whose licenses belong
//	                   to the subscription or the payment
//	adopt_license_id   licenses, by the id of the service, separated by commas
//	license_lifecycle  automatic (default), or manual: the licenses are never changed
//	license_user       address of the user
//
// Licenses that were issued before this program existed are also found by the order id
// (the Stripe id of the subscription, the invoice or the session) and by the
// subscription id.
//
// # Permissions
//
// The [Reader] requires a restricted key with read access to these resources, and with
// connected accounts the same access to them:
//
//	resource           used for
//	-----------------  ---------------------------------------------------------------
//	Subscriptions      status, items, trial, metadata
//	Prices             metadata of the items and lines
//	Invoices           paid periods and lines; also their payments
//	                   (/v1/invoice_payments)
//	Checkout Sessions  one-off payments, and the buyer of a subscription without invoice
//	Charges            refunds
//	Disputes           status of disputes
//
// [Reader.Permissions] tests them.
//
// # Requests
//
// A subscription needs its object, its paid invoices (one page for 100), and for the
// current period the payments of the invoice and their charges: four requests, and one
// more for a disputed charge. All lists are read completely, up to 2,000 objects;
// a subscription with more invoices is a review.
//
// # Stripe API versions
//
// Responses have the version of stripe-go, which the requests name. Events and responses
// of older versions are read too, down to 2018-10-31.
package lifecycle
