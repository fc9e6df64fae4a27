package otellicensespring_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
	otellicensespring "github.com/licensespring-go/licensespring/otel"
)

// scenario is a call and its trace. In want, {detail} stands for the SDK's reason of the
// error.
type scenario struct {
	name   string
	faults []lst.Fault
	call   func(context.Context, *licensespring.Client) error
	want   string
}

func scenarios() []scenario {
	return []scenario{{
		name: "created",
		call: create(anOrder("inv-1")),
		want: `
licensespring create_order (internal)
  | attempts=1; op=create_order; order.id=inv-1; outcome=created; warnings=0
  POST /api/v1/orders/create_order/ (client)
    | attempt.number=1; attempt.op=create_order; attempt.phase=responded; http.response.status_code=200
`,
	}, {
		name:   "recovered after a lost response",
		faults: []lst.Fault{lst.DropAfter()},
		call: func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.EnsureOrder(ctx, anOrder("inv-1"))
			return err
		},
		want: `
licensespring ensure_order (internal)
  | attempts=3; op=ensure_order; order.id=inv-1; outcome=recovered; warnings=0
  POST /api/v1/orders/create_order/ (client) Error connection closed
    | attempt.decision=retry; attempt.number=1; attempt.op=create_order; attempt.phase=sent; attempt.wait=0.25; error.type=connection_closed
  POST /api/v1/orders/create_order/ (client) Error
    | attempt.decision=no retry: final response; attempt.number=2; attempt.op=create_order; attempt.phase=responded; error.type=409; http.request.resend_count=1; http.response.status_code=409
  GET /api/v1/orders/ (client)
    | attempt.number=1; attempt.op=look_up_order; attempt.phase=responded; http.response.status_code=200
`,
	}, {
		name:   "not visible at first: repeated lookups are not resends",
		faults: []lst.Fault{lst.Combine(lst.DropAfter(), lst.InvisibleFor(time.Second))},
		call:   create(anOrder("inv-1")),
		want: `
licensespring create_order (internal)
  | attempts=5; op=create_order; order.id=inv-1; outcome=recovered; warnings=0
  POST /api/v1/orders/create_order/ (client) Error connection closed
    | attempt.decision=retry; attempt.number=1; attempt.op=create_order; attempt.phase=sent; attempt.wait=0.25; error.type=connection_closed
  POST /api/v1/orders/create_order/ (client) Error
    | attempt.decision=no retry: final response; attempt.number=2; attempt.op=create_order; attempt.phase=responded; error.type=409; http.request.resend_count=1; http.response.status_code=409
  GET /api/v1/orders/ (client)
    | attempt.number=1; attempt.op=look_up_order; attempt.phase=responded; http.response.status_code=200
  GET /api/v1/orders/ (client)
    | attempt.number=2; attempt.op=look_up_order; attempt.phase=responded; http.response.status_code=200
  GET /api/v1/orders/ (client)
    | attempt.number=3; attempt.op=look_up_order; attempt.phase=responded; http.response.status_code=200
`,
	}, {
		name: "rejected: the code of the service without its message",
		faults: []lst.Fault{lst.Status(400, lst.Header("X-Request-Id", "req-7"),
			lst.Body("application/json", `{"code": "unknown_product", "message": "no such product: acmecad"}`))},
		call: create(anOrder("inv-1")),
		want: `
licensespring create_order (internal) Error invalid request
  | attempts=1; error.code=unknown_product; error.type=invalid_request; op=create_order; order.id=inv-1; outcome=rejected; request_id=req-7
  POST /api/v1/orders/create_order/ (client) Error
    | attempt.decision=no retry: final response; attempt.number=1; attempt.op=create_order; attempt.phase=responded; error.type=400; http.response.status_code=400
`,
	}, {
		name: "invalid: no attempt",
		call: create(licensespring.NewOrder("inv-1")),
		want: `
licensespring create_order (internal) Error invalid request: {detail}
  | attempts=0; error.type=invalid_request; op=create_order; order.id=inv-1; outcome=not_sent
`,
	}, {
		name:   "unknown: an append without keys",
		faults: []lst.Fault{lst.DropAfter()},
		call:   create(anOrder("inv-1").Appending()),
		want: `
licensespring create_order (internal) Error outcome unknown: it may or may not have taken effect: {detail}
  | attempts=1; error.type=outcome_unknown; op=create_order; order.id=inv-1; outcome=unknown
  POST /api/v1/orders/create_order/ (client) Error connection closed
    | attempt.decision=no retry: may have been applied; attempt.number=1; attempt.op=create_order; attempt.phase=sent; error.type=connection_closed
`,
	}, {
		name:   "retried read",
		faults: []lst.Fault{lst.Status(503)},
		call: func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.GetOrderByStoreID(ctx, "inv-9")
			return err
		},
		want: `
licensespring get_order_by_store_id (internal) Error not found: {detail}
  | attempts=2; error.type=not_found; op=get_order_by_store_id; order.id=inv-9
  GET /api/v1/orders/ (client) Error
    | attempt.decision=retry; attempt.number=1; attempt.op=get_order_by_store_id; attempt.phase=responded; attempt.wait=0.25; error.type=503; http.response.status_code=503
  GET /api/v1/orders/ (client)
    | attempt.number=2; attempt.op=get_order_by_store_id; attempt.phase=responded; http.request.resend_count=1; http.response.status_code=200
`,
	}, {
		name: "change of a license",
		call: func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.DisableLicense(ctx, 7)
			return err
		},
		want: `
licensespring disable_license (internal) Error not found: {detail}
  | attempts=1; error.type=not_found; license.id=7; op=disable_license; outcome=rejected
  POST /api/v1/licenses/{id}/disable/ (client) Error
    | attempt.decision=no retry: final response; attempt.number=1; attempt.op=disable_license; attempt.phase=responded; error.type=404; http.response.status_code=404
`,
	}, {
		name:   "rate limited: no wait beyond the deadline",
		faults: []lst.Fault{lst.Status(429, lst.Header("Retry-After", "3600"))},
		call:   create(anOrder("inv-1")),
		want: `
licensespring create_order (internal) Error rate limited{detail}
  | attempts=1; error.type=rate_limited; op=create_order; order.id=inv-1; outcome=rejected; rate_limit_source=service
  POST /api/v1/orders/create_order/ (client) Error
    | attempt.decision=no retry: requested wait too long; attempt.number=1; attempt.op=create_order; attempt.phase=responded; error.type=429; http.response.status_code=429
`,
	}, {
		name: "id of the service",
		call: getOrder(77),
		want: `
licensespring get_order (internal) Error not found
  | attempts=1; error.type=not_found; op=get_order
  GET /api/v1/orders/{id}/ (client) Error
    | attempt.decision=no retry: final response; attempt.number=1; attempt.op=get_order; attempt.phase=responded; error.type=404; http.response.status_code=404
`,
	}, {
		name:   "truncated response with status 200",
		faults: []lst.Fault{lst.CutResponse(200)},
		call: func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.GenerateLicenseKeys(ctx, "acmecad", 20)
			return err
		},
		want: `
licensespring generate_license_keys (internal)
  | attempts=2; op=generate_license_keys
  GET /api/v1/orders/generate_license/ (client) Error response truncated
    | attempt.decision=retry; attempt.number=1; attempt.op=generate_license_keys; attempt.phase=responded; attempt.wait=0.25; error.type=response_truncated; http.response.status_code=200
  GET /api/v1/orders/generate_license/ (client)
    | attempt.number=2; attempt.op=generate_license_keys; attempt.phase=responded; http.request.resend_count=1; http.response.status_code=200
`,
	}}
}

func getOrder(id int64) func(context.Context, *licensespring.Client) error {
	return func(ctx context.Context, c *licensespring.Client) error {
		_, err := c.GetOrder(ctx, id)
		return err
	}
}

// detailOf returns the SDK's reason of an error, from its log entry.
func detailOf(err error) string {
	if e, ok := errors.AsType[*licensespring.Error](err); ok {
		for _, attr := range e.LogValue().Group() {
			if attr.Key == "detail" {
				return attr.Value.String()
			}
		}
	}
	return ""
}

func TestSpans(t *testing.T) {
	t.Parallel()
	for _, tt := range scenarios() {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRecorder()
				client, s := inMemory(t, nil, licensespring.WithObserver(r.observer()))
				s.Inject(tt.faults...)
				want := strings.ReplaceAll(tt.want, "{detail}", detailOf(tt.call(t.Context(), client)))
				spans := r.ended(t)
				assert.Equal(t, want, "\n"+tree(spans))
				for i := range spans {
					assert.Equal(t, spans[0].SpanContext.TraceID(), spans[i].SpanContext.TraceID())
					assert.Equal(t, "github.com/licensespring-go/licensespring/otel", spans[i].InstrumentationScope.Name)
					assert.Equal(t, semconv.SchemaURL, spans[i].InstrumentationScope.SchemaURL)
					assert.Empty(t, spans[i].Events)
				}
			})
		})
	}
}

// TestAttemptTarget checks the attributes of URLs with a numeric id and with a query.
func TestAttemptTarget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		client, s := inMemory(t, []lst.Option{lst.WithBasePath("/mirror/7")}, licensespring.WithObserver(r.observer()))
		require.Error(t, getOrder(77)(t.Context(), client))
		_, err := client.GetOrderByStoreID(t.Context(), "inv-9")
		require.Error(t, err)
		spans := r.ended(t)
		for i, path := range map[int][2]string{
			1: {"/mirror/7/api/v1/orders/77/", "/mirror/7/api/v1/orders/{id}/"},
			3: {"/mirror/7/api/v1/orders/", "/mirror/7/api/v1/orders/"},
		} {
			attrs := attributesOf(&spans[i])
			assert.Equal(t, "GET", attrs["http.request.method"])
			assert.Equal(t, "127.0.0.1", attrs["server.address"])
			assert.Equal(t, int64(1), attrs["server.port"])
			assert.Equal(t, "http://127.0.0.1:1"+path[0], attrs["url.full"])
			assert.Equal(t, path[1], attrs["url.template"])
			assert.Equal(t, "GET "+path[1], spans[i].Name)
		}
		assert.Equal(t, "store_id=inv-9", strings.Split(s.Requests()[1].Query.Encode(), "&")[2], "the request has a query")
	})
}

// TestGapsAreWaits checks that the gap between two attempts is the wait of the first.
func TestGapsAreWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		client, s := inMemory(t, nil, licensespring.WithObserver(r.observer()))
		s.Inject(lst.DelayAfter(3*time.Second), lst.Status(429, lst.Header("Retry-After", "7")).Nth(2))
		require.NoError(t, create(anOrder("inv-0"))(t.Context(), client))
		start := time.Now()
		require.NoError(t, create(anOrder("inv-1"))(t.Context(), client))
		spans := r.ended(t)
		require.Len(t, spans, 5)
		assert.Equal(t, 3*time.Second, spans[1].EndTime.Sub(spans[1].StartTime))
		call, first, second := &spans[2], &spans[3], &spans[4]
		assert.Equal(t, start, call.StartTime)
		assert.Equal(t, time.Since(start), call.EndTime.Sub(call.StartTime))
		wait := second.StartTime.Sub(first.EndTime)
		assert.Equal(t, 7250*time.Millisecond, wait)
		assert.InDelta(t, wait.Seconds(), attributesOf(first)["licensespring.attempt.wait"], 1e-9)
	})
}

// TestCallersSpan checks that a call is a child of the span in the caller's context.
func TestCallersSpan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		client, _ := inMemory(t, nil, licensespring.WithObserver(r.observer()))
		ctx, checkout := r.tracers.Tracer("shop").Start(t.Context(), "checkout")
		require.NoError(t, create(anOrder("inv-1"))(ctx, client))
		checkout.End()
		spans := r.ended(t)
		require.Len(t, spans, 3)
		assert.Equal(t, spans[0].SpanContext.SpanID(), spans[1].Parent.SpanID())
		assert.Equal(t, spans[1].SpanContext.SpanID(), spans[2].Parent.SpanID())
		assert.Equal(t, spans[0].SpanContext.TraceID(), spans[2].SpanContext.TraceID())
	})
}

// TestRetryThatDidNotHappen checks that the lookup after a planned retry, which the rate
// limiter delayed beyond the deadline, is not a resend.
func TestRetryThatDidNotHappen(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	observer := r.observer()
	ctx := observer.StartCall(t.Context(), licensespring.CallStarted{Op: "create order"})
	for _, a := range []struct {
		started  licensespring.AttemptStarted
		decision string
	}{
		{licensespring.AttemptStarted{Op: "create order", Number: 1, Method: "POST"}, "retry"},
		{licensespring.AttemptStarted{Op: "look up order", Number: 1, Method: "GET"}, "retry"},
		{licensespring.AttemptStarted{Op: "look up order", Number: 2, Method: "GET"}, ""},
		{licensespring.AttemptStarted{Op: "look up order", Number: 3, Method: "GET"}, ""},
		{licensespring.AttemptStarted{Op: "create order", Number: 2, Method: "POST"}, ""}, // an append that is not visible
	} {
		attempt := observer.StartAttempt(ctx, a.started)
		observer.EndAttempt(attempt, licensespring.Attempt{Op: a.started.Op, Decision: a.decision})
	}
	observer.EndCall(ctx, licensespring.CallEnded{})
	var resends []any
	spans := r.ended(t)
	for i := range spans[1:] {
		resends = append(resends, attributesOf(&spans[1+i])["http.request.resend_count"])
	}
	assert.Equal(t, []any{nil, nil, int64(1), nil, int64(1)}, resends)
}

// TestConcurrentCalls makes 64 concurrent calls and drops the responses of half of
// them. Each attempt belongs to its call.
func TestConcurrentCalls(t *testing.T) {
	t.Parallel()
	const n = 64
	r := newRecorder()
	s := lst.NewServer(t)
	s.Inject(lst.DropAfter().Times(n / 2))
	client, err := licensespring.New(s.APIKey(), licensespring.WithBaseURL(s.URL()), licensespring.WithHTTPClient(s.Client()),
		licensespring.WithRetryWaits(1, 1), licensespring.WithRateLimiter(licensespring.NewRateLimiter(licensespring.NoRateLimit)),
		licensespring.WithObserver(r.observer()))
	require.NoError(t, err)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { assert.NoError(t, create(anOrder("inv-"+strconv.Itoa(i)))(t.Context(), client)) })
	}
	wg.Wait()

	attempts := map[trace.SpanID]int64{}
	var calls, total int64
	spans := r.ended(t)
	for i := range spans {
		if spans[i].SpanKind == trace.SpanKindClient {
			attempts[spans[i].Parent.SpanID()]++
			total++
		}
	}
	ids := map[any]bool{}
	for i := range spans {
		if spans[i].SpanKind != trace.SpanKindInternal {
			continue
		}
		calls++
		attrs := attributesOf(&spans[i])
		ids[attrs["licensespring.order.id"]] = true
		assert.Equal(t, attempts[spans[i].SpanContext.SpanID()], attrs["licensespring.attempts"])
	}
	assert.Equal(t, int64(n), calls)
	assert.Len(t, ids, n)
	assert.Equal(t, int64(len(s.Requests())), total)
}

func TestWithoutOrderID(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		client, _ := inMemory(t, nil, licensespring.WithObserver(r.observer(otellicensespring.WithoutOrderID())))
		res, err := client.CreateOrder(t.Context(), anOrder("inv-99"))
		require.NoError(t, err)
		require.NoError(t, getOrder(res.Order.ID)(t.Context(), client))
		_, err = client.EnsureOrder(t.Context(), anOrder("inv-99").AddItem("acmeapi", licensespring.NewLicense())) // order conflict
		require.Error(t, err)
		spans := r.ended(t)
		text := dump(t, r)
		assert.NotContains(t, text, "inv-99")
		assert.NotContains(t, text, strconv.FormatInt(res.Order.ID, 10))
		assert.Equal(t, "http://127.0.0.1:1/api/v1/orders/{id}/", attributesOf(&spans[3])["url.full"])
	})
}

// TestOrderIDIsUTF8 checks that an invalid id is converted to valid UTF-8.
func TestOrderIDIsUTF8(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	client := newClient(t, nil, licensespring.WithObserver(r.observer()))
	require.Error(t, create(anOrder("inv-\xff"))(t.Context(), client))
	assert.Equal(t, "inv-\uFFFD", attributesOf(&r.ended(t)[0])["licensespring.order.id"])
}

// TestPanic checks that all spans end if the transport panics, and that the attempt is
// recorded.
func TestPanic(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	client := newClient(t, func(*http.Request) (*http.Response, error) { panic("text of the transport") }, licensespring.WithObserver(r.observer()))
	assert.Panics(t, func() { _ = create(anOrder("inv-1"))(t.Context(), client) })
	spans := r.ended(t)
	require.Len(t, spans, 2)
	assert.Equal(t, "unknown", attributesOf(&spans[0])["licensespring.outcome"])
	assert.Equal(t, "_OTHER", attributesOf(&spans[1])["error.type"])
	for i := range spans {
		assert.Equal(t, codes.Error, spans[i].Status.Code)
		assert.Contains(t, spans[i].Status.Description, "did not return")
		assert.NotContains(t, dump(t, r), "text of the transport")
	}
	assert.Contains(t, r.metrics(t), "http.client.request.duration")
}
