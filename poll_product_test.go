package licensespring_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// An order that was found is not looked up again while its product is read: only the
// read of the product is repeated.
func TestProductReadIsRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, []lst.Option{lst.WithQuirks(lst.QuirkNoProduct)})
		s.Inject(
			lst.DropAfter().On(lst.CreateOrder),
			lst.Status(200, lst.Body("application/json", "{}")).On(lst.GetProduct).Times(2),
			lst.Status(200, lst.Body("application/json", `{"count":0,"next":null,"previous":null,"results":[]}`)).On(lst.ListOrders).Nth(2),
		)
		res, err := client.CreateOrder(t.Context(), licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense()))
		require.NoError(t, err)
		assert.Equal(t, licensespring.OutcomeRecovered, res.Outcome)
		assert.Equal(t, 1, sentTo(s, lst.ListOrders))
		assert.Equal(t, 3, sentTo(s, lst.GetProduct))
	})
}

// A context that ends while products are read is in the error, also of an order that
// was found.
func TestContextEndsDuringProductReads(t *testing.T) {
	t.Parallel()
	for _, appending := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			client, s, _ := inMemory(t, []lst.Option{lst.WithQuirks(lst.QuirkNoProduct)})
			order := licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense().WithKey("AAAA-BBBB-CCCC-DDDD"))
			order.Append = appending
			s.Inject(lst.DropAfter().On(lst.CreateOrder), lst.Status(503).On(lst.GetProduct).Forever())
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(5*time.Second, cancel)
			_, err := client.CreateOrder(ctx, order)
			require.ErrorIs(t, err, licensespring.ErrOutcomeUnknown)
			require.ErrorIs(t, err, context.Canceled)
		})
	}
}
