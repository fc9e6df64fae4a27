package redact_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring/internal/redact"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, in, want string }{
		{"no escapes", "a plain text", "a plain text"},
		{"html, by name", "O&quot;Neil &amp; Sons &lt;x&gt;", `O"Neil & Sons <x>`},
		{"html, as django writes it", "O&#x27;Neil O&#39;Neil", "O'Neil O'Neil"},
		{"html, beyond ASCII", "M&uuml;ller M&#252;ller", "Müller Müller"},
		{"json", `M\u00fcller \"x\" a\/b c\\d`, `Müller "x" a/b c\d`},
		{"json, a surrogate pair", `\ud83d\ude00!`, "😀!"},
		{"json, unpaired surrogate", `\ud83dx`, "\ufffdx"},
		{"json, surrogate and another escape", `\ud83d\u0041`, "\ufffdA"},
		{"python's repr", `O\'Neil caf\xe9`, "O'Neil café"},
		{"url", "ada%40example.com%2F%C3%BC", "ada@example.com/ü"},
		{"twice", "M%25C3%25BCller &amp;quot;", `Müller "`},
		{"four times is not undone", "%25252541", "%41"},
		{"json, line breaks", `12 Canary Wharf\nLondon\r\n\tE14`, "12 Canary Wharf London   E14"},
		{"invalid escapes", `50% of C:\dir \u12 \ud8 %4 %zz \x4 \xzz & \`, `50% of C:\dir \u12 \ud8 %4 %zz \x4 \xzz & \`},
		{"json, truncated", `M\u00…`, "M…"},
		{"url, truncated twice", "M%C… N%…", "M… N…"},
		{"html, truncated", "M&uum… and more", "M… and more"},
		{"complete before the ellipsis", "M%41…", "MA…"},
		{"an ampersand before the ellipsis", "R&D dept…", "R&D dept…"},
		{"far before the ellipsis", "%4 " + strings.Repeat("x", 50) + "…", "%4 " + strings.Repeat("x", 50) + "…"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, row.want, redact.Decode(row.in))
		})
	}
}

// All cases of a letter fold to the same rune.
func TestFoldRuneUnifiesAllCases(t *testing.T) {
	t.Parallel()
	for r := range rune(0x20000) { // no letters with case above
		if !utf8.ValidRune(r) {
			continue
		}
		want := redact.FoldRune(r)
		for _, other := range [...]rune{unicode.ToUpper(r), unicode.ToLower(r), unicode.ToTitle(r), unicode.SimpleFold(r), want} {
			if redact.FoldRune(other) != want {
				assert.Equal(t, want, redact.FoldRune(other), "%q and %q", r, other)
			}
		}
	}
}
