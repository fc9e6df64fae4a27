package redact_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring/internal/redact"
)

func TestSeal(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, text := range []string{"", "a", "hunter2-hunter2", "hunter2-hunter3", "\x00\xff", strings.Repeat("é", 1000)} {
		sealed := redact.Seal(text)
		assert.Equal(t, text, redact.Open(sealed))
		assert.Equal(t, sealed, redact.Seal(text), "equal texts are equal")
		assert.True(t, strings.HasPrefix(sealed, redact.Mark))
		assert.Regexp(t, `^\[redacted\][0-9a-f]+$`, sealed)
		if text != "" && text != "a" {
			assert.NotContains(t, sealed, text)
		}
		assert.False(t, seen[sealed])
		seen[sealed] = true
	}
	assert.False(t, strings.HasPrefix(redact.Seal("hunter2-hunter3")[len(redact.Mark)+32:], redact.Seal("hunter2-hunter2")[len(redact.Mark)+32:][:4]), "no common key stream")
	for _, s := range []string{"", redact.Mark, "text", redact.Mark + "00"} {
		assert.Empty(t, redact.Open(s))
	}
}
