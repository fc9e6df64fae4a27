package licensespring_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestResponseDialectDoesNotMatter(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		client  licensespring.Dialect
		service lst.Dialect
	}{
		"classic": {licensespring.DialectClassic, lst.DialectClassic},
		"current": {licensespring.DialectCurrent, lst.DialectCurrent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := onLoopback(t, []lst.Option{lst.WithDialect(want.service)}, licensespring.WithDialect(want.client))
			order := anOrder("inv-1")
			order.Items[0].Licenses[0] = order.Items[0].Licenses[0].WithMaintenance(licensespring.Months(6))
			res, err := client.CreateOrder(t.Context(), order)
			require.NoError(t, err)
			assert.Empty(t, res.Warnings)
			assert.Equal(t, company, res.Order.Customer.Company)
			res, err = client.EnsureOrder(t.Context(), order)
			require.NoError(t, err)
			assert.Equal(t, licensespring.OutcomeExisting, res.Outcome)
		})
	}
}

// Paths use the names of validation in both dialects.
func TestFieldErrorsUseClassicNames(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, []lst.Option{lst.WithDialect(lst.DialectCurrent)}, licensespring.WithDialect(licensespring.DialectCurrent))
	s.Inject(lst.Status(400, jsonBody(`{"customer": {"company_name": ["A."]}, "items": [{"licenses": [{"enable_maintenance_period": ["B."]}]}]}`)))
	_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
	assert.Equal(t, []licensespring.FieldError{
		{Path: "customer.company", Messages: []string{"A."}},
		{Path: "items[0].licenses[0].enable_maintenance_duration", Messages: []string{"B."}},
	}, errorOf(t, err).Fields)
}

// A service that is strict about names rejects the wrong dialect.
func TestWrongDialectIsRejected(t *testing.T) {
	t.Parallel()
	client, _ := onLoopback(t, []lst.Option{lst.WithDialect(lst.DialectCurrent)})
	_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
	e := errorOf(t, err)
	assertMatches(t, err, licensespring.ErrInvalidRequest)
	require.Len(t, e.Fields, 1)
	assert.Equal(t, "customer.company", e.Fields[0].Path)
}
