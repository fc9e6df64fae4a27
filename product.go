package licensespring

import (
	"errors"
	"sync"
)

// productCodes caches the codes of products by the IDs that the service assigned.
// The code of a product never changes.
type productCodes struct{ byID sync.Map }

func (p *productCodes) get(id int64) string {
	code, _ := p.byID.Load(id)
	s, _ := code.(string)
	return s
}

var errProductUnknown = errors.New("licensespring: the record does not show its products")

// verifyProducts sets the product codes of a record that shows only the IDs of its
// products, so that they can be compared. It fails if a code stays unknown: the
// record may then be that of an order for another product.
func (op *operation) verifyProducts(order *Order, rec *OrderRecord, maxAttempts int) error {
	if order.IsBundle {
		return nil // the record shows the products of the bundle
	}
	for i := range rec.OrderItems {
		item := &rec.OrderItems[i]
		if item.ProductCode != "" {
			continue
		}
		if item.ProductID == 0 {
			return &Error{Kind: ErrBadResponse, detail: "the record does not show its products", causes: []error{errProductUnknown}}
		}
		if item.ProductCode = op.client.products.get(item.ProductID); item.ProductCode != "" {
			continue
		}
		code, err := op.getProductCode(item.ProductID, maxAttempts)
		if err != nil {
			return err
		}
		op.client.products.byID.Store(item.ProductID, code)
		item.ProductCode = code
	}
	return nil
}

// getProductCode returns the code of the product with the service's ID.
func (op *operation) getProductCode(id int64, maxAttempts int) (string, error) {
	product, _, err := getRecord[ProductRecord](op, OpGetProduct, id, maxAttempts)
	switch {
	case err != nil:
		return "", err
	case product.ShortCode == "":
		return "", &Error{Kind: ErrBadResponse, detail: "the response does not show the code of the product"}
	default:
		return product.ShortCode, nil
	}
}
