package licensespring

import (
	"encoding/json"
	"testing"
)

// typicalOrder returns an order of a shop: one customer, two products, three
// licenses.
func typicalOrder() *Order {
	return NewOrder("inv-2031-000417").
		WithCustomer(Customer{Email: "ada@example.com", FirstName: "Ada", LastName: "Lovelace", Company: "Analytical Engines"}).
		AddItem("acmecad",
			NewLicense().TimeLimited(Years(1)).WithMaxActivations(3).WithFeatures("export", "layers"),
			NewKeyLicense("AB2C-D3EF-GH4J-K5MN").Perpetual(),
		).
		AddItem("acmeweb", NewUserLicense("grace@example.com"))
}

// The plain structs are what a program without this package would define for
// the same order.
type (
	plainOrder struct {
		ID       string         `json:"id"`
		Items    []plainItem    `json:"items"`
		Customer *plainCustomer `json:"customer,omitempty"`
	}
	plainCustomer struct {
		Email     string `json:"email,omitempty"`
		FirstName string `json:"first_name,omitempty"`
		LastName  string `json:"last_name,omitempty"`
		Company   string `json:"company,omitempty"`
	}
	plainItem struct {
		ProductCode string         `json:"product_code"`
		Licenses    []plainLicense `json:"licenses"`
	}
	plainLicense struct {
		Key             string      `json:"key,omitempty"`
		Users           []plainUser `json:"users,omitempty"`
		MaxActivations  *int        `json:"max_activations,omitempty"`
		LicenseType     string      `json:"license_type,omitempty"`
		ValidDuration   string      `json:"valid_duration,omitempty"`
		ProductFeatures []string    `json:"product_features,omitempty"`
	}
	plainUser struct {
		Email string `json:"email"`
	}
)

func plainTypicalOrder(tb testing.TB) *plainOrder {
	tb.Helper()
	b, err := typicalOrder().MarshalJSON()
	if err != nil {
		tb.Fatal(err)
	}
	var o plainOrder
	if err := json.Unmarshal(b, &o); err != nil {
		tb.Fatal(err)
	}
	return &o
}

func BenchmarkEncodeOrder(b *testing.B) {
	o := typicalOrder()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := o.appendJSON(nil, DialectClassic); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodePlainStruct(b *testing.B) {
	o := plainTypicalOrder(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := json.Marshal(o); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeOrder(b *testing.B) {
	data, err := typicalOrder().MarshalJSON()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		var o Order
		if err := json.Unmarshal(data, &o); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodePlainStruct(b *testing.B) {
	data, err := typicalOrder().MarshalJSON()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		var o plainOrder
		if err := json.Unmarshal(data, &o); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheckOrder(b *testing.B) {
	o := typicalOrder()
	b.ReportAllocs()
	for b.Loop() {
		if o.Check() != nil {
			b.Fatal("the order has a finding")
		}
	}
}

func BenchmarkBuildOrder(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		typicalOrder()
	}
}
