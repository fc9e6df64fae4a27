package licensespring

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

// fullOrder returns an order in which every field of every type is set at least
// once, with values that show how each kind is encoded.
func fullOrder() *Order {
	return &Order{
		ID: "inv-2031-000417",
		Items: []OrderItem{
			{
				ProductCode: "acmecad",
				Note:        `24" plotter & <CAD>`,
				Licenses: []License{
					fullLicense(),
					{Key: "AB2C-D3EF-GH4J-K5MN", LicenseType: Perpetual, ProductFeatures: []ProductFeature{{Code: "export"}, {Code: "layers"}}},
					{},
				},
				Extra: map[string]json.RawMessage{"bundle_items": json.RawMessage(`[ {"code" : "cad"} ]`)},
			},
			{
				ProductCode: "acmeweb",
				Licenses: []License{
					{Users: []LicenseUser{
						{Email: "grace@example.com", IsManager: true},
						{Email: "alan@example.com", MaxActivations: new(0), Extra: map[string]json.RawMessage{"first_name": json.RawMessage(`"Alan"`)}},
					}},
					{LicenseType: TimeLimited, ValidityPeriod: time.Date(2032, 1, 1, 1, 0, 0, 0, time.FixedZone("", 2*60*60))},
				},
			},
		},
		Append:         true,
		IsTest:         true,
		Created:        time.Date(2031, 3, 1, 10, 20, 30, 999, time.UTC),
		OrderType:      NormalOrder,
		Language:       "en",
		CampaignParams: "utm_source=mail&utm_medium=a",
		DownloadID:     "dl-1",
		PreventVM:      new(false),
		Customer: &Customer{
			Email: "ada@example.com", FirstName: "Ada", LastName: "Lovelace", Company: "Analytical Engines", Phone: "+44 20 0000 0000",
			Reference: "c-1815", IsManager: true, Address: "12 St James's Square\nLondon",
			Extra: map[string]json.RawMessage{"vat_id": json.RawMessage(`null`)},
		},
		IsBundle:             true,
		Metadata:             `{"channel":"web"}`,
		CustomerAccountID:    new(int64(9007199254740993)),
		AddToCustomerAccount: new(false),
		Reference:            "po-77",
		Extra:                map[string]json.RawMessage{"zone": json.RawMessage(`3`), "area": json.RawMessage(`{"b": 1, "a": 2}`)},
	}
}

func fullLicense() License {
	return License{
		LicenseType:               Consumption,
		MaxActivations:            new(0),
		MaxConsumptions:           new(1000),
		ValidDuration:             Years(1),
		EnableMaintenanceDuration: new(true),
		MaintenanceDuration:       Months(6),
		ProductFeatures: []ProductFeature{
			{
				Code: "render", MaxConsumption: new(33), ExpiryDate: Date{2032, time.February, 29},
				ConsumptionOptions: ConsumptionOptions{AllowOverages: new(false), MaxOverages: new(0.0), ResetConsumption: new(true), ConsumptionPeriod: Weekly},
				FloatingOptions:    FloatingOptions{IsFloating: new(true), FloatingUsers: new(2), FloatingTimeout: new(30)},
				Extra:              map[string]json.RawMessage{"can_borrow": json.RawMessage(`true`)},
			},
			{Code: "export"},
		},
		IsTrial:      new(false),
		PreventVM:    new(true),
		MaxTransfers: new(-1),
		ConsumptionOptions: ConsumptionOptions{
			AllowOverages: new(true), MaxOverages: new(12.5), ResetConsumption: new(true), ConsumptionPeriod: Annually,
		},
		PolicyCode:                 "gold",
		TrialDays:                  new(0),
		StartDate:                  Date{2031, time.March, 2},
		MaintenancePeriod:          Date{2031, time.September, 2},
		Note:                       "für Größe 🦊",
		SubscriptionID:             "sub_1",
		Metadata:                   map[string]any{"seats": json.Number("12"), "by": map[string]any{"name": "Ada", "rank": json.Number("1.50")}, "tags": []any{"a", nil, true}},
		CustomFields:               []CustomField{{Name: "region", Value: "emea"}, {Name: "discount", Value: json.Number("0.15")}},
		FloatingOptions:            FloatingOptions{IsFloating: new(true), FloatingUsers: new(5), FloatingTimeout: new(120)},
		IsFloatingCloud:            new(true),
		CanBorrow:                  new(true),
		MaxBorrowTime:              new(24),
		AllowGracePeriod:           new(true),
		GracePeriod:                new(72),
		MaxLicenseUsers:            new(0),
		IsAirGapped:                new(false),
		IsHardwareKeyAuth:          new(false),
		AllowUnlimitedActivations:  new(false),
		AllowUnlimitedConsumptions: new(false),
		AllowNegativeConsumptions:  new(true),
		Active:                     new(true),
		Enabled:                    new(true),
		Extra:                      map[string]json.RawMessage{"hardware_ids": json.RawMessage(`["a","b"]`)},
	}
}

// sent returns the order as it is decoded from JSON: times in UTC and whole
// seconds, extra members without white space.
func sent(o *Order) *Order {
	o = o.Clone()
	o.Created = o.Created.UTC().Truncate(time.Second)
	o.Items[1].Licenses[1].ValidityPeriod = o.Items[1].Licenses[1].ValidityPeriod.UTC()
	o.Items[0].Extra = map[string]json.RawMessage{"bundle_items": json.RawMessage(`[{"code":"cad"}]`)}
	o.Extra["area"] = json.RawMessage(`{"b":1,"a":2}`)
	return o
}

// fullOrderInParts returns orders that each have one of the fields of the full
// order and of its first license.
func fullOrderInParts(tb testing.TB) []*Order {
	tb.Helper()
	var parts []*Order
	full := fullOrder()
	for _, field := range leaves(reflect.TypeFor[Order]()) {
		if field.name == "Items" {
			continue
		}
		part := new(Order)
		reflect.ValueOf(part).Elem().FieldByIndex(field.index).Set(reflect.ValueOf(full).Elem().FieldByIndex(field.index))
		parts = append(parts, part)
	}
	for _, field := range leaves(reflect.TypeFor[License]()) {
		var license License
		from := reflect.ValueOf(full.Items[0].Licenses[0]).FieldByIndex(field.index)
		reflect.ValueOf(&license).Elem().FieldByIndex(field.index).Set(from)
		parts = append(parts, NewOrder("").AddItem("", license))
	}
	return append(parts, NewOrder("").AddItems(full.Items[1]))
}
