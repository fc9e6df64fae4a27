package licensespring

import (
	"context"
	"iter"
	"net/url"
)

// GetProduct returns the product with the ID that the service assigned, the ID of a
// [ProductRecord]. The errors are those of [Client.GetLicense].
func (c *Client) GetProduct(ctx context.Context, id int64) (*ProductRecord, error) {
	return getByID[ProductRecord](ctx, c, OpGetProduct, id)
}

// ListProducts returns an iterator over all products, in the order of the service.
// It requests pages as [Client.ListLicenses] does, with the same errors. See
// [Order.CheckProducts].
func (c *Client) ListProducts(ctx context.Context) iter.Seq2[*ProductRecord, error] {
	return func(yield func(*ProductRecord, error) bool) {
		l := listing[ProductRecord, *ProductRecord]{name: OpListProducts, query: url.Values{}, pageSize: maxPageSize}
		l.run(ctx, c, yield)
	}
}
