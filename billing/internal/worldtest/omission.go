package worldtest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

// OmitLicense returns a transport that removes the newest license from a list while omits
// returns true, like a replica that is behind. Nil never does.
func OmitLicense(next http.RoundTripper, omits func() bool) http.RoundTripper {
	return &omitting{next, omits}
}

type omitting struct {
	next  http.RoundTripper
	omits func() bool
}

// RoundTrip implements [http.RoundTripper].
func (o *omitting) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := o.next.RoundTrip(r)
	if err != nil || o.omits == nil || r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "/licenses/") || !o.omits() {
		return res, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	var page struct {
		Count    int               `json:"count"`
		Next     *string           `json:"next"`
		Previous *string           `json:"previous"`
		Results  []json.RawMessage `json:"results"`
	}
	if json.Unmarshal(body, &page) == nil && len(page.Results) > 0 {
		page.Results = page.Results[1:] // the newest one
		page.Count--
		body, err = json.Marshal(page)
	}
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	res.Header.Del("Content-Length")
	return res, err
}
