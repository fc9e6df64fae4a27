package licensespringtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring/licensespringtest"
)

const (
	keyOrder  = `{"id":"inv-1","items":[{"product_code":"acmecad","licenses":[{"key":"AB2C-D3EF-GH4J-K5MN"}]}]}`
	userOrder = `{"id":"inv-1","items":[{"product_code":"acmeweb","licenses":[{"users":[{"email":"ada@example.com"}]}]}]}`
	callOrder = `{"id":"inv-1","items":[{"product_code":"acmeapi","licenses":[{}]}]}`
)

// A client disables a license, and a user of the vendor's platform disables it again
// in the meantime.
func ExampleServer_License() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	post(srv, keyOrder)
	id := srv.Licenses()[0].ID

	manage(srv, http.MethodPost, "disable/", "")
	license, _ := srv.License(id)
	fmt.Println(license.Enabled, license.DisabledBy)

	srv.DisableLicense(id, "support@example.com")
	license, _ = srv.License(id)
	fmt.Println(license.Enabled, license.DisabledBy)
	// Output:
	// false api@example.com
	// false support@example.com
}

func ExampleServer_LicenseByKey() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	post(srv, keyOrder)
	license, ok := srv.LicenseByKey("AB2C-D3EF-GH4J-K5MN")
	fmt.Println(ok, license.OrderStoreID, license.ProductCode, license.Type)
	// Output: true inv-1 acmecad perpetual
}

func ExampleServer_Licenses() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	post(srv, userOrder)
	post(srv, strings.Replace(keyOrder, "inv-1", "inv-2", 1))
	manage(srv, http.MethodPost, "assign_user/", `{"email":"grace@example.com","password":"only for tests"}`)
	for _, license := range srv.Licenses() {
		fmt.Println(license.OrderStoreID, license.Type, license.Enabled)
		for _, user := range license.Users {
			fmt.Println(user.Email, user.Assignments, user.Password)
		}
	}
	// Output:
	// inv-1 subscription true
	// ada@example.com 0 XKthDe8i3p
	// grace@example.com 1 only for tests
	// inv-2 perpetual true
}

func ExampleServer_DisableLicense() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	post(srv, keyOrder)
	srv.DisableLicense(srv.Licenses()[0].ID, "support@example.com")
	fmt.Println(manage(srv, http.MethodGet, "", "", "status", "disabled_user"))
	// Output: 200 disabled support@example.com
}

func ExampleServer_EnableLicense() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	post(srv, keyOrder)
	manage(srv, http.MethodPost, "disable/", "")
	srv.EnableLicense(srv.Licenses()[0].ID)
	fmt.Println(manage(srv, http.MethodGet, "", "", "status", "disabled_user"))
	// Output: 200 inactive <nil>
}

func ExampleServer_SetLicense() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	post(srv, keyOrder)
	srv.SetLicense(srv.Licenses()[0].ID, map[string]any{"times_activated": 2, "validity_period": "0000-00-00"})
	fmt.Println(manage(srv, http.MethodGet, "", "", "times_activated", "validity_period"))
	// Output: 200 2 0000-00-00
}

// A device consumes a feature while the client updates it. The client must leave
// out the counter.
func ExampleServer_SetFeature() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	post(srv, callOrder)
	counter := func() any { return srv.Licenses()[0].Features[0].Properties["total_consumptions"] }

	srv.SetFeature(srv.Licenses()[0].ID, "calls", map[string]any{"total_consumptions": 40})
	manage(srv, http.MethodPost, "update_features/", `{"product_features":[{"product_feature":"calls","max_consumption":200}]}`)
	fmt.Println(counter())
	manage(srv, http.MethodPost, "update_features/", `{"product_features":[{"product_feature":"calls","total_consumptions":0}]}`)
	fmt.Println(counter())
	// Output:
	// 40
	// 0
}

func ExampleServer_AddUser() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	post(srv, userOrder)
	id := srv.Licenses()[0].ID
	fmt.Println(srv.AddUser(id, "grace@example.com"), srv.AddUser(id, "ada@example.com"))
	fmt.Println(len(srv.Licenses()[0].Users))
	// Output:
	// true false
	// 2
}

func ExampleServer_RemoveUser() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	post(srv, userOrder)
	fmt.Println(srv.RemoveUser(srv.Licenses()[0].ID, "ada@example.com"))
	fmt.Println(manage(srv, http.MethodPost, "unassign_user/", `{"license_user_email":"ada@example.com"}`, "detail"))
	// Output:
	// true
	// 400 User is not assigned to this license.
}

func ExampleServer_DeleteLicense() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	post(srv, keyOrder)
	license := srv.Licenses()[0]
	fmt.Println(srv.DeleteLicense(license.ID), srv.LicenseCount())
	fmt.Println(srv.DeleteLicense(license.ID))
	// Output:
	// true 0
	// false
}

// A request that arrives late undoes what the client has sent since.
func ExampleDelayedApply() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	post(srv, keyOrder)
	srv.Inject(licensespringtest.DelayedApply(time.Millisecond))
	fmt.Println(manage(srv, http.MethodPost, "disable/", ""))
	for srv.Licenses()[0].Enabled {
		<-time.After(time.Millisecond)
	}
	fmt.Println(manage(srv, http.MethodGet, "", "", "status"))
	// Output:
	// no response
	// 200 disabled
}

func ExampleWithRejectedRepeats() {
	srv := licensespringtest.NewServer(nil, licensespringtest.WithRejectedRepeats())
	defer srv.Close()
	post(srv, keyOrder)
	fmt.Println(manage(srv, http.MethodPost, "disable/", "", "message"))
	fmt.Println(manage(srv, http.MethodPost, "disable/", "", "detail"))
	// Output:
	// 200 License has been disabled.
	// 400 License is already disabled.
}

func ExampleWithEndingSubscriptions() {
	for _, options := range [][]licensespringtest.Option{nil, {licensespringtest.WithEndingSubscriptions()}} {
		srv := licensespringtest.NewServer(nil, options...)
		post(srv, userOrder)
		fmt.Println(manage(srv, http.MethodPatch, "", `{"is_trial":false,"validity_period":"2020-01-01"}`, "status"))
		srv.Close()
	}
	// Output:
	// 200 inactive
	// 200 expired
}

func ExampleWithRejectedFeatures() {
	for _, options := range [][]licensespringtest.Option{nil, {licensespringtest.WithRejectedFeatures()}} {
		srv := licensespringtest.NewServer(nil, options...)
		post(srv, keyOrder)
		fmt.Println(manage(srv, http.MethodPost, "update_features/", `{"product_features":[{"product_feature":"bogus"}]}`, "product_features", "code"))
		srv.Close()
	}
	// Output:
	// 200 [] <nil>
	// 400 <nil> unsupported_product_feature
}

func ExampleWithStaleReads() {
	srv := licensespringtest.NewServer(nil, licensespringtest.WithStaleReads(time.Hour))
	defer srv.Close()
	post(srv, keyOrder)
	fmt.Println(manage(srv, http.MethodPatch, "", `{"note":"seat of Ada"}`, "note"))
	fmt.Printf("%q\n", manage(srv, http.MethodGet, "", "", "note"))
	fmt.Println(srv.Licenses()[0].Properties["note"])
	// Output:
	// 200 seat of Ada
	// "200 "
	// seat of Ada
}

func ExampleWithCappedActivations() {
	srv := licensespringtest.NewServer(nil, licensespringtest.WithCappedActivations(5))
	defer srv.Close()
	post(srv, keyOrder)
	fmt.Println(manage(srv, http.MethodPatch, "", `{"max_activations":10}`, "max_activations"))
	// Output: 200 5
}

// manage sends a request for the first license. It returns the status and the given
// members of the response.
func manage(srv *licensespringtest.Server, method, action, body string, members ...string) string {
	path := srv.URL() + "/api/v1/licenses/" + strconv.FormatInt(srv.Licenses()[0].ID, 10) + "/" + action
	r, err := http.NewRequestWithContext(context.Background(), method, path, strings.NewReader(body))
	if err != nil {
		return err.Error()
	}
	r.Header.Set("Authorization", "Api-Key "+srv.APIKey())
	r.Header.Set("Content-Type", "application/json")
	resp, err := srv.Client().Do(r)
	if err != nil {
		return "no response"
	}
	defer resp.Body.Close()
	var record map[string]any
	content, _ := io.ReadAll(resp.Body)
	_ = json.Unmarshal(content, &record)
	values := []any{resp.StatusCode}
	for _, member := range members {
		values = append(values, record[member])
	}

	return strings.TrimSuffix(fmt.Sprintln(values...), "\n")
}
