package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// maxLine is the maximum length in bytes of a line, and of a CSV row of several
// lines. It limits the memory for any input.
const maxLine = 1 << 20

var errUTF16 = usageError{errors.New("the input is UTF-16: convert it to UTF-8")}

// lineReader reads lines that end in LF or CRLF. It removes the line ends and a byte
// order mark.
type lineReader struct {
	r      *bufio.Reader
	number int
	long   []byte // a line that is longer than the buffer of r
}

// A line is one line of the input.
type line struct {
	number int // from 1
	text   []byte
	// tooLong reports that the line is longer than maxLine and text is its beginning.
	tooLong bool
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(r, 64<<10)}
}

// next returns the next line, or io.EOF. Its text is valid until the next call.
func (l *lineReader) next() (line, error) {
	if l.number == 0 {
		switch mark, _ := l.r.Peek(3); {
		case bytes.HasPrefix(mark, []byte("\xff\xfe")), bytes.HasPrefix(mark, []byte("\xfe\xff")):
			return line{}, errUTF16
		case bytes.Equal(mark, []byte("\xef\xbb\xbf")):
			_, _ = l.r.Discard(len(mark)) // it was peeked
		}
	}
	text, err := l.r.ReadSlice('\n')
	l.number++
	got := line{number: l.number}
	if errors.Is(err, bufio.ErrBufferFull) {
		l.long = append(l.long[:0], text...)
		for errors.Is(err, bufio.ErrBufferFull) {
			text, err = l.r.ReadSlice('\n')
			if l.long = append(l.long, text...); len(l.long) > maxLine+2 { // 2 bytes for the line end
				l.long, got.tooLong = l.long[:maxLine], true
			}
		}
		text = l.long
	}
	switch {
	case errors.Is(err, io.EOF) && len(text) == 0:
		return line{}, io.EOF
	case err != nil && !errors.Is(err, io.EOF):
		return line{}, err
	}
	if !got.tooLong {
		text = bytes.TrimSuffix(text, []byte("\n"))
		text = bytes.TrimSuffix(text, []byte("\r"))
		got.tooLong = len(text) > maxLine
	}
	got.text = text
	return got, nil
}
