package licensespring_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
)

func TestPreviewShowsFindings(t *testing.T) {
	t.Parallel()
	client := newClient(t, testKey)

	warned := anOrder("inv-1")
	warned.Items[0].Licenses[0].LicenseType = "lifetime"
	preview, err := client.Preview(warned)
	require.NoError(t, err)
	require.Len(t, preview.Findings, 1)
	assert.Equal(t, licensespring.RuleUnknownValue, preview.Findings[0].Rule)
	assert.NotEmpty(t, preview.Body)

	wrong := anOrder("")
	preview, err = client.Preview(wrong)
	assertMatches(t, err, licensespring.ErrInvalidRequest, licensespring.ErrNotSent)
	assert.Equal(t, licensespring.OpPreview, errorOf(t, err).Op)
	require.NotNil(t, preview)
	assert.Empty(t, preview.Body)
	assert.Len(t, preview.Findings, 1)

	preview, err = client.Preview(nil)
	require.ErrorIs(t, err, licensespring.ErrInvalidRequest)
	assert.Empty(t, preview.Findings)
}

// The caller may modify a preview.
func TestPreviewSharesNothing(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	preview, err := client.Preview(anOrder("inv-1"))
	require.NoError(t, err)
	for name := range preview.Header {
		preview.Header[name][0] = "changed"
	}
	_, err = client.CreateOrder(t.Context(), anOrder("inv-1"))
	require.NoError(t, err)
	header := s.Requests()[0].Header
	assert.Equal(t, "right", header.Get("Authorization"))
	assert.Equal(t, "application/json", header.Get("Accept"))
	assert.Equal(t, "licensespring-go/0.1.0", header.Get("User-Agent"))
}
