package licensespring_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
)

// hostileTexts are texts that inject log lines or terminal commands, or imitate
// other texts.
func hostileTexts() map[string]string {
	return map[string]string{
		"a line break":              "one\r\ntime=2031-01-01 level=INFO msg=\"order created\"",
		"other line breaks":         "one\u2028two\u2029three\u0085four\vfive\fsix",
		"a colour":                  "one\x1b[31;1mtwo\x1b[0m",
		"a title":                   "one\x1b]0;owned\x07two",
		"a link":                    "one\x1b]8;;https://internal.example/\x1b\\two",
		"one-byte controls":         "one\u009b31mtwo\u0090three",
		"a bell and backspaces":     "one\a\b\b\bxxx",
		"a carriage return":         "refused\rcreated",
		"NULs":                      "one\x00two\x00",
		"delete":                    "one\x7f\x7f\x7ftwo",
		"the other direction":       "one\u202eowt\u202c \u2066three\u2069",
		"invisible characters":      "one\u200b\u200d\ufeff\u00adtwo",
		"a tag for a machine":       "one\U000e0041\U000e0042two",
		"private use":               "one\ue000two",
		"escapes of escapes":        `one\u001b[31m\x1b[0m%1b[0m&#27;[0m&#x1b;two`,
		"escapes, once more":        `one\\u001b[31m%251b[0m&amp;#27;two`,
		"a quote and a brace":       `one", "outcome": "created"} two`,
		"a format":                  "one %s %d %!v(PANIC=x) {{.}} ${jndi:ldap://internal.example/x} two",
		"many combining characters": "one" + strings.Repeat("\u0301", 5_000),
		"long word":                 strings.Repeat("x", 100_000),
		"replacement of half ones":  "one\ufffdtwo",
	}
}

// assertPrintable checks that a text is one line of printable characters.
func assertPrintable(t *testing.T, text string) {
	t.Helper()
	assert.True(t, utf8.ValidString(text), "%q", text)
	for _, r := range text {
		assert.True(t, unicode.IsPrint(r), "%U in %q", r, text)
	}
}

// Messages of the service reach an error or a log as one bounded line of
// printable text.
func TestHostileMessages(t *testing.T) {
	t.Parallel()
	for name, text := range hostileTexts() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			quoted, err := json.Marshal(text)
			require.NoError(t, err)
			q := string(quoted)
			for _, body := range []string{
				`{"code": ` + q + `, "message": ` + q + `}`,
				`{"detail": ` + q + `}`,
				`[` + q + `, {` + q + `: [` + q + `]}]`,
				`{"errors": [{"message": ` + q + `, "value": ` + q + `, "code": ` + q + `}]}`,
				`{"items": [{"licenses": [{` + q + `: [` + q + `], "max_activations": [` + q + `]}]}], ` + q + `: {` + q + `: ` + q + `}}`,
			} {
				var lines bytes.Buffer
				logged := &recorder{level: slog.LevelDebug}
				for _, logger := range []*slog.Logger{slog.New(logged), slog.New(slog.NewTextHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug}))} {
					client := newClient(t, testKey, licensespring.WithLogger(logger), licensespring.WithHTTPClient(&http.Client{
						Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
							resp := response(req, http.StatusBadRequest, body)
							resp.Header["X-Request-Id"] = []string{text}
							resp.Header["Retry-After"] = []string{text}
							resp.Status = "400 " + text
							return resp, nil
						}),
					}))
					_, createErr := client.CreateOrder(t.Context(), anOrder("inv-1"))
					_, findErr := client.GetOrderByStoreID(t.Context(), "inv-1")
					_, getErr := client.GetOrder(t.Context(), 5)
					for _, err := range []error{createErr, findErr, getErr} {
						assertMatches(t, err, licensespring.ErrInvalidRequest)
						assertTerse(t, err, "internal.example")
						e := errorOf(t, err)
						texts := []string{e.Error(), e.Message, e.Code, e.RequestID}
						for _, f := range e.Fields {
							texts = append(append(texts, f.Path), f.Messages...)
						}
						for _, one := range texts {
							assertPrintable(t, one)
							assert.LessOrEqual(t, len(one), 1500)
						}
					}
				}
				for _, entry := range logged.entries() {
					assertPrintable(t, entry.Message)
					for attr, value := range entry.Attrs {
						assertPrintable(t, attr)
						assertPrintable(t, value)
						assert.LessOrEqual(t, len(value), 1500)
					}
				}
				for line := range strings.Lines(lines.String()) {
					assert.True(t, strings.HasPrefix(line, "time="), "%q", line)
				}
				assert.Equal(t, len(logged.entries()), strings.Count(lines.String(), "\n"), "one line each")
			}
		})
	}
}

// Invalid UTF-8 and lone surrogates in messages.
func TestHostileBytesInMessages(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"{\"code\": \"\xff\xfe\", \"message\": \"one\xc3\", \"detail\": \"\xed\xa0\x80\"}",
		`{"code": "\ud800", "message": "one\udfff\ud83d", "detail": "\u0000"}`,
		"{\"items\": [{\"\xff\": [\"\xf8\x88\x80\x80\x80\"], \"\\ud800\": [\"\\udc00\"]}], \"\\u0000\": \"\\u0000\"}",
		"[\"\xc0\xaf\", \"\xf4\x90\x80\x80\"]",
	} {
		for _, status := range []int{400, 403, 409, 500} {
			client := newClient(t, testKey, licensespring.WithMaxAttempts(1), licensespring.WithHTTPClient(&http.Client{
				Transport: transportFunc(func(req *http.Request) (*http.Response, error) { return response(req, status, body), nil }),
			}))
			_, err := client.GetOrder(t.Context(), 5)
			require.Error(t, err)
			assertTerse(t, err)
			e := errorOf(t, err)
			assertPrintable(t, e.Error())
			assertPrintable(t, e.Code)
			assertPrintable(t, e.Message)
			for _, f := range e.Fields {
				assertPrintable(t, f.Path)
				for _, m := range f.Messages {
					assertPrintable(t, m)
				}
			}
		}
	}
}
