package otellicensespring_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// dump returns everything that a recorder recorded, in several formats.
func dump(t *testing.T, r *recorder) string {
	t.Helper()
	spans, metrics := r.ended(t), r.metrics(t)
	marshaled, err := json.Marshal(spans)
	require.NoError(t, err)
	text := fmt.Sprintf("%+v\n%s\n%+v\n", spans, marshaled, metrics)
	for name := range metrics {
		marshaled, err = json.Marshal(metrics[name])
		require.NoError(t, err)
		text += string(marshaled) + "\n"
	}
	for i := range spans {
		for _, a := range spans[i].Attributes {
			text += string(a.Key) + "=" + a.Value.String() + "\n"
		}
	}
	return text
}

// The canaries are secrets and personal data in requests and responses.
const (
	canaryKey      = "CANARYAA.canary0123456789canary0123456789"
	canaryLicense  = "CANARY-KEY1-AAAA-ZZZ1"
	canaryEmail    = "canary.customer@nest.example"
	canaryUser     = "canary.user+1@nest.example"
	canaryPassword = "canary-Pa55word-0001"
	canaryNote     = "canary note"
	canaryMetadata = "canary metadata"
	canaryQuery    = "canary-query-prefix"
)

func canaryOrder(id string) *licensespring.Order {
	return licensespring.NewOrder(id).
		WithCustomer(licensespring.Customer{Email: canaryEmail, Company: "Canary & Sons", Reference: "canary-ref"}).
		WithMetadata(`{"for":"`+canaryMetadata+`"}`).
		AddItem("acmecad", licensespring.NewKeyLicense(canaryLicense).Perpetual().WithNote(canaryNote)).
		AddItem("acmeweb", licensespring.NewUserLicense(canaryUser))
}

func assertNoCanary(t *testing.T, r *recorder) {
	t.Helper()
	text := strings.ToLower(dump(t, r))
	i := strings.Index(text, "canary")
	if i >= 0 {
		assert.Failf(t, "a canary was recorded", "…%s…", text[max(0, i-100):min(len(text), i+100)])
	}
	assert.Contains(t, text, "bird-1", "the order id is recorded")
	assert.Contains(t, text, "create_order")
}

// TestNoSecrets checks that no content of requests and responses is recorded.
func TestNoSecrets(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string][]lst.Fault{
		"created":    nil,
		"recovered":  {lst.DropAfter()},
		"truncated":  {lst.CutResponse(700)},
		"rejected":   {lst.Status(400, lst.Body("application/json", `{"customer": {"email": ["`+canaryEmail+` is taken"]}}`))},
		"limited":    {lst.Status(429, lst.Header("Retry-After", "1000"))},
		"redirected": {lst.Redirect(307, "https://elsewhere.example/"+canaryKey)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRecorder()
				network := lst.NewNetwork()
				s := lst.NewServer(t, lst.WithAPIKey(canaryKey), lst.WithNetwork(network))
				client, err := licensespring.New(canaryKey, licensespring.WithBaseURL(s.URL()),
					licensespring.WithHTTPClient(s.Client()), licensespring.WithObserver(r.observer()))
				require.NoError(t, err)
				for _, err := range client.ListOrders(t.Context(), licensespring.OrderFilter{CustomerEmail: canaryEmail, StoreIDPrefix: canaryQuery}) {
					require.NoError(t, err)
				}
				assert.Contains(t, fmt.Sprint(s.Requests()), canaryQuery, "the query was sent")
				s.Inject(fault...)
				res, err := client.EnsureOrder(t.Context(), canaryOrder("bird-1"))
				if err == nil {
					assert.Contains(t, string(res.Raw()), canaryUser)
				}
				invalid := canaryOrder("bird-1")
				invalid.Customer.Email = "canary is no address"
				invalid.Items[0].Licenses[0].MaxConsumptions = new(7)
				invalid.Items[1].Licenses[0].Users[0].Email = "canary"
				_, err = client.CreateOrder(t.Context(), invalid)
				require.ErrorIs(t, err, licensespring.ErrInvalidRequest)
				assertNoCanary(t, r)
			})
		})
	}
}

// TestNoSecretsInEchoes uses a service and a transport that repeat the request in their
// errors.
func TestNoSecretsInEchoes(t *testing.T) {
	t.Parallel()
	all := strings.Join([]string{canaryKey, canaryLicense, canaryEmail, canaryUser, canaryNote, canaryMetadata}, " ")
	echo, err := json.Marshal(map[string]any{"code": all, "message": all, "detail": all, "errors": []any{map[string]any{"message": all, "value": all}}})
	require.NoError(t, err)
	for name, transport := range map[string]roundTripper{
		"transport error": func(req *http.Request) (*http.Response, error) {
			return nil, &url.Error{Op: "Post", URL: req.URL.String() + "?key=" + canaryKey, Err: errors.New(all)}
		},
		"status 400": respond(400, string(echo)),
		"status 409": respond(409, string(echo)),
		"status 500": respond(500, string(echo)),
		"status 200": respond(200, string(echo)),
		"password": respond(200, `{"id": 4711, "store_id": "bird-1", "order_items": [{"licenses": [{"license_key": "`+canaryLicense+
			`", "license_users": [{"true_email": "`+canaryUser+`", "initial_password": "`+canaryPassword+`"}]}]}]}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRecorder()
				client, err := licensespring.New(canaryKey, licensespring.WithObserver(r.observer()),
					licensespring.WithHTTPClient(&http.Client{Transport: transport}))
				require.NoError(t, err)
				res, err := client.CreateOrder(t.Context(), canaryOrder("bird-1"))
				if name == "password" {
					require.NoError(t, err)
					assert.Contains(t, string(res.Raw()), canaryPassword)
				} else {
					require.Error(t, err)
				}
				assertNoCanary(t, r)
			})
		})
	}
}

// respond returns a transport with a fixed response, which repeats the key in a header.
func respond(status int, body string) roundTripper {
	return func(req *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Request: req, Body: io.NopCloser(strings.NewReader(body)),
			Header: http.Header{"X-Request-Id": {req.Header.Get("Authorization")}},
		}, nil
	}
}
