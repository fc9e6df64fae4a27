package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// utf8Mark is the byte order mark that some editors write before UTF-8.
const utf8Mark = "\xef\xbb\xbf"

var (
	errNotUTF8  = errors.New("the text is not valid UTF-8: save the file as UTF-8")
	errNotUTF16 = errors.New("the text is not valid UTF-16: save the file as UTF-8")
	errUnmarked = errors.New("the text is UTF-32, or UTF-16 without a byte order mark: save the file as UTF-8")
)

// newTextReader returns a reader of UTF-8. It removes a byte order mark, and decodes
// UTF-16 with one, which PowerShell writes. It does not validate other text.
func newTextReader(in io.Reader) io.Reader {
	r := bufio.NewReader(in)
	start, _ := r.Peek(utf8.UTFMax) // an error is returned by the next read
	switch {
	case bytes.HasPrefix(start, []byte(utf8Mark)):
		_, _ = r.Discard(len(utf8Mark))
		return r
	case bytes.HasPrefix(start, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(start, []byte("\x00\x00\xfe\xff")):
		return failedReader{errUnmarked}
	case bytes.HasPrefix(start, []byte("\xff\xfe")):
		_, _ = r.Discard(len("\xff\xfe"))
		return &utf16Reader{in: r, low: 0, high: 1}
	case bytes.HasPrefix(start, []byte("\xfe\xff")):
		_, _ = r.Discard(len("\xfe\xff"))
		return &utf16Reader{in: r, low: 1, high: 0}
	case bytes.IndexByte(start, 0) >= 0:
		return failedReader{errUnmarked}
	default:
		return r
	}
}

// failedReader returns an error.
type failedReader struct{ err error }

func (r failedReader) Read([]byte) (int, error) { return 0, r.err }

// utf16Reader converts UTF-16 to UTF-8.
type utf16Reader struct {
	in        io.Reader
	low, high int // the indices of the bytes of a code unit
	text      []byte
	err       error
}

func (r *utf16Reader) Read(p []byte) (int, error) {
	for len(r.text) < len(p) && r.err == nil {
		r.err = r.decode()
	}
	n := copy(p, r.text)
	r.text = append(r.text[:0], r.text[n:]...)
	if n == 0 && len(p) > 0 {
		return 0, r.err
	}
	return n, nil
}

// decode appends one character.
func (r *utf16Reader) decode() error {
	unit, err := r.unit()
	if err != nil {
		return err
	}
	if utf16.IsSurrogate(unit) {
		second, err := r.unit()
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if unit = utf16.DecodeRune(unit, second); unit == utf8.RuneError {
			return errNotUTF16
		}
	}
	r.text = utf8.AppendRune(r.text, unit)
	return nil
}

func (r *utf16Reader) unit() (rune, error) {
	var pair [2]byte
	_, err := io.ReadFull(r.in, pair[:])
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, errNotUTF16
	}
	return rune(pair[r.high])<<8 | rune(pair[r.low]), err
}

// decodeText returns a text as UTF-8 without a byte order mark.
func decodeText(data []byte) ([]byte, error) {
	text, err := io.ReadAll(newTextReader(bytes.NewReader(data)))
	if err == nil && !utf8.Valid(text) {
		err = errNotUTF8
	}
	return text, err
}
