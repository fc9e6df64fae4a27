package licensespringtest_test

import (
	"encoding/json"
	"net/http"
	"testing"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// FuzzCreateOrder checks that every body gets a JSON response, and that an order is
// stored if and only if the status is 200.
func FuzzCreateOrder(f *testing.F) {
	for _, seed := range []string{
		"", "null", "[]", "{", order("a"), withLicense("acmecad", `{"key":"K","valid_duration":"1y"}`),
		withLicense("acmeweb", `{"users":[{"email":"a@example.com"}],"custom_fields":[{"name":"a","value":1}]}`),
		withLicense("acmeapi", `{"product_features":[{"code":"calls","max_consumption":1}],"max_overages":1e3}`),
		`{"id":"a","append":true,"customer":{"email":"@"},"created":"2031-01-01 00:00:00","items":[{"licenses":[null]}]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		srv := lst.NewServer(t, lst.WithNetwork(lst.NewNetwork()))
		r := newRequest(t, srv, http.MethodPost, createPath, body)
		r.Header.Set("Content-Type", "application/json")
		resp, err := send(srv.Client(), r)
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid([]byte(resp.body)) {
			t.Errorf("response is not JSON: %s", resp.body)
		}
		switch {
		case resp.status == http.StatusOK && len(srv.Orders()) == 1:
		case resp.status == http.StatusBadRequest && len(srv.Orders()) == 0:
		default:
			t.Errorf("status %d, %d orders", resp.status, len(srv.Orders()))
		}
	})
}
