package licensespringtest_test

import (
	"encoding/json"
	"net/http"
	"testing"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// FuzzCreate sends anything at all. Whatever it is, it is answered in JSON, and
// stored if and only if the answer says so.
func FuzzCreate(f *testing.F) {
	for _, seed := range []string{
		"", "null", "[]", "{", order("a"), withLicense("acme-cad", `{"key":"K","valid_duration":"1y"}`),
		withLicense("acme-web", `{"users":[{"email":"a@example.com"}],"custom_fields":[{"name":"a","value":1}]}`),
		withLicense("acme-api", `{"product_features":[{"code":"calls","max_consumption":1}],"max_overages":1e3}`),
		`{"id":"a","append":true,"customer":{"email":"@"},"created":"2031-01-01 00:00:00","items":[{"licenses":[null]}]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		srv := lst.NewServer(t, lst.WithNetwork(lst.NewNetwork()))
		r := newRequest(t, srv, http.MethodPost, createPath, body)
		r.Header.Set("Content-Type", "application/json")
		a, err := send(srv.Client(), r)
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid([]byte(a.body)) {
			t.Errorf("not JSON: %s", a.body)
		}
		switch {
		case a.status == http.StatusOK && len(srv.Orders()) == 1:
		case a.status == http.StatusBadRequest && len(srv.Orders()) == 0:
		default:
			t.Errorf("status %d, %d orders", a.status, len(srv.Orders()))
		}
	})
}
