package licensespring_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/licensespring-go/licensespring"
)

// printJSON shows what an order says, indented.
func printJSON(v any) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		fmt.Println(err)
	}
	_, _ = out.WriteTo(os.Stdout)
}

func ExampleNewOrder() {
	order := licensespring.NewOrder("inv-2031-000417").
		WithCustomer(licensespring.Customer{Email: "ada@example.com", Company: "Analytical Engines"}).
		AddItem("acme-cad",
			licensespring.NewLicense().TimeLimited(licensespring.Years(1)).WithMaxActivations(3),
			licensespring.NewKeyLicense("AB2C-D3EF-GH4J-K5MN").Perpetual(),
		).
		AddItem("acme-web", licensespring.NewUserLicense("grace@example.com"))
	printJSON(order)
	// Output:
	// {
	//   "id": "inv-2031-000417",
	//   "items": [
	//     {
	//       "product_code": "acme-cad",
	//       "licenses": [
	//         {
	//           "max_activations": 3,
	//           "license_type": "time-limited",
	//           "valid_duration": "1y"
	//         },
	//         {
	//           "key": "AB2C-D3EF-GH4J-K5MN",
	//           "license_type": "perpetual"
	//         }
	//       ]
	//     },
	//     {
	//       "product_code": "acme-web",
	//       "licenses": [
	//         {
	//           "users": [
	//             {
	//               "email": "grace@example.com"
	//             }
	//           ]
	//         }
	//       ]
	//     }
	//   ],
	//   "customer": {
	//     "email": "ada@example.com",
	//     "company": "Analytical Engines"
	//   }
	// }
}

// The same can be said with plain structs. Pointers tell a zero that is meant
// from a setting that is left to the product.
func ExampleOrder() {
	order := licensespring.Order{
		ID: "inv-2031-000418",
		Items: []licensespring.OrderItem{{
			ProductCode: "acme-cad",
			Licenses: []licensespring.License{{
				LicenseType:    licensespring.TimeLimited,
				ValidDuration:  licensespring.Years(1),
				MaxActivations: new(3),
				MaxTransfers:   new(0), // without limit
				IsTrial:        new(false),
			}},
		}},
	}
	b, err := json.Marshal(order)
	fmt.Println(string(b), err)
	// Output:
	// {"id":"inv-2031-000418","items":[{"product_code":"acme-cad","licenses":[{"max_activations":3,"license_type":"time-limited","valid_duration":"1y","is_trial":false,"max_transfers":0}]}]} <nil>
}

// Orders come from files and queues as easily as from code, in the spelling of
// the page or of the newer reference.
func ExampleOrder_UnmarshalJSON() {
	var order licensespring.Order
	err := json.Unmarshal([]byte(`{
		"id": "inv-2031-000419",
		"customer": {"email": "ada@example.com", "company_name": "Analytical Engines"},
		"items": [{
			"product_code": "acme-web",
			"licenses": [{
				"users": {"email": "grace@example.com"},
				"valid_duration": "2m",
				"product_features": ["export", {"code": "render", "max_consumption": 33}],
				"colour": "blue"
			}]
		}]
	}`), &order)
	license := order.Items[0].Licenses[0]
	fmt.Println(order.Customer.Company)
	fmt.Println(license.Users[0].Email, license.ValidDuration, license.ProductFeatures[1].Code)
	fmt.Println(string(license.Extra["colour"]))
	fmt.Println(err)

	// Everything that cannot be kept is named at once.
	err = json.Unmarshal([]byte(`{"id": 419, "items": [{"licenses": [{"max_activations": "3"}]}]}`), &order)
	fmt.Println(err)
	// Output:
	// Analytical Engines
	// grace@example.com 2m render
	// "blue"
	// <nil>
	// licensespring: id: want a string [wrong_type]; items[0].licenses[0].max_activations: want a number [wrong_type]
}

func ExampleOrder_MarshalJSON() {
	order := licensespring.NewOrder("inv-2031-000420").
		WithCreated(time.Date(2031, 3, 1, 11, 20, 30, 0, time.FixedZone("CET", 60*60))).
		AddItem("acme-cad", licensespring.NewLicense().WithFeatures("export", "layers"))
	b, err := order.MarshalJSON()
	fmt.Println(string(b), err)
	// Output:
	// {"id":"inv-2031-000420","items":[{"product_code":"acme-cad","licenses":[{"product_features":["export","layers"]}]}],"created":"2031-03-01 10:20:30"} <nil>
}

func ExampleOrder_Check() {
	order := licensespring.NewOrder("").
		WithCustomer(licensespring.Customer{Email: "ada@"}).
		AddItem("acme-cad",
			licensespring.License{LicenseType: licensespring.TimeLimited},
			licensespring.NewLicense().Perpetual().WithOverages(10),
		).
		AddItem("acme-web")
	for _, finding := range order.Check() {
		fmt.Println(finding.Severity, finding)
	}
	// Output:
	// fault id: is required [required]
	// fault items[0].licenses[0].valid_duration: a time-limited license needs a valid_duration or a validity_period [missing_validity]
	// fault items[0].licenses[1].allow_overages: is for consumption licenses, and this one is perpetual [consumption_on_other]
	// fault items[0].licenses[1].max_overages: is for consumption licenses, and this one is perpetual [consumption_on_other]
	// warning items[1].licenses: there are none, so nothing is made for this item [no_licenses]
	// fault customer.email: is not an e-mail address [malformed_email]
}

func ExampleOrder_Validate() {
	order := licensespring.NewOrder("inv-2031-000421").
		AddItem("acme-web", licensespring.NewUserLicense("grace@example.com").WithKey("AB2C-D3EF-GH4J-K5MN"))
	err := order.Validate()
	fmt.Println(errors.Is(err, licensespring.ErrInvalidRequest))
	if invalid, ok := errors.AsType[*licensespring.ValidationError](err); ok {
		for _, finding := range invalid.Findings {
			fmt.Println(finding.Path, finding.Rule)
		}
	}
	// Output:
	// true
	// items[0].licenses[0].users key_and_users
}

func ExampleOrder_Clone() {
	monthly := licensespring.NewOrder("").AddItem("acme-web", licensespring.NewLicense().Subscription())
	march := monthly.Clone()
	march.ID = "sub-7-2031-03"
	march.Items[0].Licenses[0].Note = "March"
	fmt.Printf("%q %q\n", monthly.ID, monthly.Items[0].Licenses[0].Note)
	// Output:
	// "" ""
}

// What this package has no field for is sent as raw JSON.
func ExampleOrder_WithExtra() {
	order := licensespring.NewOrder("inv-2031-000422").
		WithExtra("channel", json.RawMessage(`"partner"`)).
		AddItem("acme-cad", licensespring.NewLicense().WithExtra("seats", json.RawMessage(`{"min": 1}`)))
	b, err := json.Marshal(order)
	fmt.Println(string(b), err)
	// Output:
	// {"id":"inv-2031-000422","items":[{"product_code":"acme-cad","licenses":[{"seats":{"min":1}}]}],"channel":"partner"} <nil>
}

// Every method of a license returns a changed copy, so one license can be the
// template of many.
func ExampleNewLicense() {
	base := licensespring.NewLicense().TimeLimited(licensespring.Years(1)).WithFeatures("export")
	printJSON(base.WithMaxActivations(1))
	printJSON(base.WithMaxActivations(10).WithFeatures("render"))
	// Output:
	// {
	//   "max_activations": 1,
	//   "license_type": "time-limited",
	//   "valid_duration": "1y",
	//   "product_features": [
	//     "export"
	//   ]
	// }
	// {
	//   "max_activations": 10,
	//   "license_type": "time-limited",
	//   "valid_duration": "1y",
	//   "product_features": [
	//     "export",
	//     "render"
	//   ]
	// }
}

func ExampleNewKeyLicense() {
	printJSON(licensespring.NewKeyLicense("AB2C-D3EF-GH4J-K5MN").Perpetual().WithoutTransfers())
	// Output:
	// {
	//   "key": "AB2C-D3EF-GH4J-K5MN",
	//   "license_type": "perpetual",
	//   "max_transfers": -1
	// }
}

func ExampleNewUserLicense() {
	printJSON(licensespring.NewUserLicense("grace@example.com").WithManager("ada@example.com"))
	// Output:
	// {
	//   "users": [
	//     {
	//       "email": "grace@example.com"
	//     },
	//     {
	//       "email": "ada@example.com",
	//       "is_manager": true
	//     }
	//   ]
	// }
}

func ExampleLicense_Consumption() {
	printJSON(licensespring.NewLicense().Consumption(1000).WithOverages(50).WithReset(licensespring.Monthly))
	// Output:
	// {
	//   "license_type": "consumption",
	//   "max_consumptions": 1000,
	//   "allow_overages": true,
	//   "max_overages": 50,
	//   "reset_consumption": true,
	//   "consumption_period": "month"
	// }
}

func ExampleLicense_TrialFor() {
	printJSON(licensespring.NewLicense().TrialFor(14).WithPolicy("acme-trial"))
	// Output:
	// {
	//   "is_trial": true,
	//   "policy_code": "acme-trial",
	//   "trial_days": 14
	// }
}

func ExampleLicense_WithMaintenance() {
	printJSON(licensespring.NewLicense().Perpetual().WithMaintenance(licensespring.Years(1)))
	// Output:
	// {
	//   "license_type": "perpetual",
	//   "enable_maintenance_duration": true,
	//   "maintenance_duration": "1y"
	// }
}

func ExampleLicense_WithFeature() {
	printJSON(licensespring.NewLicense().
		WithFeatures("export").
		WithFeature(licensespring.ProductFeature{Code: "render", MaxConsumption: new(33)}))
	// Output:
	// {
	//   "product_features": [
	//     {
	//       "code": "export"
	//     },
	//     {
	//       "code": "render",
	//       "max_consumption": 33
	//     }
	//   ]
	// }
}

func ExampleParseDuration() {
	d, err := licensespring.ParseDuration("2m")
	fmt.Println(d == licensespring.Months(2), d.Count(), d.Unit(), err)
	for _, s := range []string{"0d", "1w", "-1y", "1.5y", "2M", "1 y"} {
		_, err := licensespring.ParseDuration(s)
		fmt.Println(err)
	}
	// Output:
	// true 2 m <nil>
	// duration is zero
	// duration has an unknown unit: want y, m (months), d, h or min
	// duration is negative
	// duration is not a whole number of its unit
	// duration has a unit in upper case: units are lower case
	// duration has a space in it
}

func ExampleDuration_AddTo() {
	bought := time.Date(2028, time.January, 31, 12, 0, 0, 0, time.UTC)
	for _, d := range []licensespring.Duration{
		licensespring.Months(1), licensespring.Years(1), licensespring.Days(30), licensespring.Hours(4), licensespring.Minutes(5),
	} {
		fmt.Println(d, d.AddTo(bought).Format(time.DateTime))
	}
	// Output:
	// 1m 2028-02-29 12:00:00
	// 1y 2029-01-31 12:00:00
	// 30d 2028-03-01 12:00:00
	// 4h 2028-01-31 16:00:00
	// 5min 2028-01-31 12:05:00
}

func ExampleParseDate() {
	d, err := licensespring.ParseDate("2031-03-01")
	fmt.Println(d, d.Month, err)
	_, err = licensespring.ParseDate("2031-03-01 10:20:30")
	fmt.Println(err)
	// Output:
	// 2031-03-01 March <nil>
	// want a date without a time of day
}

func ExampleDateOf() {
	tokyo := time.FixedZone("JST", 9*60*60)
	fmt.Println(licensespring.DateOf(time.Date(2031, 3, 1, 8, 0, 0, 0, tokyo)))
	// Output:
	// 2031-02-28
}
