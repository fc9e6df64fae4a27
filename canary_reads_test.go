package licensespring_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
)

// canaryReads are the calls that read licenses, customers and products, with
// canaries in their queries.
func canaryReads() map[string]func(context.Context, *licensespring.Client) error {
	return map[string]func(context.Context, *licensespring.Client) error{
		"get license": func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.GetLicense(ctx, 4711)
			return err
		},
		"get license by key": func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.GetLicenseByKey(ctx, canaryLicenseKey)
			return err
		},
		"get license by an invalid key": func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.GetLicenseByKey(ctx, canaryLicenseKey+"\n")
			return err
		},
		"list licenses": func(ctx context.Context, c *licensespring.Client) error {
			return drain(c.ListLicenses(ctx, licensespring.LicenseFilter{
				LicenseKey: canaryLicenseKey, OrderStoreID: canaryReference, SubscriptionID: canarySub,
				CustomerEmail: canaryEmail, LicenseUserEmail: canaryUserEmail, ProductShortCode: "acmecad",
			}))
		},
		"list licenses of another key": func(ctx context.Context, c *licensespring.Client) error {
			return drain(c.ListLicenses(ctx, licensespring.LicenseFilter{LicenseKey: canaryLicenseKey2}))
		},
		"list licenses with an invalid filter": func(ctx context.Context, c *licensespring.Client) error {
			return drain(c.ListLicenses(ctx, licensespring.LicenseFilter{
				LicenseKey: canaryLicenseKey + " ", SubscriptionID: "\x00" + canarySub, CustomerEmail: "\t" + canaryEmail, OrderBy: " " + canaryNote,
			}))
		},
		"get customer": func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.GetCustomer(ctx, 4711)
			return err
		},
		"list customers": func(ctx context.Context, c *licensespring.Client) error {
			return drain(c.ListCustomers(ctx, licensespring.CustomerFilter{Email: canaryEmail, Reference: canaryReference}))
		},
		"list customers with an invalid filter": func(ctx context.Context, c *licensespring.Client) error {
			return drain(c.ListCustomers(ctx, licensespring.CustomerFilter{Reference: canaryReference + "\n"}))
		},
		"get product": func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.GetProduct(ctx, 4711)
			return err
		},
		"list products": func(ctx context.Context, c *licensespring.Client) error {
			return drain(c.ListProducts(ctx))
		},
	}
}

// TestCanariesInEchoesOfQueries has a service repeat the query of a read, with every
// status, in every error shape and encoding.
func TestCanariesInEchoesOfQueries(t *testing.T) {
	t.Parallel()
	for how, spell := range canaryEchoes {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			statuses := []int{400} // the encoding of a text does not depend on the status
			if how == "as it is" {
				statuses = []int{200, 303, 400, 401, 404, 409, 429, 500, 501}
			}
			for name, sent := range map[string][]string{
				"get license by key": {canaryLicenseKey, canaryAPIKey},
				"list licenses":      {canaryLicenseKey, canaryReference, canarySub, canaryEmail, canaryUserEmail, canaryAPIKey},
				"list customers":     {canaryReference, canaryEmail, canaryAPIKey},
			} {
				var all []string
				for _, c := range sent {
					all = append(all, spell(c))
				}
				for shape, body := range echoBodies(all) {
					b, err := json.Marshal(body)
					require.NoError(t, err)
					for _, status := range statuses {
						testQueryEcho(t, canaryReads()[name], fmt.Sprintf("%s %s %d", name, shape, status), status, b)
					}
				}
			}
		})
	}
}

func testQueryEcho(t *testing.T, read func(context.Context, *licensespring.Client) error, name string, status int, body []byte) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { // for the waits between attempts
		log, observed := &canaryBuffer{}, &canaryBuffer{}
		echo := func(r *http.Request) (*http.Response, error) {
			header := http.Header{"X-Request-Id": {r.URL.RawQuery}, "Location": {"https://elsewhere.example/?" + r.URL.RawQuery}}
			return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(string(body))), Request: r}, nil
		}
		client, err := licensespring.New(canaryAPIKey, canaryUnlimited(), licensespring.WithMaxAttempts(2),
			licensespring.WithHTTPClient(&http.Client{Transport: canaryTrip(echo)}),
			licensespring.WithLogger(slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug - 10}))),
			licensespring.WithObserver(licensespring.Observer{
				StartCall: func(ctx context.Context, call licensespring.CallStarted) context.Context {
					fmt.Fprintf(observed, "%+v %#v\n", call, call)
					return ctx
				},
				StartAttempt: func(ctx context.Context, attempt licensespring.AttemptStarted) context.Context {
					fmt.Fprintf(observed, "%+v %#v\n", attempt, attempt)
					return ctx
				},
				EndAttempt: func(_ context.Context, attempt licensespring.Attempt) {
					fmt.Fprintf(observed, "%+v %#v\n", attempt, attempt)
				},
				EndCall: func(_ context.Context, call licensespring.CallEnded) {
					fmt.Fprintf(observed, "%+v %#v %+v\n", call, call, call.Err)
				},
			}))
		require.NoError(t, err)
		err = read(t.Context(), client)
		require.Error(t, err, name)
		assertTextIsQuiet(t, err)
		assertNoCanary(t, "the log", log.String())
		assertNoCanary(t, "what an observer receives", observed.String())
		assert.NotContains(t, observed.String(), "?")
		assert.NotEmpty(t, observed.String())
	})
}

// A license, its customer and its users are read from the fake: the log and the
// observers show nothing of them.
func TestCanariesInReads(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &canaryBuffer{}
		client, _ := bubbleClient(t, nil, canaryUnlimited(),
			licensespring.WithLogger(slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug - 10}))))
		res, err := client.CreateOrder(t.Context(), licensespring.NewOrder("reads-1").
			WithCustomer(licensespring.Customer{Email: canaryEmail, Reference: canaryReference}).
			AddItem("acmecad", licensespring.NewKeyLicense(canaryLicenseKey).Perpetual().WithSubscriptionID(canarySub)).
			AddItem("acmeweb", licensespring.NewUserLicense(canaryUserEmail)))
		require.NoError(t, err)
		read, err := client.GetLicenseByKey(t.Context(), canaryLicenseKey)
		require.NoError(t, err)
		assert.Equal(t, canarySub, read.SubscriptionID)
		for name, filter := range map[string]licensespring.LicenseFilter{
			"key": {LicenseKey: canaryLicenseKey}, "customer": {CustomerEmail: canaryEmail}, "user": {LicenseUserEmail: canaryUserEmail},
			"subscription": {SubscriptionID: canarySub}, "order": {OrderStoreID: "reads-1"},
		} {
			licenses, err := gather(client.ListLicenses(t.Context(), filter))
			require.NoError(t, err, name)
			assert.NotEmpty(t, licenses)
		}
		customers, err := gather(client.ListCustomers(t.Context(), licensespring.CustomerFilter{Email: canaryEmail, Reference: canaryReference}))
		require.NoError(t, err)
		assert.Len(t, customers, 1)
		_, err = client.GetCustomer(t.Context(), res.Order.CustomerID)
		require.NoError(t, err)
		assertNoCanary(t, "the log", log.String())
		assert.NotEmpty(t, log.String())
	})
}
