package licensespring_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/licensespring-go/licensespring"
)

func ExampleNewOrder() {
	order := licensespring.NewOrder("inv-2031-000417").
		WithCustomer(licensespring.Customer{Email: "ada@example.com", Company: "Analytical Engines"}).
		AddItem("acmecad",
			licensespring.NewLicense().TimeLimited(licensespring.Years(1)).WithMaxActivations(3),
			licensespring.NewKeyLicense("AB2C-D3EF-GH4J-K5MN").Perpetual(),
		).
		AddItem("acmeweb", licensespring.NewUserLicense("grace@example.com"))
	b, err := json.MarshalIndent(order, "", "  ")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(b))
	// Output:
	// {
	//   "id": "inv-2031-000417",
	//   "items": [
	//     {
	//       "product_code": "acmecad",
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
	//       "product_code": "acmeweb",
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

// An order can be a struct literal, too. Pointers distinguish zero and false
// from absent.
func ExampleOrder() {
	order := licensespring.Order{
		ID: "inv-2031-000418",
		Items: []licensespring.OrderItem{{
			ProductCode: "acmecad",
			Licenses: []licensespring.License{{
				LicenseType:    licensespring.TimeLimited,
				ValidDuration:  licensespring.Years(1),
				MaxActivations: new(3),
				MaxTransfers:   new(0), // unlimited
				IsTrial:        new(false),
			}},
		}},
	}
	b, err := json.Marshal(order)
	fmt.Println(string(b), err)
	// Output:
	// {"id":"inv-2031-000418","items":[{"product_code":"acmecad","licenses":[{"max_activations":3,"license_type":"time-limited","valid_duration":"1y","is_trial":false,"max_transfers":0}]}]} <nil>
}

// Two licenses with the settings of the product.
func ExampleOrder_AddItem() {
	order := licensespring.NewOrder("inv-2031-000423").
		AddItem("acmecad", licensespring.NewLicense(), licensespring.NewLicense())
	b, err := json.Marshal(order)
	fmt.Println(string(b), err)
	// Output: {"id":"inv-2031-000423","items":[{"product_code":"acmecad","licenses":[{},{}]}]} <nil>
}

// Items with a note.
func ExampleOrder_AddItems() {
	order := licensespring.NewOrder("inv-2031-000424").AddItems(
		licensespring.OrderItem{ProductCode: "acmecad", Note: "main office", Licenses: []licensespring.License{{}}},
		licensespring.OrderItem{ProductCode: "acmecad", Note: "workshop", Licenses: []licensespring.License{{}}},
	)
	b, err := json.Marshal(order)
	fmt.Println(string(b), err)
	// Output: {"id":"inv-2031-000424","items":[{"product_code":"acmecad","note":"main office","licenses":[{}]},{"product_code":"acmecad","note":"workshop","licenses":[{}]}]} <nil>
}

func ExampleOrder_WithCustomer() {
	order := licensespring.NewOrder("inv-2031-000425").
		WithCustomer(licensespring.Customer{Email: "ada@example.com", FirstName: "Ada", LastName: "Lovelace"})
	b, err := json.Marshal(order)
	fmt.Println(string(b), err)
	// Output: {"id":"inv-2031-000425","customer":{"email":"ada@example.com","first_name":"Ada","last_name":"Lovelace"}} <nil>
}

// With a key on each license, an append can be retried.
func ExampleOrder_Appending() {
	order := licensespring.NewOrder("inv-2031-000417").Appending().
		AddItem("acmecad", licensespring.NewKeyLicense("PQ2R-S3TU-VW4X-Y5ZA"))
	b, err := json.Marshal(order)
	fmt.Println(string(b), err)
	// Output: {"id":"inv-2031-000417","items":[{"product_code":"acmecad","licenses":[{"key":"PQ2R-S3TU-VW4X-Y5ZA"}]}],"append":true} <nil>
}

func ExampleOrder_AsTest() {
	b, err := json.Marshal(licensespring.NewOrder("inv-2031-000426").AsTest())
	fmt.Println(string(b), err)
	// Output: {"id":"inv-2031-000426","is_test":true} <nil>
}

// All items of the order name bundles.
func ExampleOrder_AsBundle() {
	order := licensespring.NewOrder("inv-2031-000427").AsBundle().AddItem("acmesuite", licensespring.NewLicense())
	b, err := json.Marshal(order)
	fmt.Println(string(b), err)
	// Output: {"id":"inv-2031-000427","items":[{"product_code":"acmesuite","licenses":[{}]}],"is_bundle":true} <nil>
}

// Times are sent in UTC.
func ExampleOrder_WithCreated() {
	paid := time.Date(2031, time.March, 1, 11, 20, 30, 0, time.FixedZone("CET", 60*60))
	b, err := json.Marshal(licensespring.NewOrder("inv-2031-000428").WithCreated(paid))
	fmt.Println(string(b), err)
	// Output: {"id":"inv-2031-000428","created":"2031-03-01 10:20:30"} <nil>
}

func ExampleOrder_WithOrderType() {
	b, err := json.Marshal(licensespring.NewOrder("inv-2031-000429").WithOrderType(licensespring.NormalOrder))
	fmt.Println(string(b), err)
	// Output: {"id":"inv-2031-000429","order_type":"normal"} <nil>
}

func ExampleOrder_WithLanguage() {
	b, err := json.Marshal(licensespring.NewOrder("inv-2031-000430").WithLanguage("de"))
	fmt.Println(string(b), err)
	// Output: {"id":"inv-2031-000430","language":"de"} <nil>
}

func ExampleOrder_WithCampaignParams() {
	b, err := json.Marshal(licensespring.NewOrder("inv-2031-000431").WithCampaignParams("utm_source=spring-letter"))
	fmt.Println(string(b), err)
	// Output: {"id":"inv-2031-000431","campaign_params":"utm_source=spring-letter"} <nil>
}

func ExampleOrder_WithDownloadID() {
	b, err := json.Marshal(licensespring.NewOrder("inv-2031-000432").WithDownloadID("dl-9001"))
	fmt.Println(string(b), err)
	// Output: {"id":"inv-2031-000432","download_id":"dl-9001"} <nil>
}

func ExampleOrder_WithPreventVM() {
	b, err := json.Marshal(licensespring.NewOrder("inv-2031-000433").WithPreventVM(true))
	fmt.Println(string(b), err)
	// Output: {"id":"inv-2031-000433","prevent_vm":true} <nil>
}

// The metadata of an order is a string that contains JSON.
func ExampleOrder_WithMetadata() {
	metadata, err := json.Marshal(map[string]string{"purchase_order": "po-88127"})
	if err != nil {
		fmt.Println(err)
		return
	}
	b, err := json.Marshal(licensespring.NewOrder("inv-2031-000434").WithMetadata(string(metadata)))
	fmt.Println(string(b), err)
	// Output: {"id":"inv-2031-000434","metadata":"{\"purchase_order\":\"po-88127\"}"} <nil>
}

func ExampleOrder_WithCustomerAccount() {
	b, err := json.Marshal(licensespring.NewOrder("inv-2031-000435").WithCustomerAccount(7))
	fmt.Println(string(b), err)
	// Output: {"id":"inv-2031-000435","customer_account_id":7} <nil>
}

func ExampleOrder_WithoutCustomerAccount() {
	b, err := json.Marshal(licensespring.NewOrder("inv-2031-000436").WithoutCustomerAccount())
	fmt.Println(string(b), err)
	// Output: {"id":"inv-2031-000436","add_to_customer_account":false} <nil>
}

func ExampleOrder_WithReference() {
	b, err := json.Marshal(licensespring.NewOrder("inv-2031-000437").WithReference("po-88127"))
	fmt.Println(string(b), err)
	// Output: {"id":"inv-2031-000437","reference":"po-88127"} <nil>
}

// Members without a field are sent as raw JSON.
func ExampleOrder_WithExtra() {
	order := licensespring.NewOrder("inv-2031-000422").
		WithExtra("channel", json.RawMessage(`"partner"`)).
		AddItem("acmecad", licensespring.NewLicense().WithExtra("seats", json.RawMessage(`{"min": 1}`)))
	b, err := json.Marshal(order)
	fmt.Println(string(b), err)
	// Output:
	// {"id":"inv-2031-000422","items":[{"product_code":"acmecad","licenses":[{"seats":{"min":1}}]}],"channel":"partner"} <nil>
}

func ExampleOrder_Check() {
	order := licensespring.NewOrder("").
		WithCustomer(licensespring.Customer{Email: "ada@"}).
		AddItem("acmecad",
			licensespring.License{LicenseType: licensespring.TimeLimited},
			licensespring.NewLicense().Perpetual().WithOverages(10),
		).
		AddItem("acmeweb")
	for _, finding := range order.Check() {
		fmt.Println(finding.Severity, finding)
	}
	// Output:
	// error id: is required [required]
	// error items[0].licenses[0].valid_duration: a time-limited license needs a valid_duration or a validity_period [missing_validity]
	// error items[0].licenses[1].allow_overages: applies to consumption licenses; this one is perpetual [wrong_license_type]
	// error items[0].licenses[1].max_overages: applies to consumption licenses; this one is perpetual [wrong_license_type]
	// warning items[1].licenses: is empty, so the item creates no licenses [no_licenses]
	// error customer.email: is not an e-mail address [malformed_email]
}

func ExampleOrder_Validate() {
	order := licensespring.NewOrder("inv-2031-000421").
		AddItem("acmeweb", licensespring.NewUserLicense("grace@example.com").WithKey("AB2C-D3EF-GH4J-K5MN"))
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

// Compares an order with a stored record, as EnsureOrder does.
func ExampleOrder_Diff() {
	order := licensespring.NewOrder("inv-2031-000417").
		AddItem("acmecad", licensespring.NewLicense().WithMaxActivations(3).WithFeatures("render"))

	var record licensespring.OrderRecord
	err := json.Unmarshal([]byte(`{"id": 7, "store_id": "inv-2031-000417", "order_items": [{
		"product_code": "acmecad", "licenses": [{"max_activations": 5, "product_features": []}]
	}]}`), &record)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, difference := range order.Diff(&record) {
		fmt.Println(difference, "tolerated:", difference.Tolerated())
	}
	// Output:
	// items[0].licenses[0].max_activations: want 3, got 5 [value_mismatch] tolerated: false
	// items[0].licenses[0].product_features[0].code: want [redacted], got nothing [feature_dropped] tolerated: true
}

func ExampleOrder_Clone() {
	monthly := licensespring.NewOrder("").AddItem("acmeweb", licensespring.NewLicense().Subscription())
	march := monthly.Clone()
	march.ID = "sub-7-2031-03"
	march.Items[0].Licenses[0].Note = "March"
	fmt.Printf("%q %q\n", monthly.ID, monthly.Items[0].Licenses[0].Note)
	// Output:
	// "" ""
}

func ExampleOrder_MarshalJSON() {
	order := licensespring.NewOrder("inv-2031-000420").
		WithCreated(time.Date(2031, 3, 1, 11, 20, 30, 0, time.FixedZone("CET", 60*60))).
		AddItem("acmecad", licensespring.NewLicense().WithFeatures("export", "layers"))
	b, err := order.MarshalJSON()
	fmt.Println(string(b), err)
	// Output:
	// {"id":"inv-2031-000420","items":[{"product_code":"acmecad","licenses":[{"product_features":["export","layers"]}]}],"created":"2031-03-01 10:20:30"} <nil>
}

// Orders can be read from files and queues, in the spelling of either dialect.
func ExampleOrder_UnmarshalJSON() {
	var order licensespring.Order
	err := json.Unmarshal([]byte(`{
		"id": "inv-2031-000419",
		"customer": {"email": "ada@example.com", "company_name": "Analytical Engines"},
		"items": [{
			"product_code": "acmeweb",
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

	// The error lists all members that are invalid.
	err = json.Unmarshal([]byte(`{"id": 419, "items": [{"licenses": [{"max_activations": "3"}]}]}`), &order)
	fmt.Println(err)
	// Output:
	// Analytical Engines
	// grace@example.com 2m render
	// "blue"
	// <nil>
	// licensespring: id: want a string [wrong_type]; items[0].licenses[0].max_activations: want a number [wrong_type]
}

func ExampleOrderItem() {
	item := licensespring.OrderItem{
		ProductCode: "acmecad",
		Note:        "workshop",
		Licenses:    []licensespring.License{{MaxActivations: new(3)}},
	}
	b, err := json.Marshal(item)
	fmt.Println(string(b), err)
	// Output: {"product_code":"acmecad","note":"workshop","licenses":[{"max_activations":3}]} <nil>
}

// Both spellings of the company are read, and members without a field are kept
// in Extra.
func ExampleCustomer() {
	var customer licensespring.Customer
	err := json.Unmarshal([]byte(`{"email": "ada@example.com", "company_name": "Analytical Engines", "vat_id": "GB1843"}`), &customer)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(customer.Email, customer.Company, string(customer.Extra["vat_id"]))
	// Output: ada@example.com Analytical Engines "GB1843"
}
