package licensespring_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/licensespring-go/licensespring"
)

// A license without settings takes them from its policy or product. Pointers
// distinguish zero and false from absent.
func ExampleLicense() {
	license := licensespring.License{
		LicenseType:    licensespring.Perpetual,
		MaxActivations: new(0),
		IsTrial:        new(false),
	}
	b, err := json.Marshal([]licensespring.License{{}, license})
	fmt.Println(string(b), err)
	// Output: [{},{"max_activations":0,"license_type":"perpetual","is_trial":false}] <nil>
}

// Every method of a license returns a changed copy, so one license can be the
// template of many.
func ExampleNewLicense() {
	base := licensespring.NewLicense().TimeLimited(licensespring.Years(1)).WithFeatures("export")
	for _, license := range []licensespring.License{
		base.WithMaxActivations(1),
		base.WithMaxActivations(10).WithFeatures("render"),
	} {
		b, err := json.Marshal(license)
		fmt.Println(string(b), err)
	}
	// Output:
	// {"max_activations":1,"license_type":"time-limited","valid_duration":"1y","product_features":["export"]} <nil>
	// {"max_activations":10,"license_type":"time-limited","valid_duration":"1y","product_features":["export","render"]} <nil>
}

func ExampleNewKeyLicense() {
	b, err := json.Marshal(licensespring.NewKeyLicense("AB2C-D3EF-GH4J-K5MN").Perpetual())
	fmt.Println(string(b), err)
	// Output: {"key":"AB2C-D3EF-GH4J-K5MN","license_type":"perpetual"} <nil>
}

func ExampleNewUserLicense() {
	b, err := json.Marshal(licensespring.NewUserLicense("grace@example.com", "alan@example.com"))
	fmt.Println(string(b), err)
	// Output: {"users":[{"email":"grace@example.com"},{"email":"alan@example.com"}]} <nil>
}

func ExampleLicense_Clone() {
	base := licensespring.NewLicense().WithFeatures("export")
	team := base.Clone()
	team.ProductFeatures[0].Code = "render"
	fmt.Println(base.ProductFeatures[0].Code, team.ProductFeatures[0].Code)
	// Output: export render
}

func ExampleLicense_TimeLimited() {
	b, err := json.Marshal(licensespring.NewLicense().TimeLimited(licensespring.Months(6)))
	fmt.Println(string(b), err)
	// Output: {"license_type":"time-limited","valid_duration":"6m"} <nil>
}

// Times are sent in UTC.
func ExampleLicense_TimeLimitedUntil() {
	end := time.Date(2031, time.December, 31, 18, 0, 0, 0, time.FixedZone("EST", -5*60*60))
	b, err := json.Marshal(licensespring.NewLicense().TimeLimitedUntil(end))
	fmt.Println(string(b), err)
	// Output: {"license_type":"time-limited","validity_period":"2031-12-31 23:00:00"} <nil>
}

// Perpetual removes an end that was set before.
func ExampleLicense_Perpetual() {
	base := licensespring.NewLicense().TimeLimited(licensespring.Years(1)).WithMaxActivations(3)
	b, err := json.Marshal(base.Perpetual())
	fmt.Println(string(b), err)
	// Output: {"max_activations":3,"license_type":"perpetual"} <nil>
}

func ExampleLicense_Subscription() {
	b, err := json.Marshal(licensespring.NewLicense().Subscription().WithSubscriptionID("sub-7"))
	fmt.Println(string(b), err)
	// Output: {"license_type":"subscription","subscription_id":"sub-7"} <nil>
}

// 1000 consumptions per month, and at most 50 more.
func ExampleLicense_Consumption() {
	b, err := json.Marshal(licensespring.NewLicense().Consumption(1000).WithOverages(50).WithReset(licensespring.Monthly))
	fmt.Println(string(b), err)
	// Output: {"license_type":"consumption","max_consumptions":1000,"allow_overages":true,"max_overages":50,"reset_consumption":true,"consumption_period":"month"} <nil>
}

// The maximum of overages can be a fraction.
func ExampleLicense_WithOverages() {
	b, err := json.Marshal(licensespring.NewLicense().Consumption(1000).WithOverages(12.5))
	fmt.Println(string(b), err)
	// Output: {"license_type":"consumption","max_consumptions":1000,"allow_overages":true,"max_overages":12.5} <nil>
}

func ExampleLicense_WithoutOverages() {
	b, err := json.Marshal(licensespring.NewLicense().Consumption(1000).WithoutOverages())
	fmt.Println(string(b), err)
	// Output: {"license_type":"consumption","max_consumptions":1000,"allow_overages":false} <nil>
}

// A period is sent in the spelling of the dialect, here DialectClassic.
func ExampleLicense_WithReset() {
	b, err := json.Marshal(licensespring.NewLicense().Consumption(1000).WithReset(licensespring.Weekly))
	fmt.Println(string(b), err)
	// Output: {"license_type":"consumption","max_consumptions":1000,"reset_consumption":true,"consumption_period":"week"} <nil>
}

// Sets the keys of licenses that share a template.
func ExampleLicense_WithKey() {
	base := licensespring.NewLicense().Perpetual()
	order := licensespring.NewOrder("inv-2031-000417")
	for _, key := range []string{"AB2C-D3EF-GH4J-K5MN", "PQ2R-S3TU-VW4X-Y5ZA"} {
		order.AddItem("acmecad", base.WithKey(key))
	}
	for _, item := range order.Items {
		fmt.Println(item.ProductCode, item.Licenses[0].Key)
	}
	// Output:
	// acmecad AB2C-D3EF-GH4J-K5MN
	// acmecad PQ2R-S3TU-VW4X-Y5ZA
}

func ExampleLicense_WithUsers() {
	b, err := json.Marshal(licensespring.NewLicense().WithUsers("grace@example.com", "alan@example.com"))
	fmt.Println(string(b), err)
	// Output: {"users":[{"email":"grace@example.com"},{"email":"alan@example.com"}]} <nil>
}

// A user can have its own maximum number of activations.
func ExampleLicense_WithUser() {
	b, err := json.Marshal(licensespring.NewLicense().
		WithUser(licensespring.LicenseUser{Email: "grace@example.com", MaxActivations: new(2)}))
	fmt.Println(string(b), err)
	// Output: {"users":[{"email":"grace@example.com","max_activations":2}]} <nil>
}

func ExampleLicense_WithManager() {
	b, err := json.Marshal(licensespring.NewUserLicense("grace@example.com").WithManager("ada@example.com"))
	fmt.Println(string(b), err)
	// Output: {"users":[{"email":"grace@example.com"},{"email":"ada@example.com","is_manager":true}]} <nil>
}

func ExampleLicense_WithMaxActivations() {
	b, err := json.Marshal(licensespring.NewLicense().WithMaxActivations(3))
	fmt.Println(string(b), err)
	// Output: {"max_activations":3} <nil>
}

func ExampleLicense_WithMaxTransfers() {
	b, err := json.Marshal(licensespring.NewLicense().WithMaxTransfers(2))
	fmt.Println(string(b), err)
	// Output: {"max_transfers":2} <nil>
}

func ExampleLicense_WithUnlimitedTransfers() {
	b, err := json.Marshal(licensespring.NewLicense().WithUnlimitedTransfers())
	fmt.Println(string(b), err)
	// Output: {"max_transfers":0} <nil>
}

func ExampleLicense_WithoutTransfers() {
	b, err := json.Marshal(licensespring.NewLicense().WithoutTransfers())
	fmt.Println(string(b), err)
	// Output: {"max_transfers":-1} <nil>
}

// False is sent, too: it overrides the policy or product.
func ExampleLicense_WithPreventVM() {
	b, err := json.Marshal(licensespring.NewLicense().WithPreventVM(false))
	fmt.Println(string(b), err)
	// Output: {"prevent_vm":false} <nil>
}

// The policy or product determines the duration of the trial.
func ExampleLicense_Trial() {
	b, err := json.Marshal(licensespring.NewLicense().Trial())
	fmt.Println(string(b), err)
	// Output: {"is_trial":true} <nil>
}

func ExampleLicense_TrialFor() {
	b, err := json.Marshal(licensespring.NewLicense().TrialFor(14))
	fmt.Println(string(b), err)
	// Output: {"is_trial":true,"trial_days":14} <nil>
}

func ExampleLicense_WithMaintenance() {
	b, err := json.Marshal(licensespring.NewLicense().Perpetual().WithMaintenance(licensespring.Years(1)))
	fmt.Println(string(b), err)
	// Output: {"license_type":"perpetual","enable_maintenance_duration":true,"maintenance_duration":"1y"} <nil>
}

func ExampleLicense_WithMaintenanceUntil() {
	b, err := json.Marshal(licensespring.NewLicense().Perpetual().
		WithMaintenanceUntil(licensespring.Date{Year: 2032, Month: time.March, Day: 31}))
	fmt.Println(string(b), err)
	// Output: {"license_type":"perpetual","enable_maintenance_duration":true,"maintenance_period":"2032-03-31"} <nil>
}

func ExampleLicense_WithFeatures() {
	b, err := json.Marshal(licensespring.NewLicense().WithFeatures("export", "layers"))
	fmt.Println(string(b), err)
	// Output: {"product_features":["export","layers"]} <nil>
}

// Features are sent as codes, or all of them as objects if one has options.
func ExampleLicense_WithFeature() {
	b, err := json.Marshal(licensespring.NewLicense().
		WithFeatures("export").
		WithFeature(licensespring.ProductFeature{Code: "render", MaxConsumption: new(33)}))
	fmt.Println(string(b), err)
	// Output: {"product_features":[{"code":"export"},{"code":"render","max_consumption":33}]} <nil>
}

// An empty list requests no features; without a list the policy or product
// decides.
func ExampleLicense_WithoutFeatures() {
	base := licensespring.NewLicense()
	b, err := json.Marshal([]licensespring.License{base, base.WithoutFeatures()})
	fmt.Println(string(b), err)
	// Output: [{},{"product_features":[]}] <nil>
}

// Settings of the license override its policy.
func ExampleLicense_WithPolicy() {
	b, err := json.Marshal(licensespring.NewLicense().WithPolicy("acme-gold").WithMaxActivations(5))
	fmt.Println(string(b), err)
	// Output: {"max_activations":5,"policy_code":"acme-gold"} <nil>
}

func ExampleLicense_WithStartDate() {
	b, err := json.Marshal(licensespring.NewLicense().
		WithStartDate(licensespring.Date{Year: 2031, Month: time.April, Day: 1}))
	fmt.Println(string(b), err)
	// Output: {"start_date":"2031-04-01"} <nil>
}

func ExampleLicense_WithSubscriptionID() {
	b, err := json.Marshal(licensespring.NewLicense().WithSubscriptionID("sub-7"))
	fmt.Println(string(b), err)
	// Output: {"subscription_id":"sub-7"} <nil>
}

func ExampleLicense_WithNote() {
	b, err := json.Marshal(licensespring.NewLicense().WithNote("for the training center"))
	fmt.Println(string(b), err)
	// Output: {"note":"for the training center"} <nil>
}

func ExampleLicense_WithMetadata() {
	b, err := json.Marshal(licensespring.NewLicense().
		WithMetadata(map[string]any{"cost_center": 4711, "tags": []string{"lab", "north"}}))
	fmt.Println(string(b), err)
	// Output: {"metadata":{"cost_center":4711,"tags":["lab","north"]}} <nil>
}

func ExampleLicense_WithCustomField() {
	b, err := json.Marshal(licensespring.NewLicense().
		WithCustomField("room", "E-114").
		WithCustomField("seats", 24))
	fmt.Println(string(b), err)
	// Output: {"custom_fields":[{"name":"room","value":"E-114"},{"name":"seats","value":24}]} <nil>
}

func ExampleLicense_Floating() {
	b, err := json.Marshal(licensespring.NewLicense().Floating(10))
	fmt.Println(string(b), err)
	// Output: {"is_floating":true,"floating_users":10} <nil>
}

func ExampleLicense_FloatingCloud() {
	b, err := json.Marshal(licensespring.NewLicense().FloatingCloud(10))
	fmt.Println(string(b), err)
	// Output: {"is_floating":true,"floating_users":10,"is_floating_cloud":true} <nil>
}

func ExampleLicense_WithFloatingTimeout() {
	b, err := json.Marshal(licensespring.NewLicense().Floating(10).WithFloatingTimeout(15))
	fmt.Println(string(b), err)
	// Output: {"is_floating":true,"floating_users":10,"floating_timeout":15} <nil>
}

// Members without a field are sent as raw JSON.
func ExampleLicense_WithExtra() {
	b, err := json.Marshal(licensespring.NewLicense().WithExtra("seats", json.RawMessage(`{"min":1}`)))
	fmt.Println(string(b), err)
	// Output: {"seats":{"min":1}} <nil>
}

func ExampleLicenseUser() {
	license := licensespring.License{Users: []licensespring.LicenseUser{
		{Email: "grace@example.com", MaxActivations: new(2)},
		{Email: "ada@example.com", IsManager: true},
	}}
	b, err := json.Marshal(license)
	fmt.Println(string(b), err)
	// Output: {"users":[{"email":"grace@example.com","max_activations":2},{"email":"ada@example.com","is_manager":true}]} <nil>
}

// A feature is read from its code or from an object.
func ExampleProductFeature() {
	var features []licensespring.ProductFeature
	err := json.Unmarshal([]byte(`["export", {"code": "render", "max_consumption": 33, "allow_overages": false}]`), &features)
	if err != nil {
		fmt.Println(err)
		return
	}
	render := features[1]
	fmt.Println(features[0].Code, render.Code, *render.MaxConsumption, *render.AllowOverages)
	// Output: export render 33 false
}

// A value is a string or a number. Numbers are read as json.Number.
func ExampleCustomField() {
	var fields []licensespring.CustomField
	err := json.Unmarshal([]byte(`[{"name": "room", "value": "E-114"}, {"name": "price", "value": 9.90}]`), &fields)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, field := range fields {
		fmt.Printf("%s: %v (%T)\n", field.Name, field.Value, field.Value)
	}
	// Output:
	// room: E-114 (string)
	// price: 9.90 (json.Number)
}
