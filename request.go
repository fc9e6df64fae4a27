package licensespring

import (
	"net/http"
	"strings"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

// The paths of the service. Each ends in a slash: the service redirects a path
// without one, and a redirected POST becomes a GET.
const (
	pathOrders      = "/api/v1/orders/"
	pathCreateOrder = "/api/v1/orders/create_order/"
	pathGenerate    = "/api/v1/orders/generate_license/"
	pathProducts    = "/api/v1/products/"
	pathLicenses    = "/api/v1/licenses/"
	pathCustomers   = "/api/v1/customers/"
	pathSetPassword = "/api/v1/license-users/set_password/" //nolint:gosec // a path
)

// headers returns a function that returns the headers of a request: a new map
// for each, since net/http adds to it, with values that are shared.
//
// There is no idempotency header: the service ignores it, and net/http repeats
// a POST that has one without telling.
func headers(apiKey, userAgent string) func(withBody bool) http.Header {
	var (
		authorization = []string{"Api-Key " + apiKey}
		agent         = []string{userAgent}
		media         = []string{"application/json"}
	)
	return func(withBody bool) http.Header {
		h := http.Header{"Authorization": authorization, "User-Agent": agent, "Accept": media}
		if withBody {
			h["Content-Type"] = media
		}
		return h
	}
}

// readRequest returns a request that changes nothing.
func (c *Client) readRequest(path, query string) exchange.Request {
	address := c.baseURL + path
	if query != "" {
		address += "?" + query
	}
	return exchange.Request{Method: http.MethodGet, URL: address, Header: c.header(false), Safety: exchange.Safe}
}

// createRequest returns the request that creates the order, and all findings. If
// one of them is an error, there is no request.
func (c *Client) createRequest(order *Order) (exchange.Request, []Finding, error) {
	if order == nil {
		return exchange.Request{}, nil, validationError("", RuleRequired, "the order is nil")
	}
	findings := order.check(c.cfg.dialect)
	if err := errorsAmong(findings); err != nil {
		return exchange.Request{}, findings, err
	}
	body, err := order.appendJSON(nil, c.cfg.dialect)
	if err != nil {
		return exchange.Request{}, findings, err
	}
	safety := exchange.Idempotent
	if order.Append {
		safety = exchange.NonIdempotent
	}
	return exchange.Request{
		Method: http.MethodPost,
		URL:    c.createURL,
		Header: c.header(true),
		Body:   body,
		Safety: safety,
	}, findings, nil
}

// submission is a create request with the order that it sends.
type submission struct {
	whole *Order // the caller's order
	order *Order // what req sends: whole, or a copy with some of its licenses
	req   exchange.Request
	// keys are the keys of the licenses in order, and places the places of these
	// licenses within whole. Both are nil if order is whole.
	keys   map[string]bool
	places []place
}

// prepare validates and encodes the caller's order.
func (op *operation) prepare(order *Order) (*submission, error) {
	req, findings, err := op.client.createRequest(order)
	if err != nil {
		return nil, err
	}
	op.body, op.warnings = req.Body, findings
	if op.client.cfg.maxBody == 0 {
		op.maxBody = order.maxResponseBytes()
	}
	return &submission{whole: order, order: order, req: req}, nil
}

// maxResponseBytes returns the maximum size of a response that shows the order. A
// license takes about 1 KB in known responses.
func (o *Order) maxResponseBytes() int64 {
	const bytesPerLicense = 4 << 10
	n := 0
	for i := range o.Items {
		n += len(o.Items[i].Licenses)
		for j := range o.Items[i].Licenses {
			n += len(o.Items[i].Licenses[j].Users)
		}
	}
	return max(DefaultMaxResponseBytes, int64(n)*bytesPerLicense)
}

// prepareSome encodes a copy of the caller's order with only those licenses that
// have one of the keys.
func (op *operation) prepareSome(whole *Order, keys map[string]bool) (*submission, error) {
	s := &submission{whole: whole, order: whole.Clone(), keys: keys}
	items := s.order.Items[:0]
	for i, item := range s.order.Items {
		licenses := item.Licenses[:0]
		for j, l := range item.Licenses {
			if keys[l.Key] {
				licenses = append(licenses, l)
				s.places = append(s.places, place{item: i, license: j})
			}
		}
		if item.Licenses = licenses; len(licenses) > 0 {
			items = append(items, item)
		}
	}
	s.order.Items = items
	var err error
	s.req, _, err = op.client.createRequest(s.order)
	return s, err
}

// wholePath translates a path within order to the path of the same member within
// whole.
func (s *submission) wholePath(path string) string {
	at := place{item: -1} // within order
	for i, of := range s.places {
		if i == 0 || s.places[i-1].item != of.item {
			at = place{item: at.item + 1, license: -1}
		}
		at.license++
		if rest, ok := strings.CutPrefix(path, at.String()); ok {
			return of.String() + rest
		}
		if rest, ok := strings.CutPrefix(path, at.itemString()); ok && !strings.HasPrefix(rest, ".licenses[") {
			return of.itemString() + rest
		}
	}
	return path
}
