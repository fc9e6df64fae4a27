package licensespringtest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func BenchmarkServer_create(b *testing.B) {
	for b.Loop() {
		n := lst.NewNetwork()
		srv := lst.NewServer(nil, lst.WithNetwork(n))
		r, _ := http.NewRequestWithContext(b.Context(), http.MethodPost, srv.URL()+createPath, strings.NewReader(order("a")))
		r.Header.Set("Authorization", "Api-Key "+srv.APIKey())
		r.Header.Set("Content-Type", "application/json")
		resp, err := srv.Client().Do(r)
		if err != nil || resp.StatusCode != http.StatusOK {
			b.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		srv.Close()
	}
}

func BenchmarkNewServer(b *testing.B) {
	for b.Loop() {
		lst.NewServer(nil, lst.WithNetwork(lst.NewNetwork())).Close()
	}
}
