package cli

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// The byte order marks that editors and PowerShell write.
const (
	bomUTF8    = "\xef\xbb\xbf"
	bomUTF16LE = "\xff\xfe"
	bomUTF16BE = "\xfe\xff"
	bomUTF32LE = bomUTF16LE + "\x00\x00"
	bomUTF32BE = "\x00\x00" + bomUTF16BE
)

// decodeText returns the text of a file as UTF-8 without a byte order mark. UTF-16
// needs a byte order mark. Errors quote nothing of the file.
func decodeText(data []byte) ([]byte, error) {
	starts := func(mark string) bool { return bytes.HasPrefix(data, []byte(mark)) }
	switch {
	case starts(bomUTF32LE), starts(bomUTF32BE):
		return nil, errors.New("the file is UTF-32: convert it to UTF-8")
	case starts(bomUTF8):
		data = data[len(bomUTF8):]
	case starts(bomUTF16LE):
		return decodeUTF16(data[len(bomUTF16LE):], binary.LittleEndian)
	case starts(bomUTF16BE):
		return decodeUTF16(data[len(bomUTF16BE):], binary.BigEndian)
	case starts("PK\x03\x04"), starts("\xd0\xcf\x11\xe0"), starts("\x1f\x8b"):
		return nil, errors.New("the file is an archive or a workbook: want JSON")
	case bytes.Count(data, []byte{0}) > len(data)/4:
		return nil, errors.New("the file is binary, or UTF-16 without a byte order mark: convert it to UTF-8")
	}
	switch {
	case bytes.IndexByte(data, 0) >= 0:
		return nil, errors.New("the file contains a NUL")
	case !utf8.Valid(data):
		return nil, errors.New("the file is not valid UTF-8: convert it to UTF-8")
	}
	return data, nil
}

// decodeUTF16 converts UTF-16. It rejects unpaired surrogates, which would become
// replacement characters.
func decodeUTF16(data []byte, order binary.ByteOrder) ([]byte, error) {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	text := utf16.Decode(units)
	replaced := strings.Count(string(text), string(utf8.RuneError))
	for _, unit := range units {
		if unit == utf8.RuneError {
			replaced--
		}
	}
	if len(data)%2 != 0 || replaced != 0 {
		return nil, errors.New("the file is not valid UTF-16: convert it to UTF-8")
	}
	return []byte(string(text)), nil
}

// checkDocument returns an error for JSON that is not one record, or nil. The decoder
// would report each with a message about a character or a type.
func checkDocument(data []byte) error {
	data = bytes.TrimSpace(data)
	switch {
	case len(data) == 0:
		return errors.New("the file is empty")
	case data[0] == '[':
		return errors.New("the file contains an array: want one JSON object")
	}
	var first json.RawMessage
	decoder := json.NewDecoder(bytes.NewReader(data))
	if decoder.Decode(&first) == nil && len(first) > 0 && first[0] == '{' && decoder.Decode(&first) == nil && first[0] == '{' {
		return errors.New("the file contains several JSON objects: want one")
	}
	return nil
}

// wholeNumbers writes whole numbers such as 3.0 as 3: programs with floating-point
// numbers only write them that way, and the SDK accepts integers only. The document
// is valid JSON.
func wholeNumbers(document []byte) []byte {
	var out []byte
	for i := 0; i < len(document); {
		n := 1
		switch c := document[i]; {
		case c == '"':
			for document[i+n] != '"' {
				if document[i+n] == '\\' {
					n++
				}
				n++
			}
			n++
			out = append(out, document[i:i+n]...)
		case c == '-' || '0' <= c && c <= '9':
			for i+n < len(document) && strings.IndexByte("+-.eE0123456789", document[i+n]) >= 0 {
				n++
			}
			number := document[i : i+n]
			if whole, fraction, ok := bytes.Cut(number, []byte(".")); ok && len(bytes.Trim(fraction, "0")) == 0 {
				number = whole
			}
			out = append(out, number...)
		default:
			out = append(out, c)
		}
		i += n
	}
	return out
}
