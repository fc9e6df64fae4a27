package licensespring

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestValidEmail(t *testing.T) {
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
	} {
		assert.True(t, validEmail(s), s)
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
		"ada@-example.com",
		"ada@example-.com",
		".ada@example.com",
		"ada.@example.com",
		"ada..lovelace@example.com",
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
	} {
		assert.False(t, validEmail(s), s)
	}
}
