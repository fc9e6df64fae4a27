package licensespringtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring/licensespringtest"
)

// The examples use net/http, through the functions at the end of this file. A test
// uses the client under test instead.

const seatOrder = `{"id":"inv-1","items":[{"product_code":"acmecad","licenses":[{"max_activations":3}]}]}`

func Example() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()

	// The response is lost after the order was stored, and the client retries.
	srv.Inject(licensespringtest.DropAfter().On(licensespringtest.CreateOrder))
	fmt.Println(post(srv, seatOrder))
	fmt.Println(post(srv, seatOrder))

	order, _ := srv.Order("inv-1")
	fmt.Println(len(srv.Orders()), "order,", order.Licenses()[0].Properties["max_activations"], "activations")
	// Output:
	// no response
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
	fmt.Println(len(srv.Orders()), "order is still readable")
	// Output:
	// no response
	// 1 order is still readable
}

func ExampleServer_Orders() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	post(srv, `{"id":"inv-1","customer":{"company":"Analytical Engines"},"items":[
		{"product_code":"acmecad","licenses":[{"key":"AB2C-D3EF-GH4J-K5MN"},{"license_type":"time-limited","valid_duration":"1y"}]},
		{"product_code":"acmeweb","licenses":[{"users":[{"email":"grace@example.com","is_manager":true}]}]}]}`)
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
	// true acmecad true
	// false
}

func ExampleOrder_Licenses() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	post(srv, `{"id":"inv-1","items":[{"product_code":"acmecad","licenses":[{},{}]},{"product_code":"acmeapi","licenses":[{}]}]}`)
	order, _ := srv.Order("inv-1")
	fmt.Println(len(order.Licenses()))
	// Output: 3
}

func ExampleServer_LicenseCount() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	order := `{"id":"inv-1","append":true,"items":[{"product_code":"acmecad","licenses":[{},{}]}]}`
	post(srv, order)
	post(srv, order) // A repeated append adds its licenses again.
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
	// POST orders/create_order/ map[] 86 right 200 true
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
	post(srv, `{"id":"inv-1","items":[{"product_code":"acmeweb","licenses":[{"users":[{"email":"grace@example.com"}]}]}]}`)
	password := func() bool { return srv.Orders()[0].Licenses()[0].Users[0].InitialPassword != "" }
	fmt.Println(password())
	srv.SignIn("grace@example.com")
	fmt.Println(password())
	// Output:
	// true
	// false
}

// post sends an order and returns the status and, on failure, the error code or the
// body.
func post(srv *licensespringtest.Server, order string) string {
	return postFor(time.Minute, srv, order)
}

func postFor(timeout time.Duration, srv *licensespringtest.Server, order string) string {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	status, body, err := callContext(ctx, srv, http.MethodPost, "create_order/", order)
	if err != nil {
		return "no response"
	}
	var failure struct{ Code string }
	if _ = json.Unmarshal([]byte(body), &failure); failure.Code != "" {
		body = failure.Code
	}
	if status < http.StatusBadRequest {
		body = ""
	}

	return strings.TrimSpace(fmt.Sprint(status, " ", body))
}

// get lists orders and returns the status and their store ids.
func get(srv *licensespringtest.Server, query string) string {
	status, body, err := call(srv, http.MethodGet, query, "")
	if err != nil {
		return "no response"
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

func call(srv *licensespringtest.Server, method, path, body string) (status int, response string, err error) {
	return callContext(context.Background(), srv, method, path, body)
}

func callContext(ctx context.Context, srv *licensespringtest.Server, method, path, body string) (status int, response string, err error) {
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

// A printingTB is a TB that prints errors.
type printingTB struct{ cleanup func() }

func (p *printingTB) Helper() {}

func (p *printingTB) Cleanup(cleanup func()) { p.cleanup = cleanup }

func (p *printingTB) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

func (p *printingTB) end() { p.cleanup() }
