package licensespring_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestOutcomeDone(t *testing.T) {
	t.Parallel()
	for outcome, want := range map[licensespring.Outcome]bool{
		licensespring.OutcomeCreated: true, licensespring.OutcomeAppended: true, licensespring.OutcomeRecovered: true, licensespring.OutcomeExisting: true,
		licensespring.OutcomeRejected: false, licensespring.OutcomeNotSent: false, licensespring.OutcomeUnknown: false, "": false,
	} {
		assert.Equal(t, want, outcome.Done(), outcome)
	}
}

// The legacy form of a response shows no licenses: the result has a warning and
// the passwords that the response contains. GetOrder returns the rest.
func TestResultOfLegacyResponse(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, []lst.Option{lst.WithLegacyResponse()})
	res, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
	require.NoError(t, err)
	assert.Equal(t, licensespring.OutcomeCreated, res.Outcome)
	assert.Equal(t, []licensespring.Finding{{
		Rule: licensespring.RuleNoLicensesShown, Severity: licensespring.SeverityWarning, Message: "the response shows no licenses; GetOrder returns them",
	}}, res.Warnings)
	stored, _ := s.Order("inv-1")
	require.Len(t, res.Order.Users(), 1)
	assert.Equal(t, stored.Items[1].Licenses[0].Users[0].InitialPassword, res.Order.Users()[0].InitialPassword.Reveal())

	rec, err := client.GetOrder(t.Context(), res.Order.ID)
	require.NoError(t, err)
	assert.Len(t, rec.Licenses(), 3)

	res, err = client.CreateOrder(t.Context(), anAppend("inv-1", otherKey))
	require.NoError(t, err)
	assert.Equal(t, licensespring.OutcomeAppended, res.Outcome) // it does not prove that the order existed
}

// A company or maintenance that is missing from the record indicates that the
// service expects the other dialect. It is tolerated.
func TestResultOfWrongDialect(t *testing.T) {
	t.Parallel()
	order := anOrder("inv-1")
	order.Items = order.Items[:1]
	order.Items[0].Licenses[0] = order.Items[0].Licenses[0].WithMaintenance(licensespring.Months(6))
	const shown = `{"id": 1, "store_id": "inv-1", "customer": {"email": "` + customerEmail + `", "company_name": ""},
		"order_items": [{"product": {"short_code": "acmecad"}, "licenses": [
			{"license_key": "X", "max_activations": 3, "enable_maintenance_period": false}, {"license_key": "` + givenKey + `"}
		]}]}`
	want := []string{
		"items[0].licenses[0].enable_maintenance_duration: was sent and is not in the record; the service may expect the other dialect [dialect_suspected]",
		"customer.company: was sent and is not in the record; the service may expect the other dialect [dialect_suspected]",
	}
	lines := func(res *licensespring.OrderResult) []string {
		var all []string
		for _, w := range res.Warnings {
			all = append(all, w.String())
		}
		return all
	}
	assert.Equal(t, want, lines(resultFor(t, order, shown)))

	client := newClient(t, testKey, licensespring.WithHTTPClient(&http.Client{Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
		if req.Method == http.MethodPost {
			return response(req, http.StatusConflict, `{"code": "order_id_exists"}`), nil
		}
		return response(req, http.StatusOK, `{"next": null, "results": [`+shown+`]}`), nil
	})}))
	res, err := client.EnsureOrder(t.Context(), order)
	require.NoError(t, err)
	assert.Equal(t, licensespring.OutcomeExisting, res.Outcome)
	assert.Equal(t, want, lines(res))
}

// Differences between the order and the response are warnings.
func TestResultWarnsOfDifferences(t *testing.T) {
	t.Parallel()
	res := resultFor(t, anOrder("inv-1"), `{"id": 1, "store_id": "inv-1", "customer": {"email": "`+customerEmail+`", "company": ""},
		"order_items": [
			{"product": {"short_code": "acmecad"}, "licenses": [{"license_key": "X", "max_activations": 2, "valid_duration": "1y"}]},
			{"product": {"short_code": "acmeweb"}, "licenses": [{"license_users": [{"email": "alan@example.com"}]}]}
		]}`)
	assert.Equal(t, licensespring.OutcomeCreated, res.Outcome) // a mismatch does not change the outcome
	var lines []string
	for _, w := range res.Warnings {
		assert.Equal(t, licensespring.SeverityWarning, w.Severity)
		lines = append(lines, w.String())
	}
	assert.Equal(t, []string{
		"items[0].licenses[0].max_activations: want 3, got 2 [value_mismatch]",
		"items[0].licenses[1].key: want [redacted], got nothing [value_mismatch]",
		"items[1].licenses[0].users[0].email: want [redacted], got nothing [value_mismatch]",
		"customer.company: was sent and is not in the record; the service may expect the other dialect [dialect_suspected]",
	}, lines)
}

func resultFor(t *testing.T, order *licensespring.Order, body string) *licensespring.OrderResult {
	t.Helper()
	client := newClient(t, testKey, licensespring.WithHTTPClient(respondingWith(body)))
	res, err := client.CreateOrder(t.Context(), order)
	require.NoError(t, err)
	return res
}

// The caller may modify the warnings of a result.
func TestWarningsAreNotShared(t *testing.T) {
	t.Parallel()
	client, _ := onLoopback(t, nil)
	order := licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense().WithFeatures("teleport", "x"))
	first, err := client.EnsureOrder(t.Context(), order)
	require.NoError(t, err)
	require.Len(t, first.Warnings, 2)
	first.Warnings[0] = licensespring.Finding{}
	first.Attempts[0].Reason = "changed"
	second, err := client.EnsureOrder(t.Context(), order)
	require.NoError(t, err)
	require.Len(t, second.Warnings, 2)
	assert.Equal(t, licensespring.RuleFeatureDropped, second.Warnings[0].Rule)
}

// The record of a bundle shows its products, which the order does not name.
func TestResultOfBundle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, nil)
		order := licensespring.NewOrder("inv-1").AddItem("acmesuite", licensespring.NewLicense(), licensespring.NewLicense())
		order.IsBundle = true
		s.Inject(lst.DropAfter())
		res, err := client.CreateOrder(t.Context(), order)
		require.NoError(t, err)
		assert.Equal(t, licensespring.OutcomeRecovered, res.Outcome)
		assert.Empty(t, res.Warnings)
	})
}

func TestOutcomeOf(t *testing.T) {
	t.Parallel()
	unknown := &licensespring.Error{Kind: licensespring.ErrOutcomeUnknown, Outcome: licensespring.OutcomeUnknown}
	rejected := &licensespring.Error{Kind: licensespring.ErrOrderExists, Outcome: licensespring.OutcomeRejected}
	for name, tt := range map[string]struct {
		err  error
		want licensespring.Outcome
	}{
		"nil":                 {nil, ""},
		"of a create":         {rejected, licensespring.OutcomeRejected},
		"wrapped":             {fmt.Errorf("invoice 7: %w", unknown), licensespring.OutcomeUnknown},
		"joined, first":       {errors.Join(unknown, rejected), licensespring.OutcomeUnknown},
		"joined with another": {errors.Join(io.EOF, fmt.Errorf("invoice 7: %w", rejected)), licensespring.OutcomeRejected},
		"of a read":           {&licensespring.Error{Kind: licensespring.ErrNotFound}, ""},
		"of another package":  {io.EOF, ""},
		"a kind alone":        {licensespring.ErrOutcomeUnknown, ""},
		"of validation":       {licensespring.NewOrder("").Validate(), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, licensespring.OutcomeOf(tt.err))
		})
	}
}

// The outcomes of real calls.
func TestOutcomeOfCalls(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	_, err := client.CreateOrder(t.Context(), licensespring.NewOrder(""))
	assert.Equal(t, licensespring.OutcomeNotSent, licensespring.OutcomeOf(err))
	s.Inject(lst.Status(400))
	_, err = client.CreateOrder(t.Context(), anOrder("inv-1"))
	assert.Equal(t, licensespring.OutcomeRejected, licensespring.OutcomeOf(err))
	s.Inject(lst.DropAfter().On(lst.CreateOrder))
	_, err = client.CreateOrder(t.Context(), appendWithoutKeys("inv-1"))
	assert.Equal(t, licensespring.OutcomeUnknown, licensespring.OutcomeOf(err))
	_, err = client.GetOrder(t.Context(), 0)
	require.Error(t, err)
	assert.Empty(t, licensespring.OutcomeOf(err))
}
