// Package licensespring is a client for the LicenseSpring Management API. It
// creates each license order exactly once, changes licenses afterwards until they
// are as wanted, and reports whether each write was done, rejected or is in doubt.
//
// It is made for billing systems, online shops and webhooks: programs that have
// just received a payment and must deliver a license, extend it while it is paid for
// and disable it when it is not. It is an independent
// project, not affiliated with LicenseSpring, written from the vendor's public
// documentation. It has not been tested against the live service.
//
// # A complete program
//
//	package main
//
//	import (
//		"context"
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
//			AddItem("acmecad", licensespring.NewLicense().TimeLimited(licensespring.Years(1)))
//		res, err := client.EnsureOrder(context.Background(), order)
//		if err != nil {
//			log.Fatal(err) // licensespring.OutcomeOf(err) tells whether it may have been created
//		}
//		fmt.Println(res.Outcome, res.Order.LicenseKeys())
//	}
//
// # Outcomes
//
// Every call that writes ends in exactly one [Outcome]:
//
//   - done: the error is nil, and the order exists or the license is as wanted.
//     [OutcomeCreated], [OutcomeAppended] and [OutcomeRecovered] mean that this call
//     created the order, [OutcomeExisting] that it existed before. [OutcomeChanged]
//     means that this call changed the license, [OutcomeUnchanged] that it was as
//     wanted before.
//   - no effect: [OutcomeRejected] or [OutcomeNotSent]. This call created or changed
//     nothing.
//   - unknown: [OutcomeUnknown]. The order may or may not have been created, or the
//     license changed. The error matches [ErrOutcomeUnknown] and is never reported as
//     a success or as a failure.
//
// Whatever fails, at any byte of the request and the response, no call creates a
// second order or duplicates a license, and no order that was created is reported
// as rejected.
//
// This guarantee rests on the ID of the [Order], because the service creates at
// most one order per ID. Use an id of your own records, such as an invoice number,
// store it before the call, and use the same id for every repetition. Another id
// is another order. An order that is renamed in the vendor's platform no longer
// protects its old id.
//
// [OutcomeOf] returns the outcome of an error. This table lists all outcomes of
// [Client.CreateOrder] and [Client.EnsureOrder]; for licenses see "After the sale":
//
//	event                          action of the SDK      result                   what to do
//	-----------------------------  ---------------------  -----------------------  --------------------------
//	response shows the order       none                   OutcomeCreated or        deliver the licenses
//	                                                      OutcomeAppended
//	order is invalid               not sent               ErrInvalidRequest and    fix the findings of the
//	                                                      ErrNotSent               *ValidationError
//	connection refused, DNS, TLS   retry                  done, or ErrUnavailable  repeat the call later
//	 or dial timeout                                      and ErrNotSent
//	certificate not accepted       none                   ErrUnavailable and       fix the configuration
//	                                                      ErrNotSent
//	429, or rate limiter           wait and retry         done, or ErrRateLimited  repeat after RetryAt
//	421 or 425                     retry                  done, or ErrUnavailable  repeat the call later
//	other 4xx                      none                   ErrInvalidRequest,       fix what Message and
//	                                                      ErrUnauthorized, …       Fields report
//	redirect                       not followed           ErrRedirected            fix the base URL
//	id taken, CreateOrder          none                   ErrOrderExists           EnsureOrder, if the order
//	                                                                               may be yours
//	id taken, EnsureOrder          look up and compare    OutcomeExisting or       on conflict, review
//	                                                      ErrOrderConflict         Differences manually
//	response lost: connection      retry                  done                     deliver the licenses
//	 closed, timeout, 5xx, 408,
//	 460 or 499
//	lost in all attempts, or id    look up and compare    OutcomeRecovered;        deliver the licenses;
//	 taken on retry                                       ErrOrderExists (in       otherwise review
//	                                                      EnsureOrder              Differences manually
//	                                                      ErrOrderConflict) if it
//	                                                      differs;
//	                                                      ErrOutcomeUnknown if it
//	                                                      has additional licenses
//	lost, and order not visible    look up several times  ErrOutcomeUnknown        EnsureOrder, later
//	unreadable 2xx                 look up, no retry      OutcomeRecovered or      EnsureOrder, later
//	                                                      ErrOutcomeUnknown
//	append with keys, response     look up the keys;      OutcomeRecovered,        EnsureOrder, later
//	 lost                          retry if none exists   OutcomeAppended or
//	                                                      ErrOutcomeUnknown
//	append without keys, response  none                   ErrOutcomeUnknown        review the order manually;
//	 lost                                                                          use AssignKeys next time
//	context done after sending     return at once         ErrOutcomeUnknown and    EnsureOrder with a new
//	                                                      the context's error      context
//	context done before sending    return at once         ErrNotSent and the       repeat the call
//	                                                      context's error
//
// The record of OutcomeRecovered and OutcomeExisting comes from a lookup. Whether a
// lookup shows the initial passwords of users is not documented, so be prepared to
// have a user request a new password.
//
// # Retries
//
// A request is retried only if that cannot have an effect twice, up to
// [DefaultMaxAttempts] attempts; see [WithMaxAttempts]. Waits between attempts grow
// exponentially with full jitter; see [WithRetryWaits]. An append whose licenses
// were looked up and do not exist is sent as a new request.
//
//	event                           plain create       append             read
//	------------------------------  -----------------  -----------------  -----------------
//	not sent: connection refused,   retry              retry              retry
//	 DNS, TLS or dial timeout
//	429                             retry after wait   retry after wait   retry after wait
//	421 or 425                      retry              retry              retry
//	ambiguous: connection closed,   retry: the id      no retry: would    retry
//	 attempt timeout, 5xx, 408, 460  deduplicates it    add licenses twice
//	 or 499
//	501, 505 or 303                 no retry: look up  no retry: look up  no retry
//	unreadable 2xx: truncated, too  no retry: look up  no retry: look up  retry
//	 large or not JSON
//	other 4xx or 3xx, certificate   no retry           no retry           no retry
//	 not accepted
//
// 408, 460 and 499 are the responses of a proxy that did not wait for the service; 421
// and 425 report that the request was not processed. An attempt in which the transport
// itself retries is ambiguous; see [WithHTTPClient].
//
// Changes of a license with absolute values, and requests to enable and disable, are
// retried as a plain create is, and assignments of users as an append; see "After the
// sale".
//
// Redirects are never followed. No idempotency header is sent: the service ignores
// it, and net/http repeats a POST with such a header on its own.
//
// # Appends
//
// An order with Append set adds its items to the order with the same ID. With
// Append, the ID no longer deduplicates retries: the same request, sent twice,
// creates the licenses twice. License keys take its place, since the service
// assigns each key once. [Client.AssignKeys] sets them:
//
//	order, err := client.AssignKeys(ctx, order) // store this copy, then send it
//
// With a key on each license, a lookup can settle a lost response, and
// [Client.EnsureOrder] can be called any number of times. Without keys, a lost
// response is [ErrOutcomeUnknown], and EnsureOrder rejects the order.
//
// # After the sale
//
// [Client.GetLicense], [Client.GetLicenseByKey] and [Client.ListLicenses] read
// licenses. [Client.EnsureLicense] makes a license as a [LicenseState] wants it: it
// reads the license, compares, and sends only what closes the difference. It can be
// called any number of times:
//
//	res, err := client.EnsureLicense(ctx, id, licensespring.LicenseState{
//		Enabled:       new(true),
//		LicenseUpdate: licensespring.ValidUntil(paidUntil),
//	})
//
// It never ends a license earlier and never enables a disabled one, unless the state
// allows that. The other calls send one change each. This table lists what a lost
// response leads to; every row can also end in [ErrOutcomeUnknown], with the
// Differences that remained:
//
//	operation                      response lost                  then
//	-----------------------------  -----------------------------  --------------------------
//	UpdateLicense                  retry                          read and compare
//	UpdateLicense with metadata,   no retry: a repetition could   read and compare
//	 maintenance duration or extra  undo a change or extend twice
//	 members
//	UpdateFeatures                 retry                          read and compare
//	EnableLicense, DisableLicense  retry                          read enabled
//	AssignUser                     no retry: the service could    read the users; a lost
//	                                set another password           password is a warning
//	UnassignUser                   read the users                 retry if still assigned
//	SetUserPassword                retry                          nothing can be read
//	EnsureLicense                  read and compare               retry what is still needed,
//	                                                               but no assignment
//
// A rejection of a request to enable, disable, assign or unassign may mean that the
// license is so already. A read decides: [OutcomeUnchanged], or rejected.
//
// An acknowledgment that holds only a message is confirmed by a read. If reads show the
// license otherwise, the outcome is unknown. A member that the service does not show,
// such as max_transfers, is sent by every call of EnsureLicense, with a warning.
//
// The service has no versions: the last write wins. A request that a proxy delivers
// after the caller has given up can undo a newer change, and a read of a replica that
// is behind can lead to a second assignment of a user by another call. No client can
// prevent that. Let one program write to a license at a time, derive the state from the billing
// system when the call is made, and call EnsureLicense again after a quiet period.
//
// # Orders
//
// An [Order] is a plain struct. Set its fields directly or with chained methods. It
// is encoded as JSON, so it can be stored in files and queues.
//
// On a license, absent, zero and false are different. The service takes absent
// values from the license policy or the product. Zero and false are values. A nil
// pointer is absent; new(0) and new(false) are sent:
//
//	License{}                       // from the policy or product
//	License{MaxActivations: new(0)} // 0, whatever the policy or product says
//	License{IsTrial: new(false)}    // not a trial, even if the policy says so
//
// An empty string, a zero [Duration], [Date] or time, and a nil slice or map are
// absent. A field is never sent as null. [Order.Diff] defines when an existing order
// is the same as the one that was sent.
//
// # Dialects
//
// The vendor documents some members in two spellings. The client sends that of the
// Create Order page unless [WithDialect] selects the other one, and reads both. See
// [Dialect]. The wrong dialect shows as a warning with [RuleDialectSuspected].
//
// # Validation
//
// An order is validated before it is sent. All findings are reported at once, each
// with a path and a stable [Rule]:
//
//	items[0].licenses[2].max_overages: applies to consumption licenses; this one is time-limited [wrong_license_type]
//
// Findings of [SeverityError] are certain mistakes, and the order is not sent.
// Findings of [SeverityWarning] are sent, since the service may know more than this
// package. [Order.Check] returns both. [Client.Preview] returns them with the request
// that would be sent. The Warnings of an [OrderResult] also report where the record
// differs from what was sent, such as a dropped feature.
//
// # Errors
//
// Every error of a call is an [*Error]. errors.Is finds its [ErrorKind] and the
// error of the context, and errors.As the [*Error] and a [*ValidationError]:
//
//	ErrInvalidRequest   invalid order: *ValidationError, or Message and Fields
//	ErrOrderExists      the id was taken before this call
//	ErrOrderConflict    EnsureOrder: a different order has the id; see Differences
//	ErrLicenseConflict  EnsureLicense: would end the license earlier or enable it
//	ErrOutcomeUnknown   the write may or may not have taken effect
//	ErrNotSent          no attempt reached the service; matches in addition to another kind
//	ErrUnauthorized     the management key was rejected (403 or 401)
//	ErrRateLimited      repeat after RetryAt; RateLimitSource tells whose limit it is
//	ErrUnavailable      service not reachable, or a server error
//	ErrNotFound         no such order, license, customer or product
//	ErrRedirected       the response was a redirect
//	ErrBadResponse      the response to a read is not what was requested
//	ErrInvalidConfig    invalid key or options of New
//
// An error whose outcome is unknown matches [ErrOutcomeUnknown] and no other kind,
// so the order of the cases of a switch does not matter.
//
// # Timeouts
//
// A call ends when its context is done. In addition, an attempt is limited to
// [DefaultAttemptTimeout] and a call, with all attempts, waits and lookups, to
// [DefaultCallTimeout]; see [WithAttemptTimeout] and [WithCallTimeout]. A call does
// not begin a wait that exceeds its deadline. It returns at once, with the error that
// caused the wait.
//
// Canceling the context of a create does not undo it. If the request was sent, the
// error is [ErrOutcomeUnknown].
//
// # Rate limits
//
// The service limits the requests of a company in any 60 seconds, for all its keys
// together. A [RateLimiter] keeps the requests of a program within a [RateLimit].
// Clients share one with [WithRateLimiter]. A 429 pauses all of them.
//
// # Secrets
//
// The management key and the initial passwords of users print as "[redacted]" or not
// at all, under every verb of fmt, in JSON, in slog and in errors. [Secret.Reveal]
// returns a password. Texts of errors and log entries hold no license key, e-mail
// address, body or URL. Records, orders, the body of a [Preview] and the results of
// the Raw methods hold license keys and e-mail addresses, and Raw also passwords: do
// not log them.
//
// # Logs, traces and metrics
//
// By default nothing is logged. The logger of [WithLogger] receives these entries
// with these attributes and no others:
//
//	message                    level  attributes
//	-------------------------  -----  ------------------------------------------------
//	licensespring attempt      debug  attempt: op, number, phase, status, reason,
//	                                  decision, took, wait
//	licensespring call done    debug  op, order_id, license_id, outcome, warnings,
//	                                  attempts
//	licensespring call failed  warn;  error: op, kind, order_id, license_id, outcome,
//	                           error  status, code, detail, message, fields,
//	                                  request_id, rate_limit_source, retry_at,
//	                                  attempts
//
// A failed call is logged at level error if its outcome is unknown, and at level warn
// otherwise. Code, message and fields are those of the service, without data of the
// request. An [Observer] receives the start and end of each call and attempt. The
// module github.com/licensespring-go/licensespring/otel uses it for OpenTelemetry
// traces and metrics.
//
// # Testing
//
// Package [github.com/licensespring-go/licensespring/licensespringtest] is a fake of
// the service for tests. It runs in the process, serves real HTTP, stores orders and
// injects faults:
//
//	srv := licensespringtest.NewServer(t)
//	srv.Inject(licensespringtest.DropAfter().On(licensespringtest.CreateOrder))
//	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
//
// # Concurrency
//
// A [Client] is safe for concurrent use and immutable. No goroutine outlives a call,
// except those of net/http for idle connections, which [Client.CloseIdleConnections]
// closes. The client never modifies the orders, slices, contexts and the http.Client
// that it is given.
package licensespring
