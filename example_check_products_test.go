package licensespring_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// Compares an order with the products of the account before it is sent.
func ExampleOrder_CheckProducts() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}
	var products []licensespring.ProductRecord
	for product, err := range client.ListProducts(context.Background()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		products = append(products, *product)
	}
	order := licensespring.NewOrder("inv-1").
		AddItem("acmecad", licensespring.NewLicense().WithFeatures("render", "teleport")).
		AddItem("acmeweb", licensespring.NewKeyLicense("AB2C-D3EF-GH4J-K5MN")).
		AddItem("acmepaint", licensespring.NewLicense())
	for _, finding := range slices.Concat(order.Check(), order.CheckProducts(products)) {
		fmt.Println(finding)
	}
	// Output:
	// items[0].licenses[0].product_features[1].code: the product has no such feature; the service would drop it [unknown_feature]
	// items[1].licenses[0].key: must be absent: the licenses of the product have users [wrong_license_form]
	// items[1].licenses[0].users: is required: the licenses of the product have users [wrong_license_form]
	// items[2].product_code: there is no such product [unknown_product]
}
