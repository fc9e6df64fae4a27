package licensespring_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

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

// The period of a consumption is one of the members that are spelled in two
// ways.
func ExampleDialect() {
	order := licensespring.NewOrder("inv-1").
		AddItem("acme-api", licensespring.NewLicense().Consumption(1000).WithReset(licensespring.Annually))
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
		_, period, _ := strings.Cut(string(preview.Body), `"consumption_period":`)
		fmt.Println(dialect, strings.Trim(period, "]}"))
	}
	// Output:
	// page "year"
	// current "annually"
}
