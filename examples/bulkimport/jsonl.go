package main

import (
	"bytes"
	"io"
	"strconv"
)

// jsonlReader reads JSON Lines: one order a line. Empty lines are passed over.
type jsonlReader struct{ lines *lineReader }

func newJSONLReader(r io.Reader) *jsonlReader { return &jsonlReader{lines: newLineReader(r)} }

// next returns the next line that is not empty, unread.
func (j *jsonlReader) next() (raw, error) {
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

func (l jsonLine) first() int { return l.number }

// entry reads the line.
func (l jsonLine) entry() *entry {
	e := &entry{line: l.number}
	if l.tooLong {
		e.faults = []finding{tooLong()}
		return e
	}
	e.read(l.text)
	return e
}

func tooLong() finding {
	return fault("", ruleTooLong, "the line is longer than "+strconv.Itoa(maxLine)+" bytes")
}
