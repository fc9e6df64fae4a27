package fulfillment_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// Warnings of an order are part of its result, also after it was a dead letter.
func TestWarnings(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t)
	s.Inject(licensespringtest.Status(http.StatusUnprocessableEntity).On(licensespringtest.CreateOrder))
	run(t, p, newClient(t, s))
	warning := licensespring.Finding{Path: "customer.email", Rule: "x", Severity: licensespring.SeverityWarning, Message: "left out: ü"}
	require.NoError(t, p.EnqueueWithWarnings(t.Context(), newOrder("inv-1"), []licensespring.Finding{warning}))
	require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-1")), "the same order")
	waitUntilEmpty(t, p)
	require.NoError(t, p.Retry(t.Context(), deadLetters(t, p)[0].Seq))
	waitUntilEmpty(t, p)
	assert.Equal(t, fulfillment.Stats{Done: 1}, stats(t, p))
	res, err := p.Result(t.Context(), "inv-1")
	require.NoError(t, err)
	assert.Equal(t, []licensespring.Finding{warning}, res.Warnings)
}

// A dead letter records that its retry was rejected for the same reason.
func TestRepeatedDeadLetter(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t)
	run(t, p, newClient(t, s))
	order := licensespring.NewOrder("inv-1").AddItem("acmegone", licensespring.NewLicense())
	require.NoError(t, p.Enqueue(t.Context(), order))
	waitUntilEmpty(t, p)
	for i, want := range []bool{false, true, true, false} {
		letter := deadLetters(t, p)[0]
		assert.Equal(t, want, letter.Repeated, i)
		if i == 2 { // another reason
			s.Inject(licensespringtest.Status(http.StatusUnprocessableEntity).On(licensespringtest.CreateOrder))
		}
		require.NoError(t, p.Retry(t.Context(), letter.Seq))
		waitUntilEmpty(t, p)
	}
}
