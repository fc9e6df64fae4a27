package licensespring

import (
	"context"
	"strconv"

	"github.com/google/go-querystring/query"

	"github.com/licensespring-go/licensespring/internal/exchange"
	"github.com/licensespring-go/licensespring/internal/jsonread"
)

// maxKeys bounds how many keys one request asks for, so that its answer stays
// well below the limit of an answer's size.
const maxKeys = 1000

type keysQuery struct {
	Product  string `url:"product"`
	Quantity int    `url:"quantity"`
}

// GenerateLicenseKeys returns n new license keys for the product with the given
// code, 1 to 1000. They belong to no license yet: put them into the licenses of
// an order. To ask again after a failure does no harm. Errors: those of
// [Client.GetOrder]; [ErrInvalidRequest] if the code is empty, n is out of
// range, or the service has no such product.
func (c *Client) GenerateLicenseKeys(ctx context.Context, productCode string, n int) ([]string, error) {
	k := c.begin(ctx, opGenerate, nil)
	defer k.end()

	keys, err := k.generate(productCode, n)
	if err != nil {
		return nil, k.fail(lookupError(err))
	}
	k.done("", 0)
	return keys, nil
}

func (k *call) generate(productCode string, n int) ([]string, error) {
	var findings []Finding
	if productCode == "" {
		findings = append(findings, Finding{Path: "product_code", Rule: RuleRequired, Severity: Fault, Message: "is empty"})
	}
	if n < 1 || n > maxKeys {
		findings = append(findings, Finding{
			Path: "quantity", Rule: RuleOutOfRange, Severity: Fault, Message: "must be from 1 to " + strconv.Itoa(maxKeys),
		})
	}
	if err := faultsOf(findings); err != nil {
		return nil, invalid("", err)
	}
	values, err := query.Values(keysQuery{Product: productCode, Quantity: n})
	if err != nil {
		return nil, &Error{Kind: ErrInvalidRequest, causes: []error{err}}
	}
	reply := k.send(opGenerate, k.c.readRequest(pathGenerate, values.Encode()))
	if reply.Ending != exchange.Done {
		return nil, k.refusal(reply)
	}
	keys, ok := readKeys(reply.Body, n)
	if !ok {
		e := k.refusal(reply)
		e.Kind, e.detail = ErrBadResponse, "the answer is not the number of different keys asked for"
		return nil, e
	}
	return keys, nil
}

// readKeys reads an array of just n different keys. One key too few, or one
// twice, would be found out only when two customers have paid for it.
func readKeys(body []byte, n int) ([]string, bool) {
	keys := make([]string, 0, n)
	different := make(map[string]bool, n)
	jsonread.Elements(body, func(_ int, el []byte) {
		if key, ok := jsonread.Text(el); ok && key != "" && jsonread.KindOf(el) == jsonread.String {
			keys = append(keys, key)
			different[key] = true
		}
	})
	return keys, len(keys) == n && len(different) == n && jsonread.Count(body) == n
}

// ReserveKeys returns a copy of the order in which every license without a key
// has a new one. It is for key-based licenses: those that have users keep them
// and get no key.
//
// With keys an append can be settled after a lost answer and repeated with
// [Client.EnsureOrder], since each key is given away only once. Keep the copy
// where it survives a crash before sending it: it is the copy that can be sent
// again, not the order it was made from. Errors: those of
// [Client.GenerateLicenseKeys]; [ErrInvalidRequest] also if the order has a
// fault.
func (c *Client) ReserveKeys(ctx context.Context, order *Order) (*Order, error) {
	k := c.begin(ctx, opReserve, order)
	defer k.end()

	if _, _, err := c.createRequest(order); err != nil {
		return nil, k.invalid("", err)
	}
	filled := order.Clone()
	wanted := make(map[string][]*License) // by product code: one request for each
	var codes []string
	for i := range filled.Items {
		item := &filled.Items[i]
		for j := range item.Licenses {
			l := &item.Licenses[j]
			if l.Key != "" || len(l.Users) > 0 {
				continue
			}
			if wanted[item.ProductCode] == nil {
				codes = append(codes, item.ProductCode)
			}
			wanted[item.ProductCode] = append(wanted[item.ProductCode], l)
		}
	}
	for _, code := range codes {
		licenses := wanted[code]
		for len(licenses) > 0 {
			n := min(len(licenses), maxKeys)
			keys, err := k.generate(code, n)
			if err != nil {
				return nil, k.fail(lookupError(err))
			}
			for i, key := range keys {
				licenses[i].Key = key
			}
			licenses = licenses[n:]
		}
	}
	k.done("", 0)
	return filled, nil
}
