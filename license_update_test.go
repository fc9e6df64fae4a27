package licensespring

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fullUpdate returns an update with every member.
func fullUpdate() *LicenseUpdate {
	return &LicenseUpdate{
		ValidityPeriod:           Date{2031, time.May, 7},
		IsTrial:                  new(false),
		MaxActivations:           new(0),
		AllowUnlimitedActivation: new(false),
		MaxTransfers:             new(0),
		MaxLicenseUsers:          new(5),
		MaxConsumptions:          new(100),
		ConsumptionOptions: ConsumptionOptions{
			AllowOverages: new(true), MaxOverages: new(2.5), ResetConsumption: new(true), ConsumptionPeriod: Annually,
		},
		EnableMaintenancePeriod: new(true),
		MaintenancePeriod:       Date{2031, time.June, 1},
		MaintenanceDuration:     Months(3), // never with MaintenancePeriod; here for its spelling
		FloatingOptions:         FloatingOptions{IsFloating: new(true), FloatingUsers: new(3), FloatingTimeout: new(15)},
		IsFloatingCloud:         new(false),
		AllowGracePeriod:        new(true),
		GracePeriod:             new(24),
		PreventVM:               new(false),
		Note:                    new(""),
		Metadata:                map[string]any{"plan": "pro", "seats": 3},
		Order:                   new(int64(1933000000000001)),
		InstallationFile:        new(int64(7)),
		Extra:                   map[string]json.RawMessage{"new_member": json.RawMessage(`[1]`)},
	}
}

// TestGoldenUpdate checks the exact bytes of an update, of features and of a user in
// both dialects. The files are indented for reading.
func TestGoldenUpdate(t *testing.T) {
	t.Parallel()
	features := &featureUpdate{[]ProductFeature{
		{Code: "render"},
		{
			Code: "calls", MaxConsumption: new(30), ExpiryDate: Date{2031, time.May, 6},
			ConsumptionOptions: ConsumptionOptions{ConsumptionPeriod: Monthly},
			Extra:              map[string]json.RawMessage{"is_floating_cloud": json.RawMessage(`true`)},
		},
	}}
	user := &UserAssignment{
		Email: "ada@example.com", FirstName: "Ada", LastName: "Lovelace", PhoneNumber: "+44 1", IsManager: new(false),
		Password: NewSecret("not-a-real-one"), MaxActivations: new(0),
		Extra: map[string]json.RawMessage{"new_member": json.RawMessage(`1`)},
	}
	for _, dialect := range []Dialect{DialectClassic, DialectCurrent} {
		for name, o := range map[string]object{
			"update": fullUpdate(), "features": features, "user": user, "removal": &userRemoval{email: "ada@example.com"},
			"password": &passwordChange{password: NewSecret("not-a-real-one")}, "no_features": &featureUpdate{[]ProductFeature{}},
		} {
			t.Run(name+" "+dialect.String(), func(t *testing.T) {
				t.Parallel()
				written, err := appendUpdate(nil, o, dialect)
				require.NoError(t, err)
				file := filepath.Join("testdata", "updates", name+"_"+dialect.String()+".json")
				if *update {
					var indented bytes.Buffer
					require.NoError(t, json.Indent(&indented, written, "", "  "))
					indented.WriteByte('\n')
					require.NoError(t, os.WriteFile(file, indented.Bytes(), 0o644))
				}
				golden, err := os.ReadFile(file)
				require.NoError(t, err)
				var compact bytes.Buffer
				require.NoError(t, json.Compact(&compact, golden))
				assert.Equal(t, compact.String(), string(written))
			})
		}
	}
}

func foundIn(findings []Finding) []string {
	var out []string
	for _, f := range findings {
		s := f.Path + " " + string(f.Rule)
		if f.Severity == SeverityWarning {
			s += " ?"
		}
		out = append(out, s)
	}
	return out
}

// updateCase is an update and its findings, as foundIn returns them.
type updateCase struct {
	name   string
	update LicenseUpdate
	want   []string
}

func updateCases() []updateCase {
	extra := func(name, value string) map[string]json.RawMessage {
		return map[string]json.RawMessage{name: json.RawMessage(value)}
	}
	date := Date{2031, time.May, 7}
	return []updateCase{
		{"renewal", ValidUntil(date), nil},
		{"zero and false are values", LicenseUpdate{MaxActivations: new(0), PreventVM: new(false), Note: new("")}, nil},
		{"an empty object is a value: it removes the metadata", LicenseUpdate{Metadata: map[string]any{}}, nil},
		{"nothing", LicenseUpdate{}, []string{" required"}},
		{"an end that is missing by mistake", ValidUntil(Date{}), []string{"validity_period invalid_date"}},
		{"enabled has requests of its own", LicenseUpdate{Extra: extra("enabled", "true")}, []string{"enabled extra_member ?", "enabled extra_shadows_field"}},
		{
			"two relative ends",
			LicenseUpdate{Extra: map[string]json.RawMessage{"valid_duration": json.RawMessage(`"1y"`), "trial_days": json.RawMessage("3")}},
			[]string{"is_trial required_with", "trial_days extra_member ?", "valid_duration extra_member ?", "trial_days both_ends"},
		},
		{"date without is_trial", LicenseUpdate{ValidityPeriod: date}, []string{"is_trial required_with"}},
		{"is_trial without a date", LicenseUpdate{IsTrial: new(false)}, nil},
		{"no such date", LicenseUpdate{ValidityPeriod: Date{2031, time.February, 30}, IsTrial: new(true)}, []string{"validity_period invalid_date"}},
		{
			"all findings at once",
			LicenseUpdate{ValidityPeriod: Date{1, 1, 1}, MaxActivations: new(-1), MaxTransfers: new(-2), GracePeriod: new(-1)},
			[]string{"validity_period invalid_date", "is_trial required_with", "max_activations negative", "max_transfers max_transfers_range", "grace_period negative"},
		},
		{"maintenance without its switch", LicenseUpdate{MaintenancePeriod: date}, []string{"enable_maintenance_period required_with"}},
		{"maintenance duration without its switch", LicenseUpdate{MaintenanceDuration: Years(1)}, []string{"enable_maintenance_period required_with"}},
		{"maintenance", LicenseUpdate{EnableMaintenancePeriod: new(true), MaintenancePeriod: date}, nil},
		{"maintenance off", LicenseUpdate{EnableMaintenancePeriod: new(false), MaintenancePeriod: date}, []string{"maintenance_period maintenance_not_enabled ?"}},
		{
			"both ends of maintenance",
			LicenseUpdate{EnableMaintenancePeriod: new(true), MaintenancePeriod: date, MaintenanceDuration: Years(1)},
			[]string{"maintenance_duration both_ends"},
		},
		{
			"maintenance in hours",
			LicenseUpdate{EnableMaintenancePeriod: new(true), MaintenanceDuration: Hours(1)},
			[]string{"maintenance_duration maintenance_unit"},
		},
		{"max_transfers -1 means none", LicenseUpdate{MaxTransfers: new(-1)}, nil},
		{"overages that are not allowed", LicenseUpdate{ConsumptionOptions: ConsumptionOptions{AllowOverages: new(false), MaxOverages: new(1.0)}}, []string{"max_overages overages_not_allowed"}},
		{"the license may allow overages", LicenseUpdate{ConsumptionOptions: ConsumptionOptions{MaxOverages: new(1.0)}}, nil},
		{"not finite", LicenseUpdate{ConsumptionOptions: ConsumptionOptions{MaxOverages: new(math.Inf(1))}}, []string{"max_overages not_finite"}},
		{"unlimited with a limit", LicenseUpdate{AllowUnlimitedActivation: new(true), MaxActivations: new(1)}, []string{"max_activations unlimited_with_limit ?"}},
		{"floating users without floating", LicenseUpdate{FloatingOptions: FloatingOptions{IsFloating: new(false), FloatingUsers: new(1)}}, []string{"floating_users switched_off ?"}},
		{"grace without its switch", LicenseUpdate{AllowGracePeriod: new(false), GracePeriod: new(1)}, []string{"grace_period switched_off ?"}},
		{"text", LicenseUpdate{Note: new("a\x00b")}, []string{"note invalid_text"}},
		{"metadata", LicenseUpdate{Metadata: map[string]any{"f": func() {}}}, []string{"metadata not_encodable"}},
		{"extra", LicenseUpdate{Extra: extra("total_consumptions", "5")}, []string{"total_consumptions extra_member ?"}},
		{"extra null", LicenseUpdate{Extra: extra("x", " null ")}, []string{"x extra_member ?", "x extra_invalid"}},
		{"extra field", LicenseUpdate{Extra: extra("is_trial", "true")}, []string{"is_trial extra_shadows_field"}},
		{"plural of an order", LicenseUpdate{Extra: extra("allow_unlimited_activations", "true")}, []string{"allow_unlimited_activations extra_member ?", "allow_unlimited_activations extra_shadows_field"}},
		{"classic spelling of an order", LicenseUpdate{Extra: extra("enable_maintenance_duration", "true")}, []string{"enable_maintenance_duration extra_member ?", "enable_maintenance_duration extra_shadows_field"}},
		{
			"duration and date",
			LicenseUpdate{ValidityPeriod: date, IsTrial: new(false), Extra: extra("valid_duration", `"1y"`)},
			[]string{"valid_duration extra_member ?", "valid_duration both_ends"},
		},
		{"duration without is_trial", LicenseUpdate{Extra: extra("trial_days", `3`)}, []string{"is_trial required_with", "trial_days extra_member ?"}},
	}
}

func TestCheckUpdate(t *testing.T) {
	t.Parallel()
	for _, row := range updateCases() {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, row.want, foundIn(row.update.Check()))
			err := row.update.Validate()
			if errorsAmong(row.update.Check()) == nil {
				assert.NoError(t, err)
			} else {
				assert.ErrorIs(t, err, ErrInvalidRequest)
			}
		})
	}
}

// stateCase is a state and its findings, as foundIn returns them.
type stateCase struct {
	name  string
	state LicenseState
	want  []string
}

func stateCases() []stateCase {
	users := func(emails ...string) []UserAssignment {
		list := []UserAssignment{}
		for _, email := range emails {
			list = append(list, UserAssignment{Email: email})
		}
		return list
	}
	return []stateCase{
		{"nothing", LicenseState{}, []string{" required"}},
		{"a permission alone is nothing", LicenseState{AllowEnable: true, AllowShorten: true}, []string{" required"}},
		{"the license supplies is_trial", LicenseState{LicenseUpdate: LicenseUpdate{ValidityPeriod: Date{2031, time.May, 7}}}, nil},
		{"no users and no features are states", LicenseState{Users: users(), ProductFeatures: []ProductFeature{}}, nil},
		{"not comparable", LicenseState{LicenseUpdate: LicenseUpdate{
			EnableMaintenancePeriod: new(true), MaintenanceDuration: Years(1), Extra: map[string]json.RawMessage{"x": json.RawMessage("1")},
		}}, []string{"maintenance_duration not_comparable", "x extra_member ?", "x not_comparable"}},
		{"the same user twice", LicenseState{Users: users("a@example.com", "b@example.com", " A@example.com")}, []string{"users[2].email surrounding_space", "users[2].email duplicate_user"}},
		{"users without an address", LicenseState{Users: users("", "")}, []string{"users[0].email required", "users[1].email required"}},
		{"more users than allowed", LicenseState{LicenseUpdate: LicenseUpdate{MaxLicenseUsers: new(1)}, Users: users("a@example.com", "b@example.com")}, []string{"users too_many_users"}},
		{"counter", LicenseState{ProductFeatures: []ProductFeature{
			{Code: "a"}, {Code: "b", Extra: map[string]json.RawMessage{"total_consumptions": json.RawMessage("0")}},
		}}, []string{"product_features[1].total_consumptions extra_member ?", "product_features[1].total_consumptions counter"}},
	}
}

func TestCheckState(t *testing.T) {
	t.Parallel()
	for _, row := range stateCases() {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, row.want, foundIn(row.state.Check()))
			assert.Equal(t, errorsAmong(row.state.Check()) != nil, row.state.Validate() != nil)
		})
	}
	assert.Equal(t, []string{"product_features required"}, foundIn(checkObject(&featureUpdate{}, DialectClassic)), "nil is not an empty list")
	assert.Equal(t, []string{"total_activations extra_member ?", "total_activations counter"},
		foundIn(checkObject(&UserAssignment{Email: "a@example.com", Extra: map[string]json.RawMessage{"total_activations": json.RawMessage("0")}}, DialectClassic)))
	assert.Equal(t, []string{"password required", "email malformed_email"}, foundIn(checkObject(&passwordChange{email: "x"}, DialectClassic)))
	assert.Equal(t, []string{"license_user_email required"}, foundIn(checkObject(&userRemoval{}, DialectClassic)))
}

// Only an update whose repetition has the same effect is retried.
func TestRepeatableUpdate(t *testing.T) {
	t.Parallel()
	u := fullUpdate()
	u.MaintenanceDuration, u.Metadata, u.Extra = Duration{}, nil, nil
	assert.True(t, u.repeatable())
	for name, change := range map[string]func(*LicenseUpdate){
		"base of the duration is unknown":  func(u *LicenseUpdate) { u.MaintenanceDuration = Years(1) },
		"metadata replaces newer metadata": func(u *LicenseUpdate) { u.Metadata = map[string]any{} },
		"meaning is unknown":               func(u *LicenseUpdate) { u.Extra = map[string]json.RawMessage{"x": nil} },
	} {
		changed := *u
		change(&changed)
		assert.False(t, changed.repeatable(), name)
	}
}
