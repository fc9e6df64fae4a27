// Package licensespring creates license orders at the LicenseSpring Management
// API, each of them once, and says for certain whether it was made.
//
// It is made for programs that have just taken somebody's money and must now
// hand out a license: billing systems, webshops, webhooks. It is not the
// vendor's own and has no connection with LicenseSpring. It was written from
// the vendor's public documentation, and nothing in it was tried against the
// live service.
//
// # A complete program
//
//	package main
//
//	import (
//		"context"
//		"errors"
//		"fmt"
//		"log"
//		"os"
//
//		"github.com/licensespring-go/licensespring"
//	)
//
//	func main() {
//		client, err := licensespring.New(os.Getenv("LICENSESPRING_MANAGEMENT_KEY"))
//		if err != nil {
//			log.Fatal(err)
//		}
//		order := licensespring.NewOrder("inv-2031-000417").
//			WithCustomer(licensespring.Customer{Email: "ada@example.com"}).
//			AddItem("acme-cad", licensespring.NewLicense().TimeLimited(licensespring.Years(1)))
//
//		res, err := client.CreateOrder(context.Background(), order)
//		switch {
//		case err == nil:
//			fmt.Println(res.Outcome, res.Order.LicenseKeys())
//		case errors.Is(err, licensespring.ErrOutcomeUnknown):
//			log.Fatal("may have been made; EnsureOrder settles it: ", err)
//		default:
//			log.Fatal("nothing was made: ", err)
//		}
//	}
//
// # The promise
//
// Every call of [Client.CreateOrder] and [Client.EnsureOrder] ends in one of
// three ways, and its error says in which:
//
//   - made: there is no error. The [OrderResult] holds the order as the service
//     has it, and its Outcome says how it came to be.
//   - refused: the service said no, or the order never reached it. Nothing was
//     made by this call.
//   - unknown: the order may or may not have been made, and it could not be
//     found out. The error matches [ErrOutcomeUnknown]. It is never presented as
//     a failure or as a success.
//
// Whatever breaks, at whatever byte of request and answer, no call makes two
// orders or doubles a license, and no order that was made as asked for is
// reported as refused.
//
// What carries the promise is the ID of the [Order]: the service gives each id
// away once. Take it from your own records, such as the number of an invoice,
// store it before the call, and use the same one for every further try. A new
// id for another try is a second order.
//
// # Outcomes
//
// This is all that a create can end in. Made stands for a result without error.
//
//	what happened              what the SDK did            what the caller gets         what to do next
//	-------------------------  --------------------------  ---------------------------  ---------------------------
//	answered with the order    nothing more                Created, or Appended         hand out the licenses
//	the order has a fault      sent nothing                ErrInvalidRequest,           mend what the
//	                                                       ErrNotSent                   *ValidationError lists
//	not sent: connection       tried again                 made, or ErrNotSent          try again, at any time
//	refused, DNS, TLS, dial
//	timeout
//	certificate not accepted   nothing more                ErrNotSent                   mend the configuration
//	429, or a budget used up   waited, sent again          made, or ErrRateLimited      try again after RetryAt
//	refused: another 4xx       nothing more                ErrInvalidRequest,           mend what Message and
//	                                                       ErrUnauthorized, …           Fields say
//	redirected                 did not follow              ErrRedirected                mend the base URL
//	the id was taken before    nothing more                ErrOrderExists               EnsureOrder, if the order
//	                                                                                    may be yours
//	the same, in EnsureOrder   looked it up and compared   Existing, or                 if it conflicts: a person
//	                                                       ErrOrderConflict             reads the Differences
//	answer lost: cut, timed    sent again: the id          Created                      hand out the licenses
//	out, 5xx                   guards it
//	… every time, or until     looked it up and compared   Recovered; if it is          hand out the licenses; else
//	the id is taken                                        another order                a person reads the
//	                                                       ErrOrderExists, in           Differences
//	                                                       EnsureOrder
//	                                                       ErrOrderConflict; if it
//	                                                       holds more besides
//	                                                       ErrOutcomeUnknown
//	… and it is not to be      looked again, a few times   ErrOutcomeUnknown            EnsureOrder, later
//	found
//	2xx, but cut, too large,   looked it up; never sent    Recovered, or                EnsureOrder, later
//	not JSON, or without the   again                       ErrOutcomeUnknown
//	order
//	append, answer lost, a     looked for the keys; none   Recovered, Appended, or      EnsureOrder, later
//	key on each license        there: sent again           ErrOutcomeUnknown
//	append, answer lost, a     nothing more                ErrOutcomeUnknown            look at the order; reserve
//	license without a key                                                               keys the next time
//	the context ended, after   returned at once            ErrOutcomeUnknown, and the   EnsureOrder, with a new
//	sending                                                context's error              context
//	the context ended, before  returned at once            ErrNotSent, and the          try again, at any time
//	sending                                                context's error
//
// The record of Recovered and Existing comes from a lookup. It has the keys and
// the users. Whether the service still shows initial passwords there is not
// known, so be ready to have a user ask for a new one.
//
// # What is sent again
//
// A request is sent again only where that can do no harm, and
// [DefaultMaxAttempts] times at the most; see [WithMaxAttempts]. The waits
// between attempts double, with full jitter; a wait that the service asks for
// is kept to, and one of more than five minutes is not begun. An append that
// was looked for and not found is a new request, with attempts of its own.
//
//	what happened                          plain create         append              reads
//	-------------------------------------  -------------------  ------------------  -----
//	not sent: connection refused, DNS,     yes                  yes                 yes
//	TLS, dial timeout
//	429                                    yes, after its wait  yes                 yes
//	lost after the headers were written:   yes: the id guards   NO: it would add    yes
//	cut, attempt timeout, 500, 502, 503,   it                   the licenses twice
//	504, other 5xx
//	lost, and it would be lost again:      no: looked up        no: looked up       no
//	501, 505, 303
//	2xx, the body cut, too large or not    NO: it was made;     no: looked up       yes
//	JSON                                   looked up
//	other 4xx, other 3xx, certificate not  no                   no                  no
//	accepted
//
// No redirect is ever followed, and no idempotency header is sent: the service
// knows none, and net/http would take one as leave to send a POST again by
// itself.
//
// # Appending
//
// An order with Append set adds its licenses to the order that has the ID, if
// there is one. Then the id guards nothing: the same request, sent twice, adds
// the licenses twice. What can guard an append are the license keys, since a key
// is given away once as well. [Client.ReserveKeys] fills them in:
//
//	order, err := client.ReserveKeys(ctx, order) // store this one, then send it
//
// With a key on each license a lost answer is settled like that of a plain
// order, and [Client.EnsureOrder] can be called any number of times. Without,
// a lost answer is [ErrOutcomeUnknown], and EnsureOrder refuses the order.
//
// # When an order is the same
//
// Recovered and Existing mean that the order that is there is the one that was
// asked for.
//
// Two orders are the same if
//
//   - they have the same id;
//   - the licenses can be paired so that each pair has the same product, the
//     same key where one was given, and the same users by their real e-mail
//     addresses (upper and lower case do not matter), and none is left over;
//   - both are test orders or neither is: that IsTest is false is not sent and
//     counts all the same;
//   - the customer has the same e-mail address;
//   - and every other property that was sent and that the record shows has the
//     value that was sent. What the record does not show, or shows as null or
//     as empty text, is not compared.
//
// Three things are told as warnings and do not make an order another one,
// because the service is known to change them in silence: a feature that is
// missing (unknown codes are dropped), maintenance that is not enabled, and a
// company that was not stored (both are signs of the wrong dialect). Of the
// customer only the address counts: the rest belongs to the customer, whom
// other orders share and change. The items of a bundle are not compared, for
// the record shows the products in it.
//
// In an append that is ensured the licenses asked for must be there, in a test
// order if it is one; others may be there too.
//
// # Orders
//
// An [Order] is a plain struct, filled in directly or with methods that chain;
// both say the same. It reads and writes JSON, so that orders come from files
// and queues as easily as from code.
//
// On a license, absent, zero and false are three different things. What is
// absent the service takes from the license policy or the product; zero and
// false are values. A pointer that is nil is absent, new(0) and new(false) are
// sent:
//
//	License{}                       // as the policy or product says
//	License{MaxActivations: new(0)} // zero, whatever the policy or product says
//	License{IsTrial: new(false)}    // no trial, even if the policy says so
//
// A text that is empty, a [Duration] or date that is zero, and a slice or map
// that is nil are absent. No field is ever sent as null.
//
// A [Duration] is a count of one unit, 1y, 2m (months), 3d, 4h or 5min, made by
// [Years], [Months], [Days], [Hours] and [Minutes] or read by [ParseDuration].
// Maintenance takes years, months and days only. A [Date] is a day without a
// time. Times are sent in UTC and whole seconds, whatever their zone, and read
// in every form that the service is known to write.
//
// # Dialects
//
// The vendor documents some members in two spellings. The client sends those of
// the Create Order page unless [WithDialect] says otherwise; orders and answers
// are read in both. See [Dialect] for the list. The sign of the wrong one is a
// warning with the rule [RuleDialectSuspected].
//
// # Validation
//
// Before anything is sent the whole order is checked, and everything that is
// wrong is said at once, each with its path and a stable rule id:
//
//	items[0].licenses[2].max_overages: is for consumption licenses, and this one is time-limited [consumption_on_other]
//
// Only what is certainly wrong is a [Fault] and stops the order. What is odd, or
// new to this package, is a [Warning] and is sent: the service may know more.
// [Order.Check] returns both, [Client.Preview] too, with the request that would
// be sent. The same form carries what an answer shows otherwise than it was
// asked for, in the Warnings of the [OrderResult]: a feature that was dropped, a
// number that was changed.
//
// # Errors
//
// Every error of a call is an [*Error]. errors.Is finds its kind and the
// context's error, errors.As and errors.AsType find the [*Error] itself and a
// [*ValidationError]:
//
//	ErrInvalidRequest   the order is wrong: *ValidationError, or Message and Fields
//	ErrOrderExists      the id was taken before
//	ErrOrderConflict    EnsureOrder: the id is taken by another order; see Differences
//	ErrOutcomeUnknown   may have been made
//	ErrNotSent          no attempt can have reached the service
//	ErrUnauthorized     the management key was not accepted (403 or 401)
//	ErrRateLimited      come back at RetryAt; LimitedBy says who asks for it
//	ErrUnavailable      not reached, or a server error
//	ErrNotFound         no such order
//	ErrRedirected       answered with a redirect
//	ErrBadResponse      a read was answered with something that cannot be understood
//	ErrInvalidConfig    from New: what is wrong with the key and the options
//
// The Outcome of an [*Error] is one of [Refused], [NotSent] and [Unknown] after
// a create, and empty after a read. An error matches ErrOutcomeUnknown whenever
// its Outcome is Unknown, and ErrNotSent whenever it is NotSent, whatever its
// Kind.
//
// # Time
//
// Each call ends when its context does. Two limits hold besides: one attempt
// may take [DefaultAttemptTimeout], a call with all attempts, waits and lookups
// [DefaultCallTimeout]; see [WithAttemptTimeout] and [WithCallTimeout]. A wait
// that cannot end in time is not begun: the call returns at once with the real
// reason and, if the service named one, the time to come back.
//
// A context that ends while a create is under way does not undo it. If the
// request was sent, the error is ErrOutcomeUnknown.
//
// # Rate limits
//
// The service counts the requests of a company over 60 seconds, all its keys
// together. A [Budget] keeps to the limit of a [Plan] before the service has to
// say no; share one between the clients of a program with [WithBudget]. A 429
// pauses everybody who shares it.
//
// # Secrets
//
// The management key and the initial passwords of users read "[redacted]" or do
// not appear, whatever the verb of fmt, in JSON, in slog and in errors;
// [Secret.Reveal] returns a password. Texts of errors and entries of the log
// hold no license key, e-mail address, body or URL. Without [WithLogger] the
// client logs nothing. The Raw methods return initial passwords as they came;
// records, orders and the body of a [Preview] hold license keys and e-mail
// addresses: do not log them.
//
// # Logs, traces and metrics
//
// The logger of [WithLogger] is given three kinds of entry, and in them these
// attributes and no others:
//
//	message                    level  attributes
//	-------------------------  -----  ------------------------------------------------
//	licensespring attempt      debug  attempt: op, number, phase, status, reason,
//	                                  verdict, took, wait
//	licensespring call done    debug  op, order_id, outcome, warnings, attempts
//	licensespring call failed  warn;  error: op, kind, order_id, outcome, status,
//	                           error  code, detail, message, fields, request_id,
//	                                  limited_by, retry_at, attempts
//
// A failed call is logged as an error if its outcome is unknown, since somebody
// has to look then, and otherwise as a warning. Code, message and fields are the
// service's words, without whatever of the request they repeat. The funcs of an
// [Observer] are called as calls and attempts begin and end. The module
// github.com/licensespring-go/licensespring/otel makes OpenTelemetry traces and
// metrics of that.
//
// # Tests
//
// Package [github.com/licensespring-go/licensespring/licensespringtest] is a
// fake of the service that runs inside a test, over real HTTP. It keeps orders
// the way the service documents it, and fails on request:
//
//	srv := licensespringtest.NewServer(t)
//	srv.Inject(licensespringtest.DropAfter().On(licensespringtest.CreateOrder))
//	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
//
// # Concurrency
//
// A [Client] is safe for concurrent use and cannot be changed after [New]. No
// goroutine of it outlives a call, but for those of net/http that keep
// connections, which [Client.CloseIdleConnections] ends. Orders, slices, contexts
// and the http.Client that are passed in are never changed.
package licensespring
