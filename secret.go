package licensespring

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/licensespring-go/licensespring/internal/redact"
)

// Secret is a text that must not be seen by accident: the initial password of
// a license user. Under every verb of fmt, in JSON and in slog it reads
// "[redacted]"; [Secret.Reveal] returns it. The zero Secret is no secret at all
// and reads as nothing.
type Secret struct {
	// A pointer, so that even a printer that looks into unexported fields, as
	// fmt does for a Secret within a struct of the caller's, sees an address.
	text *string
}

// NewSecret returns a Secret that holds text. Empty text gives the zero Secret.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{text: &text}
}

// Reveal returns the text.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s.text == nil }

// Equal reports whether two secrets hold the same text.
func (s Secret) Equal(other Secret) bool { return s.Reveal() == other.Reveal() }

// String returns "[redacted]", or nothing if there is no secret.
func (s Secret) String() string {
	if s.IsZero() {
		return ""
	}
	return redact.Mark
}

// Format writes what String returns, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText returns what String returns, so that no encoder sees more.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText takes a text as the secret. A secret that was written reads
// "[redacted]", which is none.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = Secret{}
	if string(text) != redact.Mark {
		*s = NewSecret(string(text))
	}
	return nil
}

// LogValue returns what String returns.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
