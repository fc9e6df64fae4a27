// Package otellicensespring records OpenTelemetry traces and metrics of a
// licensespring client. The name of the package differs from its directory, so that
// a file can import it together with go.opentelemetry.io/otel.
//
//	client, err := licensespring.New(key,
//		licensespring.WithObserver(otellicensespring.Observer()))
//
// # Traces
//
// A call, such as [licensespring.Client.CreateOrder], is one span of kind internal.
// Each of its attempts is a child span of kind client, with the attributes of the
// semantic conventions for HTTP clients. This is the trace of an order that was
// recovered after a lost response:
//
//	licensespring create_order              recovered
//	├─ POST /api/v1/orders/create_order/    connection_closed
//	├─ POST /api/v1/orders/create_order/    409
//	└─ GET /api/v1/orders/                  200
//
// Gaps between attempts are waits: backoff, a Retry-After of the service, or the
// queue of the rate limiter. The planned wait is an attribute of the preceding
// attempt.
//
// A failed call has the status error and an error.type, which is the kind of its
// error. A call with an unknown outcome has always failed. An attempt has an
// error.type if its status is 400 or above, or if its response is missing or
// unusable. A 409 for an order that the same call created earlier is therefore an
// error of the attempt, while the call has none.
//
// # Metrics
//
// There are three histograms: http.client.request.duration for attempts, and
// licensespring.client.call.duration and licensespring.client.call.attempts for
// calls. The count of the duration of calls is the number of orders by outcome. The
// README of the module lists all attributes.
//
// # Privacy
//
// Spans and metrics contain no management key, password, license key, e-mail
// address, header, body, query, or message of the service. Spans contain the id of
// the order or the license, unless [WithoutOrderID] is set; metrics do not. Of an error they
// contain the kind, the SDK's reason, the service's code and the request id. The
// values of all attributes except ids and numbers have low cardinality.
//
// # Propagation
//
// The trace context is not sent to the service, which belongs to another company.
// The context of an attempt carries its span, so a transport such as
// go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp can propagate it
// from the http.Client of [licensespring.WithHTTPClient]. otelhttp also records
// spans and durations: configure it with no-op providers to avoid duplicates.
package otellicensespring
