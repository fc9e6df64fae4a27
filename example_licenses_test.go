package licensespring_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// Reads whether a license is enabled, and until when it is valid.
func ExampleClient_GetLicense() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	res, err := client.CreateOrder(ctx, licensespring.NewOrder("inv-1").AddItem("acmecad",
		licensespring.NewLicense().TimeLimitedUntil(time.Date(2031, time.May, 7, 0, 0, 0, 0, time.UTC))))
	if err != nil {
		fmt.Println(err)
		return
	}
	license, err := client.GetLicense(ctx, res.Order.Licenses()[0].ID)
	if err != nil {
		fmt.Println(err)
		return
	}
	if license.Enabled == nil {
		fmt.Println("the response does not show enabled")
		return
	}
	fmt.Println(*license.Enabled, licensespring.DateOf(license.ValidityPeriod))
	// Output: true 2031-05-07
}

// Looks up the license of a key that a user has entered.
func ExampleClient_GetLicenseByKey() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	_, err = client.CreateOrder(ctx, licensespring.NewOrder("inv-1").
		AddItem("acmecad", licensespring.NewKeyLicense("AB2C-D3EF-GH4J-K5MN").Perpetual()))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, key := range []string{"AB2C-D3EF-GH4J-K5MN", "ab2c-d3ef-gh4j-k5mn"} {
		license, err := client.GetLicenseByKey(ctx, key)
		switch {
		case errors.Is(err, licensespring.ErrNotFound):
			fmt.Println("unknown key")
		case err != nil:
			fmt.Println(err)
		default:
			fmt.Println(license.OrderStoreID, license.LicenseType)
		}
	}
	// Output:
	// inv-1 perpetual
	// unknown key
}

// Lists the licenses of a subscription.
func ExampleClient_ListLicenses() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	for i, subscription := range []string{"sub_417", "sub_418", "sub_417"} {
		_, err := client.CreateOrder(ctx, licensespring.NewOrder(fmt.Sprintf("inv-%d", i+1)).
			AddItem("acmecad", licensespring.NewLicense().Subscription().WithSubscriptionID(subscription)))
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	filter := licensespring.LicenseFilter{SubscriptionID: "sub_417", OrderBy: "created_at"}
	for license, err := range client.ListLicenses(ctx, filter) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(license.OrderStoreID, license.SubscriptionID)
	}
	// Output:
	// inv-1 sub_417
	// inv-3 sub_417
}

// A service that ignores a filter returns all licenses. They are not yielded.
func ExampleLicenseFilter() {
	srv := licensespringtest.NewServer(nil, licensespringtest.WithIgnoredFilters())
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	_, err = client.CreateOrder(ctx, licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense()))
	if err != nil {
		fmt.Println(err)
		return
	}
	filter := licensespring.LicenseFilter{ValidityPeriodBefore: licensespring.Date{Year: 2031, Month: time.May, Day: 7}}
	for _, err := range client.ListLicenses(ctx, filter) {
		fmt.Println(errors.Is(err, licensespring.ErrBadResponse), err)
	}
	// Output: true licensespring: list licenses: bad response: the service ignored the filter validity_period__lt (status 200)
}

func ExampleClient_GetCustomer() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	res, err := client.CreateOrder(ctx, licensespring.NewOrder("inv-1").
		WithCustomer(licensespring.Customer{Email: "ada@example.com", Company: "Analytical Engines"}).
		AddItem("acmecad", licensespring.NewLicense()))
	if err != nil {
		fmt.Println(err)
		return
	}
	customer, err := client.GetCustomer(ctx, res.Order.CustomerID)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(customer.Email, customer.Company)
	// Output: ada@example.com Analytical Engines
}

// Finds the customer with an e-mail address.
func ExampleClient_ListCustomers() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	for _, email := range []string{"ada@example.com", "grace@example.com"} {
		_, err := client.CreateOrder(ctx, licensespring.NewOrder("inv-"+email[:3]).
			WithCustomer(licensespring.Customer{Email: email}).
			AddItem("acmecad", licensespring.NewLicense()))
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	for customer, err := range client.ListCustomers(ctx, licensespring.CustomerFilter{Email: "grace@example.com"}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(customer.Email)
	}
	// Output: grace@example.com
}

// Shows the products that an order can name.
func ExampleClient_ListProducts() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}
	for product, err := range client.ListProducts(context.Background()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(product.ShortCode, product.AuthorizationMethod, product.DefaultLicenseType, len(product.Features))
	}
	// Output:
	// acmesuite license-key perpetual 0
	// acmeapi license-key consumption 1
	// acmeweb user subscription 1
	// acmecad license-key perpetual 2
}

func ExampleClient_GetProduct() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	res, err := client.CreateOrder(ctx, licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense()))
	if err != nil {
		fmt.Println(err)
		return
	}
	product, err := client.GetProduct(ctx, res.Order.OrderItems[0].ProductID)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, feature := range product.Features {
		fmt.Println(product.ShortCode, feature.Code)
	}
	// Output:
	// acmecad render
	// acmecad export
}
