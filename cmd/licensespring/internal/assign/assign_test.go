package assign

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
)

func TestInto(t *testing.T) {
	t.Parallel()
	var update licensespring.LicenseUpdate
	require.NoError(t, Into(&update, []string{
		"max_activations=5", "note=5", "is_trial=false", "validity_period=2031-05-07", "maintenance_duration=1y",
		"max_overages=1.5", `metadata={"a": [1]}`, "consumption_period=monthly", "order=9007199254740993",
	}))
	assert.Equal(t, 5, *update.MaxActivations)
	assert.Equal(t, "5", *update.Note, "a text")
	assert.False(t, *update.IsTrial)
	assert.Equal(t, "2031-05-07", update.ValidityPeriod.String())
	assert.Equal(t, licensespring.Years(1), update.MaintenanceDuration)
	assert.Equal(t, 1.5, *update.MaxOverages)
	assert.Contains(t, update.Metadata, "a")
	assert.Equal(t, licensespring.Monthly, update.ConsumptionPeriod)
	assert.Equal(t, int64(9007199254740993), *update.Order)

	// A type that decodes itself.
	var license licensespring.License
	require.NoError(t, Into(&license, []string{"max_activations=5", "license_type=perpetual", `users=[{"email":"a@example.com"}]`, "note=a=b"}))
	assert.Equal(t, licensespring.NewLicense().WithMaxActivations(5).Perpetual().WithUsers("a@example.com").WithNote("a=b"), license)
	require.NoError(t, Into(&license, nil))
}

func TestIntoErrors(t *testing.T) {
	t.Parallel()
	for assignment, want := range map[string]string{
		"note":                      `"note": want name=value`,
		"=1":                        `"=1": want name=value`,
		"notes=x":                   "notes: unknown name",
		"max_activations=many":      "max_activations: want a whole number",
		"max_activations=1.5":       "max_activations: want a whole number",
		"max_activations=null":      "max_activations: want a whole number",
		"is_trial=yes":              "is_trial: want a boolean: true or false",
		"max_overages=x":            "max_overages: want a number",
		"metadata=x":                "metadata: want a JSON object",
		"validity_period=2031-13-1": "validity_period: ",
		"maintenance_duration=long": "maintenance_duration: ",
	} {
		update := licensespring.LicenseUpdate{}
		require.ErrorContains(t, Into(&update, []string{assignment, "max_transfers=1"}), want, assignment)
		assert.Nil(t, update.MaxTransfers, "nothing is set")
	}
	err := Into(&licensespring.LicenseUpdate{}, []string{"note=a", "note=b", "x=1"})
	require.EqualError(t, err, "note: given twice\nx: unknown name")
	require.ErrorContains(t, Into(&licensespring.License{}, []string{"max_activations=x"}), "max_activations: ")
	for assignment, want := range map[string]string{
		"users=x": "users: want a JSON array",
		`users=[{"email":"z@example.com","is_manger":true}]`:        `users: json: unknown field "is_manger"`,
		`users=[{"email":"z@example.com","email":"y@example.com"}]`: "users: email: given twice",
	} {
		require.ErrorContains(t, Into(&licensespring.LicenseState{}, []string{assignment}), want, assignment)
	}
}
