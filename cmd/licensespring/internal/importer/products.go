package importer

import (
	"context"
	"fmt"

	"github.com/licensespring-go/licensespring"
)

// readProducts reads the products of the account.
func readProducts(ctx context.Context, client *licensespring.Client) ([]licensespring.ProductRecord, error) {
	products := []licensespring.ProductRecord{}
	for product, err := range client.ListProducts(ctx) {
		if err != nil {
			return nil, fmt.Errorf("read the products: %w", err)
		}
		products = append(products, *product)
	}
	return products, nil
}

// checkProducts makes an entry invalid if its order does not fit the products, such
// as one with a feature code that the service would drop silently.
func (e *entry) checkProducts(products []licensespring.ProductRecord) {
	if e.order == nil {
		return
	}
	if findings := e.order.CheckProducts(products); len(findings) > 0 {
		e.errors = append(e.errors, e.withLines(findings)...)
		e.order = nil
	}
}
