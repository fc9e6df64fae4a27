package licensespring_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// issue creates an order with one license and returns a client and the ID of the
// license. The examples below begin with it.
func issue(srv *licensespringtest.Server, productCode string, license licensespring.License) (*licensespring.Client, int64) {
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()),
		licensespring.WithRetryWaits(time.Millisecond, time.Millisecond))
	if err != nil {
		panic(err)
	}
	res, err := client.CreateOrder(context.Background(), licensespring.NewOrder("inv-2031-000417").AddItem(productCode, license))
	if err != nil {
		panic(err)
	}
	return client, res.Order.Licenses()[0].ID
}

// Extends a license after a payment. The update can be repeated.
func ExampleClient_UpdateLicense() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, id := issue(srv, "acmecad", licensespring.NewLicense().Subscription())

	paidUntil := licensespring.Date{Year: 2031, Month: time.June, Day: 8}
	res, err := client.UpdateLicense(context.Background(), id, licensespring.ValidUntil(paidUntil))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(res.Outcome, licensespring.DateOf(res.License.ValidityPeriod))
	// Output: changed 2031-06-08
}

// A lost response is settled by reading the license.
func ExampleClient_UpdateLicense_lostResponse() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, id := issue(srv, "acmecad", licensespring.NewLicense().Subscription())
	srv.Inject(licensespringtest.DropAfter().On(licensespringtest.UpdateLicense).Times(4))

	res, err := client.UpdateLicense(context.Background(), id, licensespring.LicenseUpdate{MaxActivations: new(5)})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(res.Outcome, *res.License.MaxActivations)
	last := res.Attempts[len(res.Attempts)-1]
	fmt.Println(len(res.Attempts), "attempts, the last one:", last.Op)
	// Output:
	// changed 5
	// 5 attempts, the last one: get license
}

// ValidUntil sets is_trial too, which the service requires with a date.
func ExampleValidUntil() {
	update := licensespring.ValidUntil(licensespring.Date{Year: 2031, Month: time.June, Day: 8})
	fmt.Println(update.ValidityPeriod, *update.IsTrial)
	// Output: 2031-06-08 false
}

// All findings are reported at once, before anything is sent.
func ExampleLicenseUpdate_Check() {
	update := licensespring.LicenseUpdate{
		ValidityPeriod:    licensespring.Date{Year: 2031, Month: time.June, Day: 31},
		MaintenancePeriod: licensespring.Date{Year: 2031, Month: time.June, Day: 8},
	}
	for _, finding := range update.Check() {
		fmt.Println(finding)
	}
	// Output:
	// validity_period: must be an existing date in the years 1900 to 9999 [invalid_date]
	// is_trial: is required with validity_period; see ValidUntil [required_with]
	// enable_maintenance_period: is required with maintenance_period and maintenance_duration [required_with]
}

func ExampleLicenseUpdate_Validate() {
	update := licensespring.LicenseUpdate{}
	fmt.Println(errors.Is(update.Validate(), licensespring.ErrInvalidRequest))
	// Output: true
}

// Disables a license that is not paid for, and enables it after the payment.
func ExampleClient_DisableLicense() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, id := issue(srv, "acmecad", licensespring.NewLicense().Subscription())

	res, err := client.DisableLicense(context.Background(), id)
	if err != nil {
		fmt.Println(err)
		return
	}
	license, err := client.GetLicense(context.Background(), id)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(res.Outcome, *license.Enabled)
	// Output: changed false
}

func ExampleClient_EnableLicense() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, id := issue(srv, "acmecad", licensespring.NewLicense())
	if _, err := client.DisableLicense(context.Background(), id); err != nil {
		fmt.Println(err)
		return
	}

	res, err := client.EnableLicense(context.Background(), id)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(res.Outcome)
	// Output: changed
}

// The list holds all features: export is removed, and an unknown code is dropped.
func ExampleClient_UpdateFeatures() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, id := issue(srv, "acmecad", licensespring.NewLicense().WithFeatures("render", "export"))

	res, err := client.UpdateFeatures(context.Background(), id, []licensespring.ProductFeature{{Code: "render"}, {Code: "rendr"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, feature := range res.License.ProductFeatures {
		fmt.Println(feature.Code)
	}
	for _, warning := range res.Warnings {
		fmt.Println(warning)
	}
	// Output:
	// render
	// product_features[1].code: the license does not have the feature; the service drops unknown codes [feature_dropped]
}

// Assigns a user once. The initial password is shown only to the call that assigned
// the user.
func ExampleClient_AssignUser() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, id := issue(srv, "acmeweb", licensespring.NewUserLicense("grace@example.com"))

	for range 2 {
		res, err := client.AssignUser(context.Background(), id, licensespring.UserAssignment{Email: "ada@example.com"})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(res.Outcome)
		for _, user := range res.NewUsers {
			fmt.Println(user.Email, user.InitialPassword, user.InitialPassword.Reveal() != "")
		}
	}
	// Output:
	// changed
	// ada@example.com [redacted] true
	// unchanged
}

func ExampleClient_UnassignUser() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, id := issue(srv, "acmeweb", licensespring.NewUserLicense("grace@example.com"))

	for range 2 {
		res, err := client.UnassignUser(context.Background(), id, "grace@example.com")
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(res.Outcome)
	}
	// Output:
	// changed
	// unchanged
}

// Sets a password of your own after the response with the initial one was lost.
func ExampleClient_SetUserPassword() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, _ := issue(srv, "acmeweb", licensespring.NewUserLicense("grace@example.com"))

	res, err := client.SetUserPassword(context.Background(), "grace@example.com", licensespring.NewSecret("not-a-real-one"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(res.Outcome)
	// Output: changed
}

// Makes a license as the subscription wants it. A repetition changes nothing.
func ExampleClient_EnsureLicense() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, id := issue(srv, "acmecad", licensespring.NewLicense().Subscription())

	state := licensespring.LicenseState{
		Enabled:         new(true),
		LicenseUpdate:   licensespring.ValidUntil(licensespring.Date{Year: 2031, Month: time.June, Day: 8}),
		ProductFeatures: []licensespring.ProductFeature{{Code: "render"}},
	}
	for range 2 {
		res, err := client.EnsureLicense(context.Background(), id, state)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(res.Outcome, len(res.Attempts), "attempts")
	}
	// Output:
	// changed 3 attempts
	// unchanged 1 attempts
}

// A license that a user of the vendor's platform has disabled stays disabled.
func ExampleClient_EnsureLicense_conflict() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, id := issue(srv, "acmecad", licensespring.NewLicense().Subscription())
	srv.DisableLicense(id, "support@example.com")

	_, err := client.EnsureLicense(context.Background(), id, licensespring.LicenseState{Enabled: new(true)})
	fmt.Println(errors.Is(err, licensespring.ErrLicenseConflict), licensespring.OutcomeOf(err))
	if e, ok := errors.AsType[*licensespring.Error](err); ok {
		for _, difference := range e.Differences {
			fmt.Println(difference)
		}
	}
	// Output:
	// true rejected
	// enabled: want true, got false [value_mismatch]
}

// Renews many licenses. The run can be repeated after an interruption.
func ExampleClient_EnsureLicenses() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, id := issue(srv, "acmecad", licensespring.NewLicense().Subscription())

	paid := map[int64]licensespring.LicenseState{
		id: {LicenseUpdate: licensespring.ValidUntil(licensespring.Date{Year: 2031, Month: time.June, Day: 8})},
	}
	for r := range client.EnsureLicenses(context.Background(), func(yield func(int64, licensespring.LicenseState) bool) {
		for id, state := range paid {
			if !yield(id, state) {
				return
			}
		}
	}) {
		fmt.Println(r.LicenseID == id, r.Outcome(), r.Err)
	}
	// Output: true changed <nil>
}

func ExampleLicenseState_Check() {
	state := licensespring.LicenseState{Users: []licensespring.UserAssignment{{Email: "ada@example.com"}, {Email: "Ada@example.com"}}}
	for _, finding := range state.Check() {
		fmt.Println(finding)
	}
	// Output: users[1].email: is a duplicate of that of users[0].email [duplicate_user]
}

func ExampleLicenseState_Validate() {
	state := licensespring.LicenseState{}
	fmt.Println(state.Validate())
	// Output: licensespring: the state has no members [required]
}

// Compares a state with a license, without a request that changes anything.
func ExampleLicenseState_Diff() {
	var license licensespring.LicenseRecord
	if err := json.Unmarshal([]byte(`{"id": 7, "enabled": true, "max_activations": 3}`), &license); err != nil {
		fmt.Println(err)
		return
	}
	state := licensespring.LicenseState{
		Enabled:       new(true),
		LicenseUpdate: licensespring.LicenseUpdate{MaxActivations: new(5), MaxTransfers: new(0)},
	}
	for _, difference := range state.Diff(&license) {
		fmt.Println(difference)
	}
	// Output:
	// max_activations: want 5, got 3 [value_mismatch]
	// max_transfers: want 0, got nothing [not_shown]
}

func ExampleClient_PreviewUpdateLicense() {
	client, err := licensespring.New("FAKEFAKE.0123456789abcdef0123456789abcdef")
	if err != nil {
		fmt.Println(err)
		return
	}
	preview, err := client.PreviewUpdateLicense(1933000000000021,
		licensespring.ValidUntil(licensespring.Date{Year: 2031, Month: time.June, Day: 8}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(preview.Method, preview.URL)
	fmt.Println(string(preview.Body))
	// Output:
	// PATCH https://saas.licensespring.com/api/v1/licenses/1933000000000021/
	// {"validity_period":"2031-06-08","is_trial":false}
}

func ExampleClient_PreviewEnableLicense() {
	client, err := licensespring.New("FAKEFAKE.0123456789abcdef0123456789abcdef")
	if err != nil {
		fmt.Println(err)
		return
	}
	preview, err := client.PreviewEnableLicense(1933000000000021)
	fmt.Println(preview.Method, preview.URL, string(preview.Body), err)
	// Output: POST https://saas.licensespring.com/api/v1/licenses/1933000000000021/enable/ {} <nil>
}

func ExampleClient_PreviewDisableLicense() {
	client, err := licensespring.New("FAKEFAKE.0123456789abcdef0123456789abcdef")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.PreviewDisableLicense(0)
	fmt.Println(err)
	// Output: licensespring: preview: invalid request (not sent): id: is not an ID of the service [required]
}

func ExampleClient_PreviewUpdateFeatures() {
	client, err := licensespring.New("FAKEFAKE.0123456789abcdef0123456789abcdef")
	if err != nil {
		fmt.Println(err)
		return
	}
	preview, err := client.PreviewUpdateFeatures(1933000000000021, []licensespring.ProductFeature{{Code: "calls", MaxConsumption: new(30)}})
	fmt.Println(string(preview.Body), err)
	// Output: {"product_features":[{"product_feature":"calls","max_consumption":30}]} <nil>
}

func ExampleClient_PreviewAssignUser() {
	client, err := licensespring.New("FAKEFAKE.0123456789abcdef0123456789abcdef")
	if err != nil {
		fmt.Println(err)
		return
	}
	preview, err := client.PreviewAssignUser(1933000000000021, licensespring.UserAssignment{Email: "ada@example.com", IsManager: new(false)})
	fmt.Println(string(preview.Body), err)
	// Output: {"email":"ada@example.com","is_manager":false} <nil>
}

func ExampleClient_PreviewUnassignUser() {
	client, err := licensespring.New("FAKEFAKE.0123456789abcdef0123456789abcdef")
	if err != nil {
		fmt.Println(err)
		return
	}
	preview, err := client.PreviewUnassignUser(1933000000000021, "ada@example.com")
	fmt.Println(string(preview.Body), err)
	// Output: {"license_user_email":"ada@example.com"} <nil>
}

func ExampleClient_PreviewSetUserPassword() {
	client, err := licensespring.New("FAKEFAKE.0123456789abcdef0123456789abcdef")
	if err != nil {
		fmt.Println(err)
		return
	}
	preview, err := client.PreviewSetUserPassword("ada@example.com", licensespring.NewSecret("not-a-real-one"))
	fmt.Println(preview.URL, err)
	// Output: https://saas.licensespring.com/api/v1/license-users/set_password/?email=ada%40example.com <nil>
}

// Shows the requests that EnsureLicense would send for a license.
func ExampleClient_PreviewEnsureLicense() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, id := issue(srv, "acmecad", licensespring.NewLicense().WithMaxActivations(3))
	license, err := client.GetLicense(context.Background(), id)
	if err != nil {
		fmt.Println(err)
		return
	}

	previews, err := client.PreviewEnsureLicense(license, licensespring.LicenseState{
		Enabled:       new(false),
		LicenseUpdate: licensespring.LicenseUpdate{MaxActivations: new(0)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, preview := range previews {
		fmt.Println(preview.Method, string(preview.Body))
	}
	// Output:
	// POST {}
	// PATCH {"max_activations":0}
}

// A password that a failed call has received is not lost.
func ExampleError_NewUsers() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, id := issue(srv, "acmeweb", licensespring.NewUserLicense("grace@example.com"))
	srv.DisableLicense(id, "api@example.com")
	srv.Inject(licensespringtest.Status(403).On(licensespringtest.EnableLicense))

	_, err := client.EnsureLicense(context.Background(), id, licensespring.LicenseState{
		Enabled: new(true), AllowEnable: true,
		Users: []licensespring.UserAssignment{{Email: "grace@example.com"}, {Email: "ada@example.com"}},
	})
	fmt.Println(licensespring.OutcomeOf(err))
	if e, ok := errors.AsType[*licensespring.Error](err); ok {
		for _, user := range e.NewUsers() {
			fmt.Println(user.Email, user.InitialPassword.Reveal() != "")
		}
	}
	// Output:
	// unknown
	// ada@example.com true
}
