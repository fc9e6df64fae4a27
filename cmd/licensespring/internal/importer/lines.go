package importer

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// maxLine is the maximum length in bytes of a line, and of a CSV row of several
// lines. It limits the memory for any input.
const maxLine = 1 << 20

// lineReader reads lines that end in LF, CRLF or CR. It removes the line ends, and a
// byte order mark at the beginning of a line: the input may consist of several
// files.
type lineReader struct {
	input  io.Reader
	r      *bufio.Reader // nil before the first read
	number int
	// skipLF reports that the last line ended in CR, so that a following LF belongs
	// to its end.
	skipLF bool
	long   []byte // a line that is longer than the buffer of r
}

// A line is one line of the input.
type line struct {
	number int // from 1
	text   []byte
	// tooLong reports that the line is longer than maxLine and text is its beginning.
	tooLong bool
}

func newLineReader(r io.Reader) *lineReader { return &lineReader{input: r} }

// buffered returns the unread bytes that are in memory, at least one, or an error.
func (l *lineReader) buffered() ([]byte, error) {
	if l.r == nil {
		r, err := newTextReader(l.input)
		if err != nil {
			return nil, err
		}
		l.r = r
	}
	for {
		if _, err := l.r.Peek(1); err != nil {
			return nil, err
		}
		if !l.skipLF {
			return l.r.Peek(l.r.Buffered())
		}
		l.skipLF = false
		if b, _ := l.r.ReadByte(); b != '\n' {
			_ = l.r.UnreadByte() // a byte was read
		}
	}
}

// next returns the next line, or io.EOF. Its text is valid until the next call.
func (l *lineReader) next() (line, error) {
	got := line{number: l.number + 1}
	l.long = l.long[:0]
	for {
		text, err := l.buffered()
		switch {
		case errors.Is(err, io.EOF) && (len(l.long) > 0 || got.tooLong):
			return l.finish(got, l.long), nil
		case err != nil:
			return line{}, err
		}
		end := bytes.IndexAny(text, "\r\n")
		if end >= 0 {
			l.skipLF = text[end] == '\r'
			text = text[:end]
		}
		whole := end >= 0 && len(l.long) == 0 && !got.tooLong
		if !whole {
			keep := min(len(text), maxLine+1-len(l.long))
			l.long = append(l.long, text[:keep]...)
			got.tooLong = len(l.long) > maxLine
		}
		// The text stays valid, because Discard does not read.
		_, _ = l.r.Discard(len(text) + min(1, end+1))
		switch {
		case whole:
			return l.finish(got, text), nil
		case end >= 0:
			return l.finish(got, l.long), nil
		}
	}
}

func (l *lineReader) finish(got line, text []byte) line {
	l.number++
	got.tooLong = len(text) > maxLine
	got.text = bytes.TrimPrefix(text[:min(len(text), maxLine)], []byte(utf8BOM))
	return got
}

// readByte returns the next byte, and counts lines: the next byte is in line
// number+1. A line end of several bytes is one LF.
func (l *lineReader) readByte() (byte, error) {
	if _, err := l.buffered(); err != nil {
		return 0, err
	}
	b, err := l.r.ReadByte()
	if l.skipLF = b == '\r'; l.skipLF {
		b = '\n'
	}
	if b == '\n' {
		l.number++
	}
	return b, err
}

// peekByte skips white space and byte order marks, and returns the next byte without
// reading it.
func (l *lineReader) peekByte() (byte, error) {
	for {
		text, err := l.buffered()
		if err != nil {
			return 0, err
		}
		switch b := text[0]; b {
		case ' ', '\t', '\n', '\r':
			_, _ = l.readByte() // it is buffered
		case utf8BOM[0]:
			if mark, _ := l.r.Peek(len(utf8BOM)); string(mark) != utf8BOM {
				return b, nil
			}
			_, _ = l.r.Discard(len(utf8BOM)) // it was peeked
		default:
			return b, nil
		}
	}
}
