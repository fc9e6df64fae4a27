package licensespring_test

import (
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestOutcomeMade(t *testing.T) {
	t.Parallel()
	for outcome, want := range map[licensespring.Outcome]bool{
		licensespring.Created: true, licensespring.Appended: true, licensespring.Recovered: true, licensespring.Existing: true,
		licensespring.Refused: false, licensespring.NotSent: false, licensespring.Unknown: false, "": false,
	} {
		assert.Equal(t, want, outcome.Made(), outcome)
	}
}

// The old form of an answer tells of no licenses: a warning, and the passwords
// that it does tell. The number gets the rest.
func TestResultOfTheOldForm(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, []lst.Option{lst.WithLegacyResponse()})
	res, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
	require.NoError(t, err)
	assert.Equal(t, licensespring.Created, res.Outcome)
	assert.Equal(t, []licensespring.Finding{{
		Rule: licensespring.RuleNoLicensesShown, Severity: licensespring.Warning, Message: "the answer shows no licenses; get the order to see them",
	}}, res.Warnings)
	made, _ := s.Order("inv-1")
	require.Len(t, res.Order.Users(), 1)
	assert.Equal(t, made.Items[1].Licenses[0].Users[0].InitialPassword, res.Order.Users()[0].InitialPassword.Reveal())

	rec, err := client.GetOrder(t.Context(), res.Order.ID)
	require.NoError(t, err)
	assert.Len(t, rec.Licenses(), 3)

	res, err = client.CreateOrder(t.Context(), anAppend("inv-1", otherKey))
	require.NoError(t, err)
	assert.Equal(t, licensespring.Appended, res.Outcome) // nothing says that it was the first
}

// A company or maintenance that is not in the record are the signs of a service
// that expects the other dialect. They make no order another one.
func TestResultOfTheWrongDialect(t *testing.T) {
	t.Parallel()
	order := anOrder("inv-1")
	order.Items = order.Items[:1]
	order.Items[0].Licenses[0] = order.Items[0].Licenses[0].WithMaintenance(licensespring.Months(6))
	const shown = `{"id": 1, "store_id": "inv-1", "customer": {"email": "` + customerEmail + `", "company_name": ""},
		"order_items": [{"product": {"short_code": "acme-cad"}, "licenses": [
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
	assert.Equal(t, want, lines(answeredTo(t, order, shown)))

	client := newClient(t, testKey, licensespring.WithHTTPClient(&http.Client{Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
		if req.Method == http.MethodPost {
			return answer(req, http.StatusConflict, `{"code": "order_id_exists"}`), nil
		}
		return answer(req, http.StatusOK, `{"next": null, "results": [`+shown+`]}`), nil
	})}))
	res, err := client.EnsureOrder(t.Context(), order)
	require.NoError(t, err)
	assert.Equal(t, licensespring.Existing, res.Outcome)
	assert.Equal(t, want, lines(res))
}

// What was asked for and did not come back is named.
func TestResultWarnsOfWhatIsMissing(t *testing.T) {
	t.Parallel()
	res := answeredTo(t, anOrder("inv-1"), `{"id": 1, "store_id": "inv-1", "customer": {"email": "`+customerEmail+`", "company": ""},
		"order_items": [
			{"product": {"short_code": "acme-cad"}, "licenses": [{"license_key": "X", "max_activations": 2, "valid_duration": "1y"}]},
			{"product": {"short_code": "acme-web"}, "licenses": [{"license_users": [{"email": "alan@example.com"}]}]}
		]}`)
	assert.Equal(t, licensespring.Created, res.Outcome) // whatever it shows, it was made
	var lines []string
	for _, w := range res.Warnings {
		assert.Equal(t, licensespring.Warning, w.Severity)
		lines = append(lines, w.String())
	}
	assert.Equal(t, []string{
		"items[0].licenses[0].max_activations: asked for 3, found 2 [not_as_asked]",
		"items[0].licenses[1].key: asked for [redacted], found nothing [not_as_asked]",
		"items[1].licenses[0].users[0].email: asked for [redacted], found nothing [not_as_asked]",
		"customer.company: was sent and is not in the record; the service may expect the other dialect [dialect_suspected]",
	}, lines)
}

func answeredTo(t *testing.T, order *licensespring.Order, body string) *licensespring.OrderResult {
	t.Helper()
	client := newClient(t, testKey, licensespring.WithHTTPClient(answeringWith(body)))
	res, err := client.CreateOrder(t.Context(), order)
	require.NoError(t, err)
	return res
}

// Warnings are the caller's: to change them changes no other call's.
func TestWarningsAreTheCallers(t *testing.T) {
	t.Parallel()
	client, _ := onLoopback(t, nil)
	order := licensespring.NewOrder("inv-1").AddItem("acme-cad", licensespring.NewLicense().WithFeatures("teleport", "x"))
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

// A bundle's record shows the products in it, which nobody asked for by name.
func TestResultOfABundle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, nil)
		order := licensespring.NewOrder("inv-1").AddItem("acme-suite", licensespring.NewLicense(), licensespring.NewLicense())
		order.IsBundle = true
		s.Inject(lst.DropAfter())
		res, err := client.CreateOrder(t.Context(), order)
		require.NoError(t, err)
		assert.Equal(t, licensespring.Recovered, res.Outcome)
		assert.Empty(t, res.Warnings)
	})
}
