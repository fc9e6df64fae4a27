package contract_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	ls "github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// update returns a random valid update of a license that allows consumption members
// if counting is set.
func (g *generator) update(counting bool) ls.LicenseUpdate {
	u := ls.LicenseUpdate{
		IsTrial: g.flag(), MaxActivations: g.count(), AllowUnlimitedActivation: g.flag(), MaxTransfers: pick(g, nil, new(-1), new(0), new(3)),
		MaxLicenseUsers: g.count(), FloatingOptions: ls.FloatingOptions{IsFloating: g.flag(), FloatingUsers: g.count(), FloatingTimeout: g.count()},
		IsFloatingCloud: g.flag(), AllowGracePeriod: g.flag(), GracePeriod: g.count(), PreventVM: g.flag(),
	}
	if g.maybe() {
		u.ValidityPeriod, u.IsTrial = pick(g, ls.Date{Year: 2031, Month: time.June, Day: 8}, ls.Date{Year: 2032, Month: time.February, Day: 29}), new(g.IntN(2) == 0)
	}
	if counting {
		u.MaxConsumptions = g.count()
		u.AllowOverages, u.ResetConsumption = g.flag(), g.flag()
		u.ConsumptionPeriod = pick(g, "", ls.Weekly, ls.Monthly, ls.Annually)
	}
	if u.EnableMaintenancePeriod = g.flag(); u.EnableMaintenancePeriod != nil {
		if g.maybe() {
			u.MaintenancePeriod = ls.Date{Year: 2031, Month: time.June, Day: 8}
		} else if g.maybe() {
			u.MaintenanceDuration = pick(g, ls.Years(1), ls.Months(2), ls.Days(3))
		}
	}
	if g.maybe() {
		u.Note = new(g.text())
	}
	if g.maybe() {
		u.Metadata = pick(g, map[string]any{}, map[string]any{"plan": "pro", "nested": []any{1, nil, "ü"}})
	}
	if u.Validate() != nil {
		u.PreventVM = new(true) // an update needs a member
	}
	return u
}

func (g *generator) featureList() []ls.ProductFeature {
	list := []ls.ProductFeature{}
	if g.maybe() {
		list = append(list, ls.ProductFeature{Code: "render", ExpiryDate: pick(g, ls.Date{}, ls.Date{Year: 2031, Month: time.June, Day: 8})})
	}
	if g.maybe() {
		list = append(list, ls.ProductFeature{
			Code: "calls", MaxConsumption: g.count(),
			ConsumptionOptions: ls.ConsumptionOptions{AllowOverages: g.flag(), ResetConsumption: g.flag(), ConsumptionPeriod: pick(g, "", ls.Weekly, ls.Annually)},
			FloatingOptions:    ls.FloatingOptions{IsFloating: g.flag(), FloatingUsers: g.count(), FloatingTimeout: g.count()},
		})
	}
	return list
}

// TestGeneratedChanges sends thousands of random valid changes to the fake and
// validates each received body with its schema. The SDK's validation, the fake's
// checks and the schema must all accept each change.
func TestGeneratedChanges(t *testing.T) {
	t.Parallel()
	const rounds, seeds = 100, 3
	for _, d := range dialects {
		for seed := range uint64(seeds) {
			t.Run(fmt.Sprintf("%s/seed %d", d.name, seed), func(t *testing.T) {
				t.Parallel()
				client, server := connect(t, d)
				g := newGenerator(seed, d)
				res, err := client.CreateOrder(t.Context(), ls.NewOrder("inv-1").
					AddItem(keyProduct, ls.NewLicense().Perpetual()).AddItem(countProduct, ls.NewLicense()).AddItem(userProduct, ls.NewUserLicense("first@example.com")))
				require.NoError(t, err)
				licenses := res.Order.Licenses()
				keyed, counting, shared := licenses[0].ID, licenses[1].ID, licenses[2].ID
				for n := range rounds {
					_, err := client.UpdateLicense(t.Context(), keyed, g.update(false))
					require.NoError(t, err)
					_, err = client.UpdateLicense(t.Context(), counting, g.update(true))
					require.NoError(t, err)
					_, err = client.UpdateFeatures(t.Context(), counting, g.featureList())
					require.NoError(t, err)
					email := fmt.Sprintf("user%d@example.com", n)
					_, err = client.AssignUser(t.Context(), shared, ls.UserAssignment{
						Email: email, FirstName: g.words(), PhoneNumber: g.words(), IsManager: g.flag(), MaxActivations: g.count(), Password: ls.NewSecret(g.words()),
					})
					require.NoError(t, err)
					_, err = client.SetUserPassword(t.Context(), email, ls.NewSecret("not a real one"))
					require.NoError(t, err)
					_, err = client.UnassignUser(t.Context(), shared, email)
					require.NoError(t, err)
					_, err = client.DisableLicense(t.Context(), keyed)
					require.NoError(t, err)
					_, err = client.EnableLicense(t.Context(), keyed)
					require.NoError(t, err)
				}
				validated := map[licensespringtest.Endpoint]int{}
				for _, r := range server.Requests() {
					if _, ok := changes[r.Endpoint]; ok {
						require.NoError(t, validateChange(t, d, r.Endpoint, r.Body), "%s %s", r.Endpoint, r.Body)
						validated[r.Endpoint]++
					}
				}
				for endpoint := range changes {
					assert.GreaterOrEqual(t, validated[endpoint], rounds, endpoint)
				}
			})
		}
	}
}

// words returns a text that is not only white space, or none.
func (g *generator) words() string {
	return strings.TrimSpace(g.text())
}

// fullChanges are requests with every member, written by hand, so that the schemas
// are not tested against the SDK's own output.
func fullChanges(d dialect) map[licensespringtest.Endpoint]string {
	period := map[string]string{"classic": "month", "current": "monthly"}[d.name]
	return map[licensespringtest.Endpoint]string{
		licensespringtest.UpdateLicense: `{"validity_period": "2031-05-07", "is_trial": false, "max_activations": 0, "allow_unlimited_activation": false,
			"max_transfers": 0, "max_license_users": 0, "max_consumptions": 5, "allow_overages": true, "max_overages": 1.5, "reset_consumption": true,
			"consumption_period": "` + period + `", "enable_maintenance_period": true, "maintenance_period": "2031-05-07", "is_floating": true,
			"floating_users": 1, "floating_timeout": 1, "is_floating_cloud": false, "allow_grace_period": true, "grace_period": 24, "prevent_vm": false,
			"note": "n", "metadata": {"free": null}}`,
		licensespringtest.UpdateFeatures: `{"product_features": [{"product_feature": "calls", "max_consumption": 30, "expiry_date": "2031-05-06", "allow_overages": true,
			"max_overages": 1.5, "reset_consumption": true, "consumption_period": "` + period + `", "is_floating": true, "floating_users": 1, "floating_timeout": 1}]}`,
		licensespringtest.AssignUser: `{"email": "u@example.com", "first_name": "A", "last_name": "B", "phone_number": "1", "is_manager": false,
			"password": "not-a-real-one", "max_activations": 1}`,
		licensespringtest.UnassignUser:    `{"license_user_email": "u@example.com"}`,
		licensespringtest.SetUserPassword: `{"password": "not-a-real-one"}`,
		licensespringtest.EnableLicense:   `{}`,
		licensespringtest.DisableLicense:  `{}`,
	}
}

// TestChangeSchemasRejectMutations changes valid requests in one way at a time. The
// schemas reject each mutation.
func TestChangeSchemasRejectMutations(t *testing.T) {
	t.Parallel()
	for _, d := range dialects {
		for endpoint, full := range fullChanges(d) {
			t.Run(d.name+"/"+string(endpoint), func(t *testing.T) {
				t.Parallel()
				require.NoError(t, validateChange(t, d, endpoint, []byte(full)))
				object := func(tree map[string]any) map[string]any {
					if list, ok := tree["product_features"].([]any); ok {
						return list[0].(map[string]any)
					}
					return tree
				}
				reject := func(what string, change func(object map[string]any)) {
					tree := decoded(t, []byte(full))
					change(object(tree))
					body := encoded(t, tree)
					assert.Error(t, validateChange(t, d, endpoint, body), "%s: %s", what, body)
				}
				reject("an unknown member", func(o map[string]any) { o["unknown"] = 1 })
				reject("a counter", func(o map[string]any) { o["total_consumptions"] = json.Number("1") })
				reject("plural", func(o map[string]any) { o["allow_unlimited_activations"] = true })
				original := object(decoded(t, []byte(full)))
				for _, member := range slices.Sorted(maps.Keys(original)) {
					reject(member+" null", func(o map[string]any) { o[member] = nil })
					reject(member+" of another type", func(o map[string]any) { o[member] = []any{map[string]any{}} })
				}
			})
		}
		for why, body := range map[string]string{
			"nothing":                     `{}`,
			"date without is_trial":       `{"validity_period": "2031-05-07"}`,
			"a time":                      `{"validity_period": "2031-05-07 00:00:00", "is_trial": false}`,
			"zero date":                   `{"validity_period": "0000-00-00", "is_trial": false}`,
			"maintenance without enabled": `{"maintenance_period": "2031-05-07"}`,
			"both ends":                   `{"enable_maintenance_period": true, "maintenance_period": "2031-05-07", "maintenance_duration": "1y"}`,
			"a relative duration":         `{"valid_duration": "1y", "is_trial": false}`,
			"enabled is no member":        `{"enabled": true}`,
			"period of the other dialect": `{"consumption_period": "` + map[string]string{"classic": "monthly", "current": "month"}[d.name] + `"}`,
		} {
			require.Error(t, validateChange(t, d, licensespringtest.UpdateLicense, []byte(body)), why)
		}
		require.Error(t, validateChange(t, d, licensespringtest.UpdateFeatures, []byte(`{"product_features": ["render"]}`)), "a code alone")
		require.Error(t, validateChange(t, d, licensespringtest.UpdateFeatures, []byte(`{"product_features": [{"code": "render"}]}`)), "the name of an order")
		require.NoError(t, validateChange(t, d, licensespringtest.UpdateFeatures, []byte(`{"product_features": []}`)), "no features")
	}
}
