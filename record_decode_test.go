package licensespring

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/internal/jsonread"
)

// The budget grows with the response, also on platforms with 32-bit ints, and
// stays exhausted.
func TestMemoryBudget(t *testing.T) {
	t.Parallel()
	license := int64(reflect.TypeFor[LicenseRecord]().Size())
	for _, size := range []int{0, 1 << 20, 128 << 20, math.MaxInt32 - 1_000} {
		m := newMemoryBudget(size)
		assert.True(t, m.reserve(license), size)
		assert.False(t, m.exhausted())
		assert.False(t, m.reserve(int64(size+1_000)*license), size)
		assert.True(t, m.exhausted())
		assert.False(t, m.reserve(license))
		assert.False(t, m.reserve(0))
	}
}

// The name of the customer's company is company_name, or company if that is a
// string. A number in company is an ID of the vendor's.
func TestRecordCompany(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		members string
		company string
		id      int64
		encoded string
	}{
		{`"company_name": "A"`, "A", 0, `{"company_name":"A"}`},
		{`"company": "A"`, "A", 0, `{"company_name":"A"}`},
		{`"company": 77`, "", 77, `{"company":77}`},
		{`"company": 77, "company_name": "A"`, "A", 77, `{"company_name":"A","company":77}`},
		{`"company_name": "A", "company": 77`, "A", 77, `{"company_name":"A","company":77}`},
		{`"company": "A", "company_name": "B"`, "B", 0, `{"company_name":"B"}`},
		{`"company_name": "B", "company": "A"`, "B", 0, `{"company_name":"B"}`},
		{`"company": null, "company_name": null`, "", 0, `{}`},
	} {
		rec, unreadable := parseRecord(t, `{"id": 1, "customer": {`+row.members+`}}`)
		assert.Empty(t, unreadable, row.members)
		require.NotNil(t, rec.Customer)
		assert.Equal(t, row.company, rec.Customer.Company, row.members)
		assert.Equal(t, row.id, rec.Customer.CompanyID, row.members)
		encoded, err := json.Marshal(rec.Customer)
		require.NoError(t, err)
		assert.JSONEq(t, row.encoded, string(encoded), row.members)

		var decoded OrderRecord
		require.NoError(t, json.Unmarshal([]byte(`{"id": 1, "customer": `+string(encoded)+`}`), &decoded))
		rec.Customer.raw, decoded.Customer.raw = rawJSON{}, rawJSON{}
		assert.Equal(t, rec.Customer, decoded.Customer, row.members)
	}
}

// The last one of duplicate members counts, also if it is an empty list.
func TestRecordDuplicateMembers(t *testing.T) {
	t.Parallel()
	rec, _ := parseRecord(t, `{"id": 1, "order_items": [{"product_code": "acmecad", "licenses": [{"id": 1}]}], "order_items": []}`)
	assert.Empty(t, rec.OrderItems)
	assert.False(t, rec.showsLicenses())

	rec, _ = parseRecord(t, `{"id": 1, "order_items": [{"licenses": [{"license_user": {"id": 1}, "license_users": [{"id": 2}], "license_user": {"id": 3}}]}]}`)
	users := rec.OrderItems[0].Licenses[0].LicenseUsers
	require.Len(t, users, 2)
	assert.Equal(t, []int64{2, 3}, []int64{users[0].ID, users[1].ID})
}

// A pointer of a record is nil if the response did not show the value.
func TestRecordShowsZeroAndFalse(t *testing.T) {
	t.Parallel()
	read := func(license string) LicenseRecord {
		rec, unreadable := parseRecord(t, `{"id": 1, "order_items": [{"licenses": [`+license+`]}]}`)
		require.Empty(t, unreadable)
		rec.OrderItems[0].Licenses[0].raw = rawJSON{}
		return rec.OrderItems[0].Licenses[0]
	}
	assert.Equal(t, LicenseRecord{}, read(`{}`))
	assert.Equal(t, LicenseRecord{}, read(`{"max_activations": null, "times_activated": null, "max_consumptions": null, "is_trial": null, "prevent_vm": null,
		"enabled": null, "active": null, "note": null, "metadata": null, "last_check": null, "subscription_id": null, "customer": null}`))
	assert.Equal(t, LicenseRecord{
		MaxActivations: new(0), TimesActivated: new(0), MaxConsumptions: new(0), IsTrial: new(false), PreventVM: new(false), Enabled: new(false), Active: new(false),
		AllowGracePeriod: new(false), GracePeriod: new(0), IsFloating: new(false), IsFloatingCloud: new(false), FloatingUsers: new(0), MaxLicenseUsers: new(0),
	}, read(`{"max_activations": 0, "times_activated": 0, "max_consumptions": 0, "is_trial": false, "prevent_vm": false, "enabled": false, "active": false,
		"allow_grace_period": false, "grace_period": 0, "is_floating": false, "is_floating_cloud": false, "floating_users": 0, "max_license_users": 0}`))

	rec, unreadable := parseRecord(t, `{"id": 1, "order_items": [{"licenses": [{"subscription_id": "sub-7", "note": "spare", "metadata": {"seats": 12},
		"last_check": "2031-03-01T10:20:30Z", "customer": {"id": 5, "email": "ada@example.com"},
		"product_features": [{"code": "f", "max_consumption": 0}], "license_users": [{"email": "grace@example.com", "max_activations": 0}]}]}]}`)
	require.Empty(t, unreadable)
	l := rec.OrderItems[0].Licenses[0]
	assert.Equal(t, "sub-7", l.SubscriptionID)
	assert.Equal(t, "spare", l.Note)
	assert.Equal(t, map[string]any{"seats": json.Number("12")}, l.Metadata)
	assert.Equal(t, time.Date(2031, 3, 1, 10, 20, 30, 0, time.UTC), l.LastCheck)
	require.NotNil(t, l.Customer)
	assert.Equal(t, "ada@example.com", l.Customer.Email)
	assert.Equal(t, int64(5), l.CustomerID)
	assert.Equal(t, new(0), l.ProductFeatures[0].MaxConsumption)
	assert.Equal(t, new(0), l.LicenseUsers[0].MaxActivations)
}

// parseRecord reads a record as a response would be read.
func parseRecord(t *testing.T, text string) (*OrderRecord, []string) {
	t.Helper()
	document, ok := jsonread.Parse([]byte(text))
	require.True(t, ok, text)
	return readOrderRecord(document)
}
