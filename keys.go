package licensespring

import (
	"context"
	"strconv"

	"github.com/google/go-querystring/query"

	"github.com/licensespring-go/licensespring/internal/exchange"
	"github.com/licensespring-go/licensespring/internal/jsonread"
)

// maxKeys is the maximum number of keys of one request. It keeps the response far
// below the maximum size.
const maxKeys = 1000

type keysQuery struct {
	Product  string `url:"product"`
	Quantity int    `url:"quantity"`
}

// GenerateLicenseKeys returns n new license keys, 1 to 1000, for the product with
// the given code. The keys belong to no license yet: set them on the licenses of
// an order. The call can be repeated after an error. The error is one of those of
// [Client.GetOrder]; it is [ErrInvalidRequest] if the code is empty, n is out of
// range, or the product does not exist.
func (c *Client) GenerateLicenseKeys(ctx context.Context, productCode string, n int) ([]string, error) {
	op := c.begin(ctx, OpGenerateLicenseKeys, "")
	defer op.finish()

	keys, err := op.generateKeys(productCode, n)
	if err != nil {
		return nil, op.fail(asError(err))
	}
	op.succeed("", 0)
	return keys, nil
}

func (op *operation) generateKeys(productCode string, n int) ([]string, error) {
	var findings []Finding
	if productCode == "" {
		findings = append(findings, Finding{Path: "product_code", Rule: RuleRequired, Severity: SeverityError, Message: "is empty"})
	}
	if n < 1 || n > maxKeys {
		findings = append(findings, Finding{
			Path: "quantity", Rule: RuleOutOfRange, Severity: SeverityError, Message: "must be from 1 to " + strconv.Itoa(maxKeys),
		})
	}
	if err := errorsAmong(findings); err != nil {
		return nil, invalidRequest(err)
	}
	values, err := query.Values(keysQuery{Product: productCode, Quantity: n})
	if err != nil {
		return nil, &Error{Kind: ErrInvalidRequest, causes: []error{err}}
	}
	resp := op.send(OpGenerateLicenseKeys, op.client.readRequest(pathGenerate, values.Encode()))
	if resp.Ending != exchange.OK {
		return nil, op.responseError(resp)
	}
	keys, ok := readKeys(resp.Body, n)
	if !ok {
		return nil, op.badResponse(resp, "the response is not the requested number of distinct keys")
	}
	return keys, nil
}

// readKeys reads an array of exactly n distinct keys. With fewer keys, or the same
// one twice, two customers could pay for one license.
func readKeys(body []byte, n int) ([]string, bool) {
	keys := make([]string, 0, n)
	distinct := make(map[string]bool, n)
	jsonread.Elements(body, func(_ int, el []byte) {
		if key, ok := jsonread.Text(el); ok && key != "" && jsonread.KindOf(el) == jsonread.String {
			keys = append(keys, key)
			distinct[key] = true
		}
	})
	return keys, len(keys) == n && len(distinct) == n && jsonread.Count(body) == n
}

// AssignKeys returns a copy of the order in which every license has a key: it
// generates keys for those that have none. Licenses with users are left as they
// are.
//
// License keys make an append safe to repeat, since the service assigns each key
// only once: after a lost response a lookup can settle the outcome, and
// [Client.EnsureOrder] can be called again. Store the copy before you send it, and
// repeat the call with the copy, not with the original order. The error is one of
// those of [Client.GenerateLicenseKeys]; it is [ErrInvalidRequest] also if the
// order is invalid.
func (c *Client) AssignKeys(ctx context.Context, order *Order) (*Order, error) {
	op := c.begin(ctx, OpAssignKeys, order.id())
	defer op.finish()

	if _, _, err := c.createRequest(order); err != nil {
		return nil, op.invalid(err)
	}
	assigned := order.Clone()
	missing := make(map[string][]*License) // by product code: one request for each
	var codes []string
	for i := range assigned.Items {
		item := &assigned.Items[i]
		for j := range item.Licenses {
			l := &item.Licenses[j]
			if l.Key != "" || len(l.Users) > 0 {
				continue
			}
			if missing[item.ProductCode] == nil {
				codes = append(codes, item.ProductCode)
			}
			missing[item.ProductCode] = append(missing[item.ProductCode], l)
		}
	}
	for _, code := range codes {
		licenses := missing[code]
		for len(licenses) > 0 {
			n := min(len(licenses), maxKeys)
			keys, err := op.generateKeys(code, n)
			if err != nil {
				return nil, op.fail(asError(err))
			}
			for i, key := range keys {
				licenses[i].Key = key
			}
			licenses = licenses[n:]
		}
	}
	op.succeed("", 0)
	return assigned, nil
}
