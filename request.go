package licensespring

import (
	"net/http"

	"github.com/licensespring-go/licensespring/internal/exchange"
	"github.com/licensespring-go/licensespring/internal/redact"
)

// The paths of the service. Each ends in a slash: without it the service
// redirects, and a redirected POST is a GET.
const (
	pathOrders      = "/api/v1/orders/"
	pathCreateOrder = "/api/v1/orders/create_order/"
	pathGenerate    = "/api/v1/orders/generate_license/"
)

// createRequest builds the request of a create, and all findings about the
// order. It fails if one of them is a fault: then there is no request.
func (c *Client) createRequest(order *Order) (exchange.Request, []Finding, error) {
	if order == nil {
		return exchange.Request{}, nil, fault("", RuleRequired, "there is no order")
	}
	findings := order.check(c.cfg.dialect)
	if err := faultsOf(findings); err != nil {
		return exchange.Request{}, findings, err
	}
	body, err := order.appendJSON(nil, c.cfg.dialect)
	if err != nil {
		return exchange.Request{}, findings, err
	}
	safety := exchange.Guarded
	if order.Append {
		safety = exchange.Unguarded
	}
	return exchange.Request{
		Method: http.MethodPost,
		URL:    c.createURL,
		Header: c.header(true),
		Body:   body,
		Safety: safety,
	}, findings, nil
}

// readRequest builds a request that changes nothing.
func (c *Client) readRequest(path, query string) exchange.Request {
	address := c.root + path
	if query != "" {
		address += "?" + query
	}
	return exchange.Request{Method: http.MethodGet, URL: address, Header: c.header(false), Safety: exchange.Read}
}

// Preview is a request as it would be sent, with the management key taken out.
type Preview struct {
	// Method, URL and Header are those of the request; for the management key
	// the header holds "[redacted]".
	Method string
	URL    string
	Header http.Header
	// Body holds everything the order says, keys and e-mail addresses included.
	Body []byte
	// Findings is what validation says about the order, warnings included.
	Findings []Finding
}

// Preview returns the request that [Client.CreateOrder] would send for the
// order, made by the same code, and everything validation finds. Nothing is
// sent. If the order has a fault there is no request: the findings come with an
// error that matches [ErrInvalidRequest].
func (c *Client) Preview(order *Order) (*Preview, error) {
	req, findings, err := c.createRequest(order)
	if err != nil {
		k := &call{c: c, op: opPreview}
		if order != nil {
			k.orderID = order.ID
		}
		return &Preview{Findings: findings}, k.invalid(NotSent, err)
	}
	header := req.Header.Clone() // its values are those of every request
	header.Set("Authorization", "Api-Key "+redact.Mark)
	return &Preview{Method: req.Method, URL: req.URL, Header: header, Body: req.Body, Findings: findings}, nil
}
