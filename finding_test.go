package licensespring_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
)

func findings(n int) []licensespring.Finding {
	list := make([]licensespring.Finding, n)
	for i := range list {
		list[i] = licensespring.Finding{Path: "items[" + string(rune('a'+i)) + "]", Rule: licensespring.RuleRequired, Severity: licensespring.Fault, Message: "is required"}
	}
	return list
}

func TestFinding(t *testing.T) {
	t.Parallel()
	f := licensespring.Finding{Path: "items[0].product_code", Rule: licensespring.RuleRequired, Severity: licensespring.Fault, Message: "is required"}
	assert.Equal(t, "items[0].product_code: is required [required]", f.String())
	b, err := json.Marshal(f)
	require.NoError(t, err)
	assert.JSONEq(t, `{"path":"items[0].product_code","rule":"required","severity":"fault","message":"is required"}`, string(b))
	f.Path = ""
	assert.Equal(t, "is required [required]", f.String())

	assert.Equal(t, "warning", licensespring.Warning.String())
	assert.Equal(t, "Severity(0)", licensespring.Severity(0).String())
}

func TestValidationErrorText(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{
		1:  "licensespring: items[a]: is required [required]",
		3:  "licensespring: items[a]: is required [required]; items[b]: is required [required]; items[c]: is required [required]",
		12: "licensespring: items[a]: is required [required]; items[b]: is required [required]; items[c]: is required [required]; and 9 more",
	} {
		assert.EqualError(t, &licensespring.ValidationError{Findings: findings(n)}, want)
	}
}

func TestValidationErrorIs(t *testing.T) {
	t.Parallel()
	var err error = &licensespring.ValidationError{Findings: findings(1)}
	require.ErrorIs(t, err, licensespring.ErrInvalidRequest)
	require.NotErrorIs(t, err, licensespring.ErrNotFound)
	require.NoError(t, errors.Unwrap(err))
}

func TestValidationErrorLogValue(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil))
	log.Info("refused", slog.Any("error", &licensespring.ValidationError{Findings: findings(2)}))
	assert.Contains(t, out.String(), `"error":{"count":2,"findings":["items[a] required","items[b] required"]}`)
	assert.NotContains(t, out.String(), "is required", "no messages")

	out.Reset()
	whole := licensespring.Finding{Rule: licensespring.RuleInvalidJSON}
	log.Info("refused", slog.Any("error", &licensespring.ValidationError{Findings: append(findings(25), whole)}))
	assert.Equal(t, 20, strings.Count(out.String(), " required"))
	assert.Contains(t, out.String(), `"count":26`)

	out.Reset()
	log.Info("refused", slog.Any("error", &licensespring.ValidationError{Findings: []licensespring.Finding{whole}}))
	assert.Contains(t, out.String(), `["invalid_json"]`)
}

func TestFindingsAreReadBackFromJSON(t *testing.T) {
	t.Parallel()
	want := []licensespring.Finding{
		{Path: "id", Rule: licensespring.RuleRequired, Severity: licensespring.Fault, Message: "is empty"},
		{Path: "items", Rule: licensespring.RuleNoLicenses, Severity: licensespring.Warning, Message: "none"},
	}
	text, err := json.Marshal(want)
	require.NoError(t, err)
	var got []licensespring.Finding
	require.NoError(t, json.Unmarshal(text, &got))
	assert.Equal(t, want, got)
	assert.Error(t, json.Unmarshal([]byte(`[{"severity":"grave"}]`), &got))
}
