// Package inbox stores verified Stripe events durably until they have led to an order.
// It connects a [stripehook.Handler] to the store of a [fulfillment.Pipeline]:
//
//	in, err := inbox.Open(ctx, pipeline)
//	hook, err := stripehook.New(secret, pipeline, stripehook.WithInbox(in), stripehook.WithAPIKey(key))
//	…
//	mux.Handle("/webhooks/stripe", hook) // responds with 2xx after the event is stored
//	err = in.Run(ctx, hook)              // creates the orders, until ctx ends
//
// An event leaves the inbox when its order is queued, when it is a dead letter, or when
// it requires no order. Otherwise it is retried with backoff:
//
//	failure                                   retried        pauses the worker
//	----------------------------------------  -------------  -----------------------
//	no response, 5xx, store unavailable       without limit  after 3 in a row
//	429 of Stripe                             without limit  until Retry-After
//	401 of Stripe: the key is invalid         without limit  yes
//	other 4xx of Stripe, no key, a panic      for one hour,  no
//	                                          then a dead
//	                                          letter
//
// A repeated event has no effect while it is in the inbox. Later it leads to the same
// order id, and the handler finds the order.
//
// # Invoiced sessions
//
// The order of a paid Checkout session with an invoice is created by an event of the
// invoice. Until then the session is an open expectation. If no order, result or dead
// letter with the order id exists after the time of [WithInvoiceTimeout], the session
// becomes a dead letter: the endpoint may not be subscribed to invoice events.
package inbox
