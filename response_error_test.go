package licensespring_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// Data of the request that the service repeats is not in the error.
func TestErrorsContainNoRequestData(t *testing.T) {
	t.Parallel()
	quoted := []string{
		customerEmail, strings.ToUpper(customerEmail), userEmail, company, strings.ToLower(company), givenKey, strings.ToLower(givenKey),
		lst.DefaultAPIKey, "Api-Key " + lst.DefaultAPIKey, "https://saas.licensespring.com/api/v1/orders/?store_id=inv-1", "other.person@example.org",
		"a secret note",
	}
	for i, text := range quoted {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			message, err := json.Marshal("before " + text + " after")
			require.NoError(t, err)
			name, err := json.Marshal(text)
			require.NoError(t, err)
			for _, body := range []string{
				`{"message": ` + string(message) + `}`,
				`{"detail": ` + string(message) + `, "code": ` + string(message) + `}`,
				`{"errors": [{"message": ` + string(message) + `, "value": ` + string(message) + `}]}`,
				`{"items": [{"licenses": [{"key": [` + string(message) + `]}]}]}`,
				`{"items": {` + string(name) + `: ["Unknown."]}}`,
				`[` + string(message) + `]`,
			} {
				client, s := onLoopback(t, nil)
				s.Inject(lst.Status(http.StatusBadRequest, jsonBody(body), lst.Header("X-Request-Id", text)))
				order := anOrder("inv-1")
				order.Items[0].Licenses[0].Note = "a secret note"
				_, err := client.CreateOrder(t.Context(), order)
				assertMatches(t, err, licensespring.ErrInvalidRequest)
				assertTerse(t, err, "other.person", "secret note")
				if !strings.Contains(body, `{"items"`) {
					assert.Contains(t, errorOf(t, err).Message, "before")
				}
			}
		})
	}
}

// Customer data that equals a word of the service does not change the meaning
// of an error.
func TestErrorsKeepWireNames(t *testing.T) {
	t.Parallel()
	order := anOrder("inv-1")
	order.Customer.FirstName, order.Customer.LastName, order.Customer.Company = "Grace", "Exists", "Items"
	order.Items[0].Licenses[0].Note = "licenses"
	client, s := onLoopback(t, nil)
	s.Inject(
		lst.Status(400, jsonBody(`{"code": "order_id_exists"}`)),
		lst.Status(400, jsonBody(`{"items": [{"licenses": [{"allow_grace_period": ["Wrong."], "grace": ["Wrong."]}]}]}`)),
		lst.Status(400, jsonBody(`{"code": "grace_exists"}`)),
	)
	_, err := client.CreateOrder(t.Context(), order)
	assertMatches(t, err, licensespring.ErrOrderExists)
	assert.Equal(t, "order_id_exists", errorOf(t, err).Code)

	_, err = client.CreateOrder(t.Context(), order)
	assert.Equal(t, []licensespring.FieldError{
		{Path: "items[0].licenses[0].allow_grace_period", Messages: []string{"Wrong."}},
		{Path: "items[0].licenses[0].[redacted]", Messages: []string{"Wrong."}}, // not a wire name
	}, errorOf(t, err).Fields)

	_, err = client.CreateOrder(t.Context(), order)
	assert.Equal(t, "[redacted]_[redacted]", errorOf(t, err).Code)
}

func TestErrorsAreBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("very ", 5000)
	client, s := onLoopback(t, nil)
	s.Inject(
		lst.Status(400, jsonBody(`{"message": "`+long+`", "code": "`+long+`", "items": [`+strings.TrimSuffix(strings.Repeat(`{"a`+long+`": ["`+long+`"]},`, 50), ",")+`]}`)),
		lst.Status(400, jsonBody(`{"message": "one\ntwo\r\n\u2028three\u0000\u001b[31mfour"}`)),
	)
	order := anOrder(strings.Repeat("i", 500))
	_, err := client.CreateOrder(t.Context(), order)
	assertTerse(t, err)
	e := errorOf(t, err)
	assert.LessOrEqual(t, len(e.Message), 310)
	assert.LessOrEqual(t, len(e.Code), 310)
	assert.LessOrEqual(t, len(e.Fields), 100)
	_, err = client.CreateOrder(t.Context(), order)
	assertTerse(t, err)
	assert.Equal(t, "one two three [31mfour", errorOf(t, err).Message)
}
