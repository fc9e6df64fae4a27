package licensespring_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
)

func TestFinding(t *testing.T) {
	t.Parallel()
	f := licensespring.Finding{Path: "items[0].product_code", Rule: licensespring.RuleRequired, Severity: licensespring.SeverityError, Message: "is required"}
	assert.Equal(t, "items[0].product_code: is required [required]", f.String())
	b, err := json.Marshal(f)
	require.NoError(t, err)
	assert.JSONEq(t, `{"path":"items[0].product_code","rule":"required","severity":"error","message":"is required"}`, string(b))
	f.Path = ""
	assert.Equal(t, "is required [required]", f.String())

	assert.Equal(t, "warning", licensespring.SeverityWarning.String())
	assert.Equal(t, "Severity(0)", licensespring.Severity(0).String())
}

func TestFindingJSONRoundTrip(t *testing.T) {
	t.Parallel()
	want := []licensespring.Finding{
		{Path: "id", Rule: licensespring.RuleRequired, Severity: licensespring.SeverityError, Message: "is empty"},
		{Path: "items", Rule: licensespring.RuleNoLicenses, Severity: licensespring.SeverityWarning, Message: "none"},
	}
	text, err := json.Marshal(want)
	require.NoError(t, err)
	var got []licensespring.Finding
	require.NoError(t, json.Unmarshal(text, &got))
	assert.Equal(t, want, got)
	assert.Error(t, json.Unmarshal([]byte(`[{"severity":"grave"}]`), &got))
}
