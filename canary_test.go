package licensespring_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring"
)

// The canaries are texts that can be recognized wherever they appear. Those
// with "sekret" must never appear unless the caller requests them explicitly.
// Those with "canary" are customer data: records and orders contain them, but
// error texts and log entries of this package must not.
const (
	canaryAPIKey      = "SEKRETK1.sekret6t5y4u3i2o1p0a9s8d7f6g5h4j"
	canaryPassword    = "sekret-Pa55word-0001"
	canaryOldPassword = "sekret-Pa55word-0002"

	canaryLicenseKey  = "CANARY-KEY1-AAAA-ZZZ1"
	canaryLicenseKey2 = "CANARY-KEY2-BBBB-ZZZ2"
	canaryEmail       = "canary.customer@nest.example"
	canaryUserEmail   = "canary.user+1@nest.example"
	canaryFirstName   = "CANARYfirst"
	canaryLastName    = "canarylast O'Finch"
	canaryCompany     = "canary & Söhne <Nest>"
	canaryPhone       = "canary 20 7946 0999"
	canaryAddress     = "12 CANARY Wharf\nLondon"
	canaryReference   = "canary-reference-1"
	canaryNote        = `canary "note" \ in quotes`
	canaryMetadata    = "canary-metadata-value"
	canaryCustom      = "canary-custom-value"
	canaryExtra       = "canary-extra-value"
	canaryCampaign    = "canary=1&campaign=nest"
	canaryDownload    = "canary-download-1"
	canarySub         = "canary-subscription-1"
)

var (
	// Includes the parts of the API key: the second part alone reveals the key.
	neverShown = append(strings.Split(canaryAPIKey, "."), canaryAPIKey, canaryPassword, canaryOldPassword)
	notOurs    = []string{
		canaryLicenseKey, canaryLicenseKey2, canaryEmail, canaryUserEmail, canaryFirstName, canaryLastName,
		canaryCompany, canaryPhone, canaryAddress, canaryReference, canaryNote, canaryMetadata, canaryCustom,
		canaryExtra, canaryCampaign, canaryDownload, canarySub,
	}

	secretForms  = formsOf("sekret")
	privateForms = append(formsOf("canary"), secretForms...)
)

// formsOf returns every way in which a printer or an encoder writes a text:
// plain, escaped, in hexadecimal digits, as byte values and in base64. All are
// in lower case, since canaries are matched in any case.
func formsOf(text string) []string {
	forms := []string{text}
	for _, c := range []string{text, strings.ToUpper(text)} {
		forms = append(forms,
			escapeAll(c),
			strings.Join(strings.Split(c, ""), " "),
			hex.EncodeToString([]byte(c)),
			fmt.Sprintf("% x", c),
			fmt.Sprintf("%# x", c),
			strings.Trim(fmt.Sprintf("%d", []byte(c)), "[]"),
			strings.Trim(fmt.Sprintf("%o", []byte(c)), "[]"),
			strings.Trim(fmt.Sprintf("%b", []byte(c)), "[]"),
			strings.Trim(fmt.Sprintf("%q", []rune(c)), "[]"),
			strings.Trim(fmt.Sprintf("%U", []rune(c)), "[]"),
			strings.Trim(strings.TrimPrefix(fmt.Sprintf("%#v", []byte(c)), "[]byte"), "{}"),
		)
		for before := range 3 { // base64 depends on the offset of the text
			encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", before) + c))
			forms = append(forms, encoded[(before*8+5)/6:(before+len(c))*8/6])
		}
	}
	for i := range forms {
		forms[i] = strings.ToLower(forms[i])
	}
	return forms
}

// escapeAll writes each character as a JSON escape.
func escapeAll(s string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return b.String()
}

// assertNoForm fails if text contains one of the forms.
func assertNoForm(t *testing.T, forms []string, what, text string) {
	t.Helper()
	lower := strings.ToLower(text)
	for _, form := range forms {
		if i := strings.Index(lower, form); i >= 0 {
			from, to := max(0, i-100), min(len(lower), i+200)
			assert.Failf(t, "a canary was found", "%s shows it as %q:\n…%s…", what, form, lower[from:to])
			return
		}
	}
}

// assertNoSecret is for texts that may contain customer data but no secret.
func assertNoSecret(t *testing.T, what, text string) {
	t.Helper()
	assertNoForm(t, secretForms, what, text)
}

// assertNoCanary is for texts of this package: no secret and no customer data.
func assertNoCanary(t *testing.T, what, text string) {
	t.Helper()
	assertNoForm(t, privateForms, what, text)
}

// TestCanariesAreFound checks that the search works: otherwise the other tests
// would pass without finding anything.
func TestCanariesAreFound(t *testing.T) {
	t.Parallel()
	type hidden struct {
		text  string
		bytes *[]byte
	}
	for _, c := range append(neverShown, notOurs...) {
		b := []byte(c)
		h := hidden{c, &b}
		written := []string{
			"x" + c + "x", strings.ToUpper(c), strings.ToLower(c), escapeAll(c), url.QueryEscape(c), url.PathEscape(c),
			canaryJSON(t, c), canaryJSON(t, b), canaryJSON(t, []byte("x"+c)), canaryJSON(t, []byte("xx"+c)),
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% X", "%#x", "%# x", "%d", "%o", "%c"} {
			written = append(written, fmt.Sprintf(verb, c), fmt.Sprintf(verb, b), fmt.Sprintf(verb, h))
		}
		for _, text := range written {
			found := false
			for _, form := range privateForms {
				found = found || strings.Contains(strings.ToLower(text), form)
			}
			assert.True(t, found, "%q is not found in %s", c, text)
		}
	}
}

func canaryJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// canaryBuffer is a buffer for concurrent use.
type canaryBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *canaryBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *canaryBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// canaryOrder returns an order with a canary in every text that is customer
// data.
func canaryOrder(id string) *licensespring.Order {
	extra := func() map[string]json.RawMessage {
		return map[string]json.RawMessage{"bird_extra": json.RawMessage(`"` + canaryExtra + `"`)}
	}
	o := licensespring.NewOrder(id).
		WithCustomer(licensespring.Customer{
			Email: canaryEmail, FirstName: canaryFirstName, LastName: canaryLastName, Company: canaryCompany,
			Phone: canaryPhone, Address: canaryAddress, Reference: canaryReference, Extra: extra(),
		}).
		WithMetadata(`{"for":"`+canaryMetadata+`"}`).WithReference(canaryReference).
		WithCampaignParams(canaryCampaign).WithDownloadID(canaryDownload).
		AddItem("acmecad", canaryLicense(canaryLicenseKey), canaryLicense(canaryLicenseKey2)).
		AddItem("acmeweb", licensespring.NewUserLicense(canaryUserEmail).WithNote(canaryNote))
	o.Extra = extra()
	o.Items[0].Note, o.Items[0].Extra = canaryNote, extra()
	o.Items[1].Licenses[0].Users[0].Extra = extra()
	return o
}

func canaryLicense(key string) licensespring.License {
	return licensespring.NewKeyLicense(key).Perpetual().
		WithFeature(licensespring.ProductFeature{Code: "render", Extra: map[string]json.RawMessage{"bird_extra": json.RawMessage(`"` + canaryExtra + `"`)}}).
		WithNote(canaryNote).WithSubscriptionID(canarySub).
		WithMetadata(map[string]any{"for": canaryMetadata, "bird": 1}).
		WithCustomField("region", canaryCustom).
		WithExtra("bird_extra", json.RawMessage(`"`+canaryExtra+`"`))
}

// canaryResponse is a response to a create with the initial passwords in every
// place where the service is known to put them, and in some others.
const canaryResponse = `{"id":4711,"store_id":"bird-1","order_id":4711,"type":"normal",
"new_passwords":[{"email":"` + canaryUserEmail + `","new_password":"` + canaryOldPassword + `"}],
"customer":{"id":1,"email":"` + canaryEmail + `","first_name":"` + canaryFirstName + `","initial_password":"` + canaryPassword + `"},
"order_items":[{"id":1,"product_id":1,"product":{"short_code":"acmeweb","name":"Acme Web"},"licenses":[
{"id":1,"license_key":"` + canaryLicenseKey + `","order":4711,"license_type":"perpetual","initial_password":"` + canaryPassword + `",
"product_features":[{"id":1,"product_feature":{"code":"render"},"secret":"` + canaryPassword + `"}],
"license_user":{"id":1,"email":"` + canaryUserEmail + `|x","true_email":"` + canaryUserEmail + `","initial_password":"` + canaryPassword + `"},
"license_users":[{"id":1,"email":"` + canaryUserEmail + `|x","true_email":"` + canaryUserEmail + `","is_initial_password":true,"initial_password":"` + canaryPassword + `"}]}]}]}`
