package importer

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

const utf8BOM = "\xef\xbb\xbf"

// signatures are the first bytes of files that are not text.
var signatures = [...]struct{ start, what string }{
	{"PK\x03\x04", "a zip archive, such as an .xlsx workbook: export the orders as CSV (UTF-8)"},
	{"PK\x05\x06", "an empty zip archive"},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an .xls workbook: export the orders as CSV (UTF-8)"},
	{"\x1f\x8b", "compressed with gzip: decompress it"},
	{"BZh", "compressed with bzip2: decompress it"},
	{"\xfd7zXZ\x00", "compressed with xz: decompress it"},
	{"\x28\xb5\x2f\xfd", "compressed with zstd: decompress it"},
	{"7z\xbc\xaf\x27\x1c", "a 7z archive: extract it"},
	{"%PDF-", "a PDF document"},
	{"SQLite format 3\x00", "an SQLite database: export the orders"},
	{"PAR1", "a Parquet file: export the orders"},
}

// newTextReader returns a reader of the input as UTF-8 without the byte order mark
// at its start. UTF-16 needs a byte order mark. An error has the code exit.Usage and
// quotes nothing of the input, or an error of r.
func newTextReader(r io.Reader) (*bufio.Reader, error) {
	buffered := bufio.NewReaderSize(r, 64<<10)
	// A pipe may block before it has more than 4 bytes. The next read repeats an
	// error of Peek.
	_, _ = buffered.Peek(4)
	start, _ := buffered.Peek(min(buffered.Buffered(), 512))
	for _, s := range signatures {
		if bytes.HasPrefix(start, []byte(s.start)) {
			return nil, exit.Usagef("the input is %s", s.what)
		}
	}
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(start, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(start, []byte("\x00\x00\xfe\xff")):
		return nil, exit.Usagef("the input is UTF-32: convert it to UTF-8")
	case bytes.HasPrefix(start, []byte(utf8BOM)):
		_, _ = buffered.Discard(len(utf8BOM)) // it was peeked
		return buffered, nil
	case bytes.HasPrefix(start, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(start, []byte("\xfe\xff")):
		order = binary.BigEndian
	case hasNULPattern(start):
		return nil, exit.Usagef("the input is UTF-16 without a byte order mark: convert it to UTF-8")
	case bytes.Count(start, []byte{0}) > len(start)/8:
		return nil, exit.Usagef("the input is binary: want text in UTF-8")
	default:
		return buffered, nil
	}
	_, _ = buffered.Discard(2) // the mark was peeked
	return bufio.NewReaderSize(&utf16Reader{from: buffered, order: order}, 64<<10), nil
}

// hasNULPattern reports whether every second byte is NUL and the others are not, with
// exceptions, as in UTF-16 of mostly Latin text.
func hasNULPattern(start []byte) bool {
	n := len(start) / 2 * 2
	var nul [2]int
	for i, b := range start[:n] {
		if b == 0 {
			nul[i%2]++
		}
	}
	few, many := min(nul[0], nul[1]), max(nul[0], nul[1])
	return n >= 4 && many > n/4 && few <= many/8
}

// utf16Reader converts UTF-16 to UTF-8. An unpaired surrogate and an odd last byte
// become invalid UTF-8, so that the row with them is reported instead of imported
// with a replacement character.
type utf16Reader struct {
	from  *bufio.Reader
	order binary.ByteOrder
	buf   []byte
	text  []byte // the part of buf that has not been returned
	err   error
}

// Read implements io.Reader. It converts what has been read already and blocks only
// if that is nothing.
func (u *utf16Reader) Read(p []byte) (int, error) {
	if len(u.text) == 0 {
		u.buf = u.buf[:0]
		for u.err == nil && len(u.buf) < len(p) && (len(u.buf) == 0 || u.from.Buffered() >= 2) {
			u.convert()
		}
		u.text = u.buf
	}
	if len(u.text) == 0 {
		return 0, u.err
	}
	n := copy(p, u.text)
	u.text = u.text[n:]
	return n, nil
}

// convert converts one character.
func (u *utf16Reader) convert() {
	var unit [2]byte
	_, err := io.ReadFull(u.from, unit[:])
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		u.buf, u.err = append(u.buf, 0xff), io.EOF
		return
	case err != nil:
		u.err = err
		return
	}
	r := rune(u.order.Uint16(unit[:]))
	if !utf16.IsSurrogate(r) {
		u.buf = utf8.AppendRune(u.buf, r)
		return
	}
	if next, err := u.from.Peek(2); err == nil {
		if pair := utf16.DecodeRune(r, rune(u.order.Uint16(next))); pair != utf8.RuneError {
			_, _ = u.from.Discard(2) // they were peeked
			u.buf = utf8.AppendRune(u.buf, pair)
			return
		}
	}
	u.buf = append(u.buf, 0xff)
}
