package worldtest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

// Hide reports whether a list of licenses lacks one, which is the i-th of the list.
type Hide func(i int, license map[string]any) bool

// Newest hides the newest license of each list.
func Newest(i int, _ map[string]any) bool { return i == 0 }

// All hides all licenses.
func All(int, map[string]any) bool { return true }

// HideLicenses returns a transport whose lists of licenses lack some, like those of a
// replica that is behind. Current returns which, or nil.
func HideLicenses(next http.RoundTripper, current func() Hide) http.RoundTripper {
	return &hiding{next, current}
}

type hiding struct {
	next    http.RoundTripper
	current func() Hide
}

// RoundTrip implements [http.RoundTripper].
func (h *hiding) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := h.next.RoundTrip(r)
	hide := h.current()
	if err != nil || hide == nil || r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "/licenses/") {
		return res, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	var page struct {
		Count    int              `json:"count"`
		Next     *string          `json:"next"`
		Previous *string          `json:"previous"`
		Results  []map[string]any `json:"results"`
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // ids
	if decoder.Decode(&page) == nil && page.Results != nil {
		all := page.Results
		page.Results = make([]map[string]any, 0, len(all))
		for i, license := range all {
			if hide(i, license) {
				page.Count--
			} else {
				page.Results = append(page.Results, license)
			}
		}
		if body, err = json.Marshal(page); err != nil {
			return nil, err
		}
	}
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	res.Header.Del("Content-Length")
	return res, nil
}
