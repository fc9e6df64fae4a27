package view

import (
	"encoding/json"
	"net/http"

	"github.com/licensespring-go/licensespring"
)

// Preview is a request that a dry run would send.
type Preview struct {
	Method   string                  `json:"method"`
	URL      string                  `json:"url"`
	Header   http.Header             `json:"header"`
	Body     json.RawMessage         `json:"body,omitzero"`
	Findings []licensespring.Finding `json:"findings,omitzero"`
}

// PreviewOf returns a preview.
func PreviewOf(p *licensespring.Preview) *Preview {
	return &Preview{Method: p.Method, URL: p.URL, Header: p.Header, Body: p.Body, Findings: p.Findings}
}
