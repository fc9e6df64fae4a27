package view

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"

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

// password is a member with a password in compact JSON. Quotes in texts are escaped, so
// it matches no part of a text.
var password = regexp.MustCompile(`("(?:initial_)?password":)"(?:[^"\\]|\\.)*"`)

// PreviewOf returns a preview, with passwords if secrets is set.
func PreviewOf(p *licensespring.Preview, secrets bool) *Preview {
	shown := &Preview{Method: p.Method, URL: p.URL, Header: p.Header, Body: p.Body, Findings: p.Findings}
	var compact bytes.Buffer
	if !secrets && json.Compact(&compact, p.Body) == nil {
		shown.Body = password.ReplaceAll(compact.Bytes(), []byte(`$1"[redacted]"`))
	}
	return shown
}
