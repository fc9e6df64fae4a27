package licensespring_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
)

type writeCall func(ctx context.Context, c *licensespring.Client) (*licensespring.LicenseResult, error)

type writeCase struct {
	name     string
	call     writeCall
	steps    []exchangeStep
	outcome  licensespring.Outcome
	kind     error
	warnings []string
	differ   []string
}

func updating(u licensespring.LicenseUpdate) writeCall {
	return func(ctx context.Context, c *licensespring.Client) (*licensespring.LicenseResult, error) {
		return c.UpdateLicense(ctx, licenseID, u)
	}
}

func featuring(features ...licensespring.ProductFeature) writeCall {
	return func(ctx context.Context, c *licensespring.Client) (*licensespring.LicenseResult, error) {
		return c.UpdateFeatures(ctx, licenseID, features)
	}
}

func enabling(ctx context.Context, c *licensespring.Client) (*licensespring.LicenseResult, error) {
	return c.EnableLicense(ctx, licenseID)
}

func disabling(ctx context.Context, c *licensespring.Client) (*licensespring.LicenseResult, error) {
	return c.DisableLicense(ctx, licenseID)
}

func assigning(u licensespring.UserAssignment) writeCall {
	return func(ctx context.Context, c *licensespring.Client) (*licensespring.LicenseResult, error) {
		return c.AssignUser(ctx, licenseID, u)
	}
}

func unassigning(ctx context.Context, c *licensespring.Client) (*licensespring.LicenseResult, error) {
	return c.UnassignUser(ctx, licenseID, "A@example.com")
}

// repeat returns n times the same step.
func repeat(n int, step exchangeStep) []exchangeStep {
	steps := make([]exchangeStep, n)
	for i := range steps {
		steps[i] = step
	}
	return steps
}

func updateWriteCases() []writeCase {
	type m = map[string]any
	renewal := updating(licensespring.ValidUntil(day(6, 8)))
	patch := `{"validity_period":"2031-06-08","is_trial":false}`
	renewed := m{"validity_period": "2031-06-08"}
	metadata := updating(licensespring.LicenseUpdate{Metadata: m{"plan": "pro"}})
	return []writeCase{
		{name: "update", call: renewal, steps: []exchangeStep{{"PATCH", patch, 200, shown(renewed)}}, outcome: licensespring.OutcomeChanged},
		{name: "capped", call: updating(licensespring.LicenseUpdate{MaxActivations: new(900)}), steps: []exchangeStep{{"PATCH", "", 200, shown(nil)}}, outcome: licensespring.OutcomeChanged, warnings: []string{"value_mismatch"}},
		{name: "a member that is not shown is no reason for a warning", call: updating(licensespring.LicenseUpdate{MaxTransfers: new(0)}), steps: []exchangeStep{{"PATCH", "", 200, shown(nil)}}, outcome: licensespring.OutcomeChanged},
		{name: "absolute values are retried", call: renewal, steps: []exchangeStep{{"PATCH", patch, 503, ""}, {"PATCH", patch, 200, shown(renewed)}}, outcome: licensespring.OutcomeChanged},
		{
			name: "all responses lost, applied", call: renewal,
			steps: append(repeat(4, exchangeStep{"PATCH", patch, 0, ""}), get(nil), get(renewed)), outcome: licensespring.OutcomeChanged,
		},
		{
			name: "all responses lost, not applied", call: renewal,
			steps:   append(repeat(4, exchangeStep{"PATCH", patch, 502, ""}), repeat(6, get(nil))...),
			outcome: licensespring.OutcomeUnknown, kind: licensespring.ErrOutcomeUnknown, differ: []string{"validity_period"},
		},
		{
			name: "lost, and the rejection of a retry proves nothing", call: renewal,
			steps: []exchangeStep{{"PATCH", patch, 0, ""}, {"PATCH", patch, 400, "{}"}, get(renewed)}, outcome: licensespring.OutcomeChanged,
		},
		{name: "2xx that is not JSON is not retried", call: renewal, steps: []exchangeStep{{"PATCH", patch, 200, "<html>"}, get(renewed)}, outcome: licensespring.OutcomeChanged},
		{name: "2xx with a message", call: renewal, steps: []exchangeStep{{"PATCH", patch, 200, message}, get(renewed)}, outcome: licensespring.OutcomeChanged},
		{
			name: "lost, and not shown", call: updating(licensespring.LicenseUpdate{MaxTransfers: new(0)}),
			steps:   append(repeat(4, exchangeStep{"PATCH", "", 0, ""}), get(nil)),
			outcome: licensespring.OutcomeUnknown, kind: licensespring.ErrOutcomeUnknown, differ: []string{"max_transfers"},
		},
		{name: "metadata is not retried", call: metadata, steps: []exchangeStep{{"PATCH", `{"metadata":{"plan":"pro"}}`, 503, ""}, get(m{"metadata": m{"plan": "pro"}})}, outcome: licensespring.OutcomeChanged},
		{
			name: "metadata that was not replaced", call: metadata,
			steps:   append([]exchangeStep{{"PATCH", "", 503, ""}}, repeat(6, get(m{"metadata": m{"plan": "pro", "crm": "7"}}))...),
			outcome: licensespring.OutcomeUnknown, kind: licensespring.ErrOutcomeUnknown, differ: []string{"metadata"},
		},
		{name: "a duration is not retried", call: updating(licensespring.LicenseUpdate{EnableMaintenancePeriod: new(true), MaintenanceDuration: licensespring.Years(1)}), steps: []exchangeStep{{"PATCH", "", 503, ""}, get(m{"enable_maintenance_duration": true})}, outcome: licensespring.OutcomeUnknown, kind: licensespring.ErrOutcomeUnknown, differ: []string{"maintenance_duration"}},
		{
			name: "an extra member may show the value of an earlier update", call: updating(licensespring.LicenseUpdate{Extra: map[string]json.RawMessage{"total_consumptions": json.RawMessage("5")}}),
			steps:   []exchangeStep{{"PATCH", `{"total_consumptions":5}`, 0, ""}, get(m{"total_consumptions": 5})},
			outcome: licensespring.OutcomeUnknown, kind: licensespring.ErrOutcomeUnknown, differ: []string{"total_consumptions"},
		},
		{
			name: "a duration may show the value of an earlier update", call: updating(licensespring.LicenseUpdate{EnableMaintenancePeriod: new(true), MaintenanceDuration: licensespring.Years(1)}),
			steps:   []exchangeStep{{"PATCH", "", 503, ""}, get(m{"enable_maintenance_period": true, "maintenance_duration": "1y"})},
			outcome: licensespring.OutcomeUnknown, kind: licensespring.ErrOutcomeUnknown, differ: []string{"maintenance_duration"},
		},
		{
			name: "metadata that is not shown", call: updating(licensespring.LicenseUpdate{Metadata: m{}}),
			steps:   []exchangeStep{{"PATCH", `{"metadata":{}}`, 503, ""}, get(m{"metadata": absent})},
			outcome: licensespring.OutcomeUnknown, kind: licensespring.ErrOutcomeUnknown, differ: []string{"metadata"},
		},
		{
			name: "a null member of metadata must be present", call: updating(licensespring.LicenseUpdate{Metadata: m{"b": nil}}),
			steps:   append([]exchangeStep{{"PATCH", `{"metadata":{"b":null}}`, 503, ""}}, repeat(6, get(nil))...),
			outcome: licensespring.OutcomeUnknown, kind: licensespring.ErrOutcomeUnknown, differ: []string{"metadata"},
		},
		{name: "rejected", call: renewal, steps: []exchangeStep{{"PATCH", patch, 400, `{"validity_period":["no"]}`}}, outcome: licensespring.OutcomeRejected, kind: licensespring.ErrInvalidRequest},
		{name: "409 is no order", call: renewal, steps: []exchangeStep{{"PATCH", patch, 409, `{"detail":"busy"}`}}, outcome: licensespring.OutcomeRejected, kind: licensespring.ErrInvalidRequest},
		{name: "no such license", call: renewal, steps: []exchangeStep{{"PATCH", patch, 404, `{"detail":"Not found."}`}}, outcome: licensespring.OutcomeRejected, kind: licensespring.ErrNotFound},
		{name: "redirected", call: renewal, steps: []exchangeStep{{"PATCH", patch, 301, ""}}, outcome: licensespring.OutcomeRejected, kind: licensespring.ErrRedirected},
		{name: "lost, and not permitted to read", call: renewal, steps: append(repeat(4, exchangeStep{"PATCH", patch, 0, ""}), exchangeStep{"GET", "", 403, "{}"}), outcome: licensespring.OutcomeUnknown, kind: licensespring.ErrOutcomeUnknown},

		{name: "features", call: featuring(licensespring.ProductFeature{Code: "render"}), steps: []exchangeStep{{"POST update_features", `{"product_features":[{"product_feature":"render"}]}`, 200, shown(nil)}}, outcome: licensespring.OutcomeChanged},
		{name: "features are retried", call: featuring(licensespring.ProductFeature{Code: "render"}), steps: []exchangeStep{{"POST update_features", "", 0, ""}, {"POST update_features", "", 200, shown(nil)}}, outcome: licensespring.OutcomeChanged},
		{name: "dropped feature", call: featuring(licensespring.ProductFeature{Code: "render"}, licensespring.ProductFeature{Code: "x"}), steps: []exchangeStep{{"POST update_features", "", 200, shown(nil)}}, outcome: licensespring.OutcomeChanged, warnings: []string{"feature_dropped"}},
		{
			name: "features lost, others remain", call: featuring(licensespring.ProductFeature{Code: "export"}),
			steps:   append(repeat(4, exchangeStep{"POST update_features", "", 0, ""}), repeat(6, get(nil))...),
			outcome: licensespring.OutcomeUnknown, kind: licensespring.ErrOutcomeUnknown, differ: []string{"product_features", "product_features[0].code"},
		},
	}
}

func enableWriteCases() []writeCase {
	type m = map[string]any
	user := assigning(licensespring.UserAssignment{Email: "a@example.com"})
	assigned := m{"license_users": users("a@example.com")}
	return []writeCase{
		{name: "disable", call: disabling, steps: []exchangeStep{{"POST disable", "{}", 200, message}, get(m{"enabled": false})}, outcome: licensespring.OutcomeChanged},
		{name: "disable, and a read that is behind", call: disabling, steps: []exchangeStep{{"POST disable", "{}", 200, message}, get(nil), get(m{"enabled": false})}, outcome: licensespring.OutcomeChanged},
		{name: "disable, and no permission to read", call: disabling, steps: []exchangeStep{{"POST disable", "{}", 200, message}, {"GET", "", 403, "{}"}}, outcome: licensespring.OutcomeChanged, warnings: []string{"not_shown"}},
		{
			name: "acknowledged, and not done", call: disabling, steps: append([]exchangeStep{{"POST disable", "{}", 200, `{"message":"queued"}`}}, repeat(6, get(nil))...),
			outcome: licensespring.OutcomeUnknown, kind: licensespring.ErrOutcomeUnknown, differ: []string{"enabled"},
		},
		{
			name: "an object without a message is no acknowledgment", call: disabling, steps: append([]exchangeStep{{"POST disable", "{}", 200, `{"detail":"maintenance"}`}}, repeat(6, get(nil))...),
			outcome: licensespring.OutcomeUnknown, kind: licensespring.ErrOutcomeUnknown, differ: []string{"enabled"},
		},
		{name: "enable", call: enabling, steps: []exchangeStep{{"POST enable", "{}", 200, message}, get(nil)}, outcome: licensespring.OutcomeChanged},
		{name: "a service that responds with the license", call: enabling, steps: []exchangeStep{{"POST enable", "{}", 200, shown(nil)}}, outcome: licensespring.OutcomeChanged},
		{name: "disable is retried", call: disabling, steps: []exchangeStep{{"POST disable", "{}", 0, ""}, {"POST disable", "{}", 200, message}, get(m{"enabled": false})}, outcome: licensespring.OutcomeChanged},
		{name: "disable without a body in the response", call: disabling, steps: []exchangeStep{{"POST disable", "{}", 200, ""}, get(m{"enabled": false})}, outcome: licensespring.OutcomeChanged},
		{name: "already disabled", call: disabling, steps: []exchangeStep{{"POST disable", "{}", 400, `{"detail":"x"}`}, get(m{"enabled": false})}, outcome: licensespring.OutcomeUnchanged},
		{name: "409 for already enabled", call: enabling, steps: []exchangeStep{{"POST enable", "{}", 409, `{}`}, get(nil)}, outcome: licensespring.OutcomeUnchanged},
		{name: "rejected for another reason", call: enabling, steps: []exchangeStep{{"POST enable", "{}", 400, `{"detail":"expired"}`}, get(m{"enabled": false})}, outcome: licensespring.OutcomeRejected, kind: licensespring.ErrInvalidRequest},
		{name: "rejected, and the read fails", call: enabling, steps: []exchangeStep{{"POST enable", "{}", 400, `{"detail":"expired"}`}, {"GET", "", 403, "{}"}}, outcome: licensespring.OutcomeRejected, kind: licensespring.ErrInvalidRequest},
		{name: "rejected, and enabled is not shown", call: enabling, steps: []exchangeStep{{"POST enable", "{}", 400, `{}`}, get(m{"enabled": absent})}, outcome: licensespring.OutcomeRejected, kind: licensespring.ErrInvalidRequest},
		{name: "403 is no state", call: enabling, steps: []exchangeStep{{"POST enable", "{}", 403, "{}"}}, outcome: licensespring.OutcomeRejected, kind: licensespring.ErrUnauthorized},
		{name: "404 is no state", call: disabling, steps: []exchangeStep{{"POST disable", "{}", 404, "{}"}}, outcome: licensespring.OutcomeRejected, kind: licensespring.ErrNotFound},
		{
			name: "disable lost, and enabled after all reads", call: disabling,
			steps:   append(repeat(4, exchangeStep{"POST disable", "{}", 503, ""}), repeat(6, get(nil))...),
			outcome: licensespring.OutcomeUnknown, kind: licensespring.ErrOutcomeUnknown, differ: []string{"enabled"},
		},

		{name: "assign", call: user, steps: []exchangeStep{get(nil), {"POST assign_user", `{"email":"a@example.com"}`, 200, `{"message":"x","new_password":"not-a-real-one"}`}, get(assigned)}, outcome: licensespring.OutcomeChanged},
		{name: "assigned", call: user, steps: []exchangeStep{get(assigned)}, outcome: licensespring.OutcomeUnchanged},
		{name: "assign is not retried", call: user, steps: []exchangeStep{get(nil), {"POST assign_user", "", 503, ""}, get(assigned)}, outcome: licensespring.OutcomeChanged, warnings: []string{"password_lost"}},
		{name: "another caller has assigned", call: user, steps: []exchangeStep{get(nil), {"POST assign_user", "", 400, `{}`}, get(assigned)}, outcome: licensespring.OutcomeUnchanged},
		{name: "limit of users reached", call: user, steps: []exchangeStep{get(nil), {"POST assign_user", "", 400, `{"detail":"limit"}`}, get(nil)}, outcome: licensespring.OutcomeRejected, kind: licensespring.ErrInvalidRequest, differ: []string{"users[0].email"}},
		{name: "unassign", call: unassigning, steps: []exchangeStep{get(assigned), {"POST unassign_user", `{"license_user_email":"a@example.com"}`, 200, message}, get(nil)}, outcome: licensespring.OutcomeChanged},
		{name: "unassigned", call: unassigning, steps: []exchangeStep{get(m{"license_users": users("b@example.com")})}, outcome: licensespring.OutcomeUnchanged},
		{name: "unassign is retried after a read", call: unassigning, steps: []exchangeStep{get(assigned), {"POST unassign_user", "", 0, ""}, get(assigned), {"POST unassign_user", "", 200, message}, get(nil)}, outcome: licensespring.OutcomeChanged},
	}
}

func TestWriteLicense(t *testing.T) {
	t.Parallel()
	for _, row := range append(updateWriteCases(), enableWriteCases()...) {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				res, err := row.call(t.Context(), scripted(t, row.steps))
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
					assert.Len(t, e.Attempts, len(row.steps))
					return
				}
				require.NoError(t, err)
				assert.Equal(t, row.outcome, res.Outcome)
				assert.True(t, res.Outcome.Done())
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

// A password is in the result of the call that assigned its user, and in the error if
// a later request of the call fails.
func TestPasswordIsNotLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		assigned := exchangeStep{"POST assign_user", "", 200, `{"message":"x","new_password":"not-a-real-one"}`}
		client := scripted(t, []exchangeStep{get(nil), assigned, get(map[string]any{"license_users": users("a@example.com")})})
		res, err := client.AssignUser(t.Context(), licenseID, licensespring.UserAssignment{Email: "a@example.com"})
		require.NoError(t, err)
		require.Len(t, res.NewUsers, 1)
		assert.Equal(t, "a@example.com", res.NewUsers[0].Email)
		assert.Equal(t, "not-a-real-one", res.NewUsers[0].InitialPassword.Reveal())

		state := licensespring.LicenseState{Enabled: new(true), AllowEnable: true, Users: []licensespring.UserAssignment{{Email: "a@example.com"}}}
		client = scripted(t, []exchangeStep{get(map[string]any{"enabled": false}), assigned, {"POST enable", "{}", 403, "{}"}})
		_, err = client.EnsureLicense(t.Context(), licenseID, state)
		require.ErrorIs(t, err, licensespring.ErrOutcomeUnknown)
		e, ok := errors.AsType[*licensespring.Error](err)
		require.True(t, ok)
		require.Len(t, e.NewUsers(), 1)
		assert.Equal(t, "not-a-real-one", e.NewUsers()[0].InitialPassword.Reveal())
		assert.NotContains(t, e.Error(), "not-a-real-one")
	})
}

func TestSetUserPassword(t *testing.T) {
	t.Parallel()
	const address = "https://saas.licensespring.com/api/v1/license-users/set_password/"
	client, transport := mocked(t)
	status, reply := http.StatusOK, message
	transport.RegisterResponder(http.MethodPost, address, func(req *http.Request) (*http.Response, error) {
		assert.Equal(t, "a+b@example.com", req.URL.Query().Get("email"))
		if status == 0 {
			return nil, errors.New("cut")
		}
		return httpmock.NewStringResponse(status, reply), nil
	})
	set := func() (*licensespring.LicenseResult, error) {
		return client.SetUserPassword(t.Context(), "a+b@example.com", licensespring.NewSecret("not-a-real-one"))
	}
	res, err := set()
	require.NoError(t, err)
	assert.Equal(t, licensespring.OutcomeChanged, res.Outcome)
	assert.Nil(t, res.License)

	status, reply = http.StatusBadRequest, `{"message": "the password not-a-real-one of a+b@example.com is too short"}`
	_, err = set()
	require.ErrorIs(t, err, licensespring.ErrInvalidRequest)
	assert.Equal(t, licensespring.OutcomeRejected, licensespring.OutcomeOf(err))
	assert.NotContains(t, err.Error(), "not-a-real-one")
	assert.NotContains(t, err.Error(), "example.com")
	assert.Contains(t, err.Error(), "is too short")

	status = 0
	_, err = set()
	require.ErrorIs(t, err, licensespring.ErrOutcomeUnknown)

	status, reply = http.StatusNotFound, `{"detail": "Not found."}`
	_, err = set()
	require.ErrorIs(t, err, licensespring.ErrNotFound)
}

// An invalid change is rejected before anything is sent, with all findings.
func TestInvalidChange(t *testing.T) {
	t.Parallel()
	client := scripted(t, nil)
	for name, call := range map[string]writeCall{
		"update": func(ctx context.Context, c *licensespring.Client) (*licensespring.LicenseResult, error) {
			return c.UpdateLicense(ctx, 0, licensespring.LicenseUpdate{})
		},
		"features": func(ctx context.Context, c *licensespring.Client) (*licensespring.LicenseResult, error) {
			return c.UpdateFeatures(ctx, -1, nil)
		},
		"assign": func(ctx context.Context, c *licensespring.Client) (*licensespring.LicenseResult, error) {
			return c.AssignUser(ctx, 0, licensespring.UserAssignment{})
		},
		"unassign": func(ctx context.Context, c *licensespring.Client) (*licensespring.LicenseResult, error) {
			return c.UnassignUser(ctx, 0, " ")
		},
		"password": func(ctx context.Context, c *licensespring.Client) (*licensespring.LicenseResult, error) {
			return c.SetUserPassword(ctx, "x", licensespring.Secret{})
		},
		"ensure": func(ctx context.Context, c *licensespring.Client) (*licensespring.LicenseResult, error) {
			return c.EnsureLicense(ctx, 0, licensespring.LicenseState{})
		},
	} {
		_, err := call(t.Context(), client)
		require.ErrorIs(t, err, licensespring.ErrInvalidRequest, name)
		require.ErrorIs(t, err, licensespring.ErrNotSent, name)
		var invalid *licensespring.ValidationError
		require.ErrorAs(t, err, &invalid, name)
		assert.Len(t, invalid.Findings, 2, name)
	}
	for _, call := range []writeCall{
		func(ctx context.Context, c *licensespring.Client) (*licensespring.LicenseResult, error) {
			return c.EnableLicense(ctx, 0)
		},
		func(ctx context.Context, c *licensespring.Client) (*licensespring.LicenseResult, error) {
			return c.DisableLicense(ctx, -7)
		},
	} {
		_, err := call(t.Context(), client)
		require.ErrorIs(t, err, licensespring.ErrNotSent)
	}
}

// A context that is done ends a call at once: with nothing sent before the first
// request, and otherwise unknown.
func TestWriteLicenseContext(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]writeCall{
		"update": updating(licensespring.ValidUntil(day(6, 8))), "disable": disabling,
		"ensure": func(ctx context.Context, c *licensespring.Client) (*licensespring.LicenseResult, error) {
			return c.EnsureLicense(ctx, licenseID, licensespring.LicenseState{Enabled: new(false)})
		},
	} {
		done, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := call(done, scripted(t, nil))
		require.ErrorIs(t, err, licensespring.ErrNotSent, name)
		require.ErrorIs(t, err, context.Canceled, name)

		ctx, cancel := context.WithCancel(t.Context())
		client := newClient(t, testKey, licensespring.WithHTTPClient(&http.Client{Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
			if req.Method == http.MethodGet {
				return response(req, http.StatusOK, shown(nil)), nil
			}
			cancel()
			return nil, ctx.Err()
		})}))
		_, err = call(ctx, client)
		require.ErrorIs(t, err, licensespring.ErrOutcomeUnknown, name)
		require.ErrorIs(t, err, context.Canceled, name)
		assert.NotContains(t, err.Error(), givenKey)
	}
}

// A call that is canceled while it finds out whether a rejection matters is rejected,
// and matches the error of its context.
func TestWriteLicenseCanceledAfterRejection(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	client := newClient(t, testKey, licensespring.WithHTTPClient(&http.Client{Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
		if req.Method == http.MethodGet {
			cancel()
			return nil, ctx.Err()
		}
		return response(req, http.StatusBadRequest, `{"detail":"already disabled"}`), nil
	})}))
	_, err := disabling(ctx, client)
	require.ErrorIs(t, err, licensespring.ErrInvalidRequest)
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, licensespring.OutcomeRejected, licensespring.OutcomeOf(err))
}

// A preview is the request that the call sends.
func TestPreviewChange(t *testing.T) {
	t.Parallel()
	client, transport := mocked(t)
	var sent []string
	transport.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		body := ""
		if req.Body != nil {
			b, err := io.ReadAll(req.Body)
			require.NoError(t, err)
			body = string(b)
		}
		sent = append(sent, req.Method+" "+req.URL.String()+" "+body)
		return httpmock.NewStringResponse(http.StatusTeapot, "{}"), nil
	})
	ctx := t.Context()
	update := licensespring.ValidUntil(day(6, 8))
	features := []licensespring.ProductFeature{{Code: "render"}}
	secret := licensespring.NewSecret("not-a-real-one")
	for name, pair := range map[string]struct {
		preview func() (*licensespring.Preview, error)
		call    func() (*licensespring.LicenseResult, error)
	}{
		"update":   {func() (*licensespring.Preview, error) { return client.PreviewUpdateLicense(licenseID, update) }, func() (*licensespring.LicenseResult, error) { return client.UpdateLicense(ctx, licenseID, update) }},
		"enable":   {func() (*licensespring.Preview, error) { return client.PreviewEnableLicense(licenseID) }, func() (*licensespring.LicenseResult, error) { return client.EnableLicense(ctx, licenseID) }},
		"disable":  {func() (*licensespring.Preview, error) { return client.PreviewDisableLicense(licenseID) }, func() (*licensespring.LicenseResult, error) { return client.DisableLicense(ctx, licenseID) }},
		"features": {func() (*licensespring.Preview, error) { return client.PreviewUpdateFeatures(licenseID, features) }, func() (*licensespring.LicenseResult, error) { return client.UpdateFeatures(ctx, licenseID, features) }},
		"password": {func() (*licensespring.Preview, error) { return client.PreviewSetUserPassword("a@example.com", secret) }, func() (*licensespring.LicenseResult, error) {
			return client.SetUserPassword(ctx, "a@example.com", secret)
		}},
	} {
		p, err := pair.preview()
		require.NoError(t, err, name)
		assert.Equal(t, "Api-Key [redacted]", p.Header.Get("Authorization"))
		sent = nil
		_, err = pair.call()
		require.Error(t, err, name)
		require.NotEmpty(t, sent, name)
		assert.Equal(t, sent[0], p.Method+" "+p.URL+" "+string(p.Body), name)
	}
	p, err := client.PreviewAssignUser(licenseID, licensespring.UserAssignment{Email: "a@example.com", Password: secret})
	require.NoError(t, err)
	assert.JSONEq(t, `{"email":"a@example.com","password":"not-a-real-one"}`, string(p.Body))
	p, err = client.PreviewUnassignUser(licenseID, "a@example.com")
	require.NoError(t, err)
	assert.JSONEq(t, `{"license_user_email":"a@example.com"}`, string(p.Body))
	p, err = client.PreviewUpdateLicense(licenseID, licensespring.LicenseUpdate{})
	require.ErrorIs(t, err, licensespring.ErrInvalidRequest)
	assert.Len(t, p.Findings, 1)
}

// The preview of a state is what EnsureLicense sends for the license.
func TestPreviewEnsureLicense(t *testing.T) {
	t.Parallel()
	client := scripted(t, nil)
	var rec licensespring.LicenseRecord
	require.NoError(t, json.Unmarshal([]byte(shown(map[string]any{"enabled": false, "license_users": users("a@example.com")})), &rec))
	state := licensespring.LicenseState{
		Enabled: new(true), LicenseUpdate: licensespring.ValidUntil(day(6, 8)),
		ProductFeatures: []licensespring.ProductFeature{{Code: "export"}}, Users: []licensespring.UserAssignment{{Email: "b@example.com"}},
	}
	_, err := client.PreviewEnsureLicense(&rec, state)
	require.ErrorIs(t, err, licensespring.ErrLicenseConflict)
	state.AllowEnable = true
	previews, err := client.PreviewEnsureLicense(&rec, state)
	require.NoError(t, err)
	var requests []string
	for _, p := range previews {
		requests = append(requests, p.Method+" "+strings.TrimPrefix(p.URL, "https://saas.licensespring.com/api/v1/licenses/1933000000000021/")+" "+string(p.Body))
	}
	assert.Equal(t, []string{
		`POST unassign_user/ {"license_user_email":"a@example.com"}`,
		`PATCH  {"validity_period":"2031-06-08","is_trial":false}`,
		`POST update_features/ {"product_features":[{"product_feature":"export"}]}`,
		`POST assign_user/ {"email":"b@example.com"}`,
		`POST enable/ {}`,
	}, requests)
	assert.Len(t, state.Diff(&rec), 6)

	_, err = client.PreviewEnsureLicense(nil, state)
	require.ErrorIs(t, err, licensespring.ErrInvalidRequest)
}
