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

// dump is all that a recorder has, as careless printers and exporters write it.
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

// The canaries: each is sent, or comes back, in a place of its own.
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
		AddItem("acme-cad", licensespring.NewKeyLicense(canaryLicense).Perpetual().WithNote(canaryNote)).
		AddItem("acme-web", licensespring.NewUserLicense(canaryUser))
}

func assertNoCanary(t *testing.T, r *recorder) {
	t.Helper()
	text := strings.ToLower(dump(t, r))
	i := strings.Index(text, "canary")
	if i >= 0 {
		assert.Failf(t, "a canary sings", "…%s…", text[max(0, i-100):min(len(text), i+100)])
	}
	assert.Contains(t, text, "bird-1", "what is recorded is found")
	assert.Contains(t, text, "create_order")
}

// Nothing of what a call sends and gets is recorded, however it ends.
func TestNoSecrets(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string][]lst.Fault{
		"made":      nil,
		"recovered": {lst.DropAfter()},
		"cut":       {lst.CutResponse(700)},
		"refused":   {lst.Status(400, lst.Body("application/json", `{"customer": {"email": ["`+canaryEmail+` is taken"]}}`))},
		"limited":   {lst.Status(429, lst.Header("Retry-After", "1000"))},
		"away":      {lst.Redirect(307, "https://elsewhere.example/"+canaryKey)},
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
				for _, err := range client.Orders(t.Context(), licensespring.OrderFilter{CustomerEmail: canaryEmail, StoreIDPrefix: canaryQuery}) {
					require.NoError(t, err)
				}
				assert.Contains(t, fmt.Sprint(s.Requests()), canaryQuery, "it was sent")
				s.Inject(fault...)
				res, err := client.EnsureOrder(t.Context(), canaryOrder("bird-1"))
				if err == nil {
					assert.Contains(t, string(res.Raw()), canaryUser)
				}
				wrong := canaryOrder("bird-1")
				wrong.Customer.Email = "canary is no address"
				wrong.Items[0].Licenses[0].MaxConsumptions = new(7)
				wrong.Items[1].Licenses[0].Users[0].Email = "canary"
				_, err = client.CreateOrder(t.Context(), wrong)
				require.ErrorIs(t, err, licensespring.ErrInvalidRequest)
				assertNoCanary(t, r)
			})
		})
	}
}

// A service, or a transport, that repeats all it was sent is not repeated.
func TestNoSecretsInEchoes(t *testing.T) {
	t.Parallel()
	all := strings.Join([]string{canaryKey, canaryLicense, canaryEmail, canaryUser, canaryNote, canaryMetadata}, " ")
	echo, err := json.Marshal(map[string]any{"code": all, "message": all, "detail": all, "errors": []any{map[string]any{"message": all, "value": all}}})
	require.NoError(t, err)
	for name, transport := range map[string]roundTripper{
		"an error": func(req *http.Request) (*http.Response, error) {
			return nil, &url.Error{Op: "Post", URL: req.URL.String() + "?key=" + canaryKey, Err: errors.New(all)}
		},
		"an answer of 400": answering(400, string(echo)),
		"an answer of 409": answering(409, string(echo)),
		"an answer of 500": answering(500, string(echo)),
		"an answer of 200": answering(200, string(echo)),
		"a password": answering(200, `{"id": 4711, "store_id": "bird-1", "order_items": [{"licenses": [{"license_key": "`+canaryLicense+
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
				if name == "a password" {
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

// answering repeats the key in the header as well.
func answering(status int, body string) roundTripper {
	return func(req *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Request: req, Body: io.NopCloser(strings.NewReader(body)),
			Header: http.Header{"X-Request-Id": {req.Header.Get("Authorization")}},
		}, nil
	}
}
