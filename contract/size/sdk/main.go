// Command sdk creates an order and changes its licenses, which links creating, looking
// up, comparing and listing.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/licensespring-go/licensespring"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	client, err := licensespring.New("12345678.12345678901234567890123456789012")
	if err != nil {
		return err
	}
	res, err := client.EnsureOrder(context.Background(), licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense()))
	if err != nil {
		return err
	}
	fmt.Println(res.Order.ID, res.Outcome)
	for license, err := range client.ListLicenses(context.Background(), licensespring.LicenseFilter{OrderStoreID: "inv-1"}) {
		if err != nil {
			return err
		}
		res, err := client.EnsureLicense(context.Background(), license.ID, licensespring.LicenseState{Enabled: new(true)})
		if err != nil {
			return err
		}
		fmt.Println(res.Outcome)
	}
	return nil
}
