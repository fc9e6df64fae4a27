package wire_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/internal/wire"
)

// hello is the example of the BSON specification.
const hello = "\x16\x00\x00\x00\x02hello\x00\x06\x00\x00\x00world\x00\x00"

func TestBSON(t *testing.T) {
	t.Parallel()
	b, err := wire.AppendBSON([]byte("x"), wire.BSONText{Name: "hello", Text: "world"})
	require.NoError(t, err)
	assert.Equal(t, "x"+hello, string(b))
	got, err := wire.BSONMember([]byte(hello), "hello")
	require.NoError(t, err)
	assert.Equal(t, "world", got)

	b, err = wire.AppendBSON(nil, wire.BSONText{Name: "a", Text: ""}, wire.BSONText{Name: "b", Text: "\x00é"})
	require.NoError(t, err)
	for name, want := range map[string]string{"a": "", "b": "\x00é"} {
		got, err := wire.BSONMember(b, name)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
}

func TestBSONRejects(t *testing.T) {
	t.Parallel()
	for i := range hello {
		_, err := wire.BSONMember([]byte(hello[:i]), "hello")
		require.Error(t, err, "truncated at %d", i)
		changed := []byte(hello)
		changed[i] ^= 0x80
		_, err = wire.BSONMember(changed, "hello")
		assert.Equal(t, i < 15 || i > 19, err != nil, "changed at %d", i)
	}
	for _, in := range []string{"\x05\x00\x00\x00\x00", "\x0c\x00\x00\x00\x10a\x00\x01\x00\x00\x00\x00", hello + "\x00"} {
		_, err := wire.BSONMember([]byte(in), "hello")
		require.Error(t, err)
	}
}

func FuzzBSON(f *testing.F) {
	f.Add([]byte(hello), "hello")
	f.Add([]byte("\x05\x00\x00\x00\x00"), "")
	f.Fuzz(func(t *testing.T, document []byte, name string) {
		text, err := wire.BSONMember(document, name)
		if err != nil {
			return
		}
		again, err := wire.AppendBSON(nil, wire.BSONText{Name: name, Text: text})
		require.NoError(t, err)
		got, err := wire.BSONMember(again, name)
		require.NoError(t, err)
		require.Equal(t, text, got)
	})
}
