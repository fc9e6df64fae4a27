package licensespring_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/licensespring-go/licensespring"
)

// Reads whether a license is enabled, and until when it is valid.
func ExampleClient_GetLicense() {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"id": 1933000000000021, "enabled": true, "validity_period": "2031-05-07"}`)
	}))
	defer srv.Close()
	client, err := licensespring.New("key", licensespring.WithBaseURL(srv.URL))
	if err != nil {
		fmt.Println(err)
		return
	}
	license, err := client.GetLicense(context.Background(), 1933000000000021)
	if err != nil {
		fmt.Println(err)
		return
	}
	if license.Enabled == nil {
		fmt.Println("the response does not show enabled")
		return
	}
	fmt.Println(*license.Enabled, licensespring.DateOf(license.ValidityPeriod))
	// Output: true 2031-05-07
}

// Looks up the license of a key that a user has entered.
func ExampleClient_GetLicenseByKey() {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"count": 0, "next": null, "previous": null, "results": []}`)
	}))
	defer srv.Close()
	client, err := licensespring.New("key", licensespring.WithBaseURL(srv.URL))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.GetLicenseByKey(context.Background(), "AB2C-D3EF-GH4J-K5MN")
	if errors.Is(err, licensespring.ErrNotFound) {
		fmt.Println("unknown key")
	}
	// Output: unknown key
}
