package licensespring

import (
	"net/http"

	"github.com/licensespring-go/licensespring/internal/exchange"
	"github.com/licensespring-go/licensespring/internal/redact"
)

// Preview is the request that a client would send, without the management key.
type Preview struct {
	// Method, URL and Header are those of the request. The Authorization header
	// holds "[redacted]" in place of the management key.
	Method string
	URL    string
	Header http.Header
	// Body is the body of the request. It holds the license keys, e-mail addresses
	// and passwords of the request: do not log it.
	Body []byte
	// Findings are all findings of validation, warnings included.
	Findings []Finding
}

// Preview returns the request that [Client.CreateOrder] would send for the
// order, built by the same code, and everything that validation finds. It sends
// nothing. If the order is invalid, the Preview holds only the findings and the
// error matches [ErrInvalidRequest].
func (c *Client) Preview(order *Order) (*Preview, error) {
	req, findings, err := c.createRequest(order)
	if err != nil {
		op := &operation{client: c, name: OpPreview, orderID: order.id()}
		return &Preview{Findings: findings}, op.invalid(err)
	}
	return newPreview(req, findings), nil
}

func newPreview(req exchange.Request, findings []Finding) *Preview {
	header := req.Header.Clone() // its values are shared by all requests
	header.Set("Authorization", "Api-Key "+redact.Mark)
	return &Preview{Method: req.Method, URL: req.URL, Header: header, Body: req.Body, Findings: findings}
}
