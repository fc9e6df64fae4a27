// Package otellicensespring makes OpenTelemetry traces and metrics of what a
// licensespring client does. Its name differs from its directory's, so that it
// can stand in one file with go.opentelemetry.io/otel.
//
//	client, err := licensespring.New(key,
//		licensespring.WithObserver(otellicensespring.Observer()))
//
// # Traces
//
// A call, such as [licensespring.Client.CreateOrder], is one span of kind
// internal, within that of the caller's context. Each of its attempts is a span
// of kind client within the span of the call, with the attributes of the
// semantic conventions for HTTP clients. An order that was made after a lost
// answer looks so:
//
//	licensespring create_order              recovered
//	├─ POST /api/v1/orders/create_order/    connection_cut
//	├─ POST /api/v1/orders/create_order/    409
//	└─ GET /api/v1/orders/                  200
//
// The gaps between attempts are waits: the backoff, what the service asked for,
// the queue of the budget. What the call planned to wait is an attribute of the
// attempt before the gap.
//
// A call that failed has the status error and an error.type: the kind of its
// error. An outcome that is unknown is always one of these. An attempt has it
// if its answer was 400 or above, could not be read or did not come; so the 409
// that tells a client of its own earlier success is an error of the attempt, and
// the call has none.
//
// # Metrics
//
// There are three histograms: http.client.request.duration for attempts, and
// licensespring.client.call.duration and licensespring.client.call.attempts for
// calls. Orders by outcome are the count of the duration of calls. The README of
// the module lists every attribute.
//
// # What is never recorded
//
// No management key, initial password, license key, e-mail address, header, body
// or query, and no message of the service. The order's id is on spans only,
// never on metrics, and [WithoutOrderID] leaves it out there too. The text of an
// error is not recorded as a whole: only its kind and how it came about, in
// words of the SDK, and the service's code and request id. An attribute's value
// is a text of bounded variety, but for ids and numbers.
//
// # The service hears nothing of it
//
// The trace's context is not sent to the service: it is another company's, which
// has no use for it. The context of an attempt carries its span, though. A
// transport that sends it on, as that of
// go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp does with the
// propagators it is given, works as ever in the http.Client of
// [licensespring.WithHTTPClient]. It makes spans and durations of each request
// as well: give it the no-op providers, or each request is counted twice.
package otellicensespring
