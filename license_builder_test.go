package licensespring_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	ls "github.com/licensespring-go/licensespring"
)

// TestBuildersFillTheStructs compares the methods with equivalent struct
// literals.
func TestBuildersFillTheStructs(t *testing.T) {
	t.Parallel()
	end := time.Date(2032, 1, 1, 0, 0, 0, 0, time.UTC)
	day := ls.Date{Year: 2032, Month: time.January, Day: 1}
	tests := []struct {
		name       string
		built, set ls.License
	}{
		{"nothing", ls.NewLicense(), ls.License{}},
		{"key", ls.NewKeyLicense("k"), ls.License{Key: "k"}},
		{"key of a template", ls.NewLicense().WithKey("k"), ls.License{Key: "k"}},
		{"users", ls.NewUserLicense("a", "b"), ls.License{Users: []ls.LicenseUser{{Email: "a"}, {Email: "b"}}}},
		{"more users", ls.NewUserLicense("a").WithUsers("b").WithManager("c").WithUser(ls.LicenseUser{Email: "d", MaxActivations: new(2)}), ls.License{Users: []ls.LicenseUser{{Email: "a"}, {Email: "b"}, {Email: "c", IsManager: true}, {Email: "d", MaxActivations: new(2)}}}},
		{"time-limited", ls.NewLicense().TimeLimited(ls.Years(1)), ls.License{LicenseType: ls.TimeLimited, ValidDuration: ls.Years(1)}},
		{"time-limited until", ls.NewLicense().TimeLimitedUntil(end), ls.License{LicenseType: ls.TimeLimited, ValidityPeriod: end}},
		{"the last end counts", ls.NewLicense().TimeLimited(ls.Years(1)).TimeLimitedUntil(end).TimeLimited(ls.Days(3)), ls.License{LicenseType: ls.TimeLimited, ValidDuration: ls.Days(3)}},
		{"perpetual has no end", ls.NewLicense().TimeLimited(ls.Years(1)).Perpetual(), ls.License{LicenseType: ls.Perpetual}},
		{"subscription", ls.NewLicense().Subscription().WithSubscriptionID("sub"), ls.License{LicenseType: ls.Subscription, SubscriptionID: "sub"}},
		{"consumption", ls.NewLicense().Consumption(0), ls.License{LicenseType: ls.Consumption, MaxConsumptions: new(0)}},
		{"overages", ls.NewLicense().WithOverages(2.5), ls.License{ConsumptionOptions: ls.ConsumptionOptions{AllowOverages: new(true), MaxOverages: new(2.5)}}},
		{"no overages", ls.NewLicense().WithOverages(1).WithoutOverages(), ls.License{ConsumptionOptions: ls.ConsumptionOptions{AllowOverages: new(false)}}},
		{"reset", ls.NewLicense().WithReset(ls.Monthly), ls.License{ConsumptionOptions: ls.ConsumptionOptions{ResetConsumption: new(true), ConsumptionPeriod: ls.Monthly}}},
		{"activations", ls.NewLicense().WithMaxActivations(3), ls.License{MaxActivations: new(3)}},
		{"transfers", ls.NewLicense().WithMaxTransfers(2), ls.License{MaxTransfers: new(2)}},
		{"transfers without limit", ls.NewLicense().WithUnlimitedTransfers(), ls.License{MaxTransfers: new(0)}},
		{"no transfers", ls.NewLicense().WithoutTransfers(), ls.License{MaxTransfers: new(-1)}},
		{"virtual machines", ls.NewLicense().WithPreventVM(false), ls.License{PreventVM: new(false)}},
		{"trial", ls.NewLicense().Trial(), ls.License{IsTrial: new(true)}},
		{"trial of days", ls.NewLicense().TrialFor(14), ls.License{IsTrial: new(true), TrialDays: new(14)}},
		{"maintenance", ls.NewLicense().WithMaintenanceUntil(day).WithMaintenance(ls.Months(6)), ls.License{EnableMaintenanceDuration: new(true), MaintenanceDuration: ls.Months(6)}},
		{"maintenance until", ls.NewLicense().WithMaintenance(ls.Months(6)).WithMaintenanceUntil(day), ls.License{EnableMaintenanceDuration: new(true), MaintenancePeriod: day}},
		{"features", ls.NewLicense().WithFeatures("a", "b").WithFeature(ls.ProductFeature{Code: "c", MaxConsumption: new(1)}), ls.License{ProductFeatures: []ls.ProductFeature{{Code: "a"}, {Code: "b"}, {Code: "c", MaxConsumption: new(1)}}}},
		{"no features", ls.NewLicense().WithFeatures("a").WithoutFeatures(), ls.License{ProductFeatures: []ls.ProductFeature{}}},
		{"policy", ls.NewLicense().WithPolicy("gold"), ls.License{PolicyCode: "gold"}},
		{"start", ls.NewLicense().WithStartDate(day), ls.License{StartDate: day}},
		{"note", ls.NewLicense().WithNote("n"), ls.License{Note: "n"}},
		{"metadata", ls.NewLicense().WithMetadata(map[string]any{"a": 1}), ls.License{Metadata: map[string]any{"a": 1}}},
		{"custom fields", ls.NewLicense().WithCustomField("a", "x").WithCustomField("b", 1), ls.License{CustomFields: []ls.CustomField{{Name: "a", Value: "x"}, {Name: "b", Value: 1}}}},
		{"floating", ls.NewLicense().Floating(5).WithFloatingTimeout(30), ls.License{FloatingOptions: ls.FloatingOptions{IsFloating: new(true), FloatingUsers: new(5), FloatingTimeout: new(30)}}},
		{"floating in the cloud", ls.NewLicense().FloatingCloud(5), ls.License{FloatingOptions: ls.FloatingOptions{IsFloating: new(true), FloatingUsers: new(5)}, IsFloatingCloud: new(true)}},
		{"extra", ls.NewLicense().WithExtra("a", json.RawMessage(`1`)).WithExtra("b", json.RawMessage(`2`)), ls.License{Extra: map[string]json.RawMessage{"a": json.RawMessage(`1`), "b": json.RawMessage(`2`)}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.set, tt.built)
		})
	}
}

// TestLicenseBuildersDoNotModifyTheTemplate calls every method that returns a
// License on a license with everything set, and checks that neither the call
// nor a change of the result modifies the original.
func TestLicenseBuildersDoNotModifyTheTemplate(t *testing.T) {
	t.Parallel()
	template := ls.NewUserLicense("a@example.com").
		WithFeatures("a").WithMetadata(map[string]any{"list": []any{1}}).WithCustomField("a", 1).
		WithExtra("x", json.RawMessage(`1`)).Consumption(1).WithOverages(1).WithReset(ls.Daily).
		WithMaxActivations(1).WithMaxTransfers(1).TrialFor(1).WithPreventVM(true).FloatingCloud(1).WithFloatingTimeout(1)
	before := template.Clone()
	typ := reflect.TypeFor[ls.License]()
	called := 0
	for method := range typ.Methods() {
		if method.Type.NumOut() != 1 || method.Type.Out(0) != typ {
			continue
		}
		args := []reflect.Value{reflect.ValueOf(template)}
		for i := 1; i < method.Type.NumIn(); i++ {
			args = append(args, argument(method.Type.In(i)))
		}
		call := method.Func.Call
		if method.Type.IsVariadic() {
			call = method.Func.CallSlice
		}
		changed, ok := reflect.TypeAssert[ls.License](call(args)[0])
		require.True(t, ok)
		called++
		for i := range changed.Users {
			changed.Users[i].Email = "changed"
		}
		for i := range changed.ProductFeatures {
			changed.ProductFeatures[i].Code = "changed"
		}
		for i := range changed.CustomFields {
			changed.CustomFields[i].Name = "changed"
		}
		if list, ok := changed.Metadata["list"].([]any); ok {
			list[0] = "changed"
		}
		if changed.Extra["x"] != nil {
			changed.Extra["x"][0] = '2'
		}
		changed.Extra["y"] = nil
		for _, p := range []*int{changed.MaxActivations, changed.MaxTransfers, changed.MaxConsumptions, changed.TrialDays, changed.FloatingUsers} {
			*p += 7
		}
		*changed.IsTrial = !*changed.IsTrial
		require.Equal(t, before, template, "%s modifies the template", method.Name)
	}
	assert.Greater(t, called, 30)
}

func argument(typ reflect.Type) reflect.Value {
	switch typ {
	case reflect.TypeFor[any]():
		return reflect.ValueOf("v")
	case reflect.TypeFor[[]string]():
		return reflect.ValueOf([]string{"v"})
	case reflect.TypeFor[string]():
		return reflect.ValueOf(strings.Clone("v"))
	default:
		return reflect.Zero(typ)
	}
}
