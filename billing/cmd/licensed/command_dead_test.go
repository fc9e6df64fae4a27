package main

import (
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/billing/fulfillment"
)

// The commands read all pages of dead letters.
func TestDeadLettersPaging(t *testing.T) {
	t.Parallel()
	const n = maxDeadLetters + 3
	set, err := newSettings([]string{"-fake"}, env(), &output{})
	require.NoError(t, err)
	a, err := newApp(t.Context(), set, &output{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = a.close() })
	for i := range n {
		require.NoError(t, a.pipeline.Reject(t.Context(), fulfillment.Rejection{ID: "evt_" + strconv.Itoa(i), Reason: "no"}))
	}
	admin := httptest.NewServer(a.adminHandler())
	t.Cleanup(admin.Close)
	client, err := newAdminClient(admin.URL, env())
	require.NoError(t, err)

	list, err := client.deadLetters(t.Context())
	require.NoError(t, err)
	require.Len(t, list, n)
	assert.Equal(t, "evt_0", list[0].OrderID)
	assert.Equal(t, "evt_"+strconv.Itoa(n-1), list[n-1].OrderID)
	seqs, err := client.selectDeadLetters(t.Context(), nil, true)
	require.NoError(t, err)
	assert.Len(t, seqs, n)

	status, _, _ := get(t, admin.URL+"/api/dead?after=x", nil)
	assert.Equal(t, 400, status)
}
