package mask_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring/billing/internal/mask"
)

func TestText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                "",
		"Ada Lovelace":    "A***",
		"ünal":            "ü***",
		"ada@example.com": "a***@***.com",
		"ada@localhost":   "a***@***",
		"ada@":            "a***@",
		"@example.com":    "@***.com",
	} {
		assert.Equal(t, want, mask.Text(text), text)
	}
}
