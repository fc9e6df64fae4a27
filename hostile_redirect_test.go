package licensespring_test

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
)

// listener records every request that reaches it.
type listener struct {
	*httptest.Server

	mu       sync.Mutex
	recorded []string
}

func newListener(t *testing.T, handle http.HandlerFunc) *listener {
	t.Helper()
	l := &listener{}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		l.mu.Lock()
		l.recorded = append(l.recorded, req.Method+" "+req.URL.String()+" "+req.Header.Get("Authorization"))
		l.mu.Unlock()
		handle(w, req)
	}))
	t.Cleanup(l.Close)
	return l
}

func (l *listener) requests() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.recorded...)
}

// A redirect is a final response. Neither the key nor the request is sent to
// its target, whatever the header and the form of the target, and whatever the
// caller's http.Client is configured to do.
func TestHostileRedirects(t *testing.T) {
	t.Parallel()
	elsewhere := newListener(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"id": 5, "store_id": "inv-1", "results": []}`))
	})
	host := strings.TrimPrefix(elsewhere.URL, "http://")
	places := map[string][]string{
		"another host":          {"Location", elsewhere.URL + "/api/v1/orders/create_order/"},
		"another host, by name": {"Location", "http://localhost:" + host[strings.LastIndex(host, ":")+1:] + "/"},
		"without a scheme":      {"Location", "//" + host + "/api/v1/orders/"},
		"with credentials":      {"Location", "http://user:secret-word@" + host + "/"},
		"another path":          {"Location", "/api/v2/orders/create_order/"},
		"another query":         {"Location", "?key=secret-word"},
		"the same URL":          {"Location", ""},
		"two":                   {"Location", elsewhere.URL, "Location", "/api/v2/"},
		"another header":        {"Refresh", "0; url=" + elsewhere.URL, "Content-Location", elsewhere.URL, "Alt-Svc", `h2="` + host + `"; ma=60`, "Link", "<" + elsewhere.URL + ">; rel=next"},
		"a line in it":          {"Location", elsewhere.URL + "/%0d%0aAuthorization:%20x"},
		"not parseable":         {"Location", "http://%zz/secret-word"},
	}
	for name, headers := range places {
		statuses := []int{302, 303, 308}
		if name == "another host" || name == "the same URL" {
			statuses = []int{300, 301, 302, 303, 304, 305, 307, 308, 399}
		}
		for _, status := range statuses {
			t.Run(name+"/"+strconv.Itoa(status), func(t *testing.T) {
				t.Parallel()
				service := newListener(t, func(w http.ResponseWriter, req *http.Request) {
					for i := 0; i < len(headers); i += 2 {
						to := headers[i+1]
						if name == "the same URL" {
							to = req.URL.String()
						}
						w.Header().Add(headers[i], to)
					}
					w.Header().Add("Set-Cookie", "session=1")
					w.WriteHeader(status)
				})
				jar, err := cookiejar.New(nil)
				require.NoError(t, err)
				client := newClient(t, testKey, licensespring.WithBaseURL(service.URL), licensespring.WithMaxAttempts(2), licensespring.WithRetryWaits(1, 1),
					licensespring.WithHTTPClient(&http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}))
				for _, order := range []*licensespring.Order{anOrder("inv-1"), anAppend("inv-1", givenKey)} {
					_, err = client.CreateOrder(t.Context(), order)
					assertTerse(t, err, "secret-word", elsewhere.URL)
					if status == http.StatusSeeOther { // the order may have been created
						assert.Equal(t, licensespring.OutcomeUnknown, errorOf(t, err).Outcome)
					} else {
						assertMatches(t, err, licensespring.ErrRedirected)
						assert.Equal(t, licensespring.OutcomeRejected, errorOf(t, err).Outcome)
					}
				}
				for _, read := range reads() {
					err = read(t.Context(), client)
					assertMatches(t, err, licensespring.ErrRedirected)
					assertTerse(t, err, "secret-word", elsewhere.URL)
				}
				assert.Empty(t, elsewhere.requests())
				for _, recorded := range service.requests() {
					assert.NotContains(t, recorded, "/api/v2/")
					assert.NotContains(t, recorded, "secret-word")
				}
				creates := 0
				for _, recorded := range service.requests() {
					if strings.HasPrefix(recorded, "POST /api/v1/orders/create_order/ ") {
						creates++
					}
				}
				assert.Equal(t, 2, creates, "each create is sent once")
			})
		}
	}
	// A Location in a successful response is ignored.
	service := newListener(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", elsewhere.URL)
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(`{"id": 5, "store_id": "inv-1"}`))
	})
	client := newClient(t, testKey, licensespring.WithBaseURL(service.URL))
	res, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
	require.NoError(t, err)
	assert.Equal(t, licensespring.OutcomeCreated, res.Outcome)
	t.Cleanup(func() { assert.Empty(t, elsewhere.requests()) })
}

// reads are the calls that change nothing.
func reads() map[string]func(context.Context, *licensespring.Client) error {
	return map[string]func(context.Context, *licensespring.Client) error{
		"find": func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.GetOrderByStoreID(ctx, "inv-1")
			return err
		},
		"get": func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.GetOrder(ctx, 5)
			return err
		},
		"list": func(ctx context.Context, c *licensespring.Client) error {
			return drain(c.ListOrders(ctx, licensespring.OrderFilter{}))
		},
		"get license": func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.GetLicense(ctx, 5)
			return err
		},
		"get license by key": func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.GetLicenseByKey(ctx, givenKey)
			return err
		},
		"list licenses": func(ctx context.Context, c *licensespring.Client) error {
			return drain(c.ListLicenses(ctx, licensespring.LicenseFilter{LicenseUserEmail: userEmail}))
		},
		"get customer": func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.GetCustomer(ctx, 5)
			return err
		},
		"list customers": func(ctx context.Context, c *licensespring.Client) error {
			return drain(c.ListCustomers(ctx, licensespring.CustomerFilter{Email: customerEmail}))
		},
		"get product": func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.GetProduct(ctx, 5)
			return err
		},
		"list products": func(ctx context.Context, c *licensespring.Client) error {
			return drain(c.ListProducts(ctx))
		},
		"keys": func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.GenerateLicenseKeys(ctx, "acmecad", 1)
			return err
		},
	}
}
