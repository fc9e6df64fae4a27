package licensespring_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// The benchmarks compare the client with plain net/http and encoding/json: marshal
// plain structs, send them, read the response and unmarshal it into plain structs with
// one field for each of its values; see bench_plain_test.go. Only ratios within one
// run are meaningful.

func benchOrder() *licensespring.Order {
	return licensespring.NewOrder("inv-2031-000417").
		WithCustomer(licensespring.Customer{Email: "ada@example.com", FirstName: "Ada", LastName: "Lovelace", Company: "Analytical Engines"}).
		AddItem("acmecad",
			licensespring.NewLicense().TimeLimited(licensespring.Years(1)).WithMaxActivations(3),
			licensespring.NewKeyLicense("AB2C-D3EF-GH4J-K5MN").Perpetual(),
		).
		AddItem("acmeweb", licensespring.NewUserLicense("grace@example.com"))
}

// responseTo returns the service's response to the order.
func responseTo(tb testing.TB, order *licensespring.Order) []byte {
	tb.Helper()
	server := licensespringtest.NewServer(tb)
	client, err := licensespring.New(server.APIKey(), licensespring.WithBaseURL(server.URL()))
	if err != nil {
		tb.Fatal(err)
	}
	result, err := client.CreateOrder(tb.Context(), order)
	if err != nil {
		tb.Fatal(err)
	}
	return result.Raw()
}

// fixedResponse is a transport that responds to every request with the same
// body, and reads the request as a server would.
type fixedResponse struct{ body []byte }

func (a fixedResponse) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body)
		_ = req.Body.Close()
	}
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(bytes.NewReader(a.body)),
		ContentLength: int64(len(a.body)), Request: req,
	}, nil
}

const createPath = "/api/v1/orders/create_order/"

func setHeaders(h http.Header, key string) {
	h.Set("Authorization", "Api-Key "+key)
	h.Set("Content-Type", "application/json")
	h.Set("Accept", "application/json")
}

func BenchmarkEncode(b *testing.B) {
	order := benchOrder()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := order.MarshalJSON(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	response := responseTo(b, benchOrder())
	b.ReportAllocs()
	b.SetBytes(int64(len(response)))
	for b.Loop() {
		var record licensespring.OrderRecord
		if err := record.UnmarshalJSON(response); err != nil {
			b.Fatal(err)
		}
	}
}

// retryableCreate is plainCreate on go-retryablehttp with its defaults.
func retryableCreate(ctx context.Context, client *retryablehttp.Client, url, key string) error {
	body, err := json.Marshal(plainBenchOrder())
	if err != nil {
		return err
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, url+createPath, body)
	if err != nil {
		return err
	}
	setHeaders(req.Header, key)
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return decodePlain(resp.Body)
}

// creator is one way to create benchOrder.
type creator func(context.Context) error

const benchKey = "12345678.key"

// creators returns the ways to create an order at url, by name. A nil transport
// stands for the default of each.
func creators(tb testing.TB, url string, transport http.RoundTripper) map[string]creator {
	tb.Helper()
	bare := &http.Client{Transport: transport}
	retry := retryablehttp.NewClient()
	retry.Logger = nil
	if transport != nil {
		retry.HTTPClient.Transport = transport
	}
	client := benchClient(tb, url, transport)
	return map[string]creator{
		"bare":          func(ctx context.Context) error { return plainCreate(ctx, bare, url, benchKey, decodePlain) },
		"bare_lenient":  func(ctx context.Context) error { return plainCreate(ctx, bare, url, benchKey, decodeLenient) },
		"retryablehttp": func(ctx context.Context) error { return retryableCreate(ctx, retry, url, benchKey) },
		"sdk": func(ctx context.Context) error {
			_, err := client.CreateOrder(ctx, benchOrder())
			return err
		},
	}
}

func benchClient(tb testing.TB, url string, transport http.RoundTripper, key ...string) *licensespring.Client {
	tb.Helper()
	options := []licensespring.Option{licensespring.WithBaseURL(url), unlimited}
	if transport != nil {
		options = append(options, licensespring.WithHTTPClient(&http.Client{Transport: transport}))
	}
	client, err := licensespring.New(append(key, benchKey)[0], options...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(client.CloseIdleConnections)
	return client
}

func benchCall(b *testing.B, call creator) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		if err := call(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

var creatorNames = [...]string{"bare", "bare_lenient", "retryablehttp", "sdk"}

func BenchmarkCreateInMemory(b *testing.B) {
	all := creators(b, "https://saas.licensespring.com", fixedResponse{body: responseTo(b, benchOrder())})
	for _, name := range creatorNames {
		b.Run(name, func(b *testing.B) { benchCall(b, all[name]) })
	}
}

func BenchmarkCreateLoopback(b *testing.B) {
	server := fixedResponseServer(b, responseTo(b, benchOrder()))
	all := creators(b, server.URL, pooled(b))
	for _, name := range creatorNames {
		b.Run(name, func(b *testing.B) { benchCall(b, all[name]) })
	}
}

func BenchmarkGetOrder(b *testing.B) {
	const url = "https://saas.licensespring.com"
	transport := fixedResponse{body: responseTo(b, benchOrder())}
	var record licensespring.OrderRecord
	if err := record.UnmarshalJSON(transport.body); err != nil {
		b.Fatal(err)
	}
	bare, client := &http.Client{Transport: transport}, benchClient(b, url, transport)
	path := url + "/api/v1/orders/" + strconv.FormatInt(record.ID, 10) + "/"
	b.Run("bare", func(b *testing.B) {
		benchCall(b, func(ctx context.Context) error { return plainGet(ctx, bare, path, benchKey, new(strictRecord)) })
	})
	b.Run("sdk", func(b *testing.B) {
		benchCall(b, func(ctx context.Context) error {
			_, err := client.GetOrder(ctx, record.ID)
			return err
		})
	})
}

// BenchmarkListOrders reads one page of 100 orders.
func BenchmarkListOrders(b *testing.B) {
	const url = "https://saas.licensespring.com"
	order := string(responseTo(b, benchOrder()))
	page := `{"count":100,"next":null,"previous":null,"results":[` + strings.Repeat(order+",", 99) + order + `]}`
	transport := fixedResponse{body: []byte(page)}
	bare, client := &http.Client{Transport: transport}, benchClient(b, url, transport)
	b.Run("bare", func(b *testing.B) {
		benchCall(b, func(ctx context.Context) error {
			return plainGet(ctx, bare, url+"/api/v1/orders/?limit=100", benchKey, new(plainPage[strictRecord]))
		})
	})
	b.Run("sdk", func(b *testing.B) {
		benchCall(b, func(ctx context.Context) error {
			for _, err := range client.ListOrders(ctx, licensespring.OrderFilter{}) {
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// benchLicense returns the service's response to GetLicense for a subscription.
func benchLicense(tb testing.TB) (body []byte, id int64) {
	tb.Helper()
	server := licensespringtest.NewServer(tb)
	client := benchClient(tb, server.URL(), nil, server.APIKey())
	order := licensespring.NewOrder("inv-2031-000417").
		WithCustomer(licensespring.Customer{Email: "ada@example.com", FirstName: "Ada", LastName: "Lovelace", Company: "Analytical Engines"}).
		AddItem("acmeweb", licensespring.NewUserLicense("grace@example.com").Subscription().
			WithSubscriptionID("sub_417").WithMaxActivations(3).WithMetadata(map[string]any{"plan": "team"}))
	order.Items[0].Licenses[0].ValidityPeriod = time.Date(2031, time.May, 7, 0, 0, 0, 0, time.UTC)
	result, err := client.CreateOrder(tb.Context(), order)
	if err != nil {
		tb.Fatal(err)
	}
	license, err := client.GetLicense(tb.Context(), result.Order.Licenses()[0].ID)
	if err != nil {
		tb.Fatal(err)
	}
	return license.Raw(), license.ID
}

func BenchmarkGetLicense(b *testing.B) {
	const url = "https://saas.licensespring.com"
	body, id := benchLicense(b)
	transport := fixedResponse{body: body}
	bare, client := &http.Client{Transport: transport}, benchClient(b, url, transport)
	path := url + "/api/v1/licenses/" + strconv.FormatInt(id, 10) + "/"
	b.Run("bare", func(b *testing.B) {
		benchCall(b, func(ctx context.Context) error { return plainGet(ctx, bare, path, benchKey, new(plainLicenseView)) })
	})
	b.Run("sdk", func(b *testing.B) {
		benchCall(b, func(ctx context.Context) error {
			_, err := client.GetLicense(ctx, id)
			return err
		})
	})
}

func BenchmarkUpdateLicense(b *testing.B) {
	const url = "https://saas.licensespring.com"
	body, id := benchLicense(b)
	transport := fixedResponse{body: body}
	bare, client := &http.Client{Transport: transport}, benchClient(b, url, transport)
	path := url + "/api/v1/licenses/" + strconv.FormatInt(id, 10) + "/"
	b.Run("bare", func(b *testing.B) {
		benchCall(b, func(ctx context.Context) error { return plainUpdate(ctx, bare, path, benchKey) })
	})
	b.Run("sdk", func(b *testing.B) {
		benchCall(b, func(ctx context.Context) error {
			update := licensespring.ValidUntil(licensespring.Date{Year: 2031, Month: time.May, Day: 7})
			update.MaxActivations = new(3)
			_, err := client.UpdateLicense(ctx, id, update)
			return err
		})
	})
}

// fixedPages is a transport that responds with the page of the requested offset.
type fixedPages []fixedResponse

func (p fixedPages) RoundTrip(req *http.Request) (*http.Response, error) {
	offset, _ := strconv.Atoi(req.URL.Query().Get("offset"))
	return p[offset/100].RoundTrip(req)
}

// BenchmarkListLicenses reads 10,000 licenses of a subscription in pages of 100.
func BenchmarkListLicenses(b *testing.B) {
	const url = "https://saas.licensespring.com"
	const licenses = 10_000
	body, id := benchLicense(b)
	var transport fixedPages
	for first := 0; first < licenses; first += 100 {
		var page bytes.Buffer
		fmt.Fprintf(&page, `{"count":%d,"next":"%s/api/v1/licenses/?offset=%d","previous":null,"results":[`, licenses, url, first+100)
		if first+100 == licenses {
			page.Reset()
			fmt.Fprintf(&page, `{"count":%d,"next":null,"previous":null,"results":[`, licenses)
		}
		for i := range 100 {
			page.Write(bytes.Replace(body, strconv.AppendInt(nil, id, 10), strconv.AppendInt(nil, id+int64(first+i), 10), 1))
			page.WriteByte(",]"[i/99])
		}
		page.WriteByte('}')
		transport = append(transport, fixedResponse{body: page.Bytes()})
	}
	bare, client := &http.Client{Transport: transport}, benchClient(b, url, transport)
	b.Run("bare", func(b *testing.B) {
		benchCall(b, func(ctx context.Context) error {
			return plainList(ctx, bare, url+"/api/v1/licenses/?subscription_id=sub_417&limit=100", benchKey)
		})
	})
	b.Run("sdk", func(b *testing.B) {
		benchCall(b, func(ctx context.Context) error {
			n := 0
			for _, err := range client.ListLicenses(ctx, licensespring.LicenseFilter{SubscriptionID: "sub_417"}) {
				if err != nil {
					return err
				}
				n++
			}
			if n != licenses {
				return errors.New("licenses are missing")
			}
			return nil
		})
	})
}

// BenchmarkCreateParallel has 64 callers at once. One operation is one call.
func BenchmarkCreateParallel(b *testing.B) {
	server := fixedResponseServer(b, responseTo(b, benchOrder()))
	ways := map[string]creator{
		"bare default":  creators(b, server.URL, nil)["bare"],
		"bare pooled":   creators(b, server.URL, pooled(b))["bare"],
		"retryablehttp": creators(b, server.URL, retryablehttp.NewClient().HTTPClient.Transport)["retryablehttp"],
		"sdk":           creators(b, server.URL, nil)["sdk"],
	}
	for _, name := range []string{"bare default", "bare pooled", "retryablehttp", "sdk"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			before := server.connections.Load()
			var all sync.WaitGroup
			var left atomic.Int64
			left.Store(int64(b.N))
			for range 64 {
				all.Go(func() {
					for left.Add(-1) >= 0 {
						if err := ways[name](b.Context()); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			b.ReportMetric(float64(server.connections.Load()-before), "connections")
		})
	}
}

// BenchmarkBulk creates orders end to end: the fake decodes, checks and stores
// each one. One operation is one order.
func BenchmarkBulk(b *testing.B) {
	server := licensespringtest.NewServer(b)
	client, err := licensespring.New(server.APIKey(), licensespring.WithBaseURL(server.URL()), unlimited)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(client.CloseIdleConnections)
	b.ReportAllocs()
	for r := range client.EnsureOrders(b.Context(), manyOrders(b.N)) {
		if r.Err != nil {
			b.Fatal(r.Err)
		}
	}
}

// pooled is a transport that keeps as many connections as the SDK's own.
func pooled(tb testing.TB) *http.Transport {
	tb.Helper()
	t := &http.Transport{MaxIdleConns: 256, MaxIdleConnsPerHost: 256}
	tb.Cleanup(t.CloseIdleConnections)
	return t
}

// benchServer sends the same response to every request, as cheaply as net/http
// can.
type benchServer struct {
	*httptest.Server

	connections atomic.Int64
}

func fixedResponseServer(tb testing.TB, response []byte) *benchServer {
	tb.Helper()
	s := &benchServer{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(response)
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.connections.Add(1)
		}
	}
	s.Start()
	tb.Cleanup(s.Close)
	return s
}
