package contract_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// TestBodiesUnderFaults validates the bodies of retries and of truncated requests:
// a fault never changes a body.
func TestBodiesUnderFaults(t *testing.T) {
	t.Parallel()
	faults := []licensespringtest.Fault{
		licensespringtest.DropBefore(), licensespringtest.DropAfter(), licensespringtest.CutRequest(60), licensespringtest.CutResponse(120),
		licensespringtest.Status(503), licensespringtest.Status(429), licensespringtest.Status(500, licensespringtest.Stored()), licensespringtest.HugeBody(1 << 20),
		licensespringtest.DropAfter().Times(2),
	}
	for _, d := range dialects {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			client, server := connect(t, d,
				licensespring.WithRetryWaits(time.Microsecond, time.Microsecond), licensespring.WithMaxResponseBytes(1<<18), licensespring.WithCallTimeout(20*time.Second))
			g := newGenerator(77, d)
			bodies := make(map[string]bool)
			for i := range 90 {
				order := g.order()
				order.Append = i%3 == 0
				if order.Append { // with a key, so that a lost response can be settled
					order.Items = []licensespring.OrderItem{{ProductCode: keyProduct, Licenses: []licensespring.License{licensespring.NewKeyLicense(fmt.Sprintf("FAULT-%s-%d", d.name, i))}}}
					order.IsBundle = false
				}
				preview, err := client.Preview(order)
				require.NoError(t, err)
				bodies[string(preview.Body)] = true
				server.Inject(faults[i%len(faults)].On(licensespringtest.CreateOrder))
				_, err = client.EnsureOrder(t.Context(), order)
				server.ClearFaults()
				if err != nil {
					require.ErrorIs(t, err, licensespring.ErrOutcomeUnknown, "no fault makes it a rejection")
				}
			}
			creates, prefixes := 0, 0
			for _, r := range server.Requests() {
				if r.Endpoint != licensespringtest.CreateOrder || len(r.Body) == 0 {
					continue
				}
				creates++
				if bodies[string(r.Body)] {
					require.NoError(t, validate(t, d, r.Body), "%s", r.Body)
					continue
				}
				prefixes++
				isPrefix := false
				for body := range bodies {
					isPrefix = isPrefix || bytes.HasPrefix([]byte(body), r.Body)
				}
				assert.True(t, isPrefix, "neither a body nor a prefix of one: %s", r.Body)
			}
			assert.Greater(t, creates, 120, "most were retried")
			assert.Positive(t, prefixes, "some were truncated")
		})
	}
}
