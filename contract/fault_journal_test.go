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

// TestBodiesInBadWeather holds what is sent again, and what is sent in parts,
// against the schema: a body is never another one because of the weather.
func TestBodiesInBadWeather(t *testing.T) {
	t.Parallel()
	weather := []licensespringtest.Fault{
		licensespringtest.DropBefore(), licensespringtest.DropAfter(), licensespringtest.CutRequest(60), licensespringtest.CutResponse(120),
		licensespringtest.Status(503), licensespringtest.Status(429), licensespringtest.Status(500, licensespringtest.Stored()), licensespringtest.HugeBody(1 << 20),
		licensespringtest.DropAfter().Times(2),
	}
	for _, d := range dialects {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			client, server := joined(t, d,
				licensespring.WithRetryWaits(time.Microsecond, time.Microsecond), licensespring.WithMaxResponseBytes(1<<18), licensespring.WithCallTimeout(20*time.Second))
			g := newGenerator(77, d)
			whole := make(map[string]bool)
			for i := range 90 {
				order := g.order()
				order.Append = i%3 == 0
				if order.Append { // so that what is lost of it can be settled
					order.Items = []licensespring.OrderItem{{ProductCode: keyProduct, Licenses: []licensespring.License{licensespring.NewKeyLicense(fmt.Sprintf("WEATHER-%s-%d", d.name, i))}}}
					order.IsBundle = false
				}
				preview, err := client.Preview(order)
				require.NoError(t, err)
				whole[string(preview.Body)] = true
				server.Inject(weather[i%len(weather)].On(licensespringtest.CreateOrder))
				_, err = client.EnsureOrder(t.Context(), order)
				server.ClearFaults()
				if err != nil {
					require.ErrorIs(t, err, licensespring.ErrOutcomeUnknown, "no weather makes a refusal of it")
				}
			}
			creates, parts := 0, 0
			for _, r := range server.Requests() {
				if r.Endpoint != licensespringtest.CreateOrder || len(r.Body) == 0 {
					continue
				}
				creates++
				if whole[string(r.Body)] {
					require.NoError(t, judge(t, d, r.Body), "%s", r.Body)
					continue
				}
				parts++
				begins := false
				for body := range whole {
					begins = begins || bytes.HasPrefix([]byte(body), r.Body)
				}
				assert.True(t, begins, "neither a body nor the beginning of one: %s", r.Body)
			}
			assert.Greater(t, creates, 120, "most were sent again")
			assert.Positive(t, parts, "some were cut")
		})
	}
}
