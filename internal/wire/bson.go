package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
)

var (
	errBSON     = errors.New("is not a BSON document of texts")
	errBSONSize = errors.New("is too large for BSON")
)

const bsonString = 0x02 // the type of a text

// maxBSON is a limit on texts, so that no length overflows. BSON documents are
// limited to 16 MB in any case.
const maxBSON = 1 << 30

// BSONText is a member of a BSON document.
type BSONText struct{ Name, Text string }

// AppendBSON appends a BSON document of texts.
func AppendBSON(dst []byte, members ...BSONText) ([]byte, error) {
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	for _, m := range members {
		if len(m.Text) > maxBSON-len(dst) {
			return dst[:start], errBSONSize
		}
		dst = append(append(append(dst, bsonString), m.Name...), 0)
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(m.Text)+1)) //nolint:gosec // at most maxBSON
		dst = append(append(dst, m.Text...), 0)
	}
	dst = append(dst, 0)
	binary.LittleEndian.PutUint32(dst[start:], uint32(len(dst)-start)) //nolint:gosec // at most maxBSON
	return dst, nil
}

// BSONMember returns the text of a member of a BSON document of texts.
func BSONMember(document []byte, name string) (string, error) {
	if len(document) < 5 || uint64(binary.LittleEndian.Uint32(document)) != uint64(len(document)) || document[len(document)-1] != 0 {
		return "", errBSON
	}
	found, ok := "", false
	for rest := document[4 : len(document)-1]; len(rest) > 0; {
		if rest[0] != bsonString {
			return "", errBSON
		}
		key, value, terminated := bytes.Cut(rest[1:], []byte{0})
		if !terminated || len(value) < 4 {
			return "", errBSON
		}
		size := uint64(binary.LittleEndian.Uint32(value))
		value = value[4:]
		if size == 0 || size > uint64(len(value)) || value[size-1] != 0 {
			return "", errBSON
		}
		if string(key) == name {
			found, ok = string(value[:size-1]), true
		}
		rest = value[size:]
	}
	if !ok {
		return "", errBSON
	}
	return found, nil
}
