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

// The canaries: texts that are found again wherever they turn up. Those with
// "sekret" in them must never be seen by anybody who did not ask for them by
// name. Those with "canary" belong to a customer: records and orders hold them,
// for that is what these are for, but no error text and no log entry of ours
// does.
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
	canaryNote        = `canary "note" \ for nobody`
	canaryMetadata    = "canary-metadata-value"
	canaryCustom      = "canary-custom-value"
	canaryExtra       = "canary-extra-value"
	canaryCampaign    = "canary=1&campaign=nest"
	canaryDownload    = "canary-download-1"
	canarySub         = "canary-subscription-1"
)

var (
	// The parts of the API key too: whoever sees the second knows the first.
	neverShown = append(strings.Split(canaryAPIKey, "."), canaryAPIKey, canaryPassword, canaryOldPassword)
	notOurs    = []string{
		canaryLicenseKey, canaryLicenseKey2, canaryEmail, canaryUserEmail, canaryFirstName, canaryLastName,
		canaryCompany, canaryPhone, canaryAddress, canaryReference, canaryNote, canaryMetadata, canaryCustom,
		canaryExtra, canaryCampaign, canaryDownload, canarySub,
	}

	secretForms  = formsOf("sekret")
	privateForms = append(formsOf("canary"), secretForms...)
)

// formsOf returns every way in which a printer or an encoder writes a text: as
// it is, escaped, in hexadecimal digits, as the numbers of its bytes, in base64.
// All in lower case, for a canary is one in any case.
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
		for before := range 3 { // base64 depends on how many bytes stand before
			encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", before) + c))
			forms = append(forms, encoded[(before*8+5)/6:(before+len(c))*8/6])
		}
	}
	for i := range forms {
		forms[i] = strings.ToLower(forms[i])
	}
	return forms
}

// escapeAll writes each character as JSON may.
func escapeAll(s string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return b.String()
}

// assertNoForm fails if text holds one of the forms.
func assertNoForm(t *testing.T, forms []string, what, text string) {
	t.Helper()
	lower := strings.ToLower(text)
	for _, form := range forms {
		if i := strings.Index(lower, form); i >= 0 {
			from, to := max(0, i-100), min(len(lower), i+200)
			assert.Failf(t, "a canary sings", "%s shows it as %q:\n…%s…", what, form, lower[from:to])
			return
		}
	}
}

// assertNoSecret is about what may hold a customer's data and no secret.
func assertNoSecret(t *testing.T, what, text string) {
	t.Helper()
	assertNoForm(t, secretForms, what, text)
}

// assertNoCanary is about texts of ours: no secret, and nothing of a customer.
func assertNoCanary(t *testing.T, what, text string) {
	t.Helper()
	assertNoForm(t, privateForms, what, text)
}

// TestCanariesAreFound holds that the search itself works: a test that finds
// nothing anywhere would look the same.
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

// canaryBuffer is a buffer that several goroutines may log into.
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

// canaryOrder is an order with a canary wherever an order takes a text of the
// customer's.
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
		AddItem("acme-cad", canaryLicense(canaryLicenseKey), canaryLicense(canaryLicenseKey2)).
		AddItem("acme-web", licensespring.NewUserLicense(canaryUserEmail).WithNote(canaryNote))
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

// canaryAnswer is an answer to a create in which the initial passwords stand in
// every place where the service was seen to put them, and in some where it was
// not.
const canaryAnswer = `{"id":4711,"store_id":"bird-1","order_id":4711,"type":"normal",
"new_passwords":[{"email":"` + canaryUserEmail + `","new_password":"` + canaryOldPassword + `"}],
"customer":{"id":1,"email":"` + canaryEmail + `","first_name":"` + canaryFirstName + `","initial_password":"` + canaryPassword + `"},
"order_items":[{"id":1,"product_id":1,"product":{"short_code":"acme-web","name":"Acme Web"},"licenses":[
{"id":1,"license_key":"` + canaryLicenseKey + `","order":4711,"license_type":"perpetual","initial_password":"` + canaryPassword + `",
"product_features":[{"id":1,"product_feature":{"code":"render"},"secret":"` + canaryPassword + `"}],
"license_user":{"id":1,"email":"` + canaryUserEmail + `|x","true_email":"` + canaryUserEmail + `","initial_password":"` + canaryPassword + `"},
"license_users":[{"id":1,"email":"` + canaryUserEmail + `|x","true_email":"` + canaryUserEmail + `","is_initial_password":true,"initial_password":"` + canaryPassword + `"}]}]}]}`
