package main

import (
	"bytes"
	"io"
	"strconv"
)

// jsonlReader reads JSON Lines with one order per line. It skips empty lines.
type jsonlReader struct{ lines *lineReader }

func newJSONLReader(r io.Reader) *jsonlReader { return &jsonlReader{lines: newLineReader(r)} }

// next returns the next line that is not empty.
func (j *jsonlReader) next() (rawEntry, error) {
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

// jsonLine is a line of JSON Lines.
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
	return newError("", ruleTooLong, "the line is longer than "+strconv.Itoa(maxLine)+" bytes")
}
