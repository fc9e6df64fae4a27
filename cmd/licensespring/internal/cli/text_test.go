package cli

import (
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

// TestTextFiles reads an order in the encodings and with the line ends that editors
// and PowerShell write.
func TestTextFiles(t *testing.T) {
	t.Parallel()
	const document = "{\"id\": \"é€\U0001f600\ufffd\",\n\"items\": [{\"product_code\": \"acmecad\",\n\"licenses\": [{\"max_activations\": 3.0}]}]}\n\n"
	encodeUTF16 := func(order binary.AppendByteOrder) func(string) string {
		return func(s string) string {
			b := order.AppendUint16(nil, 0xfeff)
			for _, unit := range utf16.Encode([]rune(s)) {
				b = order.AppendUint16(b, unit)
			}
			return string(b)
		}
	}
	for name, encode := range map[string]func(string) string{
		"UTF-8":                   func(s string) string { return s },
		"UTF-8, byte order mark":  func(s string) string { return bomUTF8 + s },
		"UTF-16 in little endian": encodeUTF16(binary.LittleEndian),
		"UTF-16 in big endian":    encodeUTF16(binary.BigEndian),
	} {
		for _, end := range []string{"\n", "\r\n", "\r"} {
			var order licensespring.Order
			err := readJSON("-", strings.NewReader(encode(strings.ReplaceAll(document, "\n", end))), &order)
			require.NoError(t, err, "%s, %q", name, end)
			assert.Equal(t, "é€\U0001f600\ufffd", order.ID)
			assert.Equal(t, 3, *order.Items[0].Licenses[0].MaxActivations)
		}
	}
}

func TestWholeNumbers(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]string{
		`{"a":3.0,"b":[-1.000,0.0],"c":"3.0","d\"":2.0}`: `{"a":3,"b":[-1,0],"c":"3.0","d\"":2}`,
		`{"a":3.01,"b":3.0e1,"c":3.10,"d":30}`:           `{"a":3.01,"b":3.0e1,"c":3.10,"d":30}`,
	} {
		assert.Equal(t, want, string(wholeNumbers([]byte(document))))
	}
}

func TestUnreadableText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{\n  \"id\": \"a\",\n}":                  "standard input:3: invalid character '}'",
		"{\r\n  \"id\": \"a\",\r}":                "standard input:3: invalid character '}'",
		`[{"id": "a"}]`:                           "the file contains an array: want one JSON object",
		"{\"id\": \"a\"}\n{\"id\": \"b\"}\n":      "the file contains several JSON objects: want one",
		"id,product_code\n":                       "standard input:1: invalid character 'i'",
		bomUTF8 + "\r\n":                          "the file is empty",
		"PK\x03\x04\x14\x00":                      "the file is an archive or a workbook: want JSON",
		"{\x00}\x00":                              "the file is binary, or UTF-16 without a byte order mark",
		bomUTF32LE + "{\x00\x00\x00}\x00\x00\x00": "the file is UTF-32",
		bomUTF16LE + "{\x00\x00\xd8}\x00":         "the file is not valid UTF-16",
		bomUTF16BE + "\x00{\x00}\x00":             "the file is not valid UTF-16",
		"{\"id\": \"\xe9\"}":                      "the file is not valid UTF-8",
		"{\"id\": \"a\x00\"}":                     "the file contains a NUL",
		strings.Repeat(" ", maxFile+1):            "larger than 16777216 bytes",
	} {
		var order licensespring.Order
		err := readJSON("-", strings.NewReader(text), &order)
		require.ErrorContains(t, err, want)
		assert.Equal(t, exit.Usage, exit.Code(err))
	}
}
