package licensespring_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// A client needs nothing but the management key; everything else has a default.
func ExampleNew() {
	client, err := licensespring.New("FAKEFAKE.0123456789abcdef0123456789abcdef")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(client != nil)
	// Output: true
}

// Everything that is wrong with the key and the options is said at once.
func ExampleNew_invalid() {
	_, err := licensespring.New("key\n",
		licensespring.WithBaseURL("http://example.com"),
		licensespring.WithMaxAttempts(0),
	)
	fmt.Println(errors.Is(err, licensespring.ErrInvalidConfig))
	if wrong, ok := errors.AsType[*licensespring.ValidationError](err); ok {
		for _, finding := range wrong.Findings {
			fmt.Println(finding)
		}
	}
	// Output:
	// true
	// api_key: has space or a line break around it [option]
	// max_attempts: must be between 1 and 100 [option]
	// base_url: must be https, for the management key goes with each request; http is for this machine only [option]
}

// Create an order, and hand out what was made.
func ExampleClient_CreateOrder() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}

	order := licensespring.NewOrder("inv-2031-000417").
		AddItem("acme-cad", licensespring.NewKeyLicense("AB2C-D3EF-GH4J-K5MN").TimeLimited(licensespring.Years(1))).
		AddItem("acme-web", licensespring.NewUserLicense("grace@example.com"))
	res, err := client.CreateOrder(context.Background(), order)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(res.Outcome)
	for _, key := range res.Order.LicenseKeys() {
		fmt.Println(key)
	}
	for _, user := range res.Order.Users() {
		fmt.Println(user.Email, user.InitialPassword) // Reveal returns the password
	}
	// Output:
	// created
	// AB2C-D3EF-GH4J-K5MN
	// grace@example.com [redacted]
}

// The service says no: nothing was made, and the error says why.
func ExampleClient_CreateOrder_refused() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}

	order := licensespring.NewOrder("inv-2031-000417").AddItem("acme-cad", licensespring.NewLicense())
	for range 2 {
		_, err = client.CreateOrder(context.Background(), order)
		switch {
		case err == nil:
			fmt.Println("made")
		case errors.Is(err, licensespring.ErrOrderExists):
			fmt.Println("the id was taken before")
		case errors.Is(err, licensespring.ErrOutcomeUnknown):
			fmt.Println("may have been made")
		default:
			fmt.Println("nothing was made")
		}
	}
	fmt.Println(err)
	// Output:
	// made
	// the id was taken before
	// licensespring: create order "inv-2031-000417": order exists: Order with this ID already exists. (status 409 order_id_exists)
}

// The answer is lost after the order was made. The call finds it, and nobody
// notices.
func ExampleClient_CreateOrder_recovered() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}
	srv.Inject(licensespringtest.DropAfter().On(licensespringtest.CreateOrder))

	order := licensespring.NewOrder("inv-2031-000417").
		AddItem("acme-cad", licensespring.NewKeyLicense("AB2C-D3EF-GH4J-K5MN"))
	res, err := client.CreateOrder(context.Background(), order)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(res.Outcome, res.Order.LicenseKeys())
	fmt.Println(len(srv.Orders()), "order at the service")
	// Output:
	// recovered [AB2C-D3EF-GH4J-K5MN]
	// 1 order at the service
}

// The answer to an append without keys is lost. Nobody can tell whether its
// license was made, and the error says so.
func ExampleClient_CreateOrder_unknown() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}
	srv.Inject(licensespringtest.DropAfter().On(licensespringtest.CreateOrder))

	order := licensespring.NewOrder("inv-2031-000417").Appending().
		AddItem("acme-cad", licensespring.NewLicense())
	_, err = client.CreateOrder(context.Background(), order)
	fmt.Println(errors.Is(err, licensespring.ErrOutcomeUnknown))
	if e, ok := errors.AsType[*licensespring.Error](err); ok {
		for _, attempt := range e.Attempts {
			fmt.Println(attempt)
		}
	}
	// Output:
	// true
	// create order #1: sent, connection cut, not sent again: it may have been received, and an append would add its licenses twice
}

// A webhook is delivered twice: the second call finds the order of the first.
func ExampleClient_EnsureOrder() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}

	order := licensespring.NewOrder("inv-2031-000417").
		AddItem("acme-cad", licensespring.NewKeyLicense("AB2C-D3EF-GH4J-K5MN").Perpetual())
	for range 2 {
		res, err := client.EnsureOrder(context.Background(), order)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(res.Outcome, res.Order.LicenseKeys())
	}
	// Output:
	// created [AB2C-D3EF-GH4J-K5MN]
	// existing [AB2C-D3EF-GH4J-K5MN]
}

// The id is taken by an order that differs. Nothing is changed, and the error
// lists how it differs.
func ExampleClient_EnsureOrder_conflict() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}

	for _, activations := range []int{3, 5} {
		order := licensespring.NewOrder("inv-2031-000417").
			AddItem("acme-cad", licensespring.NewLicense().WithMaxActivations(activations))
		_, err = client.EnsureOrder(context.Background(), order)
	}
	fmt.Println(errors.Is(err, licensespring.ErrOrderConflict))
	if e, ok := errors.AsType[*licensespring.Error](err); ok {
		fmt.Println(e.Differences)
	}
	// Output:
	// true
	// [items[0].licenses[0].max_activations: asked for 5, found 3]
}

// An append that is ensured adds only what is not there yet.
func ExampleClient_EnsureOrder_append() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}

	first, second := licensespring.NewKeyLicense("AB2C-D3EF-GH4J-K5MN"), licensespring.NewKeyLicense("PQ2R-S3TU-VW4X-Y5ZA")
	for _, licenses := range [][]licensespring.License{{first}, {first}, {first, second}} {
		order := licensespring.NewOrder("inv-2031-000417").Appending().AddItem("acme-cad", licenses...)
		res, err := client.EnsureOrder(context.Background(), order)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(res.Outcome, res.Order.LicenseKeys())
	}
	// Output:
	// created [AB2C-D3EF-GH4J-K5MN]
	// existing [AB2C-D3EF-GH4J-K5MN]
	// appended [AB2C-D3EF-GH4J-K5MN PQ2R-S3TU-VW4X-Y5ZA]
}

// Get an order by the number that the service gave it.
func ExampleClient_GetOrder() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}
	res, err := client.CreateOrder(context.Background(),
		licensespring.NewOrder("inv-2031-000417").AddItem("acme-cad", licensespring.NewKeyLicense("AB2C-D3EF-GH4J-K5MN")))
	if err != nil {
		fmt.Println(err)
		return
	}

	record, err := client.GetOrder(context.Background(), res.Order.ID)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(record.StoreID, record.LicenseKeys())
	// Output: inv-2031-000417 [AB2C-D3EF-GH4J-K5MN]
}

// Find an order by your own id for it.
func ExampleClient_FindOrder() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := client.CreateOrder(context.Background(),
		licensespring.NewOrder("inv-2031-000417").AddItem("acme-cad", licensespring.NewLicense())); err != nil {
		fmt.Println(err)
		return
	}

	for _, id := range []string{"inv-2031-000417", "inv-2031"} {
		record, err := client.FindOrder(context.Background(), id)
		switch {
		case errors.Is(err, licensespring.ErrNotFound):
			fmt.Println("no order has the id", id)
		case err != nil:
			fmt.Println(err)
		default:
			fmt.Println(record.StoreID, "has", len(record.Licenses()), "license")
		}
	}
	// Output:
	// inv-2031-000417 has 1 license
	// no order has the id inv-2031
}

// Range over orders; pages are asked for as the loop comes to them.
func ExampleClient_Orders() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, id := range []string{"inv-1", "inv-2", "test-1", "inv-3"} {
		order := licensespring.NewOrder(id).AddItem("acme-cad", licensespring.NewLicense())
		if _, err := client.CreateOrder(context.Background(), order); err != nil {
			fmt.Println(err)
			return
		}
	}

	filter := licensespring.OrderFilter{StoreIDPrefix: "inv-", OrderBy: "store_id", PageSize: 2}
	for record, err := range client.Orders(context.Background(), filter) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(record.StoreID)
	}
	// Output:
	// inv-1
	// inv-2
	// inv-3
}

// Ask for keys before the order is made.
func ExampleClient_GenerateLicenseKeys() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}

	keys, err := client.GenerateLicenseKeys(context.Background(), "acme-cad", 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	res, err := client.CreateOrder(context.Background(), licensespring.NewOrder("inv-2031-000417").
		AddItem("acme-cad", licensespring.NewKeyLicense(keys[0]), licensespring.NewKeyLicense(keys[1])))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(fmt.Sprint(res.Order.LicenseKeys()) == fmt.Sprint(keys))
	// Output: true
}

// Reserve keys for an append, so that it can be repeated.
func ExampleClient_ReserveKeys() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}

	order := licensespring.NewOrder("inv-2031-000417").Appending().AddItem("acme-cad", licensespring.NewLicense())
	reserved, err := client.ReserveKeys(context.Background(), order)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(order.Items[0].Licenses[0].Key != "", reserved.Items[0].Licenses[0].Key != "")

	// Store the copy here. Whatever happens from now on, it can be sent again.
	srv.Inject(licensespringtest.DropAfter().On(licensespringtest.CreateOrder))
	for range 2 {
		res, err := client.EnsureOrder(context.Background(), reserved)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(res.Outcome, srv.LicenseCount(), "license")
	}
	// Output:
	// false true
	// recovered 1 license
	// existing 1 license
}

// See what would be sent.
func ExampleClient_Preview() {
	client, err := licensespring.New("FAKEFAKE.0123456789abcdef0123456789abcdef")
	if err != nil {
		fmt.Println(err)
		return
	}
	preview, err := client.Preview(licensespring.NewOrder("inv-2031-000417").
		WithOrderType("express").
		AddItem("acme-cad", licensespring.NewLicense().TimeLimited(licensespring.Years(1))))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(preview.Method, preview.URL)
	fmt.Println(preview.Header.Get("Authorization"))
	fmt.Println(string(preview.Body))
	for _, finding := range preview.Findings {
		fmt.Println(finding.Severity, finding)
	}
	// Output:
	// POST https://saas.licensespring.com/api/v1/orders/create_order/
	// Api-Key [redacted]
	// {"id":"inv-2031-000417","items":[{"product_code":"acme-cad","licenses":[{"license_type":"time-limited","valid_duration":"1y"}]}],"order_type":"express"}
	// warning order_type: is not the known type, which is normal [unknown_value]
}

func ExampleClient_CloseIdleConnections() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}
	// At the end of a program, or of a test that counts goroutines.
	defer client.CloseIdleConnections()

	_, err = client.FindOrder(context.Background(), "inv-2031-000417")
	fmt.Println(errors.Is(err, licensespring.ErrNotFound))
	// Output: true
}

// Talk to a proxy of your own, or to the fake. Http is for this machine only.
func ExampleWithBaseURL() {
	client, err := licensespring.New("key", licensespring.WithBaseURL("https://proxy.example.com/licenses/"))
	if err != nil {
		fmt.Println(err)
		return
	}
	preview, err := client.Preview(licensespring.NewOrder("inv-1").AddItem("acme-cad", licensespring.NewLicense()))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(preview.URL)
	// Output: https://proxy.example.com/licenses/api/v1/orders/create_order/
}

// Bring a transport, for a proxy or for certificates of your own.
func ExampleWithHTTPClient() {
	httpClient := &http.Client{Transport: &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		MaxIdleConnsPerHost: 32,
	}}
	_, err := licensespring.New("key", licensespring.WithHTTPClient(httpClient))
	fmt.Println(err)
	// Output: <nil>
}

// Send a request once, and never again.
func ExampleWithMaxAttempts() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()), licensespring.WithMaxAttempts(1))
	if err != nil {
		fmt.Println(err)
		return
	}
	srv.Inject(licensespringtest.Status(429))

	_, err = client.CreateOrder(context.Background(),
		licensespring.NewOrder("inv-1").AddItem("acme-cad", licensespring.NewLicense()))
	fmt.Println(errors.Is(err, licensespring.ErrRateLimited), len(srv.Requests()))
	// Output: true 1
}

// Wait up to a second before the second attempt, up to two before the third,
// and never longer than a minute.
func ExampleWithRetryWaits() {
	_, err := licensespring.New("key", licensespring.WithRetryWaits(time.Second, time.Minute))
	fmt.Println(err)
	// Output: <nil>
}

// An attempt that takes too long is given up, and the order sent again.
func ExampleWithAttemptTimeout() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()),
		licensespring.WithAttemptTimeout(250*time.Millisecond),
		licensespring.WithRetryWaits(time.Millisecond, time.Millisecond),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	srv.Inject(licensespringtest.StallBefore())

	res, err := client.CreateOrder(context.Background(),
		licensespring.NewOrder("inv-1").AddItem("acme-cad", licensespring.NewLicense()))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(res.Outcome, res.Attempts[0].Reason, res.Attempts[1].Status)
	// Output: created timed out 200
}

// A call takes no longer than this, with all its attempts and waits. A wait that
// does not fit is not begun: the caller learns at once when to come back.
func ExampleWithCallTimeout() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()),
		licensespring.WithCallTimeout(10*time.Second))
	if err != nil {
		fmt.Println(err)
		return
	}
	srv.Inject(licensespringtest.Status(429, licensespringtest.Header("Retry-After", "60")))

	start := time.Now()
	_, err = client.CreateOrder(context.Background(),
		licensespring.NewOrder("inv-1").AddItem("acme-cad", licensespring.NewLicense()))
	if e, ok := errors.AsType[*licensespring.Error](err); ok {
		fmt.Println(e.Kind, time.Since(start) < 5*time.Second, e.RetryAt.After(start.Add(59*time.Second)))
	}
	// Output: licensespring: rate limited true true
}

// An answer that is too large is not read; the order is looked up instead.
func ExampleWithMaxResponseBytes() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()),
		licensespring.WithMaxResponseBytes(1<<20))
	if err != nil {
		fmt.Println(err)
		return
	}
	srv.Inject(licensespringtest.GzipBomb(4 << 20).On(licensespringtest.CreateOrder))

	res, err := client.CreateOrder(context.Background(),
		licensespring.NewOrder("inv-1").AddItem("acme-cad", licensespring.NewLicense()))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(res.Outcome, res.Attempts[0].Reason)
	// Output: recovered the answer is too large
}

// A logger hears of each attempt, and of each call that fails. There is nothing
// of a customer in it, and no key.
func ExampleWithLogger() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Value.Kind() == slog.KindDuration {
				return slog.Attr{} // not the same each time
			}
			return a
		},
	}))
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()), licensespring.WithLogger(logger))
	if err != nil {
		fmt.Println(err)
		return
	}

	_, _ = client.CreateOrder(context.Background(), licensespring.NewOrder("inv-1").
		AddItem("no-such-product", licensespring.NewUserLicense("grace@example.com")))
	// Output:
	// level=DEBUG msg="licensespring attempt" attempt.op="create order" attempt.number=1 attempt.phase=answered attempt.status=400 attempt.reason=refused attempt.verdict="not sent again: the answer is final"
	// level=WARN msg="licensespring call failed" error.op="create order" error.kind="invalid request" error.order_id=inv-1 error.outcome=refused error.status=400 error.code=unknown_product error.message="Product \"no-such-product\" does not exist." error.attempts=1
}

// Say who is calling.
func ExampleWithUserAgent() {
	client, err := licensespring.New("key", licensespring.WithUserAgent("acme-billing/1.2"))
	if err != nil {
		fmt.Println(err)
		return
	}
	preview, err := client.Preview(licensespring.NewOrder("inv-1").AddItem("acme-cad", licensespring.NewLicense()))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(preview.Header.Get("User-Agent"))
	// Output: acme-billing/1.2 licensespring-go/0.1.0
}

// Send the spelling of the vendor's newer reference.
func ExampleWithDialect() {
	order := licensespring.NewOrder("inv-1").
		WithCustomer(licensespring.Customer{Company: "Analytical Engines"}).
		AddItem("acme-cad")
	for _, dialect := range []licensespring.Dialect{licensespring.PageDialect, licensespring.CurrentDialect} {
		client, err := licensespring.New("key", licensespring.WithDialect(dialect))
		if err != nil {
			fmt.Println(err)
			return
		}
		preview, err := client.Preview(order)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: %s\n", dialect, preview.Body)
	}
	// Output:
	// page: {"id":"inv-1","items":[{"product_code":"acme-cad"}],"customer":{"company":"Analytical Engines"}}
	// current: {"id":"inv-1","items":[{"product_code":"acme-cad"}],"customer":{"company_name":"Analytical Engines"}}
}

// Make the waits of a test the same each time: here half of what they can be.
func ExampleWithJitter() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()),
		licensespring.WithRetryWaits(10*time.Millisecond, time.Second),
		licensespring.WithJitter(func() float64 { return 0.5 }),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	srv.Inject(licensespringtest.DropBefore().Times(2))

	res, err := client.CreateOrder(context.Background(),
		licensespring.NewOrder("inv-1").AddItem("acme-cad", licensespring.NewLicense()))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, attempt := range res.Attempts {
		fmt.Println(attempt)
	}
	// Output:
	// create order #1: sent, connection cut, sent again after 5ms
	// create order #2: sent, connection cut, sent again after 10ms
	// create order #3: answered 200
}

// Share a budget between the clients of a company, so that together they stay
// within the plan. A request that cannot be granted in time is refused at once.
func ExampleWithBudget() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	budget := licensespring.NewBudget(licensespring.Plan(1)) // one request in a minute
	for range 2 {
		client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()),
			licensespring.WithBudget(budget), licensespring.WithCallTimeout(10*time.Second))
		if err != nil {
			fmt.Println(err)
			return
		}
		_, err = client.GenerateLicenseKeys(context.Background(), "acme-cad", 1)
		if e, ok := errors.AsType[*licensespring.Error](err); ok {
			fmt.Println(errors.Is(err, licensespring.ErrRateLimited), e.LimitedBy, e.RetryAt.After(time.Now()))
		}
	}
	fmt.Println(len(srv.Requests()), "request")
	// Output:
	// true budget true
	// 1 request
}

func ExampleNewBudget() {
	// The plan of the company; half of it, for one of two machines; and none,
	// for tests against the fake.
	for _, plan := range []licensespring.Plan{
		licensespring.PlanBusinessPlus, licensespring.PlanBusinessPlus / 2, licensespring.Unlimited,
	} {
		_, err := licensespring.New("key", licensespring.WithBudget(licensespring.NewBudget(plan)))
		fmt.Println(int(plan), err)
	}
	// Output:
	// 1200 <nil>
	// 600 <nil>
	// -1 <nil>
}

// What the service says of single fields has the paths that validation uses.
func ExampleError() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}
	key := licensespring.NewKeyLicense("AB2C-D3EF-GH4J-K5MN")
	for _, id := range []string{"inv-1", "inv-2"} {
		_, err = client.CreateOrder(context.Background(), licensespring.NewOrder(id).AddItem("acme-cad", key))
	}
	if e, ok := errors.AsType[*licensespring.Error](err); ok {
		fmt.Println(e.Outcome, e.Kind, e.StatusCode)
		for _, field := range e.Fields {
			fmt.Println(field.Path, field.Messages)
		}
	}
	// Output:
	// refused licensespring: invalid request 400
	// items[0].licenses[0].key [License key already exists.]
}

// The kind says what went wrong, errors.As finds the detail.
func ExampleError_Is() {
	client, err := licensespring.New("key")
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()

	_, err = client.CreateOrder(ctx, licensespring.NewOrder("inv-1").AddItem("acme-cad", licensespring.NewLicense()))
	fmt.Println(errors.Is(err, licensespring.ErrNotSent))
	fmt.Println(errors.Is(err, licensespring.ErrOutcomeUnknown))
	fmt.Println(errors.Is(err, context.Canceled))
	// Output:
	// true
	// false
	// true
}

// An order that is wrong is not sent, and everything that is wrong is said.
func ExampleValidationError() {
	client, err := licensespring.New("key")
	if err != nil {
		fmt.Println(err)
		return
	}
	order := licensespring.NewOrder("").AddItem("acme-cad",
		licensespring.NewKeyLicense("AB2C-D3EF-GH4J-K5MN").WithUsers("grace@example").WithMaxActivations(-1))
	_, err = client.CreateOrder(context.Background(), order)
	if wrong, ok := errors.AsType[*licensespring.ValidationError](err); ok {
		for _, finding := range wrong.Findings {
			fmt.Println(finding)
		}
	}
	// Output:
	// id: is required [required]
	// items[0].licenses[0].users: a license has a key or users, not both [key_and_users]
	// items[0].licenses[0].max_activations: must not be negative [negative]
}

// A result says how the order came to be, and what is not as it was asked for.
func ExampleOrderResult() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}
	// The service drops features that the product does not have, without a word.
	res, err := client.CreateOrder(context.Background(), licensespring.NewOrder("inv-1").
		AddItem("acme-cad", licensespring.NewLicense().WithFeatures("render", "teleport")))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(res.Outcome)
	for _, warning := range res.Warnings {
		fmt.Println(warning)
	}
	for _, attempt := range res.Attempts {
		fmt.Println(attempt)
	}
	// Output:
	// created
	// items[0].licenses[0].product_features[1].code: the license does not have the feature; the service drops codes it does not know [feature_dropped]
	// create order #1: answered 200
}

// The answer itself, for members that the record has no field for.
func ExampleOrderResult_Raw() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}
	res, err := client.CreateOrder(context.Background(), licensespring.NewOrder("inv-1").
		WithReference("po-88127").
		AddItem("acme-cad", licensespring.NewLicense()))
	if err != nil {
		fmt.Println(err)
		return
	}
	var more struct {
		Reference string `json:"reference"`
	}
	if err := json.Unmarshal(res.Raw(), &more); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(more.Reference)
	// Output: po-88127
}

// Records read whatever the service sends. They can be stored as JSON and read
// again.
func ExampleOrderRecord() {
	var record licensespring.OrderRecord
	err := json.Unmarshal([]byte(`{
		"id": 1659826094882456,
		"store_id": "inv-2031-000417",
		"created_at": "2031-03-01T10:20:30.123456Z",
		"customer": 77,
		"order_items": [{"licenses": [{
			"license_key": null,
			"license_type": "subscription",
			"validity_period": "0000-00-00",
			"license_users": [{"email": "grace@example.com|acme", "is_admin": {}, "initial_password": "only-once"}]
		}]}]
	}`), &record)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(record.ID, record.StoreID, record.CreatedAt.Year(), record.CustomerID)
	for _, license := range record.Licenses() {
		fmt.Println(license.LicenseType, license.ValidityPeriod.IsZero())
	}
	for _, user := range record.Users() {
		fmt.Println(user.Email, user.InitialPassword, user.InitialPassword.Reveal())
	}
	// Output:
	// 1659826094882456 inv-2031-000417 2031 77
	// subscription true
	// grace@example.com [redacted] only-once
}

func ExampleOrderRecord_LicenseKeys() {
	var record licensespring.OrderRecord
	err := json.Unmarshal([]byte(`{"order_items": [
		{"licenses": [{"license_key": "AB2C-D3EF-GH4J-K5MN"}, {"license_key": null}]},
		{"licenses": [{"license_key": "PQ2R-S3TU-VW4X-Y5ZA"}]}
	]}`), &record)
	fmt.Println(record.LicenseKeys(), err)
	// Output: [AB2C-D3EF-GH4J-K5MN PQ2R-S3TU-VW4X-Y5ZA] <nil>
}

func ExampleOrderRecord_Licenses() {
	var record licensespring.OrderRecord
	err := json.Unmarshal([]byte(`{"order_items": [
		{"licenses": [{"license_type": "time-limited", "valid_duration": "2m"}]},
		{"licenses": [{"license_type": "time-limited", "valid_duration": "1y"}]}
	]}`), &record)
	for _, license := range record.Licenses() {
		fmt.Println(license.LicenseType, license.ValidDuration)
	}
	fmt.Println(err)
	// Output:
	// time-limited 2m
	// time-limited 1y
	// <nil>
}

func ExampleOrderRecord_Users() {
	var record licensespring.OrderRecord
	err := json.Unmarshal([]byte(`{"order_items": [{"licenses": [{"license_users": [
		{"true_email": "ada@example.com", "is_manager": true},
		{"true_email": "grace@example.com"}
	]}]}]}`), &record)
	for _, user := range record.Users() {
		fmt.Println(user.Email, user.IsManager)
	}
	fmt.Println(err)
	// Output:
	// ada@example.com true
	// grace@example.com false
	// <nil>
}

func ExampleOrderRecord_Raw() {
	var record licensespring.OrderRecord
	err := json.Unmarshal([]byte(`{"id": 1, "archived": true}`), &record)
	fmt.Println(string(record.Raw()), err)
	// Output: {"id": 1, "archived": true} <nil>
}

func ExampleLicenseRecord_Raw() {
	var record licensespring.OrderRecord
	err := json.Unmarshal([]byte(`{"order_items": [{"licenses": [{"max_transfers": 3}]}]}`), &record)
	for _, license := range record.Licenses() {
		fmt.Println(string(license.Raw()), err)
	}
	// Output: {"max_transfers": 3} <nil>
}

// A secret is seen by those who ask for it, and by nobody else.
func ExampleSecret() {
	user := licensespring.UserRecord{Email: "grace@example.com", InitialPassword: licensespring.NewSecret("only-once")}
	encoded, err := json.Marshal(user)
	fmt.Println(string(encoded), err)
	fmt.Printf("%v %s %q %x\n", user.InitialPassword, user.InitialPassword, user.InitialPassword, user.InitialPassword)
	fmt.Println(user.InitialPassword.Reveal())
	// Output:
	// {"email":"grace@example.com","initial_password":"[redacted]"} <nil>
	// [redacted] [redacted] [redacted] [redacted]
	// only-once
}

func ExampleNewSecret() {
	none, one := licensespring.NewSecret(""), licensespring.NewSecret("only-once")
	fmt.Println(none.IsZero(), one.IsZero(), one.Equal(licensespring.NewSecret("only-once")))
	// Output: true false true
}

// Each attempt says how far it got, how it ended, and what came of that.
func ExampleAttempt() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()),
		licensespring.WithRetryWaits(time.Millisecond, time.Millisecond))
	if err != nil {
		fmt.Println(err)
		return
	}
	srv.Inject(licensespringtest.DropAfter().On(licensespringtest.CreateOrder))

	res, err := client.CreateOrder(context.Background(),
		licensespring.NewOrder("inv-1").AddItem("acme-cad", licensespring.NewLicense()))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range res.Attempts {
		fmt.Printf("%s, number %d: %s %d, %s\n", a.Op, a.Number, a.Phase, a.Status, a.Reason)
	}
	// Output:
	// create order, number 1: sent 0, connection cut
	// create order, number 2: answered 409, refused
	// look up order, number 1: answered 200, answered
}

func ExampleAttempt_String() {
	attempt := licensespring.Attempt{
		Op: "create order", Number: 1, Phase: licensespring.PhaseSent, Reason: "timed out",
		Wait: 480 * time.Millisecond, Verdict: "sent again",
	}
	fmt.Println(attempt)
	// Output: create order #1: sent, timed out, sent again after 480ms
}

func ExampleDifference() {
	difference := licensespring.Difference{Path: "items[0].licenses[2].max_activations", Asked: "3", Found: "5"}
	fmt.Println(difference)
	// Output: items[0].licenses[2].max_activations: asked for 3, found 5
}

func ExampleOutcome_Made() {
	for _, outcome := range []licensespring.Outcome{
		licensespring.Created, licensespring.Appended, licensespring.Recovered, licensespring.Existing,
		licensespring.Refused, licensespring.NotSent, licensespring.Unknown,
	} {
		fmt.Println(outcome, outcome.Made())
	}
	// Output:
	// created true
	// appended true
	// recovered true
	// existing true
	// refused false
	// not sent false
	// unknown false
}
