package licensespring

import (
	"net/mail"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

func TestFormOfEmail(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"ada@example.com",
		"ada.lovelace+cad@mail.example.co.uk",
		"o'brien@example.com",
		"a|b@example.com", // unusual, but valid in a local part
		"ada@localhost",   // may be valid in a local network
		"ada@xn--bcher-kva.example",
		"ada@bücher.example",
		"áda@example.com",
		"愛@例え.jp",
		`"ada lovelace"@example.com`,
		`"ada@home"@example.com`,
		"ada@[192.0.2.1]",
		"ada@[IPv6:2001:db8::1]",
		`"ada"@example.com`,
		`"ada\"@\\"@example.com`,
		`"a..b."@docomo.ne.jp`,
		"ada_@exam_ple.com",
	} {
		assert.Equal(t, emailUsual, formOfEmail(s), s)
	}
	for _, s := range []string{ // they receive mail, or may
		"a..b@docomo.ne.jp",
		"ab.@docomo.ne.jp",
		".ab@ezweb.ne.jp",
		`ada."love lace"@example.com`,
		"ada@-example.com",
		"ada@example-.com",
		".@example.com",
	} {
		assert.Equal(t, emailUnusual, formOfEmail(s), s)
	}
	for _, s := range []string{
		"",
		"ada",
		"@example.com",
		"ada@",
		"ada@@example.com",
		"ada@example.com@example.com",
		"ada@example..com",
		"ada@.example.com",
		"ada@example.com.",
		"ada lovelace@example.com",
		"ada@exam ple.com",
		"ada@example.com|1a2b",       // as the service shows it in a record
		"Ada <ada@example.com>",      // with a name
		"<ada@example.com>",          // the brackets of a mail header
		"ada@example.com (home)",     // a comment
		"ada@example.com,bob@e.com",  // two addresses
		"ada@example.com; bob@e.com", // two addresses
		"mailto:ada@example.com",
		"ada@[192.0.2.1",
		"ada@[not an address]",
		"ada@[192.0.2.1]x",
		`""@example.com`,
		`"ada@example.com`,
		`ada"@example.com`,
		`"ada\"@example.com`,
		`"ada" @example.com`,
		"ada\u00a0lovelace@example.com",
		"ada@exam\u3000ple.com",
		"@",
		"..@..",
	} {
		assert.Equal(t, emailMalformed, formOfEmail(s), s)
	}
}

func FuzzFormOfEmail(f *testing.F) {
	for _, seed := range []string{"ada@example.com", `"a b"@[::1]`, "a..b@docomo.ne.jp", "@", "a@b|c", `a."` + "\xff", "Ada <ada@example.com>", "\u200bada@example.com"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		form := formOfEmail(s)
		// The parser of the standard library accepts what the standards allow.
		a, err := mail.ParseAddress(s)
		if err == nil && a.Address == s && a.Name == "" && !strings.ContainsAny(s, "[|") && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsSpace) {
			at := strings.LastIndexByte(s, '@')
			assert.Equal(t, formOfDomain(s[at+1:]), form, "%q", s)
		}
		// Nothing that is not malformed is a list or has a name.
		if form != emailMalformed && !strings.ContainsRune(s, '"') {
			assert.Equal(t, 1, strings.Count(s, "@"), "%q", s)
			assert.NotContains(t, s, " ")
			assert.False(t, strings.ContainsAny(s, "<>,;:") && !strings.Contains(s, "["), "%q", s)
		}
	})
}
