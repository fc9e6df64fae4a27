package otellicensespring_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/embedded"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
	otellicensespring "github.com/licensespring-go/licensespring/otel"
)

// TestMetrics checks every point of every metric for one recovered and one rejected
// order. In virtual time attempts take no time, and calls take the time of their
// waits.
func TestMetrics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		client, s := inMemory(t, nil, licensespring.WithObserver(r.observer()))
		s.Inject(lst.DropAfter(), lst.Status(400).On(lst.CreateOrder).Nth(3))
		require.NoError(t, create(anOrder("inv-1"))(t.Context(), client))
		require.Error(t, create(anOrder("inv-2"))(t.Context(), client))
		require.Error(t, getOrder(1)(t.Context(), client))
		require.Error(t, getOrder(2)(t.Context(), client))
		metrics := r.metrics(t)
		require.Len(t, metrics, 3)

		requests := metrics["http.client.request.duration"]
		assert.Equal(t, "s", requests.Unit)
		bounds := []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}
		point := func(count uint64, method, path string, attrs ...attribute.KeyValue) metricdata.HistogramDataPoint[float64] {
			return metricdata.HistogramDataPoint[float64]{
				Attributes: attribute.NewSet(append(attrs, attribute.String("http.request.method", method), attribute.String("url.template", path),
					attribute.String("server.address", "127.0.0.1"), attribute.Int("server.port", 1))...),
				Count: count, Bounds: bounds, BucketCounts: counts(len(bounds), map[int]uint64{0: count}),
				Min: metricdata.NewExtrema(0.0), Max: metricdata.NewExtrema(0.0),
			}
		}
		status := func(code int) attribute.KeyValue { return attribute.Int("http.response.status_code", code) }
		failed := func(what string) attribute.KeyValue { return attribute.String("error.type", what) }
		const creating, orders = "/api/v1/orders/create_order/", "/api/v1/orders/"
		assertHistogram(t, []metricdata.HistogramDataPoint[float64]{
			point(1, "POST", creating, failed("connection_closed")),
			point(1, "POST", creating, status(409), failed("409")),
			point(1, "GET", orders, status(200)),
			point(1, "POST", creating, status(400), failed("400")),
			point(2, "GET", orders+"{id}/", status(404), failed("404")), // two ids, one template
		}, requests)

		calls := metrics["licensespring.client.call.duration"]
		assert.Equal(t, "s", calls.Unit)
		bounds = []float64{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120}
		set := func(op, outcome, errorType string) attribute.Set {
			var attrs []attribute.KeyValue
			for key, value := range map[string]string{"licensespring.op": op, "licensespring.outcome": outcome, "error.type": errorType} {
				if value != "" {
					attrs = append(attrs, attribute.String(key, value))
				}
			}
			return attribute.NewSet(attrs...)
		}
		took := func(attrs attribute.Set, count uint64, bucket int, seconds float64) metricdata.HistogramDataPoint[float64] {
			return metricdata.HistogramDataPoint[float64]{
				Attributes: attrs, Count: count, Sum: seconds, Bounds: bounds, BucketCounts: counts(len(bounds), map[int]uint64{bucket: count}),
				Min: metricdata.NewExtrema(seconds), Max: metricdata.NewExtrema(seconds),
			}
		}
		assertHistogram(t, []metricdata.HistogramDataPoint[float64]{
			took(set("create_order", "recovered", ""), 1, 4, 0.25),
			took(set("create_order", "rejected", "invalid_request"), 1, 0, 0),
			took(set("get_order", "", "not_found"), 2, 0, 0),
		}, calls)

		attempts := metrics["licensespring.client.call.attempts"]
		assert.Equal(t, "{attempt}", attempts.Unit)
		bounds = []float64{0, 1, 2, 3, 4, 6, 8, 12, 16}
		tried := func(attrs attribute.Set, count uint64, each int64) metricdata.HistogramDataPoint[int64] {
			return metricdata.HistogramDataPoint[int64]{
				Attributes: attrs, Count: count, Sum: int64(count) * each, Bounds: bounds,
				BucketCounts: counts(len(bounds), map[int]uint64{int(each): count}),
				Min:          metricdata.NewExtrema(each), Max: metricdata.NewExtrema(each),
			}
		}
		assertHistogram(t, []metricdata.HistogramDataPoint[int64]{
			tried(set("create_order", "recovered", ""), 1, 3),
			tried(set("create_order", "rejected", "invalid_request"), 1, 1),
			tried(set("get_order", "", "not_found"), 2, 1),
		}, attempts)
	})
}

func assertHistogram[N int64 | float64](t *testing.T, want []metricdata.HistogramDataPoint[N], got metricdata.Metrics) {
	t.Helper()
	metricdatatest.AssertAggregationsEqual(t, metricdata.Histogram[N]{Temporality: metricdata.CumulativeTemporality, DataPoints: want},
		got.Data, metricdatatest.IgnoreTimestamp(), metricdatatest.IgnoreExemplars())
}

// counts returns the counts of all buckets, one more than there are bounds.
func counts(bounds int, of map[int]uint64) []uint64 {
	all := make([]uint64, bounds+1)
	for i, n := range of {
		all[i] = n
	}
	return all
}

// TestCallDuration checks that a call's duration includes its attempts and waits.
func TestCallDuration(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		client, s := inMemory(t, nil, licensespring.WithObserver(r.observer()))
		s.Inject(lst.Combine(lst.DelayBefore(3*time.Second), lst.Status(503)))
		require.NoError(t, create(anOrder("inv-1"))(t.Context(), client))
		sum := func(name string) (sum float64) {
			data, ok := r.metrics(t)[name].Data.(metricdata.Histogram[float64])
			require.True(t, ok)
			for i := range data.DataPoints {
				sum += data.DataPoints[i].Sum
			}
			return sum
		}
		assert.InDelta(t, 3, sum("http.client.request.duration"), 1e-9)
		assert.InDelta(t, 3.25, sum("licensespring.client.call.duration"), 1e-9)
	})
}

// TestMeterThatFails checks that orders are created without metrics.
func TestMeterThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, _ := inMemory(t, nil, licensespring.WithObserver(otellicensespring.Observer(otellicensespring.WithMeterProvider(failingMeters{}))))
		assert.NoError(t, create(anOrder("inv-1"))(t.Context(), client))
	})
}

type failingMeters struct{ embedded.MeterProvider }

func (failingMeters) Meter(string, ...metric.MeterOption) metric.Meter { return failingMeter{} }

type failingMeter struct{ noop.Meter }

func (failingMeter) Float64Histogram(string, ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	return nil, errors.New("no histograms")
}

func (failingMeter) Int64Histogram(string, ...metric.Int64HistogramOption) (metric.Int64Histogram, error) {
	return nil, errors.New("no histograms")
}
