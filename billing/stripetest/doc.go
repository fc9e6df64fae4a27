// Package stripetest provides a fake of Stripe for tests: an account with customers,
// subscriptions, invoices and payments in virtual time, its REST API, and its signed
// events.
//
//	srv := stripetest.New(stripetest.WithTB(t))
//	srv.AddPrice(stripetest.Price{ID: "price_month", UnitAmount: 2500, Interval: "month"})
//	customer := srv.AddCustomer(stripetest.Customer{Email: "ada@example.com"})
//	sub := srv.Subscribe(stripetest.Subscription{Customer: customer.ID, Items: []stripetest.Item{{Price: "price_month"}}})
//	srv.FailPayments(customer.ID, 1)
//	srv.Advance(32 * 24 * time.Hour) // renewal, and a payment that fails
//	srv.Deliver(t.Context(), hook.ServeHTTP)
//
// # Time
//
// The server has a clock of its own. [Server.Advance] moves it, and plays everything
// that is due in order: renewals, the finalization of invoices one hour after their
// creation, payments and their retries, ends of trials, and cancellations. Nothing
// depends on the time of the machine, and no goroutine runs between calls. Servers with
// the same options and the same calls produce the same ids, objects and events.
//
// # Methods
//
// The methods of [Server] do what a customer, a user of the dashboard, or a request
// that writes does. They return objects in the types of stripe-go. They panic if Stripe
// would reject the request, because the mistake is in the test.
//
// # API
//
// The server is an [net/http.Handler] of the read-only part of the REST API that the
// pipeline reads. [Server.Client] calls it without a socket, [Server.Start] listens on
// one. A request with an unknown path, parameter or value is rejected as Stripe
// rejects it, and fails the test of [WithTB]: the fake accepts nothing that it does not
// model. [Server.Inject] injects faults, and [Server.Requests] returns the requests.
//
// # Versions
//
// Responses have the shape of the API version in the header Stripe-Version, or of
// [WithAPIVersion]. Events have the shape of the version of their endpoint. The
// versions from 2018-10-31 to that of stripe-go are supported. Members that Stripe
// added without a new version are present in all versions, as at Stripe.
//
// # Events
//
// Every change emits the events that Stripe emits. [Server.Deliver] delivers those that
// are due, as often, as late and in the order that [WithDelivery] selects. Stripe
// repeats a rejected delivery for three days of virtual time.
//
// # Limits
//
// Not modeled: taxes, discounts, usage of metered prices, tiers, conversion of
// currencies, quotes, schedules, payment links, setup sessions, payment methods as
// objects, partial payments, credit notes, payouts, changes of metadata, requests to pause
// a subscription, and requests that write. The events of invoice items, payment methods
// and updated customers are not emitted. Amounts are the quantity times the unit amount,
// prorated by seconds. All items of a subscription have the same billing period.
//
// Where the documentation of Stripe leaves a behavior open, a comment names the choice.
package stripetest
