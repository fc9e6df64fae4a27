package licensespring_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestNewReportsAllErrors(t *testing.T) {
	t.Parallel()
	client, err := licensespring.New(" "+testKey+"\n",
		licensespring.WithBaseURL("http://saas.licensespring.com"),
		licensespring.WithHTTPClient(nil),
		licensespring.WithMaxAttempts(0),
		licensespring.WithRetryWaits(2*time.Second, time.Second),
		licensespring.WithAttemptTimeout(-1),
		licensespring.WithCallTimeout(-1),
		licensespring.WithMaxResponseBytes(0),
		licensespring.WithLogger(nil),
		licensespring.WithUserAgent("acme\r\nX-Evil: 1"),
		licensespring.WithDialect(licensespring.Dialect(7)),
		licensespring.WithJitter(nil),
		licensespring.WithRateLimiter(nil),
		licensespring.WithRateLimiter(&licensespring.RateLimiter{}),
	)
	assert.Nil(t, client)
	assertMatches(t, err, licensespring.ErrInvalidConfig)
	assertTerse(t, err, "evil", "saas.licensespring")

	var invalid *licensespring.ValidationError
	require.ErrorAs(t, err, &invalid)
	var paths []string
	for _, f := range invalid.Findings {
		assert.Equal(t, licensespring.RuleOption, f.Rule)
		assert.Equal(t, licensespring.SeverityError, f.Severity)
		assert.NotEmpty(t, f.Message)
		paths = append(paths, f.Path)
	}
	assert.Equal(t, []string{
		"api_key", "http_client", "max_attempts", "retry_waits", "attempt_timeout", "call_timeout", "max_response_bytes",
		"logger", "user_agent", "dialect", "jitter", "rate_limiter", "rate_limiter", "base_url",
	}, paths)
	assert.Equal(t, "licensespring: new client: invalid configuration: api_key: begins or ends with white space [option]; "+
		"http_client: is nil [option]; max_attempts: must be between 1 and 100 [option]; and 11 more", err.Error())
	e := errorOf(t, err)
	assert.Equal(t, licensespring.OpNew, e.Op)
	assert.Empty(t, e.Outcome)
}

func TestNewChecksTheKey(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, key, message string }{
		{"empty", "", "is empty"},
		{"line break", testKey + "\n", "begins or ends with white space"}, // as read from a file
		{"carriage return", testKey + "\r\n", "begins or ends with white space"},
		{"space before", "\t" + testKey, "begins or ends with white space"},
		{"only spaces", "  ", "begins or ends with white space"},
		{"space within", "TESTTEST fedcba9876543210", "has invalid characters"},
		{"line break within", "TESTTEST.\nX-Evil: fedcba9876543210", "has invalid characters"},
		{"no ASCII", "TESTTEST.fedcba98765432\u20ac", "has invalid characters"},
		{"not UTF-8", "TESTTEST.fedcba98765432\xff", "has invalid characters"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := licensespring.New(tt.key)
			require.ErrorIs(t, err, licensespring.ErrInvalidConfig)
			assertTerse(t, err, "fedcba9876543210", "TESTTEST")
			assert.Contains(t, err.Error(), "api_key: "+tt.message)
		})
	}
}

func TestNewChecksTheBaseURL(t *testing.T) {
	t.Parallel()
	tests := []struct {
		address string
		ok      bool
		message string
	}{
		{"https://saas.licensespring.com", true, ""},
		{"https://saas.licensespring.com/", true, ""},
		{"https://proxy.example/licensespring/", true, ""},
		{"HTTPS://saas.licensespring.com", true, ""}, // schemes are case-insensitive
		{"https://10.0.0.7:8443", true, ""},
		{"http://127.0.0.1:8080", true, ""},
		{"http://127.8.9.10", true, ""}, // all of 127/8 is loopback
		{"http://[::1]:8080/base", true, ""},
		{"http://localhost:8080", true, ""},
		{"http://LocalHost", true, ""},
		{"http://saas.licensespring.com", false, "must be https unless the host is loopback"},
		{"http://localhost.example.com", false, "must be https unless the host is loopback"},
		{"http://127.0.0.1.example.com", false, "must be https unless the host is loopback"},
		{"http://0.0.0.0:8080", false, "must be https unless the host is loopback"},
		{"http://192.168.1.1", false, "must be https unless the host is loopback"},
		{"http://[::]", false, "must be https unless the host is loopback"},
		{"ftp://saas.licensespring.com", false, "must be https"},
		{"ws://localhost", false, "must be https"},
		{"", false, "is not a URL with a scheme and a host"},
		{"saas.licensespring.com", false, "is not a URL with a scheme and a host"},
		{"//saas.licensespring.com", false, "must be https"},
		{"https://", false, "is not a URL with a scheme and a host"},
		{"https://:443", false, "is not a URL with a scheme and a host"},
		{"https:saas.licensespring.com", false, "is not a URL with a scheme and a host"},
		{"https://saas.licensespring.com:port", false, "is not a URL with a scheme and a host"},
		{"https://saas.licensespring.com/%zz", false, "is not a URL with a scheme and a host"},
		{"https://saas.licensespring.com/\n", false, "is not a URL with a scheme and a host"},
		{"https://hunter2:hunter2@saas.licensespring.com", false, "must not hold a user or password"},
		{"https://saas.licensespring.com?hunter2=1", false, "must not hold a query or fragment"},
		{"https://saas.licensespring.com?", false, "must not hold a query or fragment"},
		{"https://saas.licensespring.com#hunter2", false, "must not hold a query or fragment"},
	}
	for _, tt := range tests {
		t.Run(tt.address, func(t *testing.T) {
			t.Parallel()
			client, err := licensespring.New(testKey, licensespring.WithBaseURL(tt.address))
			if tt.ok {
				require.NoError(t, err)
				assert.NotNil(t, client)
				return
			}
			require.ErrorIs(t, err, licensespring.ErrInvalidConfig)
			assert.Contains(t, err.Error(), "base_url: "+tt.message)
			assertTerse(t, err, "hunter2", "example.com", "saas.")
		})
	}
}

func TestNewIgnoresNilOptions(t *testing.T) {
	t.Parallel()
	client, err := licensespring.New(testKey, licensespring.WithMaxAttempts(1), nil)
	require.NoError(t, err)
	assert.NotNil(t, client)
}

// Checks the exact request: method, URL with its trailing slash, headers and
// body.
func TestCreateRequest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		options []licensespring.Option
		url     string
		agent   string
		body    string
	}{
		{"defaults", nil, "https://saas.licensespring.com/api/v1/orders/create_order/", "licensespring-go/0.1.0", "request_classic.json"},
		{
			"everything else",
			[]licensespring.Option{
				licensespring.WithBaseURL("https://proxy.example:8443/some%20where/"),
				licensespring.WithUserAgent("acme-billing/1.2"),
				licensespring.WithDialect(licensespring.DialectCurrent),
			},
			"https://proxy.example:8443/some%20where/api/v1/orders/create_order/",
			"acme-billing/1.2 licensespring-go/0.1.0", "request_current.json",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client, transport := mocked(t, tt.options...)
			var body []byte
			transport.RegisterResponder(http.MethodPost, tt.url, func(req *http.Request) (*http.Response, error) {
				assert.Equal(t, tt.url, req.URL.String())
				assert.Equal(t, http.Header{
					"Authorization": {"Api-Key " + testKey},
					"Content-Type":  {"application/json"},
					"Accept":        {"application/json"},
					"User-Agent":    {tt.agent},
				}, req.Header) // no idempotency header: with one, net/http itself would retry the POST
				var err error
				body, err = io.ReadAll(req.Body)
				assert.NoError(t, err) //nolint:testifylint // not on the goroutine of the test
				assert.Equal(t, int64(len(body)), req.ContentLength)
				return httpmock.NewStringResponse(http.StatusOK, `{"id":1600000000000001,"store_id":"inv-1"}`), nil
			})
			order := anOrder("inv-1")
			order.Items[0].Licenses[0] = order.Items[0].Licenses[0].WithMaintenance(licensespring.Months(6))
			res, err := client.CreateOrder(t.Context(), order)
			require.NoError(t, err)
			assert.Equal(t, licensespring.OutcomeCreated, res.Outcome)
			assert.Equal(t, string(golden(t, tt.body, append(body, '\n'))), string(body)+"\n")

			preview, err := client.Preview(order)
			require.NoError(t, err)
			assert.Equal(t, http.MethodPost, preview.Method)
			assert.Equal(t, tt.url, preview.URL)
			assert.Equal(t, string(body), string(preview.Body))
			assert.Equal(t, http.Header{
				"Authorization": {"Api-Key [redacted]"},
				"Content-Type":  {"application/json"},
				"Accept":        {"application/json"},
				"User-Agent":    {tt.agent},
			}, preview.Header)
		})
	}
}

func TestClientShowsNoKey(t *testing.T) {
	t.Parallel()
	client := newClient(t, testKey, licensespring.WithBaseURL("https://proxy.example"))
	for _, v := range []any{client, *client, struct{ C *licensespring.Client }{client}, []any{*client}} {
		for _, text := range printed(t, v) {
			assert.NotContains(t, text, "fedcba9876543210")
			assert.NotContains(t, text, fmt.Sprintf("%x", "fedcba9876543210"))
		}
	}
}

func TestHTTPClientIsCopied(t *testing.T) {
	t.Parallel()
	s := lst.NewServer(t)
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	followed := 0
	given := &http.Client{
		Transport: s.Client().Transport,
		Jar:       jar,
		Timeout:   time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			followed++
			return nil
		},
	}
	before := *given
	client := newClient(t, s.APIKey(), licensespring.WithBaseURL(s.URL()), licensespring.WithHTTPClient(given), licensespring.WithRetryWaits(1, 1))

	s.Inject(lst.Redirect(http.StatusFound, s.URL()+"/api/v1/orders/"))
	_, err = client.CreateOrder(t.Context(), anOrder("inv-1"))
	require.ErrorIs(t, err, licensespring.ErrRedirected)
	assert.Zero(t, followed)
	assert.Equal(t, before.Timeout, given.Timeout)
	assert.Same(t, before.Transport, given.Transport)
	assert.Same(t, jar, given.Jar)
	assert.NotNil(t, given.CheckRedirect)

	// Later changes to the caller's http.Client have no effect.
	given.Transport = transportFunc(func(*http.Request) (*http.Response, error) { return nil, io.ErrClosedPipe })
	given.Timeout = 1
	_, err = client.CreateOrder(t.Context(), anOrder("inv-1"))
	require.NoError(t, err)
}

func TestCookiesOfTheJarAreSentOnce(t *testing.T) {
	t.Parallel()
	s := lst.NewServer(t)
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	address, err := url.Parse(s.URL())
	require.NoError(t, err)
	jar.SetCookies(address, []*http.Cookie{{Name: "route", Value: "7"}}) //nolint:gosec // a request cookie
	client := newClient(t, s.APIKey(), licensespring.WithBaseURL(s.URL()), licensespring.WithRetryWaits(1, 1),
		licensespring.WithHTTPClient(&http.Client{Transport: s.Client().Transport, Jar: jar}))
	s.Inject(lst.Status(http.StatusBadGateway).Times(2))
	_, err = client.CreateOrder(t.Context(), anOrder("inv-1"))
	require.NoError(t, err)
	for _, r := range s.Requests() {
		assert.Equal(t, []string{"route=7"}, r.Header.Values("Cookie"))
	}
}

func TestClientIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	const n = 20
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			order := licensespring.NewOrder(fmt.Sprint("inv-", i)).AddItem("acmecad", licensespring.NewLicense())
			res, err := client.CreateOrder(t.Context(), order)
			if assert.NoError(t, err) {
				assert.Equal(t, order.ID, res.Order.StoreID)
			}
		})
	}
	all.Wait()
	assert.Len(t, s.Orders(), n)
	client.CloseIdleConnections()
}

// No call modifies the caller's order.
func TestOrderIsNotModified(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	order := anOrder("inv-1")
	before, err := order.MarshalJSON()
	require.NoError(t, err)
	for _, fault := range []lst.Fault{lst.Status(http.StatusBadRequest), lst.DropAfter(), lst.Status(http.StatusOK)} {
		s.Inject(fault)
		_, _ = client.CreateOrder(t.Context(), order)
		_, _ = client.EnsureOrder(t.Context(), order)
		_, _ = client.Preview(order)
		after, err := order.MarshalJSON()
		require.NoError(t, err)
		assert.Equal(t, string(before), string(after))
	}
}

func TestBasePathIsKept(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"", "/", "//"} {
		s := lst.NewServer(t, lst.WithBasePath("/proxy/licensespring"))
		client := newClient(t, s.APIKey(), licensespring.WithBaseURL(s.URL()+end), licensespring.WithHTTPClient(s.Client()))
		res, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
		require.NoError(t, err)
		_, err = client.GetOrder(t.Context(), res.Order.ID)
		require.NoError(t, err)
		for _, r := range s.Requests() {
			assert.True(t, strings.HasPrefix(r.Path, "/proxy/licensespring/api/v1/orders/"), r.Path)
		}
	}
}
