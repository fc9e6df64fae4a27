package licensespring_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
)

const password = "hunter2-hunter2"

// holder has secrets in all the places where a program may keep them.
type holder struct {
	Public  licensespring.Secret
	private licensespring.Secret
	Pointer *licensespring.Secret
	List    []licensespring.Secret
	Map     map[string]licensespring.Secret
	Any     any
}

type xmlHolder struct{ S licensespring.Secret }

func newHolder() holder {
	s := licensespring.NewSecret(password)
	return holder{s, s, &s, []licensespring.Secret{s}, map[string]licensespring.Secret{"a": s}, s}
}

func TestSecretUnderEveryVerb(t *testing.T) {
	t.Parallel()
	s := licensespring.NewSecret(password)
	for _, v := range []any{s, &s, newHolder(), []any{s}, map[licensespring.Secret]int{s: 1}} {
		for _, flags := range []string{"", "+", "#", "-", " ", "0", "30", "-30", ".3", "+#"} {
			for _, verb := range "vTtbcdoOqxXUeEfFgGspwZ" {
				text := fmt.Sprintf("%"+flags+string(verb), v)
				assert.NotContains(t, text, "hunter2")
				assert.NotContains(t, text, fmt.Sprintf("%x", "hunter2"))
				assert.NotContains(t, text, fmt.Sprintf("%X", "hunter2"))
			}
		}
		assert.NotContains(t, fmt.Sprint(v)+fmt.Sprintln(v), "hunter2")
	}
	assert.Equal(t, "[redacted]", s.String())
	assert.Equal(t, "[redacted]", fmt.Sprintf("%d", s))
	assert.Equal(t, "[redacted] [redacted]", fmt.Sprint(s, s))
}

func TestSecretInEveryEncoder(t *testing.T) {
	t.Parallel()
	h := newHolder()
	data, err := json.Marshal(h)
	require.NoError(t, err)
	assert.JSONEq(t, `{"Public": "[redacted]", "Pointer": "[redacted]", "List": ["[redacted]"], "Map": {"a": "[redacted]"}, "Any": "[redacted]"}`, string(data))
	data, err = json.Marshal(map[licensespring.Secret]int{h.Public: 1})
	require.NoError(t, err)
	assert.JSONEq(t, `{"[redacted]": 1}`, string(data))
	data, err = xml.Marshal(xmlHolder{h.Public})
	require.NoError(t, err)
	assert.Contains(t, string(data), "<S>[redacted]</S>")
	var buf bytes.Buffer
	_ = gob.NewEncoder(&buf).Encode(h)
	assert.NotContains(t, buf.String(), "hunter2")

	for _, handler := range []slog.Handler{slog.NewTextHandler(&buf, nil), slog.NewJSONHandler(&buf, nil)} {
		logger := slog.New(handler)
		logger.Info("seen", slog.Any("secret", h.Public), slog.Any("pointer", h.Pointer), slog.Any("holder", h), slog.Any("list", h.List), slog.Any("text", h.Public.String()))
	}
	assert.NotContains(t, buf.String(), "hunter2")
	assert.Contains(t, buf.String(), "secret=[redacted]")
}

func TestSecretInPanic(t *testing.T) {
	t.Parallel()
	defer func() { assert.NotContains(t, fmt.Sprint(recover()), "hunter2") }()
	panic(newHolder())
}

func TestSecret(t *testing.T) {
	t.Parallel()
	s := licensespring.NewSecret(password)
	assert.Equal(t, password, s.Reveal())
	assert.False(t, s.IsZero())
	assert.True(t, s.Equal(licensespring.NewSecret(password)))
	assert.False(t, s.Equal(licensespring.NewSecret("other")))
	assert.False(t, s.Equal(licensespring.Secret{}))

	// The zero Secret is empty.
	for _, zero := range []licensespring.Secret{{}, licensespring.NewSecret("")} {
		assert.True(t, zero.IsZero())
		assert.Empty(t, zero.Reveal())
		assert.Empty(t, zero.String())
		assert.Empty(t, fmt.Sprintf("%+v", zero))
		assert.True(t, zero.Equal(licensespring.Secret{}))
		data, err := json.Marshal(struct {
			S licensespring.Secret `json:"s,omitzero"`
		}{zero})
		require.NoError(t, err)
		assert.JSONEq(t, `{}`, string(data))
	}
}

// An encoded Secret contains no secret, and decoding it returns the zero
// Secret.
func TestSecretDecoded(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(licensespring.NewSecret(password))
	require.NoError(t, err)
	for in, want := range map[string]string{string(data): "", `"` + password + `"`: password, `""`: ""} {
		s := licensespring.NewSecret("before")
		require.NoError(t, json.Unmarshal([]byte(in), &s))
		assert.Equal(t, want, s.Reveal())
		assert.Equal(t, want == "", s.IsZero())
	}
}

// Printers that use reflection do not show the text. testify prints the values
// that it compares with spew.
func TestSecretInTestOutput(t *testing.T) {
	t.Parallel()
	output := new(assertions)
	want, got := newHolder(), newHolder()
	got.Map["b"] = licensespring.NewSecret("hunter2-hunter3")
	assert.Equal(output, want, got)
	assert.Equal(output, want.Public, got.Map["b"])
	assert.Empty(output, got)
	assert.Nil(output, &got)
	assert.Contains(output, []any{got}, 1)
	assert.Greater(t, len(output.text), 1000)
	assert.NotContains(t, output.text, "hunter2")

	again := newHolder()
	assert.Equal(t, want, again)
	assert.Len(t, map[licensespring.Secret]bool{want.Public: true, again.Public: true}, 1, "equal under ==")
	assert.NotEqual(t, newHolder().Public, got.Map["b"])
}

// assertions records the messages of failed assertions.
type assertions struct{ text string }

func (r *assertions) Errorf(format string, args ...any) { r.text += fmt.Sprintf(format, args...) }
