package importer

import (
	"bytes"
	"errors"
	"io"
	"strconv"

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

// jsonlReader reads JSON Lines with one order per line, or a JSON array of orders.
// It skips empty lines.
type jsonlReader struct {
	lines *lineReader
	array bool // the input is an array
	began bool // the first byte has been read
	first int  // line of the beginning of the array
	open  bool // the array is not closed
}

func newJSONLReader(r io.Reader) *jsonlReader { return &jsonlReader{lines: newLineReader(r)} }

// next returns the next line that is not empty, or the next element of the array.
func (j *jsonlReader) next() (rawEntry, error) {
	if !j.began {
		b, err := j.lines.peekByte()
		switch {
		case errors.Is(err, io.EOF): // perhaps the program that should write them failed
			return nil, exit.Usagef("no orders")
		case err != nil:
			return nil, err
		}
		j.began, j.array = true, b == '['
	}
	if j.array {
		return j.nextElement()
	}
	for {
		l, err := j.lines.next()
		if err != nil {
			return nil, err
		}
		if len(bytes.TrimSpace(l.text)) > 0 {
			return jsonLine(l), nil
		}
	}
}

// nextElement returns the next element. Another array may follow the first one, as
// in concatenated files.
func (j *jsonlReader) nextElement() (rawEntry, error) {
	for {
		if !j.open {
			if err := j.openArray(); err != nil {
				return nil, err
			}
		}
		element, end, err := j.element()
		switch {
		case errors.Is(err, io.EOF):
			return nil, exit.Usagef("the JSON array of line %d is not closed: its last order begins in line %d", j.first, element.number)
		case err != nil:
			return nil, err
		}
		j.open = end == ','
		// An array may be empty or end in a comma.
		if j.open || len(bytes.TrimSpace(element.text)) > 0 {
			return jsonLine(element), nil
		}
	}
}

func (j *jsonlReader) openArray() error {
	b, err := j.lines.peekByte()
	if err != nil {
		return err
	}
	j.first = j.lines.number + 1
	if b != '[' {
		return exit.Usagef("line %d: text after the end of the JSON array", j.first)
	}
	j.open = true
	_, err = j.lines.readByte()
	return err
}

// element reads an element and the comma or bracket after it, which it returns.
func (j *jsonlReader) element() (element line, end byte, err error) {
	_, err = j.lines.peekByte() // skips white space
	element.number = j.lines.number + 1
	depth, quoted, escaped := 0, false, false
	for err == nil {
		var b byte
		if b, err = j.lines.readByte(); err != nil {
			break
		}
		switch {
		case escaped:
			escaped = false
		case quoted:
			escaped, quoted = b == '\\', b != '"'
		case b == '"':
			quoted = true
		case b == '{', b == '[':
			depth++
		case depth == 0 && (b == ',' || b == ']'):
			return element, b, nil
		case depth > 0 && (b == '}' || b == ']'):
			depth--
		}
		if len(element.text) == maxLine {
			element.tooLong = true
			continue
		}
		element.text = append(element.text, b)
	}
	return element, 0, err
}

// jsonLine is a line of JSON Lines or an element of an array.
type jsonLine line

func (l jsonLine) firstLine() int { return l.number }

func (l jsonLine) parse() *entry {
	e := &entry{line: l.number}
	if l.tooLong {
		e.errors = []finding{newTooLong()}
		return e
	}
	e.decode(l.text)
	return e
}

func newTooLong() finding {
	return newError("", ruleTooLong, "the line or the order is longer than "+strconv.Itoa(maxLine)+" bytes")
}
