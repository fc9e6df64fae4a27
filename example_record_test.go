package licensespring_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// A result contains the outcome, warnings and attempts.
func ExampleOrderResult() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}
	// The service silently drops features that the product does not have.
	res, err := client.CreateOrder(context.Background(), licensespring.NewOrder("inv-1").
		AddItem("acmecad", licensespring.NewLicense().WithFeatures("render", "teleport")))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(res.Outcome)
	for _, warning := range res.Warnings {
		fmt.Println(warning)
	}
	for _, attempt := range res.Attempts {
		fmt.Println(attempt)
	}
	// Output:
	// created
	// items[0].licenses[0].product_features[1].code: the license does not have the feature; the service drops unknown codes [feature_dropped]
	// create order #1: responded 200, ok
}

// Reads a member without a field from the response.
func ExampleOrderResult_Raw() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}
	res, err := client.CreateOrder(context.Background(), licensespring.NewOrder("inv-1").
		WithReference("po-88127").
		AddItem("acmecad", licensespring.NewLicense()))
	if err != nil {
		fmt.Println(err)
		return
	}
	var more struct {
		Reference string `json:"reference"`
	}
	if err := json.Unmarshal(res.Raw(), &more); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(more.Reference)
	// Output: po-88127
}

func ExampleOutcome_Done() {
	for _, outcome := range []licensespring.Outcome{
		licensespring.OutcomeCreated, licensespring.OutcomeAppended, licensespring.OutcomeRecovered, licensespring.OutcomeExisting,
		licensespring.OutcomeRejected, licensespring.OutcomeNotSent, licensespring.OutcomeUnknown,
	} {
		fmt.Println(outcome, outcome.Done())
	}
	// Output:
	// created true
	// appended true
	// recovered true
	// existing true
	// rejected false
	// not sent false
	// unknown false
}

// Each attempt reports how far it got and how it ended.
func ExampleAttempt() {
	srv := licensespringtest.NewServer(nil)
	defer srv.Close()
	client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()),
		licensespring.WithRetryWaits(time.Millisecond, time.Millisecond))
	if err != nil {
		fmt.Println(err)
		return
	}
	srv.Inject(licensespringtest.DropAfter().On(licensespringtest.CreateOrder))

	res, err := client.CreateOrder(context.Background(),
		licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense()))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range res.Attempts {
		fmt.Printf("%s, number %d: %s %d, %s\n", a.Op, a.Number, a.Phase, a.Status, a.Reason)
	}
	// Output:
	// create order, number 1: sent 0, connection closed
	// create order, number 2: responded 409, rejected
	// look up order, number 1: responded 200, ok
}

func ExampleAttempt_String() {
	attempt := licensespring.Attempt{
		Op: licensespring.OpCreateOrder, Number: 1, Phase: licensespring.PhaseSent, Reason: "timed out",
		Wait: 480 * time.Millisecond, Decision: "retry",
	}
	fmt.Println(attempt)
	// Output: create order #1: sent, timed out, retry after 480ms
}

// A record can be decoded from any response, and stored as JSON.
func ExampleOrderRecord() {
	var record licensespring.OrderRecord
	err := json.Unmarshal([]byte(`{
		"id": 1659826094882456,
		"store_id": "inv-2031-000417",
		"created_at": "2031-03-01T10:20:30.123456Z",
		"customer": 77,
		"order_items": [{"licenses": [{
			"license_key": null,
			"license_type": "subscription",
			"validity_period": "0000-00-00",
			"license_users": [{"email": "grace@example.com|acme", "is_admin": {}, "initial_password": "only-once"}]
		}]}]
	}`), &record)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(record.ID, record.StoreID, record.CreatedAt.Year(), record.CustomerID)
	for _, license := range record.Licenses() {
		fmt.Println(license.LicenseType, license.ValidityPeriod.IsZero())
	}
	for _, user := range record.Users() {
		fmt.Println(user.Email, user.InitialPassword, user.InitialPassword.Reveal())
	}
	// Output:
	// 1659826094882456 inv-2031-000417 2031 77
	// subscription true
	// grace@example.com [redacted] only-once
}

func ExampleOrderRecord_LicenseKeys() {
	var record licensespring.OrderRecord
	err := json.Unmarshal([]byte(`{"order_items": [
		{"licenses": [{"license_key": "AB2C-D3EF-GH4J-K5MN"}, {"license_key": null}]},
		{"licenses": [{"license_key": "PQ2R-S3TU-VW4X-Y5ZA"}]}
	]}`), &record)
	fmt.Println(record.LicenseKeys(), err)
	// Output: [AB2C-D3EF-GH4J-K5MN PQ2R-S3TU-VW4X-Y5ZA] <nil>
}

func ExampleOrderRecord_Licenses() {
	var record licensespring.OrderRecord
	err := json.Unmarshal([]byte(`{"order_items": [
		{"licenses": [{"license_type": "time-limited", "valid_duration": "2m"}]},
		{"licenses": [{"license_type": "time-limited", "valid_duration": "1y"}]}
	]}`), &record)
	for _, license := range record.Licenses() {
		fmt.Println(license.LicenseType, license.ValidDuration)
	}
	fmt.Println(err)
	// Output:
	// time-limited 2m
	// time-limited 1y
	// <nil>
}

func ExampleOrderRecord_Users() {
	var record licensespring.OrderRecord
	err := json.Unmarshal([]byte(`{"order_items": [{"licenses": [{"license_users": [
		{"true_email": "ada@example.com", "is_manager": true},
		{"true_email": "grace@example.com"}
	]}]}]}`), &record)
	for _, user := range record.Users() {
		fmt.Println(user.Email, user.IsManager)
	}
	fmt.Println(err)
	// Output:
	// ada@example.com true
	// grace@example.com false
	// <nil>
}

func ExampleOrderRecord_Raw() {
	var record licensespring.OrderRecord
	err := json.Unmarshal([]byte(`{"id": 1, "archived": true}`), &record)
	fmt.Println(string(record.Raw()), err)
	// Output: {"id": 1, "archived": true} <nil>
}

func ExampleItemRecord_Raw() {
	var record licensespring.OrderRecord
	err := json.Unmarshal([]byte(`{"order_items": [{"id": 8, "bundle": 3}]}`), &record)
	for _, item := range record.OrderItems {
		fmt.Println(string(item.Raw()), err)
	}
	// Output: {"id": 8, "bundle": 3} <nil>
}

// A license can be decoded from any response, such as the data of an event.
func ExampleLicenseRecord() {
	var license licensespring.LicenseRecord
	err := json.Unmarshal([]byte(`{
		"id": 1933000000000021,
		"enabled": true,
		"validity_period": "2031-05-07",
		"subscription_id": "sub_417"
	}`), &license)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(license.ID, *license.Enabled, licensespring.DateOf(license.ValidityPeriod), license.SubscriptionID)
	fmt.Println(license.Active == nil) // the response does not show it
	// Output:
	// 1933000000000021 true 2031-05-07 sub_417
	// true
}

func ExampleLicenseRecord_Raw() {
	var record licensespring.OrderRecord
	err := json.Unmarshal([]byte(`{"order_items": [{"licenses": [{"max_transfers": 3}]}]}`), &record)
	for _, license := range record.Licenses() {
		fmt.Println(string(license.Raw()), err)
	}
	// Output: {"max_transfers": 3} <nil>
}

// A customer can be decoded from any response, such as the data of an event.
func ExampleCustomerRecord() {
	var customer licensespring.CustomerRecord
	err := json.Unmarshal([]byte(`{"id": "77", "email": "ada@example.com", "company": 5, "company_name": "Analytical Engines"}`), &customer)
	fmt.Println(customer.ID, customer.Email, customer.Company, err)
	// Output: 77 ada@example.com Analytical Engines <nil>
}

func ExampleCustomerRecord_Raw() {
	var customer licensespring.CustomerRecord
	err := json.Unmarshal([]byte(`{"id": 77, "city": "London"}`), &customer)
	fmt.Println(customer.ID, string(customer.Raw()), err)
	// Output: 77 {"id": 77, "city": "London"} <nil>
}

// A catalogue can be stored as JSON.
func ExampleProductRecord() {
	var product licensespring.ProductRecord
	err := json.Unmarshal([]byte(`{"id": 1500000000000001, "short_code": "acmecad", "authorization_method": "license-key", "active": true}`), &product)
	if err != nil {
		fmt.Println(err)
		return
	}
	stored, err := json.Marshal(&product)
	fmt.Println(string(stored), err)
	fmt.Println(product.IsBundle == nil) // the response does not show it
	// Output:
	// {"id":1500000000000001,"short_code":"acmecad","authorization_method":"license-key","active":true} <nil>
	// true
}

func ExampleProductRecord_Raw() {
	var product licensespring.ProductRecord
	err := json.Unmarshal([]byte(`{"short_code": "acmecad", "version": "7.1"}`), &product)
	fmt.Println(product.ShortCode, string(product.Raw()), err)
	// Output: acmecad {"short_code": "acmecad", "version": "7.1"} <nil>
}

func ExampleProductFeatureRecord_Raw() {
	var product licensespring.ProductRecord
	err := json.Unmarshal([]byte(`{"features": [{"code": "render", "name": "Renderer"}]}`), &product)
	for _, feature := range product.Features {
		fmt.Println(feature.Code, string(feature.Raw()), err)
	}
	// Output: render {"code": "render", "name": "Renderer"} <nil>
}

func ExampleFeatureRecord_Raw() {
	var record licensespring.OrderRecord
	err := json.Unmarshal([]byte(`{"order_items": [{"licenses": [{"product_features": [
		{"product_feature": {"code": "render"}, "total_consumptions": 12}
	]}]}]}`), &record)
	for _, license := range record.Licenses() {
		for _, feature := range license.ProductFeatures {
			fmt.Println(feature.Code, string(feature.Raw()), err)
		}
	}
	// Output: render {"product_feature": {"code": "render"}, "total_consumptions": 12} <nil>
}

func ExampleUserRecord_Raw() {
	var record licensespring.OrderRecord
	err := json.Unmarshal([]byte(`{"order_items": [{"licenses": [{"license_users": [
		{"true_email": "grace@example.com", "first_name": "Grace"}
	]}]}]}`), &record)
	for _, user := range record.Users() {
		fmt.Println(user.Email, string(user.Raw()), err)
	}
	// Output: grace@example.com {"true_email": "grace@example.com", "first_name": "Grace"} <nil>
}

// A secret is redacted unless it is revealed.
func ExampleSecret() {
	user := licensespring.UserRecord{Email: "grace@example.com", InitialPassword: licensespring.NewSecret("only-once")}
	encoded, err := json.Marshal(user)
	fmt.Println(string(encoded), err)
	fmt.Printf("%v %s %q %x\n", user.InitialPassword, user.InitialPassword, user.InitialPassword, user.InitialPassword)
	fmt.Println(user.InitialPassword.Reveal())
	// Output:
	// {"email":"grace@example.com","initial_password":"[redacted]"} <nil>
	// [redacted] [redacted] [redacted] [redacted]
	// only-once
}

func ExampleNewSecret() {
	none, one := licensespring.NewSecret(""), licensespring.NewSecret("only-once")
	fmt.Println(none.IsZero(), one.IsZero(), one.Equal(licensespring.NewSecret("only-once")))
	// Output: true false true
}

// Mails an initial password to its user. Printed, it is redacted.
func ExampleSecret_Reveal() {
	user := licensespring.UserRecord{Email: "grace@example.com", InitialPassword: licensespring.NewSecret("only-once")}
	fmt.Printf("to %s: your first password is %s\n", user.Email, user.InitialPassword.Reveal())
	fmt.Printf("logged: %v\n", user.InitialPassword)
	// Output:
	// to grace@example.com: your first password is only-once
	// logged: [redacted]
}

func ExampleSecret_Equal() {
	stored := licensespring.NewSecret("only-once")
	fmt.Println(stored.Equal(licensespring.NewSecret("only-once")), stored.Equal(licensespring.NewSecret("once")))
	// Output: true false
}

// An existing user has no initial password.
func ExampleSecret_IsZero() {
	var user licensespring.UserRecord
	if user.InitialPassword.IsZero() {
		fmt.Println("log in as before")
	}
	// Output: log in as before
}
