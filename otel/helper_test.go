package otellicensespring_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
	otellicensespring "github.com/licensespring-go/licensespring/otel"
)

// recorder records the spans and metrics of one observer.
type recorder struct {
	spans   *tracetest.SpanRecorder
	tracers *sdktrace.TracerProvider
	reader  *sdkmetric.ManualReader
	meters  *sdkmetric.MeterProvider
}

func newRecorder() *recorder {
	spans, reader := tracetest.NewSpanRecorder(), sdkmetric.NewManualReader()
	return &recorder{
		spans:   spans,
		tracers: sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)),
		reader:  reader,
		meters:  sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)),
	}
}

func (r *recorder) observer(options ...otellicensespring.Option) licensespring.Observer {
	return otellicensespring.Observer(append([]otellicensespring.Option{
		otellicensespring.WithTracerProvider(r.tracers), otellicensespring.WithMeterProvider(r.meters),
	}, options...)...)
}

// ended returns the ended spans in the order of their start.
func (r *recorder) ended(t *testing.T) tracetest.SpanStubs {
	t.Helper()
	require.Len(t, r.spans.Ended(), len(r.spans.Started()), "spans that have not ended")
	var spans tracetest.SpanStubs
	for _, span := range r.spans.Started() {
		spans = append(spans, tracetest.SpanStubFromReadOnlySpan(span))
	}
	return spans
}

func (r *recorder) metrics(t *testing.T) map[string]metricdata.Metrics {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, r.reader.Collect(t.Context(), &all))
	byName := map[string]metricdata.Metrics{}
	for _, scope := range all.ScopeMetrics {
		require.Equal(t, "github.com/licensespring-go/licensespring/otel", scope.Scope.Name)
		for _, m := range scope.Metrics {
			byName[m.Name] = m
		}
	}
	return byName
}

// inMemory returns a client and a fake that are connected by an in-memory network,
// for synctest bubbles. Each wait is half of its maximum.
func inMemory(t *testing.T, service []lst.Option, options ...licensespring.Option) (*licensespring.Client, *lst.Server) {
	t.Helper()
	network := lst.NewNetwork()
	s := lst.NewServer(t, append(service, lst.WithNetwork(network))...)
	transport := &http.Transport{DialContext: network.DialContext, MaxIdleConnsPerHost: 100}
	t.Cleanup(transport.CloseIdleConnections)
	client, err := licensespring.New(s.APIKey(), append([]licensespring.Option{
		licensespring.WithBaseURL(s.URL()),
		licensespring.WithHTTPClient(&http.Client{Transport: transport}),
		licensespring.WithJitter(func() float64 { return 0.5 }),
	}, options...)...)
	require.NoError(t, err)
	return client, s
}

func anOrder(id string) *licensespring.Order {
	return licensespring.NewOrder(id).AddItem("acmecad", licensespring.NewLicense().Perpetual())
}

// roundTripper is a function that implements http.RoundTripper.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// newClient returns a client with the transport and without retries.
func newClient(t *testing.T, transport roundTripper, options ...licensespring.Option) *licensespring.Client {
	t.Helper()
	client, err := licensespring.New(lst.DefaultAPIKey, append([]licensespring.Option{
		licensespring.WithHTTPClient(&http.Client{Transport: transport}), licensespring.WithMaxAttempts(1),
	}, options...)...)
	require.NoError(t, err)
	return client
}

// tree formats spans as an indented tree with name, kind, status and attributes. It
// omits the attributes that all attempts have.
func tree(spans tracetest.SpanStubs) string {
	always := []string{"http.request.method", "server.address", "server.port", "url.full", "url.template"}
	var b strings.Builder
	var write func(parent trace.SpanID, indent string)
	write = func(parent trace.SpanID, indent string) {
		for i := range spans {
			s := &spans[i]
			if s.Parent.SpanID() != parent {
				continue
			}
			b.WriteString(indent + s.Name + " (" + s.SpanKind.String() + ")")
			if s.Status.Code != codes.Unset {
				b.WriteString(" " + s.Status.Code.String())
			}
			if s.Status.Description != "" {
				b.WriteString(" " + s.Status.Description)
			}
			b.WriteString("\n")
			var attrs []string
			for _, a := range s.Attributes {
				if key := string(a.Key); !slices.Contains(always, key) {
					attrs = append(attrs, strings.TrimPrefix(key, "licensespring.")+"="+a.Value.String())
				}
			}
			slices.Sort(attrs)
			b.WriteString(indent + "  | " + strings.Join(attrs, "; ") + "\n")
			write(s.SpanContext.SpanID(), indent+"  ")
		}
	}
	write(trace.SpanID{}, "")
	return b.String()
}

// attributesOf returns the attributes of a span by their keys.
func attributesOf(span *tracetest.SpanStub) map[string]any {
	attrs := map[string]any{}
	for _, a := range span.Attributes {
		attrs[string(a.Key)] = a.Value.AsInterface()
	}
	return attrs
}

func create(order *licensespring.Order) func(context.Context, *licensespring.Client) error {
	return func(ctx context.Context, c *licensespring.Client) error {
		_, err := c.CreateOrder(ctx, order)
		return err
	}
}
