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

// Uses a proxy of your own. Plain http is accepted for loopback addresses only.
func ExampleWithBaseURL() {
	client, err := licensespring.New("key", licensespring.WithBaseURL("https://proxy.example.com/licenses/"))
	if err != nil {
		fmt.Println(err)
		return
	}
	preview, err := client.Preview(licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense()))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(preview.URL)
	// Output: https://proxy.example.com/licenses/api/v1/orders/create_order/
}

// Uses a transport of your own, for example with a proxy or certificates.
func ExampleWithHTTPClient() {
	httpClient := &http.Client{Transport: &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		MaxIdleConnsPerHost: 32,
	}}
	_, err := licensespring.New("key", licensespring.WithHTTPClient(httpClient))
	fmt.Println(err)
	// Output: <nil>
}

// Disables retries.
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
		licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense()))
	fmt.Println(errors.Is(err, licensespring.ErrRateLimited), len(srv.Requests()))
	// Output: true 1
}

// Waits up to one second before the second attempt, up to two before the third,
// and at most one minute.
func ExampleWithRetryWaits() {
	_, err := licensespring.New("key", licensespring.WithRetryWaits(time.Second, time.Minute))
	fmt.Println(err)
	// Output: <nil>
}

// An attempt that exceeds the timeout is canceled and retried.
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
		licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense()))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(res.Outcome, res.Attempts[0].Reason, res.Attempts[1].Status)
	// Output: created timed out 200
}

// Limits a call, including all attempts and waits. A wait that exceeds the
// limit is not started: the call fails at once with RetryAt.
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
		licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense()))
	if e, ok := errors.AsType[*licensespring.Error](err); ok {
		fmt.Println(e.Kind, time.Since(start) < 5*time.Second, e.RetryAt.After(start.Add(59*time.Second)))
	}
	// Output: licensespring: rate limited true true
}

// A response that is too large is discarded, and the order is looked up
// instead.
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
		licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense()))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(res.Outcome, res.Attempts[0].Reason)
	// Output: recovered response too large
}

// Logs each attempt and each failed call. The log contains no customer data and
// no key.
func ExampleWithLogger() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Value.Kind() == slog.KindDuration {
				return slog.Attr{} // differs in each run
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
	// level=DEBUG msg="licensespring attempt" attempt.op="create order" attempt.number=1 attempt.phase=responded attempt.status=400 attempt.reason=rejected attempt.decision="no retry: final response"
	// level=WARN msg="licensespring call failed" error.op="create order" error.kind="invalid request" error.order_id=inv-1 error.outcome=rejected error.status=400 error.code=unknown_product error.message="Product \"no-such-product\" does not exist." error.attempts=1
}

// Names the calling program.
func ExampleWithUserAgent() {
	client, err := licensespring.New("key", licensespring.WithUserAgent("acme-billing/1.2"))
	if err != nil {
		fmt.Println(err)
		return
	}
	preview, err := client.Preview(licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense()))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(preview.Header.Get("User-Agent"))
	// Output: acme-billing/1.2 licensespring-go/0.1.0
}

// Sends the spelling of the vendor's newer reference.
func ExampleWithDialect() {
	order := licensespring.NewOrder("inv-1").
		WithCustomer(licensespring.Customer{Company: "Analytical Engines"}).
		AddItem("acmecad")
	for _, dialect := range []licensespring.Dialect{licensespring.DialectClassic, licensespring.DialectCurrent} {
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
	// classic: {"id":"inv-1","items":[{"product_code":"acmecad"}],"customer":{"company":"Analytical Engines"}}
	// current: {"id":"inv-1","items":[{"product_code":"acmecad"}],"customer":{"company_name":"Analytical Engines"}}
}

// Makes the waits of a test deterministic: here half of their maximum.
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
		licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense()))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, attempt := range res.Attempts {
		fmt.Println(attempt)
	}
	// Output:
	// create order #1: sent, connection closed, retry after 5ms
	// create order #2: sent, connection closed, retry after 10ms
	// create order #3: responded 200, ok
}

// Shares a rate limiter between the clients of a company. A request that would
// have to wait too long fails at once.
func ExampleWithRateLimiter() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	limiter := licensespring.NewRateLimiter(licensespring.RateLimit(1)) // one request per minute
	for range 2 {
		client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()),
			licensespring.WithRateLimiter(limiter), licensespring.WithCallTimeout(10*time.Second))
		if err != nil {
			fmt.Println(err)
			return
		}
		_, err = client.GenerateLicenseKeys(context.Background(), "acmecad", 1)
		if e, ok := errors.AsType[*licensespring.Error](err); ok {
			fmt.Println(errors.Is(err, licensespring.ErrRateLimited), e.RateLimitSource, e.RetryAt.After(time.Now()))
		}
	}
	fmt.Println(len(srv.Requests()), "request")
	// Output:
	// true client true
	// 1 request
}

func ExampleNewRateLimiter() {
	// The rate limit of the company; half of it, for one of two machines; and
	// none, for tests against the fake.
	for _, limit := range []licensespring.RateLimit{
		licensespring.RateLimitBusinessPlus, licensespring.RateLimitBusinessPlus / 2, licensespring.NoRateLimit,
	} {
		_, err := licensespring.New("key", licensespring.WithRateLimiter(licensespring.NewRateLimiter(limit)))
		fmt.Println(int(limit), err)
	}
	// Output:
	// 1200 <nil>
	// 600 <nil>
	// -1 <nil>
}

// The consumption period is one of the members with two spellings.
func ExampleDialect() {
	order := licensespring.NewOrder("inv-1").
		AddItem("acmeapi", licensespring.NewLicense().Consumption(1000).WithReset(licensespring.Annually))
	for _, dialect := range []licensespring.Dialect{licensespring.DialectClassic, licensespring.DialectCurrent} {
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
	// classic "year"
	// current "annually"
}
