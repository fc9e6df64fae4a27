package licensespringtest_test

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring/licensespringtest"
)

func ExampleDefaultProducts() {
	for _, p := range licensespringtest.DefaultProducts() {
		fmt.Println(p.Code, p.Auth, p.LicenseType, p.Bundle)
	}
	// Output:
	// acmecad license-key  false
	// acmeweb user subscription false
	// acmeapi license-key consumption false
	// acmesuite license-key  true
}

func ExampleWithAPIKey() {
	srv := licensespringtest.NewServer(nil, licensespringtest.WithAPIKey("ABCD1234.this-one"))
	defer srv.Close()
	fmt.Println(srv.APIKey())
	// Output: ABCD1234.this-one
}

func ExampleWithProducts() {
	srv := licensespringtest.NewServer(nil, licensespringtest.WithProducts(
		licensespringtest.Product{Code: "desk", LicenseType: "time-limited", ValidDuration: "30d", MaxActivations: 2},
		licensespringtest.Product{Code: "team", Auth: licensespringtest.UserBased},
		licensespringtest.Product{Code: "gone", Archived: true},
	))
	defer srv.Close()
	fmt.Println(post(srv, `{"id":"inv-1","items":[{"product_code":"gone","licenses":[{}]}]}`))
	fmt.Println(post(srv, `{"id":"inv-1","items":[{"product_code":"team","licenses":[{"key":"AB2C-D3EF-GH4J-K5MN"}]}]}`))
	fmt.Println(post(srv, `{"id":"inv-1","items":[{"product_code":"desk","licenses":[{}]}]}`))
	properties := srv.Orders()[0].Licenses()[0].Properties
	fmt.Println(properties["valid_duration"], properties["max_activations"])
	// Output:
	// 400 archived_product
	// 400 invalid_product_auth_method
	// 200
	// 30d 2
}

func ExampleAuthMethod() {
	srv := licensespringtest.NewServer(nil, licensespringtest.WithProducts(
		licensespringtest.Product{Code: "desk", Auth: licensespringtest.KeyBased},
		licensespringtest.Product{Code: "team", Auth: licensespringtest.UserBased},
	))
	defer srv.Close()
	fmt.Println(licensespringtest.KeyBased, post(srv, `{"id":"inv-1","items":[{"product_code":"desk","licenses":[{}]}]}`))
	fmt.Println(licensespringtest.UserBased, post(srv, `{"id":"inv-2","items":[{"product_code":"team","licenses":[{"key":"AB2C-D3EF-GH4J-K5MN"}]}]}`))
	// Output:
	// license-key 200
	// user 400 invalid_product_auth_method
}

func ExampleWithPolicies() {
	srv := licensespringtest.NewServer(nil, licensespringtest.WithPolicies(
		licensespringtest.Policy{Code: "gold", Properties: map[string]any{"max_activations": 10, "is_floating": true}},
	))
	defer srv.Close()
	fmt.Println(post(srv, `{"id":"inv-1","items":[{"product_code":"acmecad","licenses":[{"policy_code":"gold","is_floating":false}]}]}`))
	properties := srv.Orders()[0].Licenses()[0].Properties
	fmt.Println(properties["max_activations"], properties["is_floating"])
	fmt.Println(post(srv, `{"id":"inv-2","items":[{"product_code":"acmecad","licenses":[{"policy_code":"lead"}]}]}`))
	// Output:
	// 200
	// 10 false
	// 400 validation_error
}

func ExampleWithCustomerAccounts() {
	srv := licensespringtest.NewServer(nil, licensespringtest.WithCustomerAccounts(7))
	defer srv.Close()
	fmt.Println(post(srv, `{"id":"inv-1","customer_account_id":7,"items":[{"product_code":"acmecad"}]}`))
	fmt.Println(post(srv, `{"id":"inv-2","customer_account_id":8,"items":[{"product_code":"acmecad"}]}`))
	// Output:
	// 200
	// 400 customer_account_not_found
}

func ExampleWithDialect() {
	srv := licensespringtest.NewServer(nil, licensespringtest.WithDialect(licensespringtest.DialectCurrent))
	defer srv.Close()
	fmt.Println(post(srv, `{"id":"inv-1","customer":{"company":"C"},"items":[{"product_code":"acmecad"}]}`))
	fmt.Println(post(srv, `{"id":"inv-1","customer":{"company_name":"C"},"items":[{"product_code":"acmecad"}]}`))
	// Output:
	// 400 {"customer":{"company":["Unknown field."]}}
	// 200
}

// A server accepts one spelling and rejects the other.
func ExampleDialect() {
	for _, dialect := range []licensespringtest.Dialect{licensespringtest.DialectClassic, licensespringtest.DialectCurrent} {
		srv := licensespringtest.NewServer(nil, licensespringtest.WithDialect(dialect))
		fmt.Println(dialect, post(srv, `{"id":"inv-1","customer":{"company_name":"C"},"items":[{"product_code":"acmecad"}]}`))
		srv.Close()
	}
	// Output:
	// classic 400 {"customer":{"company_name":["Unknown field."]}}
	// current 200
}

func ExampleWithExtraMembers() {
	srv := licensespringtest.NewServer(nil, licensespringtest.WithExtraMembers("tomorrow"))
	defer srv.Close()
	fmt.Println(post(srv, `{"id":"inv-1","items":[{"product_code":"acmecad","licenses":[{"tomorrow":1,"never":2}]}]}`))
	fmt.Println(post(srv, `{"id":"inv-1","items":[{"product_code":"acmecad","licenses":[{"tomorrow":1}]}]}`))
	fmt.Println(srv.Orders()[0].Licenses()[0].Properties["tomorrow"])
	// Output:
	// 400 {"items":[{"licenses":[{"never":["Unknown field."]}]}]}
	// 200
	// 1
}

func ExampleWithListener() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)

		return
	}
	srv := licensespringtest.NewServer(nil, licensespringtest.WithListener(l))
	defer srv.Close()
	fmt.Println(srv.URL() == "http://"+l.Addr().String(), post(srv, seatOrder))
	// Output: true 200
}

func ExampleWithNetwork() {
	network := licensespringtest.NewNetwork()
	srv := licensespringtest.NewServer(nil, licensespringtest.WithNetwork(network))
	defer srv.Close()
	fmt.Println(post(srv, seatOrder), network.Dials())
	// Output: 200 1
}

func ExampleWithBasePath() {
	srv := licensespringtest.NewServer(nil, licensespringtest.WithBasePath("/proxy"))
	defer srv.Close()
	fmt.Println(post(srv, seatOrder), srv.Requests()[0].Path)
	// Output: 200 /proxy/api/v1/orders/create_order/
}

func ExampleWithRateLimit() {
	srv := licensespringtest.NewServer(nil, licensespringtest.WithRateLimit(licensespringtest.RateLimit{PerMinute: 2, PerSecond: 50}))
	defer srv.Close()
	for range 3 {
		fmt.Println(get(srv, ""))
	}
	// Output:
	// 200 []
	// 200 []
	// 429 {"detail":"Request was throttled. Expected available in 60 seconds."}
}

func ExampleWithLookupDelay() {
	srv := licensespringtest.NewServer(nil, licensespringtest.WithLookupDelay(time.Hour))
	defer srv.Close()
	fmt.Println(post(srv, seatOrder))
	fmt.Println(get(srv, "?store_id=inv-1"))
	fmt.Println(post(srv, seatOrder))
	// Output:
	// 200
	// 200 []
	// 409 order_id_exists
}

func ExampleWithIgnoredFilters() {
	srv := licensespringtest.NewServer(nil, licensespringtest.WithIgnoredFilters())
	defer srv.Close()
	post(srv, seatOrder)
	fmt.Println(get(srv, "?store_id=inv-2"))
	// Output: 200 [inv-1]
}

func ExampleWithSeed() {
	key := func(seed int64) string {
		srv := licensespringtest.NewServer(nil, licensespringtest.WithSeed(seed))
		defer srv.Close()
		post(srv, seatOrder)

		return srv.Orders()[0].Licenses()[0].Key
	}
	first, again, other := key(7), key(7), key(8)
	fmt.Println(first == again, first == other)
	// Output: true false
}

func ExampleWithLegacyResponse() {
	srv := licensespringtest.NewServer(nil, licensespringtest.WithLegacyResponse())
	defer srv.Close()
	_, body, _ := call(srv, http.MethodPost, "create_order/", seatOrder)
	fmt.Println(strings.Replace(body, strconv.FormatInt(srv.Orders()[0].ID, 10), "…", 1))
	// Output: {"new_passwords":[],"order_id":…}
}

func ExampleWithQuirks() {
	srv := licensespringtest.NewServer(nil, licensespringtest.WithQuirks(licensespringtest.QuirkNoRootID, licensespringtest.QuirkZeroDates))
	defer srv.Close()
	_, body, _ := call(srv, http.MethodPost, "create_order/", seatOrder)
	fmt.Println(strings.Contains(body, `"validity_period":"0000-00-00"`))
	// Output: true
}

func ExampleWithRequestLogLimit() {
	srv := licensespringtest.NewServer(nil, licensespringtest.WithRequestLogLimit(100))
	defer srv.Close()
	for range 1000 {
		get(srv, "")
	}
	fmt.Println(len(srv.Requests()) <= 100)
	// Output: true
}

func ExampleWithStrictFaults() {
	tb := &printingTB{}
	srv := licensespringtest.NewServer(tb, licensespringtest.WithStrictFaults())
	srv.Inject(licensespringtest.Status(503).On(licensespringtest.GetOrder))
	tb.end()
	// Output: licensespringtest: injected faults still pending: [Status(503)]
}
