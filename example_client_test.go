package licensespring_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// A client requires only the management key; all options have defaults.
func ExampleNew() {
	client, err := licensespring.New("FAKEFAKE.0123456789abcdef0123456789abcdef")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(client != nil)
	// Output: true
}

// The error lists everything that is wrong with the key and the options.
func ExampleNew_invalid() {
	_, err := licensespring.New("key\n",
		licensespring.WithBaseURL("http://example.com"),
		licensespring.WithMaxAttempts(0),
	)
	fmt.Println(errors.Is(err, licensespring.ErrInvalidConfig))
	if invalid, ok := errors.AsType[*licensespring.ValidationError](err); ok {
		for _, finding := range invalid.Findings {
			fmt.Println(finding)
		}
	}
	// Output:
	// true
	// api_key: begins or ends with white space [option]
	// max_attempts: must be between 1 and 100 [option]
	// base_url: must be https unless the host is loopback: each request carries the management key [option]
}

// Creates an order and prints its licenses.
func ExampleClient_CreateOrder() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}

	order := licensespring.NewOrder("inv-2031-000417").
		AddItem("acmecad", licensespring.NewKeyLicense("AB2C-D3EF-GH4J-K5MN").TimeLimited(licensespring.Years(1))).
		AddItem("acmeweb", licensespring.NewUserLicense("grace@example.com"))
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

// The service rejects the order: nothing is created, and the error contains the
// reason.
func ExampleClient_CreateOrder_rejected() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}

	order := licensespring.NewOrder("inv-2031-000417").AddItem("acmecad", licensespring.NewLicense())
	for range 2 {
		_, err = client.CreateOrder(context.Background(), order)
		switch {
		case err == nil:
			fmt.Println("created")
		case errors.Is(err, licensespring.ErrOrderExists):
			fmt.Println("the id was taken")
		case errors.Is(err, licensespring.ErrOutcomeUnknown):
			fmt.Println("may have been created")
		default:
			fmt.Println("nothing was created")
		}
	}
	fmt.Println(err)
	// Output:
	// created
	// the id was taken
	// licensespring: create order "inv-2031-000417": order exists: Order with this ID already exists. (status 409 order_id_exists)
}

// The response is lost after the order was created. The call looks up the order
// and returns it.
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
		AddItem("acmecad", licensespring.NewKeyLicense("AB2C-D3EF-GH4J-K5MN"))
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

// The response to an append without keys is lost. Its license cannot be looked
// up, so the outcome is unknown.
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
		AddItem("acmecad", licensespring.NewLicense())
	_, err = client.CreateOrder(context.Background(), order)
	fmt.Println(errors.Is(err, licensespring.ErrOutcomeUnknown))
	if e, ok := errors.AsType[*licensespring.Error](err); ok {
		for _, attempt := range e.Attempts {
			fmt.Println(attempt)
		}
	}
	// Output:
	// true
	// create order #1: sent, connection closed, no retry: may have been applied
}

// A webhook is delivered twice: the second call finds the existing order.
func ExampleClient_EnsureOrder() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}

	order := licensespring.NewOrder("inv-2031-000417").
		AddItem("acmecad", licensespring.NewKeyLicense("AB2C-D3EF-GH4J-K5MN").Perpetual())
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

// The id belongs to a different order. Nothing is changed, and the error lists
// the differences.
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
			AddItem("acmecad", licensespring.NewLicense().WithMaxActivations(activations))
		_, err = client.EnsureOrder(context.Background(), order)
	}
	fmt.Println(errors.Is(err, licensespring.ErrOrderConflict))
	if e, ok := errors.AsType[*licensespring.Error](err); ok {
		fmt.Println(e.Differences)
	}
	// Output:
	// true
	// [items[0].licenses[0].max_activations: want 5, got 3 [value_mismatch]]
}

// EnsureOrder adds only the licenses of an append that do not exist yet.
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
		order := licensespring.NewOrder("inv-2031-000417").Appending().AddItem("acmecad", licenses...)
		res, err := client.EnsureOrder(context.Background(), order)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(res.Outcome, res.Order.LicenseKeys())
	}
	// Output:
	// appended [AB2C-D3EF-GH4J-K5MN]
	// existing [AB2C-D3EF-GH4J-K5MN]
	// appended [AB2C-D3EF-GH4J-K5MN PQ2R-S3TU-VW4X-Y5ZA]
}

// Returns an order by the ID that the service assigned.
func ExampleClient_GetOrder() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}
	res, err := client.CreateOrder(context.Background(),
		licensespring.NewOrder("inv-2031-000417").AddItem("acmecad", licensespring.NewKeyLicense("AB2C-D3EF-GH4J-K5MN")))
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

// Returns an order by your own id.
func ExampleClient_GetOrderByStoreID() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := client.CreateOrder(context.Background(),
		licensespring.NewOrder("inv-2031-000417").AddItem("acmecad", licensespring.NewLicense())); err != nil {
		fmt.Println(err)
		return
	}

	for _, id := range []string{"inv-2031-000417", "inv-2031"} {
		record, err := client.GetOrderByStoreID(context.Background(), id)
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

// Ranges over orders. Pages are requested on demand.
func ExampleClient_ListOrders() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, id := range []string{"inv-1", "inv-2", "test-1", "inv-3"} {
		order := licensespring.NewOrder(id).AddItem("acmecad", licensespring.NewLicense())
		if _, err := client.CreateOrder(context.Background(), order); err != nil {
			fmt.Println(err)
			return
		}
	}

	filter := licensespring.OrderFilter{StoreIDPrefix: "inv-", OrderBy: "store_id", PageSize: 2}
	for record, err := range client.ListOrders(context.Background(), filter) {
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

// Generates license keys before the order is created.
func ExampleClient_GenerateLicenseKeys() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}

	keys, err := client.GenerateLicenseKeys(context.Background(), "acmecad", 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	res, err := client.CreateOrder(context.Background(), licensespring.NewOrder("inv-2031-000417").
		AddItem("acmecad", licensespring.NewKeyLicense(keys[0]), licensespring.NewKeyLicense(keys[1])))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(fmt.Sprint(res.Order.LicenseKeys()) == fmt.Sprint(keys))
	// Output: true
}

// Assigns keys to an append, so that it can be retried.
func ExampleClient_AssignKeys() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}

	order := licensespring.NewOrder("inv-2031-000417").Appending().AddItem("acmecad", licensespring.NewLicense())
	assigned, err := client.AssignKeys(context.Background(), order)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(order.Items[0].Licenses[0].Key != "", assigned.Items[0].Licenses[0].Key != "")

	// Store the copy here. From now on it can be retried safely.
	srv.Inject(licensespringtest.DropAfter().On(licensespringtest.CreateOrder))
	for range 2 {
		res, err := client.EnsureOrder(context.Background(), assigned)
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

// Shows the request without sending it.
func ExampleClient_Preview() {
	client, err := licensespring.New("FAKEFAKE.0123456789abcdef0123456789abcdef")
	if err != nil {
		fmt.Println(err)
		return
	}
	preview, err := client.Preview(licensespring.NewOrder("inv-2031-000417").
		WithOrderType("express").
		AddItem("acmecad", licensespring.NewLicense().TimeLimited(licensespring.Years(1))))
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
	// {"id":"inv-2031-000417","items":[{"product_code":"acmecad","licenses":[{"license_type":"time-limited","valid_duration":"1y"}]}],"order_type":"express"}
	// warning order_type: is not a known type: normal [unknown_value]
}

func ExampleClient_CloseIdleConnections() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}
	// Call it at the end of a program, or of a test that counts goroutines.
	defer client.CloseIdleConnections()

	_, err = client.GetOrderByStoreID(context.Background(), "inv-2031-000417")
	fmt.Println(errors.Is(err, licensespring.ErrNotFound))
	// Output: true
}
