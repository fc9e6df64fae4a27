package licensespring

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/licensespring-go/licensespring/internal/redact"
)

// Secret is a text that must not be printed by accident: the initial password of a
// license user. It prints as "[redacted]" under every verb of fmt, in JSON and in
// slog; [Secret.Reveal] returns the text. The zero Secret holds no text and prints
// as "".
//
// Printers that use reflection, such as those of test libraries, show the text only
// in an encrypted form. Secrets with the same text are equal, under == too. A struct
// that embeds a Secret is encoded as the Secret alone: use a named field.
type Secret struct {
	// Encrypted: fmt and other printers show unexported fields.
	sealed string
}

// NewSecret returns a Secret that holds text. Empty text gives the zero Secret.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{sealed: redact.Seal(text)}
}

// Reveal returns the text of the secret.
func (s Secret) Reveal() string {
	if s.IsZero() {
		return ""
	}
	return redact.Open(s.sealed)
}

// IsZero reports whether s holds no text.
func (s Secret) IsZero() bool { return s.sealed == "" }

// Equal reports whether two secrets hold the same text.
func (s Secret) Equal(other Secret) bool { return s == other }

// String returns "[redacted]", and "" for the zero Secret.
func (s Secret) String() string {
	if s.IsZero() {
		return ""
	}
	return redact.Mark
}

// Format writes the result of String for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText returns the result of String.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText sets the text of the secret. "[redacted]", the output of
// MarshalText, gives the zero Secret.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = Secret{}
	if string(text) != redact.Mark {
		*s = NewSecret(string(text))
	}
	return nil
}

// LogValue returns the result of String.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
