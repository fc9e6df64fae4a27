package licensespring_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
)

// exchangeStep is a request that a test expects, and the response to it.
type exchangeStep struct {
	request string // as "PATCH" or "POST disable"
	body    string // of the request, as JSON; empty: not checked
	status  int    // 0: the connection is cut after the request
	reply   string
}

// scripted returns a client of a service that expects exactly these requests.
func scripted(t *testing.T, steps []exchangeStep, options ...licensespring.Option) *licensespring.Client {
	t.Helper()
	n := 0
	transport := transportFunc(func(req *http.Request) (*http.Response, error) {
		action := strings.Trim(strings.TrimPrefix(req.URL.Path, fmt.Sprintf("/api/v1/licenses/%d/", licenseID)), "/")
		got := strings.TrimSpace(req.Method + " " + action)
		body := ""
		if req.Body != nil {
			b, err := io.ReadAll(req.Body)
			require.NoError(t, err)
			body = string(b)
		}
		if n >= len(steps) {
			assert.Fail(t, "unexpected request", "%s %s", got, body)
			return response(req, http.StatusTeapot, `{}`), nil
		}
		step := steps[n]
		n++
		assert.Equal(t, step.request, got, "request %d", n)
		if step.body != "" {
			assert.JSONEq(t, step.body, body, "request %d", n)
		}
		if step.status == 0 {
			return nil, errors.New("cut")
		}
		return response(req, step.status, step.reply), nil
	})
	t.Cleanup(func() { assert.Equal(t, len(steps), n, "requests") })
	return newClient(t, testKey, append([]licensespring.Option{licensespring.WithHTTPClient(&http.Client{Transport: transport})}, options...)...)
}

// shown returns the JSON of a license with changes to an enabled, paid one.
func shown(changes map[string]any) string {
	license := map[string]any{
		"id": licenseID, "license_key": givenKey, "enabled": true, "active": false, "is_trial": false,
		"validity_period": "2031-05-07", "max_activations": 3, "subscription_id": "sub_417", "note": "", "metadata": map[string]any{"crm": "7"},
		"product_features": []any{feature("render", nil)}, "license_users": []any{}, "max_license_users": 0,
	}
	maps.Copy(license, changes)
	for name, value := range license {
		if value == absent {
			delete(license, name)
		}
	}
	b, err := json.Marshal(license)
	if err != nil {
		panic(err)
	}
	return string(b)
}

const absent = "(absent)"

func feature(code string, options map[string]any) map[string]any {
	f := map[string]any{"id": 1, "product_feature": map[string]any{"code": code}, "max_consumption": 0, "expiry_date": nil}
	maps.Copy(f, options)
	return f
}

func users(emails ...string) []any {
	list := []any{}
	for i, email := range emails {
		list = append(list, map[string]any{"id": 100 + i, "email": email + "|acme", "true_email": email})
	}
	return list
}

func day(month time.Month, d int) licensespring.Date {
	return licensespring.Date{Year: 2031, Month: month, Day: d}
}

const message = `{"message": "done"}`

type ensureCase struct {
	name     string
	state    licensespring.LicenseState
	steps    []exchangeStep
	outcome  licensespring.Outcome
	kind     error    // nil: success
	warnings []string // rules
	differ   []string // paths of the Differences
}

func get(changes map[string]any) exchangeStep {
	return exchangeStep{request: "GET", status: 200, reply: shown(changes)}
}

func ensureCases() []ensureCase {
	type m = map[string]any
	june := licensespring.LicenseState{LicenseUpdate: licensespring.ValidUntil(day(time.June, 8))}
	renewed := m{"validity_period": "2031-06-08"}
	patch := `{"validity_period":"2031-06-08","is_trial":false}`
	return []ensureCase{
		{name: "as wanted", state: licensespring.LicenseState{LicenseUpdate: licensespring.ValidUntil(day(time.May, 7))}, steps: []exchangeStep{get(nil)}, outcome: licensespring.OutcomeUnchanged},
		{name: "renewal", state: june, steps: []exchangeStep{get(nil), {"PATCH", patch, 200, shown(renewed)}}, outcome: licensespring.OutcomeChanged},
		{
			name: "is_trial comes from the license", state: licensespring.LicenseState{LicenseUpdate: licensespring.LicenseUpdate{ValidityPeriod: day(time.June, 8)}},
			steps:   []exchangeStep{get(m{"is_trial": true}), {"PATCH", `{"validity_period":"2031-06-08","is_trial":true}`, 200, shown(m{"validity_period": "2031-06-08", "is_trial": true})}},
			outcome: licensespring.OutcomeChanged,
		},
		{
			name: "is_trial is not known", state: licensespring.LicenseState{LicenseUpdate: licensespring.LicenseUpdate{ValidityPeriod: day(time.June, 8)}},
			steps: []exchangeStep{get(m{"is_trial": absent})}, outcome: licensespring.OutcomeRejected, kind: licensespring.ErrInvalidRequest, differ: []string{"validity_period"},
		},
		{name: "no end before", state: june, steps: []exchangeStep{get(m{"validity_period": nil}), {"PATCH", patch, 200, shown(renewed)}}, outcome: licensespring.OutcomeChanged},
		{
			name: "response lost, applied", state: june,
			steps: []exchangeStep{get(nil), {request: "PATCH"}, get(renewed)}, outcome: licensespring.OutcomeChanged,
		},
		{
			name: "response lost, not applied: a read precedes the repetition", state: june,
			steps: []exchangeStep{get(nil), {request: "PATCH"}, get(nil), {"PATCH", patch, 200, shown(renewed)}}, outcome: licensespring.OutcomeChanged,
		},
		{
			name: "response lost, and another caller has extended further: not undone", state: june,
			steps:   []exchangeStep{get(nil), {request: "PATCH"}, get(m{"validity_period": "2031-07-08"})},
			outcome: licensespring.OutcomeUnknown, kind: licensespring.ErrOutcomeUnknown, differ: []string{"validity_period"},
		},
		{
			name: "2xx that is not JSON", state: june,
			steps: []exchangeStep{get(nil), {"PATCH", patch, 200, "<html>"}, get(renewed)}, outcome: licensespring.OutcomeChanged,
		},
		{
			name: "2xx with another license", state: june,
			steps: []exchangeStep{get(nil), {"PATCH", patch, 200, `{"id": 5}`}, get(renewed)}, outcome: licensespring.OutcomeChanged,
		},
		{name: "rejected", state: june, steps: []exchangeStep{get(nil), {"PATCH", patch, 400, `{"is_trial": ["no"]}`}}, outcome: licensespring.OutcomeRejected, kind: licensespring.ErrInvalidRequest, differ: []string{"validity_period"}},
		{name: "no such license", state: june, steps: []exchangeStep{{request: "GET", status: 404, reply: `{"detail":"Not found."}`}}, outcome: licensespring.OutcomeRejected, kind: licensespring.ErrNotFound},
		{name: "not permitted to change", state: june, steps: []exchangeStep{get(nil), {"PATCH", patch, 403, `{}`}}, outcome: licensespring.OutcomeRejected, kind: licensespring.ErrUnauthorized, differ: []string{"validity_period"}},
		{
			name: "earlier end", state: licensespring.LicenseState{LicenseUpdate: licensespring.ValidUntil(day(time.May, 6))},
			steps: []exchangeStep{get(nil)}, outcome: licensespring.OutcomeRejected, kind: licensespring.ErrLicenseConflict, differ: []string{"validity_period"},
		},
		{
			name: "earlier end, allowed", state: licensespring.LicenseState{LicenseUpdate: licensespring.ValidUntil(day(time.May, 6)), AllowShorten: true},
			steps: []exchangeStep{get(nil), {"PATCH", `{"validity_period":"2031-05-06","is_trial":false}`, 200, shown(m{"validity_period": "2031-05-06"})}}, outcome: licensespring.OutcomeChanged,
		},
		{
			name:  "disabled by other means, with a date to extend: nothing is sent",
			state: licensespring.LicenseState{Enabled: new(true), LicenseUpdate: licensespring.ValidUntil(day(time.June, 8))},
			steps: []exchangeStep{get(m{"enabled": false})}, outcome: licensespring.OutcomeRejected, kind: licensespring.ErrLicenseConflict, differ: []string{"enabled"},
		},
		{
			name: "reinstate: the date first", state: licensespring.LicenseState{Enabled: new(true), AllowEnable: true, LicenseUpdate: licensespring.ValidUntil(day(time.June, 8))},
			steps:   []exchangeStep{get(m{"enabled": false}), {"PATCH", patch, 200, shown(m{"enabled": false, "validity_period": "2031-06-08"})}, {"POST enable", "{}", 200, message}, get(renewed)},
			outcome: licensespring.OutcomeChanged,
		},
		{
			name: "suspend: disabled first", state: licensespring.LicenseState{Enabled: new(false), LicenseUpdate: licensespring.LicenseUpdate{MaxActivations: new(0)}},
			steps:   []exchangeStep{get(nil), {"POST disable", "{}", 200, message}, {"PATCH", `{"max_activations":0}`, 200, shown(m{"enabled": false, "max_activations": 0})}},
			outcome: licensespring.OutcomeChanged,
		},
		{
			name: "disable is rejected, since another caller has", state: licensespring.LicenseState{Enabled: new(false)},
			steps: []exchangeStep{get(nil), {"POST disable", "{}", 400, `{"detail":"already"}`}, get(m{"enabled": false})}, outcome: licensespring.OutcomeUnchanged,
		},
		{
			name: "disable acknowledged, and then a change is rejected", state: licensespring.LicenseState{Enabled: new(false), LicenseUpdate: licensespring.LicenseUpdate{MaxActivations: new(0)}},
			steps:   []exchangeStep{get(nil), {"POST disable", "{}", 200, message}, {"PATCH", "", 403, `{}`}},
			outcome: licensespring.OutcomeUnknown, kind: licensespring.ErrOutcomeUnknown, differ: []string{"max_activations"},
		},
		{
			name: "the service caps the limit", state: licensespring.LicenseState{LicenseUpdate: licensespring.LicenseUpdate{MaxActivations: new(900)}},
			steps: []exchangeStep{
				get(nil),
				{"PATCH", "", 200, shown(m{"max_activations": 500})},
				get(m{"max_activations": 500}), get(m{"max_activations": 500}),
			},
			outcome: licensespring.OutcomeUnknown, kind: licensespring.ErrOutcomeUnknown, differ: []string{"max_activations"},
		},
		{
			name: "reads that are behind", state: licensespring.LicenseState{Enabled: new(false)},
			steps:   []exchangeStep{get(nil), {"POST disable", "{}", 200, message}, get(nil), get(m{"enabled": false})},
			outcome: licensespring.OutcomeChanged,
		},
		{
			name: "disabled, and enabled by another caller, or never done: no fight", state: licensespring.LicenseState{Enabled: new(false)},
			steps:   append([]exchangeStep{get(nil), {"POST disable", "{}", 200, message}}, repeat(6, get(nil))...),
			outcome: licensespring.OutcomeUnknown, kind: licensespring.ErrOutcomeUnknown, differ: []string{"enabled"},
		},
		{
			name: "disabled, and no read succeeds", state: licensespring.LicenseState{Enabled: new(false)},
			steps:   []exchangeStep{get(nil), {"POST disable", "{}", 200, message}, {request: "GET", status: 500}, {request: "GET", status: 500}},
			outcome: licensespring.OutcomeChanged, warnings: []string{"not_shown"},
		},
		{
			name: "a value that the license does not show is sent, and acknowledged", state: licensespring.LicenseState{LicenseUpdate: licensespring.LicenseUpdate{MaxTransfers: new(2)}},
			steps:   []exchangeStep{get(nil), {"PATCH", `{"max_transfers":2}`, 200, shown(nil)}},
			outcome: licensespring.OutcomeChanged, warnings: []string{"not_shown"},
		},
		{
			name: "note and zero are values", state: licensespring.LicenseState{LicenseUpdate: licensespring.LicenseUpdate{MaxActivations: new(0), Note: new("")}},
			steps:   []exchangeStep{get(nil), {"PATCH", `{"max_activations":0}`, 200, shown(m{"max_activations": 0})}},
			outcome: licensespring.OutcomeChanged,
		},
		{
			name: "metadata of others is kept", state: licensespring.LicenseState{LicenseUpdate: licensespring.LicenseUpdate{Metadata: m{"plan": "pro"}}},
			steps:   []exchangeStep{get(nil), {"PATCH", `{"metadata":{"crm":"7","plan":"pro"}}`, 200, shown(m{"metadata": m{"crm": "7", "plan": "pro", "x": 1}})}},
			outcome: licensespring.OutcomeChanged,
		},
		{
			name: "metadata in a text", state: licensespring.LicenseState{LicenseUpdate: licensespring.LicenseUpdate{Metadata: m{"crm": "7"}}},
			steps: []exchangeStep{get(m{"metadata": `{"crm":"7"}`})}, outcome: licensespring.OutcomeUnchanged,
		},
		{
			name: "metadata is not shown: it could be lost", state: licensespring.LicenseState{LicenseUpdate: licensespring.LicenseUpdate{Metadata: m{"plan": "pro"}}},
			steps: []exchangeStep{get(m{"metadata": absent})}, outcome: licensespring.OutcomeRejected, kind: licensespring.ErrBadResponse, differ: []string{"metadata"},
		},
		{
			name: "other plan", state: licensespring.LicenseState{ProductFeatures: []licensespring.ProductFeature{{Code: "export"}}},
			steps:   []exchangeStep{get(nil), {"POST update_features", `{"product_features":[{"product_feature":"export"}]}`, 200, shown(m{"product_features": []any{feature("export", nil)}})}},
			outcome: licensespring.OutcomeChanged,
		},
		{
			name: "no features", state: licensespring.LicenseState{ProductFeatures: []licensespring.ProductFeature{}},
			steps:   []exchangeStep{get(nil), {"POST update_features", `{"product_features":[]}`, 200, shown(m{"product_features": []any{}})}},
			outcome: licensespring.OutcomeChanged,
		},
		{
			name: "unknown feature is dropped", state: licensespring.LicenseState{ProductFeatures: []licensespring.ProductFeature{{Code: "render"}, {Code: "nosuch"}}},
			steps:   []exchangeStep{get(nil), {"POST update_features", "", 200, shown(nil)}},
			outcome: licensespring.OutcomeChanged, warnings: []string{"feature_dropped"},
		},
		{
			name: "a warning of validation is reported once", state: licensespring.LicenseState{ProductFeatures: []licensespring.ProductFeature{{Code: "render", Extra: map[string]json.RawMessage{"is_floating_cloud": json.RawMessage("true")}}}},
			steps: []exchangeStep{
				get(nil),
				{"POST update_features", `{"product_features":[{"product_feature":"render","is_floating_cloud":true}]}`, 200, shown(m{"product_features": []any{feature("render", m{"is_floating_cloud": true})}})},
			},
			outcome: licensespring.OutcomeChanged, warnings: []string{"extra_member"},
		},
		{
			name: "feature ends earlier", state: licensespring.LicenseState{ProductFeatures: []licensespring.ProductFeature{{Code: "render", ExpiryDate: day(time.May, 1)}}},
			steps:   []exchangeStep{get(m{"product_features": []any{feature("render", m{"expiry_date": "2031-05-02"})}})},
			outcome: licensespring.OutcomeRejected, kind: licensespring.ErrLicenseConflict, differ: []string{"product_features[0].expiry_date"},
		},
		{
			name: "options of features that the state does not name are kept", state: licensespring.LicenseState{ProductFeatures: []licensespring.ProductFeature{{Code: "render"}, {Code: "calls"}, {Code: "export"}}},
			steps: []exchangeStep{
				get(m{"product_features": []any{
					feature("render", m{"expiry_date": "2035-01-01", "max_consumption": 0}),
					map[string]any{"id": 2, "product_feature": m{"code": "calls", "feature_type": "consumption"}, "max_consumption": 500, "allow_overages": false, "total_consumptions": 7},
				}}),
				{
					"POST update_features", `{"product_features":[{"product_feature":"render","expiry_date":"2035-01-01"},{"product_feature":"calls","max_consumption":500,"allow_overages":false},{"product_feature":"export"}]}`,
					200, shown(m{"product_features": []any{feature("render", nil), feature("calls", nil), feature("export", nil)}}),
				},
			},
			outcome: licensespring.OutcomeChanged,
		},
		{
			name: "features without a code are not known", state: licensespring.LicenseState{ProductFeatures: []licensespring.ProductFeature{}},
			steps:   []exchangeStep{get(m{"product_features": []any{101}}), {"POST update_features", `{"product_features":[]}`, 200, shown(m{"product_features": []any{}})}},
			outcome: licensespring.OutcomeChanged,
		},
		{
			name: "an end that cannot be read must not become earlier", state: june,
			steps: []exchangeStep{get(m{"validity_period": "01.01.2035"})}, outcome: licensespring.OutcomeRejected, kind: licensespring.ErrBadResponse, differ: []string{"validity_period"},
		},
		{
			name: "a perpetual license does not get an end", state: june,
			steps: []exchangeStep{get(m{"validity_period": nil, "license_type": "perpetual"})}, outcome: licensespring.OutcomeRejected, kind: licensespring.ErrLicenseConflict, differ: []string{"validity_period"},
		},
		{
			name: "an ID of 16 digits in metadata", state: licensespring.LicenseState{LicenseUpdate: licensespring.LicenseUpdate{Metadata: m{"ref": int64(9933000000000020)}}},
			steps: []exchangeStep{
				get(m{"metadata": json.RawMessage(`{"ref":9933000000000021}`)}),
				{"PATCH", `{"metadata":{"ref":9933000000000020}}`, 200, shown(m{"metadata": json.RawMessage(`{"ref":9933000000000020}`)})},
			},
			outcome: licensespring.OutcomeChanged,
		},
		{
			name: "a user with an address that no request could name is removed by ID", state: licensespring.LicenseState{Users: []licensespring.UserAssignment{}},
			steps:   []exchangeStep{get(m{"license_users": users("root")}), {"POST unassign_user", `{"license_user_id":100}`, 200, message}, get(nil)},
			outcome: licensespring.OutcomeChanged,
		},
		{
			name: "users", state: licensespring.LicenseState{Users: []licensespring.UserAssignment{{Email: "B@example.com"}, {Email: "c@example.com"}}},
			steps: []exchangeStep{
				get(m{"license_users": users("a@example.com", "b@example.com")}),
				{"POST unassign_user", `{"license_user_email":"a@example.com"}`, 200, message},
				{"POST assign_user", `{"email":"c@example.com"}`, 200, `{"message":"x","new_password":"not-a-real-one"}`},
				get(m{"license_users": users("b@example.com", "c@example.com")}),
			},
			outcome: licensespring.OutcomeChanged,
		},
		{
			name: "a response shows that another caller has assigned the user meanwhile",
			state: licensespring.LicenseState{
				LicenseUpdate: licensespring.LicenseUpdate{Note: new("x")}, Users: []licensespring.UserAssignment{{Email: "b@example.com"}},
			},
			steps:   []exchangeStep{get(nil), {"PATCH", `{"note":"x"}`, 200, shown(m{"note": "x", "license_users": users("b@example.com")})}},
			outcome: licensespring.OutcomeChanged,
		},
		{
			name: "the response to a change shows no users, and a read does",
			state: licensespring.LicenseState{
				LicenseUpdate: licensespring.LicenseUpdate{Note: new("x")}, Users: []licensespring.UserAssignment{{Email: "b@example.com"}},
			},
			steps: []exchangeStep{
				get(nil),
				{"PATCH", `{"note":"x"}`, 200, shown(m{"note": "x", "license_users": absent})},
				get(m{"note": "x"}),
				{"POST assign_user", `{"email":"b@example.com"}`, 200, message},
				get(m{"note": "x", "license_users": users("b@example.com")}),
			},
			outcome: licensespring.OutcomeChanged,
		},
		{
			name: "users are not shown: an assignment could be the second one", state: licensespring.LicenseState{Users: []licensespring.UserAssignment{{Email: "b@example.com"}}},
			steps: []exchangeStep{get(m{"license_users": absent})}, outcome: licensespring.OutcomeRejected, kind: licensespring.ErrBadResponse, differ: []string{"users[0].email", "users"},
		},
		{
			name: "assignment lost, and applied: the password is lost", state: licensespring.LicenseState{Users: []licensespring.UserAssignment{{Email: "b@example.com"}}},
			steps:   []exchangeStep{get(nil), {request: "POST assign_user"}, get(m{"license_users": users("b@example.com")})},
			outcome: licensespring.OutcomeChanged, warnings: []string{"password_lost"},
		},
		{
			name: "assignment lost, with a password of the caller's", state: licensespring.LicenseState{Users: []licensespring.UserAssignment{{Email: "b@example.com", Password: licensespring.NewSecret("not-a-real-one")}}},
			steps:   []exchangeStep{get(nil), {"POST assign_user", `{"email":"b@example.com","password":"not-a-real-one"}`, 0, ""}, get(m{"license_users": users("b@example.com")})},
			outcome: licensespring.OutcomeChanged,
		},
		{
			name: "assignment lost, and not visible: never repeated", state: licensespring.LicenseState{Users: []licensespring.UserAssignment{{Email: "b@example.com"}}},
			steps:   []exchangeStep{get(nil), {request: "POST assign_user"}, get(nil), get(nil), get(nil), get(nil), get(nil)},
			outcome: licensespring.OutcomeUnknown, kind: licensespring.ErrOutcomeUnknown, differ: []string{"users[0].email"},
		},
	}
}

func TestEnsureLicense(t *testing.T) {
	t.Parallel()
	for _, row := range ensureCases() {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := scripted(t, row.steps)
				res, err := client.EnsureLicense(t.Context(), licenseID, row.state)
				if row.kind != nil {
					require.ErrorIs(t, err, row.kind)
					assert.Equal(t, row.outcome, licensespring.OutcomeOf(err))
					e, ok := errors.AsType[*licensespring.Error](err)
					require.True(t, ok)
					var paths []string
					for _, d := range e.Differences {
						paths = append(paths, d.Path)
					}
					assert.Equal(t, row.differ, paths)
					assert.Equal(t, licenseID, e.LicenseID)
					assert.Len(t, e.Attempts, len(row.steps))
					return
				}
				require.NoError(t, err)
				assert.Equal(t, row.outcome, res.Outcome)
				var rules []string
				for _, w := range res.Warnings {
					rules = append(rules, string(w.Rule))
				}
				assert.Equal(t, row.warnings, rules)
				assert.Equal(t, licenseID, res.License.ID)
				assert.Len(t, res.Attempts, len(row.steps))
			})
		})
	}
}

// If the service requests a wait that exceeds the deadline, the call reads earlier: a
// read can settle a lost response.
func TestEnsureLicenseRetryAfterExceedsDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		enabled := true
		transport := transportFunc(func(req *http.Request) (*http.Response, error) {
			if req.Method == http.MethodGet {
				return response(req, http.StatusOK, shown(map[string]any{"enabled": enabled})), nil
			}
			enabled = false
			resp := response(req, http.StatusServiceUnavailable, `{}`)
			resp.Header.Set("Retry-After", "3600")
			return resp, nil
		})
		client := newClient(t, testKey, licensespring.WithHTTPClient(&http.Client{Transport: transport}))
		res, err := client.EnsureLicense(t.Context(), licenseID, licensespring.LicenseState{Enabled: new(false)})
		require.NoError(t, err)
		assert.Equal(t, licensespring.OutcomeChanged, res.Outcome)
	})
}

// If a later record does not show a member that a repetition needs, the outcome of the
// call stays unknown, and the error matches no other kind.
func TestEnsureLicenseUnknownMatchesAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := scripted(t, []exchangeStep{get(nil), {request: "PATCH"}, get(map[string]any{"is_trial": absent})})
		_, err := client.EnsureLicense(t.Context(), licenseID, licensespring.LicenseState{
			LicenseUpdate: licensespring.LicenseUpdate{ValidityPeriod: day(time.June, 8)},
		})
		require.ErrorIs(t, err, licensespring.ErrOutcomeUnknown)
		require.NotErrorIs(t, err, licensespring.ErrInvalidRequest)
		assert.ErrorContains(t, err, "is_trial")
	})
}
