package contract_test

import (
	"context"
	"iter"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	ls "github.com/licensespring-go/licensespring"
)

// The documented signatures. A change that does not compile here breaks users.
var (
	_ func(string, ...ls.Option) (*ls.Client, error)                                                                 = ls.New
	_ func(string) ls.Option                                                                                         = ls.WithBaseURL
	_ func(*http.Client) ls.Option                                                                                   = ls.WithHTTPClient
	_ func(int) ls.Option                                                                                            = ls.WithMaxAttempts
	_ func(time.Duration, time.Duration) ls.Option                                                                   = ls.WithRetryWaits
	_ func(time.Duration) ls.Option                                                                                  = ls.WithAttemptTimeout
	_ func(time.Duration) ls.Option                                                                                  = ls.WithCallTimeout
	_ func(int64) ls.Option                                                                                          = ls.WithMaxResponseBytes
	_ func(*slog.Logger) ls.Option                                                                                   = ls.WithLogger
	_ func(ls.Observer) ls.Option                                                                                    = ls.WithObserver
	_ func(string) ls.Option                                                                                         = ls.WithUserAgent
	_ func(ls.Dialect) ls.Option                                                                                     = ls.WithDialect
	_ func(func() float64) ls.Option                                                                                 = ls.WithJitter
	_ func(*ls.RateLimiter) ls.Option                                                                                = ls.WithRateLimiter
	_ func(ls.RateLimit) *ls.RateLimiter                                                                             = ls.NewRateLimiter
	_ func(int) ls.BulkOption                                                                                        = ls.WithConcurrency
	_ func(int) ls.BulkOption                                                                                        = ls.WithTotal
	_ func(func(ls.Progress)) ls.BulkOption                                                                          = ls.WithProgress
	_ func() ls.BulkOption                                                                                           = ls.WithStopOnError
	_ func(func(ls.BulkResult)) ls.BulkOption                                                                        = ls.WithAbandoned
	_ func(*ls.Client, context.Context, *ls.Order) (*ls.OrderResult, error)                                          = (*ls.Client).CreateOrder
	_ func(*ls.Client, context.Context, *ls.Order) (*ls.OrderResult, error)                                          = (*ls.Client).EnsureOrder
	_ func(*ls.Client, context.Context, iter.Seq[*ls.Order], ...ls.BulkOption) iter.Seq[ls.BulkResult]               = (*ls.Client).EnsureOrders
	_ func(*ls.Client, context.Context, int64) (*ls.OrderRecord, error)                                              = (*ls.Client).GetOrder
	_ func(*ls.Client, context.Context, string) (*ls.OrderRecord, error)                                             = (*ls.Client).GetOrderByStoreID
	_ func(*ls.Client, context.Context, ls.OrderFilter) iter.Seq2[*ls.OrderRecord, error]                            = (*ls.Client).ListOrders
	_ func(*ls.Client, context.Context, string, int) ([]string, error)                                               = (*ls.Client).GenerateLicenseKeys
	_ func(*ls.Client, context.Context, *ls.Order) (*ls.Order, error)                                                = (*ls.Client).AssignKeys
	_ func(*ls.Client, *ls.Order) (*ls.Preview, error)                                                               = (*ls.Client).Preview
	_ func(*ls.Client, context.Context, int64) (*ls.LicenseRecord, error)                                            = (*ls.Client).GetLicense
	_ func(*ls.Client, context.Context, string) (*ls.LicenseRecord, error)                                           = (*ls.Client).GetLicenseByKey
	_ func(*ls.Client, context.Context, ls.LicenseFilter) iter.Seq2[*ls.LicenseRecord, error]                        = (*ls.Client).ListLicenses
	_ func(*ls.Client, context.Context, int64) (*ls.CustomerRecord, error)                                           = (*ls.Client).GetCustomer
	_ func(*ls.Client, context.Context, ls.CustomerFilter) iter.Seq2[*ls.CustomerRecord, error]                      = (*ls.Client).ListCustomers
	_ func(*ls.Client, context.Context, int64) (*ls.ProductRecord, error)                                            = (*ls.Client).GetProduct
	_ func(*ls.Client, context.Context) iter.Seq2[*ls.ProductRecord, error]                                          = (*ls.Client).ListProducts
	_ func(*ls.Client, context.Context, int64, ls.LicenseUpdate) (*ls.LicenseResult, error)                          = (*ls.Client).UpdateLicense
	_ func(*ls.Client, context.Context, int64, []ls.ProductFeature) (*ls.LicenseResult, error)                       = (*ls.Client).UpdateFeatures
	_ func(*ls.Client, context.Context, int64) (*ls.LicenseResult, error)                                            = (*ls.Client).EnableLicense
	_ func(*ls.Client, context.Context, int64) (*ls.LicenseResult, error)                                            = (*ls.Client).DisableLicense
	_ func(*ls.Client, context.Context, int64, ls.UserAssignment) (*ls.LicenseResult, error)                         = (*ls.Client).AssignUser
	_ func(*ls.Client, context.Context, int64, string) (*ls.LicenseResult, error)                                    = (*ls.Client).UnassignUser
	_ func(*ls.Client, context.Context, string, ls.Secret) (*ls.LicenseResult, error)                                = (*ls.Client).SetUserPassword
	_ func(*ls.Client, context.Context, int64, ls.LicenseState) (*ls.LicenseResult, error)                           = (*ls.Client).EnsureLicense
	_ func(*ls.Client, context.Context, iter.Seq2[int64, ls.LicenseState], ...ls.BulkOption) iter.Seq[ls.BulkResult] = (*ls.Client).EnsureLicenses
	_ func(*ls.Client, int64, ls.LicenseUpdate) (*ls.Preview, error)                                                 = (*ls.Client).PreviewUpdateLicense
	_ func(*ls.Client, int64, []ls.ProductFeature) (*ls.Preview, error)                                              = (*ls.Client).PreviewUpdateFeatures
	_ func(*ls.Client, int64) (*ls.Preview, error)                                                                   = (*ls.Client).PreviewEnableLicense
	_ func(*ls.Client, int64) (*ls.Preview, error)                                                                   = (*ls.Client).PreviewDisableLicense
	_ func(*ls.Client, int64, ls.UserAssignment) (*ls.Preview, error)                                                = (*ls.Client).PreviewAssignUser
	_ func(*ls.Client, int64, string) (*ls.Preview, error)                                                           = (*ls.Client).PreviewUnassignUser
	_ func(*ls.Client, string, ls.Secret) (*ls.Preview, error)                                                       = (*ls.Client).PreviewSetUserPassword
	_ func(*ls.Client, *ls.LicenseRecord, ls.LicenseState) ([]*ls.Preview, error)                                    = (*ls.Client).PreviewEnsureLicense
	_ func(*ls.Client)                                                                                               = (*ls.Client).CloseIdleConnections
)

// TestEveryOptionIsPinned fails for an option or a method of Client that is not in
// the list above.
func TestEveryOptionIsPinned(t *testing.T) {
	t.Parallel()
	api, err := os.ReadFile(filepath.Join(root, "testdata", "api.txt"))
	require.NoError(t, err)
	here, err := os.ReadFile("options_test.go")
	require.NoError(t, err)
	for _, found := range regexp.MustCompile(`licensespring: (?:func (\w+)\(.*\) (?:Option|BulkOption)|method \(\*Client\) (\w+)\(.*)\n`).FindAllSubmatch(api, -1) {
		name := string(found[1]) + string(found[2])
		if !strings.Contains(string(here), "."+name+"\n") { // assert.Contains would show the whole file
			t.Errorf("%s is in testdata/api.txt and not in options_test.go", name)
		}
	}
}

// TestOptionsAcceptDocumentedValues passes the documented minimum and maximum to
// each option.
func TestOptionsAcceptDocumentedValues(t *testing.T) {
	t.Parallel()
	for _, options := range [][]ls.Option{
		nil,
		{nil},
		{ls.WithBaseURL("http://localhost:8080/proxy/"), ls.WithMaxAttempts(1), ls.WithAttemptTimeout(0), ls.WithCallTimeout(0)},
		{ls.WithBaseURL("http://[::1]"), ls.WithMaxAttempts(100), ls.WithRetryWaits(1, 1), ls.WithMaxResponseBytes(1)},
		{
			ls.WithHTTPClient(http.DefaultClient), ls.WithLogger(slog.Default()), ls.WithUserAgent("acme-billing/1.2"), //nolint:forbidigo // callers may use them
			ls.WithObserver(ls.Observer{}), ls.WithDialect(ls.DialectCurrent), ls.WithJitter(func() float64 { return 0.5 }), ls.WithRateLimiter(ls.NewRateLimiter(ls.RateLimitEnterprise)),
		},
	} {
		client, err := ls.New("FAKEFAKE.0123456789abcdef0123456789abcdef", options...)
		require.NoError(t, err)
		require.NotNil(t, client)
	}
}

// TestNewReportsAllInvalidOptions passes many invalid options to New.
func TestNewReportsAllInvalidOptions(t *testing.T) {
	t.Parallel()
	_, err := ls.New(" key\n",
		ls.WithBaseURL("ftp://x"), ls.WithHTTPClient(nil), ls.WithMaxAttempts(0), ls.WithRetryWaits(2, 1), ls.WithAttemptTimeout(-1),
		ls.WithCallTimeout(-1), ls.WithMaxResponseBytes(0), ls.WithLogger(nil), ls.WithUserAgent("\n"), ls.WithDialect(7), ls.WithJitter(nil), ls.WithRateLimiter(nil))
	var invalid *ls.ValidationError
	require.ErrorAs(t, err, &invalid)
	require.ErrorIs(t, err, ls.ErrInvalidConfig)
	assert.Len(t, invalid.Findings, 13)
}
