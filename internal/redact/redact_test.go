package redact_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/internal/redact"
)

const order = `{
	"id": "inv-2031-000417", "order_type": "normal", "language": "en-GB", "reference": "PO 4711", "campaign_params": "utm=spring sale",
	"metadata": "{\"code\":\"promo-77\",\"nested\":{\"note\":[\"backoffice\"]}}",
	"customer": {"email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace", "company": "Analytical  Engines", "phone": "+44 20 7946 0018"},
	"items": [{"product_code": "acmecad", "note": "the Straße order", "licenses": [
		{"key": "AB2C-D3EF-GH4J-K5MN", "license_type": "time-limited", "valid_duration": "1y", "max_activations": 31337,
		 "product_features": ["feature-one", {"code": "feature-two"}], "custom_fields": [{"name": "Cost centre", "value": "O'Neil & Müller"}],
		 "metadata": {"code": "inner-secret", "id": "meta-id-9"}},
		{"users": [{"email": "Grace.Hopper@example.org"}], "subscription_id": "sub_0815"}
	]}]
}`

func scrubber() *redact.Scrubber {
	return redact.New([]byte(order), "TESTKEY1.abcdefghijklmnopqrstuvwxyz012345")
}

func TestText(t *testing.T) {
	t.Parallel()
	s := scrubber()
	for _, row := range []struct{ name, in, want string }{
		{"empty", "", ""},
		{"no secrets", "Invalid valid_duration: 1y is not time-limited.", "Invalid valid_duration: 1y is not time-limited."},
		{"a key", "License key AB2C-D3EF-GH4J-K5MN already exists.", "License key [redacted] already exists."},
		{"in another case", "ab2c-d3ef-gh4j-k5mn", "[redacted]"},
		{"within a word", "key=AB2C-D3EF-GH4J-K5MN;", "key=[redacted];"},
		{"twice", "AB2C-D3EF-GH4J-K5MN, ab2c-D3EF-gh4j-K5MN", "[redacted], [redacted]"},
		{"the management key", "bad key 'TESTKEY1.ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'", "bad key '[redacted]'"},
		{"a name", "Customer LOVELACE (Ada) exists", "Customer [redacted] (Ada) exists"}, // Ada is too short to be distinguished from part of a word
		{"a phone number", "phone +44 20 7946 0018 is invalid", "phone [redacted] is invalid"},
		{"a company, its space collapsed", "company Analytical Engines", "company [redacted]"},
		{"a company, its space changed", "company ANALYTICAL\n\tENGINES.", "company [redacted]."},
		{"an e-mail address of the request", "user grace.hopper@EXAMPLE.ORG exists", "user [redacted] exists"},
		{"any other e-mail address", "contact <support@licensespring.example>, please", "contact [redacted] please"},
		{"a url", "see https://saas.licensespring.com/api/v1/orders/?store_id=x for more", "see [redacted] for more"},
		{"a license key", "License (ZZ2C-D3EF-GH4J-K5MN). is expired", "License [redacted] is expired"},
		{"no license keys", "2031-05-07, time-limited, ABC-DEF-GHI, ABCD-EFGH, abcd-efgh-ijkl", "2031-05-07, time-limited, ABC-DEF-GHI, ABCD-EFGH, abcd-efgh-ijkl"},
		{"a path with a query", "GET /api/v1/orders/?store_id=inv failed", "GET [redacted] failed"},
		{"a question", "what? a=b", "what? a=b"},
		{"a url, escaped", `{"next":"https:\/\/saas.licensespring.com\/"}`, "[redacted]"},
		{"an e-mail address, escaped", "email=someone%40example.net", "[redacted]"},
		{"escaped for html", "O&#x27;NEIL &amp; M&uuml;ller", "[redacted]"},
		{"escaped for json", `{\"value\": \"O'Neil \u0026 M\u00fcller\"}`, `{"value": "[redacted]"}`},
		{"escaped for a url", "company=Analytical%20Engines", "company=[redacted]"},
		{"escaped for a form", "company=Analytical+Engines", "company=[redacted]"},
		{"line breaks escaped for json", `company: ANALYTICAL\n ENGINES`, "company: [redacted]"},
		{"other space escaped for a form", "value=O'Neil+%26+M%C3%BCller", "value=[redacted]"},
		{"case beyond ASCII", "O'NEIL & MÜLLER", "[redacted]"},
		{"case that changes its length", "THE STRASSE ORDER", "[redacted]"},
		{"the kelvin sign is a k", "ab2c-d3ef-gh4j-\u212a5mn", "[redacted]"},
		{"truncated by the service", "Key AB2C-D3EF… exists", "Key [redacted]… exists"},
		{"truncated within an escape", `M… O'Neil \u0026 M\u00…`, "M… [redacted]…"},
		{"truncated with dots", "Key AB2C-D3EF ... exists", "Key [redacted] ... exists"},
		{"truncated with many dots", "AB2C-D3EF..... AB2C-D3…", "[redacted]..... [redacted]…"},
		{"truncated at the end", "Key AB2C-D3EF-G", "Key [redacted]"},
		{"a short beginning at the end is a word", "no such company: Analyst", "no such company: Analyst"},
		{"metadata of the order", "promo-77 in BACKOFFICE", "[redacted] in [redacted]"},
		{"metadata of a license", "inner-secret, meta-id-9", "[redacted], [redacted]"},
		{"other strings", "sub_0815 PO 4711 utm=spring sale Cost centre", "[redacted] [redacted] [redacted] [redacted]"},
		{"the order's id", "order inv-2031-000417 exists", "order inv-2031-000417 exists"}, // the error contains it anyway
		{"codes", "feature-one, feature-two: acmecad has none", "feature-one, feature-two: acmecad has none"},
		{"numbers", "31337 is too many", "31337 is too many"},
		{"several lines", "one\r\ntwo\x00three\u2028four", "one two three four"},
		{"bidirectional control", "a\u202eb", "a b"},
		{"not UTF-8", "a\xffb \xc3", "a\ufffdb \ufffd"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, row.want, s.Text(row.in))
		})
	}
}

func TestTextRemovesOverlappingValuesCompletely(t *testing.T) {
	t.Parallel()
	s := redact.New(nil, "alpha beta", "beta gamma", "gamma", "abab")
	assert.Equal(t, "[redacted].", s.Text("alpha beta gamma."), "the rest of the first is part of the second")
	assert.Equal(t, "[redacted] [redacted]", s.Text("abababab gamma"))
	assert.Equal(t, "[redacted][redacted]", s.Text("gammagamma"))
	s = redact.New(nil, "abcd...efgh", "abcdxyz")
	assert.Equal(t, "[redacted]", s.Text("abcd...efgh"), "a truncated value may contain another")
}

func TestTextIsBounded(t *testing.T) {
	t.Parallel()
	s := scrubber()
	long := s.Text(strings.Repeat("é", 5000))
	assert.LessOrEqual(t, len(long), 303)
	assert.True(t, utf8.ValidString(long))
	assert.True(t, strings.HasSuffix(long, "é…"))

	// Truncation of the input must not leave the beginning of a value, even if
	// redaction makes the text shorter.
	secrets := strings.Repeat("AB2C-D3EF-GH4J-K5MN", 2<<10/19)
	got := s.Text(secrets + "AB2C-D3EF-GH4J-K5MN")
	assert.NotContains(t, got, "AB2C")
}

func TestZeroScrubberRemovesAddresses(t *testing.T) {
	t.Parallel()
	var s redact.Scrubber
	assert.Equal(t, "ask [redacted] or [redacted]", s.Text("ask a@b or http://c"))
}

func TestNewReadsOnlyJSON(t *testing.T) {
	t.Parallel()
	s := redact.New([]byte(`{"company": "Analytical`))
	assert.Equal(t, "Analytical", s.Text("Analytical"))
	s = redact.New([]byte(`["some words", 1, null, ""]`), "", "  ", "abc", " padded ")
	assert.Equal(t, "[redacted]: abc [redacted]", s.Text("some words: abc PADDED"))
	deep := strings.Repeat("[", 9000) + `"too deep"` + strings.Repeat("]", 9000)
	assert.Equal(t, "too deep", redact.New([]byte(deep)).Text("too deep"), "no request is nested that deeply")
}

func ExampleScrubber_Text() {
	s := redact.New([]byte(`{"customer": {"company": "Analytical Engines"}}`))
	fmt.Println(s.Text("company ANALYTICAL ENGINES\nexists, ask admin@example.com"))
	// Output: company [redacted] exists, ask [redacted]
}

func FuzzText(f *testing.F) {
	for _, seed := range [][2]string{
		{"AB2C-D3EF-GH4J-K5MN", "key ab2c-d3ef-GH4J-K5MN exists"},
		{"Müller", "MÜLLER M\u00fcller M%C3%BCller M&uuml;ller"},
		{"istanbul", "İSTANBUL ıstanbul"},
		{"kkkk", "\u212a\u212akK"},
		{"%41%41", "%2541%2541 AA %41%41"},
		{"a\x00\x00b", "a b a\x00\x00b"},
		{"abab", "ababab"},
		{"a&am", "a&amp; a&am"},
		{`\\u0041`, `\u0041 \\u0041 A`},
		{"straße", "STRASSE straße STRAẞE"},
		{"] [red", "] [red [redacted] [redacted]"},
		{"\xff\xff\xff\xff", "\xff\xff\xff\xff \ufffd\ufffd\ufffd\ufffd"},
		{"AB2C-D3EF", "AB2C-D3… AB2C-D..."},
	} {
		f.Add(seed[0], seed[1], false)
		f.Add(seed[0], seed[1], true)
	}
	f.Fuzz(func(t *testing.T, value, text string, inBody bool) {
		s := redact.New(nil, value)
		if inBody {
			body, err := json.Marshal(map[string]any{"customer": map[string]string{"company": value}})
			require.NoError(t, err)
			s = redact.New(body)
		}
		// Values that contain an ellipsis match the one that truncates the text, and
		// invalid bytes are found within characters.
		known := utf8.ValidString(value) && len(strings.Join(strings.FieldsFunc(value, func(r rune) bool {
			return unicode.IsSpace(r) || !unicode.IsPrint(r)
		}), " ")) >= 4 && !strings.Contains(value, "…")

		for _, quoted := range []string{text, value, text + value, value + text, strings.ToUpper(value), strings.ToLower(value), strings.ToTitle(value)} {
			got := s.Text(quoted)
			assert.LessOrEqual(t, len(got), 303)
			assert.True(t, utf8.ValidString(got))
			assert.NotContains(t, got, "\n")
			assert.Equal(t, -1, strings.IndexFunc(got, func(r rune) bool { return r != ' ' && !unicode.IsPrint(r) }), "%q", got)
			assert.NotContains(t, got, "://")
			if !known {
				continue
			}
			for piece := range strings.SplitSeq(got, redact.Mark) {
				assert.NotContains(t, piece, value)
				assert.NotContains(t, strings.ToLower(piece), strings.ToLower(value))
				assert.NotContains(t, strings.ToUpper(piece), strings.ToUpper(value))
			}
		}
	})
}
