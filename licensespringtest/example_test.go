package licensespringtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/licensespring-go/licensespring/licensespringtest"
)

// The examples talk to the fake with plain net/http, by way of the functions at
// the end of this file. Tests use the client they test instead.

const seatOrder = `{"id":"inv-1","items":[{"product_code":"acme-cad","licenses":[{"max_activations":3}]}]}`

func Example() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()

	// The answer is lost after the order was stored, and the client tries again.
	srv.Inject(licensespringtest.DropAfter().On(licensespringtest.CreateOrder))
	fmt.Println(post(srv, seatOrder))
	fmt.Println(post(srv, seatOrder))

	order, _ := srv.Order("inv-1")
	fmt.Println(len(srv.Orders()), "order,", order.Licenses()[0].Properties["max_activations"], "activations")
	// Output:
	// no answer
	// 409 order_id_exists
	// 1 order, 3 activations
}

func ExampleNewServer() {
	// In a test, NewServer(t) closes the server when the test ends.
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	fmt.Println(post(srv, seatOrder))
	// Output: 200
}

func ExampleServer_Client() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	r, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, srv.URL()+"/api/v1/orders/", http.NoBody)
	r.Header.Set("Authorization", "Api-Key "+srv.APIKey())
	resp, err := srv.Client().Do(r)
	if err != nil {
		fmt.Println(err)

		return
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	fmt.Printf("%s\n", body)
	// Output: {"count":0,"next":null,"previous":null,"results":[]}
}

func ExampleServer_URL() {
	srv := licensespringtest.NewServer(nil, licensespringtest.WithBasePath("/proxy"))
	defer srv.Close()
	fmt.Println(strings.HasPrefix(srv.URL(), "http://127.0.0.1:"), strings.HasSuffix(srv.URL(), "/proxy"))
	// Output: true true
}

func ExampleServer_APIKey() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	fmt.Println(srv.APIKey())
	// Output: FAKEFAKE.0123456789abcdef0123456789abcdef
}

func ExampleServer_Close() {
	srv := licensespringtest.NewServer(nil)
	post(srv, seatOrder)
	srv.Close()
	fmt.Println(post(srv, seatOrder))
	fmt.Println(len(srv.Orders()), "order is still there to be looked at")
	// Output:
	// no answer
	// 1 order is still there to be looked at
}

func ExampleServer_Orders() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	post(srv, `{"id":"inv-1","customer":{"company":"Analytical Engines"},"items":[
		{"product_code":"acme-cad","licenses":[{"key":"AB2C-D3EF-GH4J-K5MN"},{"license_type":"time-limited","valid_duration":"1y"}]},
		{"product_code":"acme-web","licenses":[{"users":[{"email":"grace@example.com","is_manager":true}]}]}]}`)
	for _, order := range srv.Orders() {
		fmt.Println(order.StoreID, order.Customer.Properties["company"])
		for _, license := range order.Licenses() {
			fmt.Println(license.Type, license.Key, license.Properties["valid_duration"])
			for _, user := range license.Users {
				fmt.Println(user.Email, user.IsManager, user.InitialPassword)
			}
		}
	}
	// Output:
	// inv-1 Analytical Engines
	// perpetual AB2C-D3EF-GH4J-K5MN <nil>
	// time-limited VCJM-VZ4Y-LY7H-ZZTC 1y
	// subscription  <nil>
	// grace@example.com true ziWP8yWwWn
}

func ExampleServer_Order() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	post(srv, seatOrder)
	order, ok := srv.Order("inv-1")
	fmt.Println(ok, order.Items[0].ProductCode, string(order.Requests[0]) == seatOrder)
	_, ok = srv.Order("inv-2")
	fmt.Println(ok)
	// Output:
	// true acme-cad true
	// false
}

func ExampleOrder_Licenses() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	post(srv, `{"id":"inv-1","items":[{"product_code":"acme-cad","licenses":[{},{}]},{"product_code":"acme-api","licenses":[{}]}]}`)
	order, _ := srv.Order("inv-1")
	fmt.Println(len(order.Licenses()))
	// Output: 3
}

func ExampleServer_LicenseCount() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	again := `{"id":"inv-1","append":true,"items":[{"product_code":"acme-cad","licenses":[{},{}]}]}`
	post(srv, again)
	post(srv, again) // An append that is sent again adds its licenses again.
	fmt.Println(srv.LicenseCount())
	// Output: 4
}

func ExampleServer_Requests() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	post(srv, seatOrder)
	get(srv, "?store_id=inv-1")
	for _, r := range srv.Requests() {
		fmt.Println(r.Endpoint, r.Query, len(r.Body), r.Header.Get("Authorization"), r.Status, r.Changed)
	}
	// Output:
	// POST orders/create_order/ map[] 87 right 200 true
	// GET orders/ map[store_id:[inv-1]] 0 right 200 false
}

func ExampleServer_ResetRequests() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	post(srv, seatOrder)
	srv.ResetRequests()
	fmt.Println(len(srv.Requests()), len(srv.Orders()))
	// Output: 0 1
}

func ExampleServer_RenameOrder() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	post(srv, seatOrder)
	fmt.Println(srv.RenameOrder("inv-1", "renamed"))
	fmt.Println(post(srv, seatOrder), len(srv.Orders()))
	// Output:
	// <nil>
	// 200 2
}

func ExampleServer_ArchiveOrder() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	post(srv, seatOrder)
	srv.ArchiveOrder("inv-1")
	fmt.Println(get(srv, "?is_archived=false"))
	fmt.Println(get(srv, "?is_archived=true"))
	// Output:
	// 200 []
	// 200 [inv-1]
}

func ExampleServer_SignIn() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	post(srv, `{"id":"inv-1","items":[{"product_code":"acme-web","licenses":[{"users":[{"email":"grace@example.com"}]}]}]}`)
	password := func() bool { return srv.Orders()[0].Licenses()[0].Users[0].InitialPassword != "" }
	fmt.Println(password())
	srv.SignIn("grace@example.com")
	fmt.Println(password())
	// Output:
	// true
	// false
}

func ExampleDefaultProducts() {
	for _, p := range licensespringtest.DefaultProducts() {
		fmt.Println(p.Code, p.Auth, p.LicenseType, p.Bundle)
	}
	// Output:
	// acme-cad license-key  false
	// acme-web user subscription false
	// acme-api license-key consumption false
	// acme-suite license-key  true
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
	fmt.Println(post(srv, `{"id":"inv-1","items":[{"product_code":"acme-cad","licenses":[{"policy_code":"gold","is_floating":false}]}]}`))
	properties := srv.Orders()[0].Licenses()[0].Properties
	fmt.Println(properties["max_activations"], properties["is_floating"])
	fmt.Println(post(srv, `{"id":"inv-2","items":[{"product_code":"acme-cad","licenses":[{"policy_code":"lead"}]}]}`))
	// Output:
	// 200
	// 10 false
	// 400 validation_error
}

func ExampleWithCustomerAccounts() {
	srv := licensespringtest.NewServer(nil, licensespringtest.WithCustomerAccounts(7))
	defer srv.Close()
	fmt.Println(post(srv, `{"id":"inv-1","customer_account_id":7,"items":[{"product_code":"acme-cad"}]}`))
	fmt.Println(post(srv, `{"id":"inv-2","customer_account_id":8,"items":[{"product_code":"acme-cad"}]}`))
	// Output:
	// 200
	// 400 customer_account_not_found
}

func ExampleWithDialect() {
	srv := licensespringtest.NewServer(nil, licensespringtest.WithDialect(licensespringtest.DialectCurrent))
	defer srv.Close()
	fmt.Println(post(srv, `{"id":"inv-1","customer":{"company":"C"},"items":[{"product_code":"acme-cad"}]}`))
	fmt.Println(post(srv, `{"id":"inv-1","customer":{"company_name":"C"},"items":[{"product_code":"acme-cad"}]}`))
	// Output:
	// 400 {"customer":{"company":["Unknown field."]}}
	// 200
}

// Demonstrates that a server takes one spelling and refuses the other.
func ExampleDialect() {
	for _, dialect := range []licensespringtest.Dialect{licensespringtest.DialectPage, licensespringtest.DialectCurrent} {
		srv := licensespringtest.NewServer(nil, licensespringtest.WithDialect(dialect))
		fmt.Println(dialect, post(srv, `{"id":"inv-1","customer":{"company_name":"C"},"items":[{"product_code":"acme-cad"}]}`))
		srv.Close()
	}
	// Output:
	// page 400 {"customer":{"company_name":["Unknown field."]}}
	// current 200
}

func ExampleWithExtraMembers() {
	srv := licensespringtest.NewServer(nil, licensespringtest.WithExtraMembers("tomorrow"))
	defer srv.Close()
	fmt.Println(post(srv, `{"id":"inv-1","items":[{"product_code":"acme-cad","licenses":[{"tomorrow":1,"never":2}]}]}`))
	fmt.Println(post(srv, `{"id":"inv-1","items":[{"product_code":"acme-cad","licenses":[{"tomorrow":1}]}]}`))
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
	fmt.Println(post(srv, seatOrder), "all the same")
	// Output:
	// 200
	// 200 []
	// 409 order_id_exists all the same
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
	srv := licensespringtest.NewServer(nil, licensespringtest.WithQuirks(licensespringtest.NoRootID, licensespringtest.ZeroDates))
	defer srv.Close()
	_, body, _ := call(srv, http.MethodPost, "create_order/", seatOrder)
	fmt.Println(strings.Contains(body, `"validity_period":"0000-00-00"`))
	// Output: true
}

func ExampleWithJournalLimit() {
	srv := licensespringtest.NewServer(nil, licensespringtest.WithJournalLimit(100))
	defer srv.Close()
	for range 1000 {
		get(srv, "")
	}
	fmt.Println(len(srv.Requests()) <= 100)
	// Output: true
}

func ExampleWithStrictFaults() {
	tb := &printer{}
	srv := licensespringtest.NewServer(tb, licensespringtest.WithStrictFaults())
	srv.Inject(licensespringtest.Status(503).On(licensespringtest.GetOrder))
	tb.end()
	// Output: licensespringtest: faults that never happened: [Status(503)]
}

func ExampleServer_Inject() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(
		licensespringtest.Status(503),
		licensespringtest.Status(429, licensespringtest.Header("Retry-After", "1")),
	)
	fmt.Println(post(srv, seatOrder))
	fmt.Println(post(srv, seatOrder))
	fmt.Println(post(srv, seatOrder))
	// Output:
	// 503 {"detail":"Service Unavailable"}
	// 429 {"detail":"Too Many Requests"}
	// 200
}

func ExampleServer_PendingFaults() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.DropAfter(), licensespringtest.CutResponse(100).On(licensespringtest.ListOrders))
	post(srv, seatOrder)
	fmt.Println(srv.PendingFaults())
	// Output: [CutResponse(100)]
}

func ExampleServer_ClearFaults() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.Status(500).Forever())
	fmt.Println(post(srv, seatOrder))
	srv.ClearFaults()
	fmt.Println(post(srv, seatOrder))
	// Output:
	// 500 {"detail":"Internal Server Error"}
	// 200
}

func ExampleServer_Offline() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	fmt.Println(srv.Offline())
	_, _, err := call(srv, http.MethodPost, "create_order/", seatOrder)
	fmt.Println(errors.Is(err, syscall.ECONNREFUSED))
	fmt.Println(srv.Online())
	fmt.Println(post(srv, seatOrder))
	// Output:
	// <nil>
	// true
	// <nil>
	// 200
}

func ExampleServer_Online() {
	srv := licensespringtest.NewServer(nil, licensespringtest.WithNetwork(licensespringtest.NewNetwork()))
	defer srv.Close()
	_ = srv.Offline()
	fmt.Println(post(srv, seatOrder))
	_ = srv.Online()
	fmt.Println(post(srv, seatOrder))
	// Output:
	// no answer
	// 200
}

func ExampleServer_CloseConnections() {
	network := licensespringtest.NewNetwork()
	srv := licensespringtest.NewServer(nil, licensespringtest.WithNetwork(network))
	defer srv.Close()
	get(srv, "")
	srv.CloseConnections()
	get(srv, "")
	fmt.Println(network.Dials())
	// Output: 2
}

func ExampleFault_On() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.Status(500).On(licensespringtest.ListOrders, licensespringtest.GetOrder))
	fmt.Println(post(srv, seatOrder))
	fmt.Println(get(srv, ""))
	// Output:
	// 200
	// 500 {"detail":"Internal Server Error"}
}

func ExampleFault_When() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.Status(500).When(func(r *http.Request) bool { return r.URL.Query().Get("offset") == "20" }))
	fmt.Println(get(srv, "?offset=0"))
	fmt.Println(get(srv, "?offset=20"))
	// Output:
	// 200 []
	// 500 {"detail":"Internal Server Error"}
}

func ExampleFault_Nth() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.Status(500).Nth(2))
	fmt.Println(get(srv, ""))
	fmt.Println(get(srv, ""))
	fmt.Println(get(srv, ""))
	// Output:
	// 200 []
	// 500 {"detail":"Internal Server Error"}
	// 200 []
}

func ExampleFault_Times() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.DropBefore().Times(2))
	fmt.Println(post(srv, seatOrder))
	fmt.Println(post(srv, seatOrder))
	fmt.Println(post(srv, seatOrder))
	// Output:
	// no answer
	// no answer
	// 200
}

func ExampleFault_Forever() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.DropBefore().Nth(2).Forever())
	fmt.Println(post(srv, seatOrder))
	fmt.Println(post(srv, seatOrder))
	fmt.Println(post(srv, seatOrder))
	// Output:
	// 200
	// no answer
	// no answer
}

func ExampleFault_Reset() {
	srv := licensespringtest.NewServer(nil, licensespringtest.WithNetwork(licensespringtest.NewNetwork()))
	defer srv.Close()
	srv.Inject(licensespringtest.DropAfter(), licensespringtest.DropAfter().Reset())
	_, _, err := call(srv, http.MethodPost, "create_order/", seatOrder)
	fmt.Println(errors.Is(err, io.EOF))
	_, _, err = call(srv, http.MethodPost, "create_order/", seatOrder)
	fmt.Println(errors.Is(err, syscall.ECONNRESET))
	// Output:
	// true
	// true
}

func ExampleFault_String() {
	fmt.Println(licensespringtest.SlowDrip(10, time.Second))
	// Output: SlowDrip(10, 1s)
}

func ExampleTogether() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	// Lost, and at first not to be found either.
	srv.Inject(licensespringtest.Together(licensespringtest.DropAfter(), licensespringtest.InvisibleFor(time.Hour)))
	fmt.Println(post(srv, seatOrder))
	fmt.Println(get(srv, "?store_id=inv-1"))
	fmt.Println(len(srv.Orders()))
	// Output:
	// no answer
	// 200 []
	// 1
}

func ExampleRefuseConnection() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.RefuseConnection())
	fmt.Println(post(srv, seatOrder), len(srv.Requests()))
	fmt.Println(post(srv, seatOrder), len(srv.Requests()))
	// Output:
	// no answer 0
	// 200 1
}

func ExampleDropBefore() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.DropBefore())
	fmt.Println(post(srv, seatOrder), len(srv.Orders()))
	// Output: no answer 0
}

func ExampleDropAfter() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.DropAfter())
	fmt.Println(post(srv, seatOrder), len(srv.Orders()))
	// Output: no answer 1
}

func ExampleCutResponse() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	post(srv, seatOrder)
	whole := srv.Requests()[0].ResponseBytes

	srv.Inject(licensespringtest.CutResponse(whole - 1))
	fmt.Println(post(srv, strings.Replace(seatOrder, "inv-1", "inv-2", 1)))
	fmt.Println(len(srv.Orders()), whole-srv.Requests()[1].ResponseBytes)
	// Output:
	// no answer
	// 2 1
}

func ExampleCutRequest() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.CutRequest(5))
	fmt.Println(post(srv, seatOrder), len(srv.Orders()))
	fmt.Printf("%s\n", srv.Requests()[0].Body)
	// Output:
	// no answer 0
	// {"id"
}

func ExampleStallBefore() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.StallBefore())
	fmt.Println(postFor(10*time.Millisecond, srv, seatOrder), len(srv.Orders()))
	// Output: no answer 0
}

func ExampleStallAfter() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.StallAfter())
	fmt.Println(postFor(250*time.Millisecond, srv, seatOrder), len(srv.Orders()))
	// Output: no answer 1
}

func ExampleDelayBefore() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.DelayBefore(time.Millisecond))
	fmt.Println(post(srv, seatOrder))
	// Output: 200
}

func ExampleDelayAfter() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.DelayAfter(time.Millisecond))
	fmt.Println(post(srv, seatOrder))
	// Output: 200
}

func ExampleSlowDrip() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.SlowDrip(100, time.Millisecond))
	start := time.Now()
	fmt.Println(post(srv, seatOrder))
	fmt.Println(time.Since(start) > 5*time.Millisecond)
	// Output:
	// 200
	// true
}

func ExampleWrongContentType() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.WrongContentType("text/html"))
	fmt.Println(post(srv, seatOrder), len(srv.Orders()))
	// Output: 200 1
}

func ExampleHugeBody() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.HugeBody(1 << 20))
	_, body, _ := call(srv, http.MethodPost, "create_order/", seatOrder)
	fmt.Println(len(body), json.Valid([]byte(body)))
	// Output: 1048576 true
}

func ExampleGzipBomb() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.GzipBomb(1 << 20))
	_, body, _ := call(srv, http.MethodPost, "create_order/", seatOrder)
	fmt.Println(len(body), srv.Requests()[0].ResponseBytes < 10000)
	// Output: 1048576 true
}

func ExampleInvisibleFor() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.InvisibleFor(time.Hour))
	fmt.Println(post(srv, seatOrder))
	fmt.Println(get(srv, "?store_id=inv-1"))
	// Output:
	// 200
	// 200 []
}

func ExampleRedirect() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.Redirect(http.StatusTemporaryRedirect, "https://elsewhere.example/"))
	fmt.Println(post(srv, seatOrder), len(srv.Orders()))
	// Output: 307 0
}

func ExampleCustom() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.Custom(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		w.Header().Set("X-Request-Id", "req-7")
		next.ServeHTTP(w, r)
	}))
	fmt.Println(post(srv, seatOrder), len(srv.Orders()))
	// Output: 200 1
}

func ExampleStatus() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.Status(503))
	fmt.Println(post(srv, seatOrder), len(srv.Orders()))
	// Output: 503 {"detail":"Service Unavailable"} 0
}

func ExampleStored() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.Status(502, licensespringtest.Stored()))
	fmt.Println(post(srv, seatOrder), len(srv.Orders()))
	// Output: 502 {"detail":"Bad Gateway"} 1
}

func ExampleHeader() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	// A wait that overflows a careless client's arithmetic.
	srv.Inject(licensespringtest.Status(429, licensespringtest.Header("Retry-After", "9223372036854775807")))
	fmt.Println(post(srv, seatOrder))
	// Output: 429 {"detail":"Too Many Requests"}
}

func ExampleBody() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	srv.Inject(licensespringtest.Status(502, licensespringtest.Body("text/html", "<h1>Bad Gateway</h1>")))
	fmt.Println(post(srv, seatOrder))
	// Output: 502 <h1>Bad Gateway</h1>
}

func ExampleNewNetwork() {
	network := licensespringtest.NewNetwork()
	network.Line(1).Refuse()
	network.Line(2).CutAfter(licensespringtest.ToClient, 100)
	srv := licensespringtest.NewServer(nil, licensespringtest.WithNetwork(network))
	defer srv.Close()
	fmt.Println(post(srv, seatOrder), len(srv.Orders())) // Never sent.
	fmt.Println(post(srv, seatOrder), len(srv.Orders())) // Made, the answer lost.
	fmt.Println(post(srv, seatOrder), len(srv.Orders()))
	// Output:
	// no answer 0
	// no answer 1
	// 409 order_id_exists 1
}

func ExampleNetwork_DialContext() {
	network := licensespringtest.NewNetwork()
	listener := network.Listener()
	defer listener.Close()
	client, _ := network.DialContext(context.Background(), "tcp", "saas.licensespring.com:443")
	server, _ := listener.Accept()

	fmt.Fprint(client, "nobody has to read this for it to be written")
	_ = client.Close()
	got, err := io.ReadAll(server)
	fmt.Printf("%s, %v\n", got, err)
	// Output: nobody has to read this for it to be written, <nil>
}

func ExampleNetwork_Listener() {
	network := licensespringtest.NewNetwork()
	_, err := network.DialContext(context.Background(), "tcp", "anywhere")
	fmt.Println(errors.Is(err, syscall.ECONNREFUSED))
	listener := network.Listener()
	defer listener.Close()
	_, err = network.DialContext(context.Background(), "tcp", "anywhere")
	fmt.Println(err)
	// Output:
	// true
	// <nil>
}

func ExampleNetwork_OnDial() {
	network := licensespringtest.NewNetwork()
	network.OnDial(func(l *licensespringtest.Line) {
		if l.Ordinal()%2 == 1 {
			l.Refuse()
		}
	})
	srv := licensespringtest.NewServer(nil, licensespringtest.WithNetwork(network))
	defer srv.Close()
	fmt.Println(get(srv, ""))
	fmt.Println(get(srv, ""))
	// Output:
	// no answer
	// 200 []
}

func ExampleNetwork_Line() {
	network := licensespringtest.NewNetwork()
	srv := licensespringtest.NewServer(nil, licensespringtest.WithNetwork(network))
	defer srv.Close()
	get(srv, "")
	line := network.Line(1)
	fmt.Println(line.Ordinal(), line.Sent(licensespringtest.ToClient) == srv.Requests()[0].ResponseBytes)
	// Output: 1 true
}

func ExampleNetwork_Dials() {
	network := licensespringtest.NewNetwork()
	srv := licensespringtest.NewServer(nil, licensespringtest.WithNetwork(network))
	defer srv.Close()
	get(srv, "")
	get(srv, "") // On the same connection.
	fmt.Println(network.Dials())
	// Output: 1
}

func ExampleDirection() {
	network := licensespringtest.NewNetwork()
	srv := licensespringtest.NewServer(nil, licensespringtest.WithNetwork(network))
	defer srv.Close()
	get(srv, "")
	for _, d := range []licensespringtest.Direction{licensespringtest.ToServer, licensespringtest.ToClient} {
		fmt.Println(d, network.Line(1).Sent(d) > 0)
	}
	// Output:
	// to server true
	// to client true
}

func ExampleLine_Ordinal() {
	network := licensespringtest.NewNetwork()
	network.OnDial(func(l *licensespringtest.Line) { fmt.Println("dial", l.Ordinal()) })
	srv := licensespringtest.NewServer(nil, licensespringtest.WithNetwork(network))
	defer srv.Close()
	get(srv, "")
	srv.CloseConnections()
	get(srv, "")
	// Output:
	// dial 1
	// dial 2
}

func ExampleLine_Sent() {
	network := licensespringtest.NewNetwork()
	network.Line(1).CutAfter(licensespringtest.ToClient, 100)
	srv := licensespringtest.NewServer(nil, licensespringtest.WithNetwork(network))
	defer srv.Close()
	fmt.Println(post(srv, seatOrder), network.Line(1).Sent(licensespringtest.ToClient))
	// Output: no answer 100
}

func ExampleLine_CutAfter() {
	network := licensespringtest.NewNetwork()
	network.Line(1).CutAfter(licensespringtest.ToServer, 10)
	network.Line(2).CutAfter(licensespringtest.ToServer, 12).Reset()
	listener := network.Listener()
	defer listener.Close()
	for range 2 {
		client, _ := network.DialContext(context.Background(), "tcp", "anywhere")
		server, _ := listener.Accept()
		n, err := fmt.Fprint(client, "twenty bytes of data")
		fmt.Println(n, errors.Is(err, syscall.ECONNRESET))
		got, err := io.ReadAll(server)
		fmt.Printf("%q %t\n", got, errors.Is(err, syscall.ECONNRESET))
	}
	// Output:
	// 10 true
	// "twenty byt" false
	// 12 true
	// "twenty bytes" true
}

func ExampleLine_Reset() {
	network := licensespringtest.NewNetwork()
	network.Line(1).CutAfter(licensespringtest.ToServer, 5)
	network.Line(2).CutAfter(licensespringtest.ToServer, 5).Reset()
	listener := network.Listener()
	defer listener.Close()
	for range 2 {
		client, _ := network.DialContext(context.Background(), "tcp", "anywhere")
		server, _ := listener.Accept()
		fmt.Fprint(client, "hello, server")
		got, err := io.ReadAll(server)
		fmt.Printf("%s, reset: %t\n", got, errors.Is(err, syscall.ECONNRESET))
	}
	// Output:
	// hello, reset: false
	// hello, reset: true
}

func ExampleLine_StallAfter() {
	network := licensespringtest.NewNetwork()
	network.Line(1).StallAfter(licensespringtest.ToClient, 0)
	srv := licensespringtest.NewServer(nil, licensespringtest.WithNetwork(network))
	defer srv.Close()
	fmt.Println(postFor(250*time.Millisecond, srv, seatOrder), len(srv.Orders()))
	// Output: no answer 1
}

func ExampleLine_Delay() {
	network := licensespringtest.NewNetwork()
	network.OnDial(func(l *licensespringtest.Line) { l.Delay(2 * time.Millisecond) })
	srv := licensespringtest.NewServer(nil, licensespringtest.WithNetwork(network))
	defer srv.Close()
	start := time.Now()
	fmt.Println(get(srv, ""))
	fmt.Println(time.Since(start) >= 8*time.Millisecond) // The dial, and the request.
	// Output:
	// 200 []
	// true
}

func ExampleLine_Refuse() {
	network := licensespringtest.NewNetwork()
	network.Line(1).Refuse()
	srv := licensespringtest.NewServer(nil, licensespringtest.WithNetwork(network))
	defer srv.Close()
	_, _, err := call(srv, http.MethodGet, "", "")
	fmt.Println(errors.Is(err, syscall.ECONNREFUSED))
	// Output: true
}

// post sends an order and describes the answer: its status, and what is wrong.
func post(srv *licensespringtest.Server, order string) string {
	return postFor(time.Minute, srv, order)
}

func postFor(timeout time.Duration, srv *licensespringtest.Server, order string) string {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	status, body, err := callContext(ctx, srv, http.MethodPost, "create_order/", order)
	if err != nil {
		return "no answer"
	}
	var answer struct{ Code string }
	if _ = json.Unmarshal([]byte(body), &answer); answer.Code != "" {
		body = answer.Code
	}
	if status < http.StatusBadRequest {
		body = ""
	}

	return strings.TrimSpace(fmt.Sprint(status, " ", body))
}

// get lists orders and describes the answer: its status, and their ids.
func get(srv *licensespringtest.Server, query string) string {
	status, body, err := call(srv, http.MethodGet, query, "")
	if err != nil {
		return "no answer"
	}
	if status != http.StatusOK {
		return fmt.Sprint(status, " ", body)
	}
	var list struct {
		Results []struct {
			StoreID string `json:"store_id"`
		}
	}
	_ = json.Unmarshal([]byte(body), &list)
	ids := []string{}
	for _, order := range list.Results {
		ids = append(ids, order.StoreID)
	}

	return fmt.Sprint(status, " ", ids)
}

func call(srv *licensespringtest.Server, method, path, body string) (status int, answer string, err error) {
	return callContext(context.Background(), srv, method, path, body)
}

func callContext(ctx context.Context, srv *licensespringtest.Server, method, path, body string) (status int, answer string, err error) {
	r, err := http.NewRequestWithContext(ctx, method, srv.URL()+"/api/v1/orders/"+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Authorization", "Api-Key "+srv.APIKey())
	r.Header.Set("Content-Type", "application/json")
	client := srv.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)

	return resp.StatusCode, string(b), err
}

// A printer is a TB for examples.
type printer struct{ cleanup func() }

func (p *printer) Helper()                           {}
func (p *printer) Cleanup(cleanup func())            { p.cleanup = cleanup }
func (p *printer) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
func (p *printer) end()                              { p.cleanup() }
