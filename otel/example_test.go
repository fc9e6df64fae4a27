package otellicensespring_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
	otellicensespring "github.com/licensespring-go/licensespring/otel"
)

// Without options the observer uses the global providers.
func ExampleObserver() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	key, onFake := srv.APIKey(), licensespring.WithBaseURL(srv.URL())

	client, err := licensespring.New(key, onFake,
		licensespring.WithObserver(otellicensespring.Observer()))
	if err != nil {
		fmt.Println(err)
		return
	}

	order := licensespring.NewOrder("inv-2031-000417").AddItem("acmecad", licensespring.NewLicense().Perpetual())
	res, err := client.CreateOrder(context.Background(), order)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(res.Outcome)
	// Output: created
}

// The response to a create is lost. The trace shows the retry, which the service
// rejects because the id exists, and the lookup that finds the order.
func ExampleWithTracerProvider() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.DropAfter())

	exporter := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()),
		licensespring.WithRetryWaits(time.Millisecond, time.Millisecond),
		licensespring.WithObserver(otellicensespring.Observer(otellicensespring.WithTracerProvider(provider))))
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx, span := provider.Tracer("shop").Start(context.Background(), "checkout")
	order := licensespring.NewOrder("inv-2031-000417").AddItem("acmecad", licensespring.NewLicense().Perpetual())
	if _, err := client.CreateOrder(ctx, order); err != nil {
		fmt.Println(err)
	}
	span.End()

	printTree(exporter.GetSpans(), trace.SpanID{}, "")
	// Output:
	// checkout
	//   licensespring create_order recovered
	//     POST /api/v1/orders/create_order/ connection_closed
	//     POST /api/v1/orders/create_order/ 409
	//     GET /api/v1/orders/ 200
}

// printTree prints spans as an indented tree, each with its outcome, error or status.
func printTree(spans tracetest.SpanStubs, parent trace.SpanID, indent string) {
	for i := range spans {
		if spans[i].Parent.SpanID() != parent {
			continue
		}
		attrs := attribute.NewSet(slices.Clone(spans[i].Attributes)...)
		fmt.Print(indent, spans[i].Name)
		for _, key := range []attribute.Key{"licensespring.outcome", "error.type", "http.response.status_code"} {
			if value, ok := attrs.Value(key); ok {
				fmt.Print(" ", value.String())
				break
			}
		}
		fmt.Println()
		printTree(spans, spans[i].SpanContext.SpanID(), indent+"  ")
	}
}

// The count of the duration of calls is the number of orders by outcome.
func ExampleWithMeterProvider() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()

	reader := sdkmetric.NewManualReader()
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()),
		licensespring.WithObserver(otellicensespring.Observer(otellicensespring.WithMeterProvider(provider))))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, id := range []string{"inv-1", "inv-2", "inv-1"} {
		order := licensespring.NewOrder(id).AddItem("acmecad", licensespring.NewLicense().Perpetual())
		if _, err := client.CreateOrder(context.Background(), order); err != nil {
			fmt.Println(err)
		}
	}

	var collected metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &collected); err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range collected.ScopeMetrics[0].Metrics {
		if calls, ok := m.Data.(metricdata.Histogram[float64]); ok && m.Name == "licensespring.client.call.duration" {
			for _, point := range calls.DataPoints {
				outcome, _ := point.Attributes.Value("licensespring.outcome")
				fmt.Println(outcome.String(), point.Count)
			}
		}
	}
	// Unordered output:
	// licensespring: create order "inv-1": order exists: Order with this ID already exists. (status 409 order_id_exists)
	// created 2
	// rejected 1
}

// Spans omit the ids of orders, which may contain personal data.
func ExampleWithoutOrderID() {
	exporter := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))
	client, err := licensespring.New(licensespringtest.DefaultAPIKey, licensespring.WithObserver(
		otellicensespring.Observer(otellicensespring.WithTracerProvider(provider), otellicensespring.WithoutOrderID())))
	if err != nil {
		fmt.Println(err)
		return
	}
	order := licensespring.NewOrder("ada@example.com-2031") // invalid without an item
	if _, err := client.CreateOrder(context.Background(), order); err != nil {
		for _, attr := range exporter.GetSpans()[0].Attributes {
			fmt.Println(attr.Key, attr.Value.String())
		}
	}
	// Output:
	// licensespring.op create_order
	// licensespring.outcome not_sent
	// error.type invalid_request
	// licensespring.attempts 0
}
