package licensespring_test

import (
	"context"
	"errors"
	"fmt"

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
