package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
)

// maxRowLines is how many lines a row can have: a cell in quotes may hold line
// breaks.
const maxRowLines = 200

// recordReader reads CSV row by row. It leaves the grammar to encoding/csv, and
// only finds out where a row ends, for two reasons: a quote that is never closed
// would make one row of the rest of the input, and whatever is wrong with a line
// must be wrong with that line alone. So a row that cannot be read is its first
// line, and reading goes on with the next line.
type recordReader struct {
	lines *lineReader
	ahead []line // read and given back
	text  []byte // of the row that is being read
	parse *bufio.Reader
}

// A record is a row of CSV.
type record struct {
	line  int
	size  int // in bytes
	cells []string
	// fault says why the row cannot be read; cells are those before the place.
	fault *finding
}

func newRecordReader(r io.Reader) *recordReader {
	return &recordReader{lines: newLineReader(r), parse: bufio.NewReader(nil)}
}

// next returns the next row that is not empty, or io.EOF.
func (r *recordReader) next() (record, error) {
	for {
		first, err := r.line()
		if err != nil {
			return record{}, err
		}
		if first.tooLong {
			f := tooLong()
			return record{line: first.number, size: len(first.text), fault: &f}, nil
		}
		r.text = append(r.text[:0], first.text...)
		more, err := r.join(scanQuotes(first.text, false))
		if err != nil {
			return record{}, err
		}
		cells, err := r.cells()
		switch {
		case err != nil:
			f := fault("", ruleCSV, whatIsWrong(err, len(more)))
			r.ahead = append(more, r.ahead...)
			return record{line: first.number, size: len(r.text), cells: cells, fault: &f}, nil
		case !isEmpty(cells):
			return record{line: first.number, size: len(r.text), cells: cells}, nil
		}
	}
}

// isEmpty reports whether no cell holds anything. Spreadsheets write such rows.
func isEmpty(cells []string) bool {
	return strings.Join(cells, "") == ""
}

// line returns the next line, from those that were given back first.
func (r *recordReader) line() (line, error) {
	if len(r.ahead) > 0 {
		next := r.ahead[0]
		r.ahead = r.ahead[1:]
		return next, nil
	}
	return r.lines.next()
}

// join adds lines to the row as long as a quote is open, and returns them.
func (r *recordReader) join(open bool) (more []line, err error) {
	for open && len(more) < maxRowLines && len(r.text) <= maxLine {
		next, err := r.line()
		if errors.Is(err, io.EOF) {
			return more, nil
		}
		if err != nil {
			return nil, err
		}
		next.text = bytes.Clone(next.text)
		more = append(more, next)
		if next.tooLong {
			return more, nil
		}
		r.text = append(append(r.text, '\n'), next.text...)
		open = scanQuotes(next.text, true)
	}
	return more, nil
}

// cells parses the text of the row.
func (r *recordReader) cells() ([]string, error) {
	r.parse.Reset(bytes.NewReader(r.text))
	parser := csv.NewReader(r.parse)
	parser.FieldsPerRecord = -1 // compared with the header later
	cells, err := parser.Read()
	if errors.Is(err, io.EOF) { // an empty line
		return nil, nil
	}
	return cells, err
}

// scanQuotes reports whether a quoted cell is open at the end of a line. Open
// says whether one was at its beginning. Once the line breaks the grammar nothing
// is open: the rest of the input will not mend it.
func scanQuotes(text []byte, open bool) bool {
	const (
		cellStart = iota
		plain
		quoted
		afterQuote
	)
	at := cellStart
	if open {
		at = quoted
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case at == quoted && c != '"':
		case at == quoted && i+1 < len(text) && text[i+1] == '"':
			i++ // a quote within the cell
		case at == quoted:
			at = afterQuote
		case c == ',':
			at = cellStart
		case at == cellStart && c == '"':
			at = quoted
		case at == afterQuote || c == '"':
			return false
		default:
			at = plain
		}
	}
	return at == quoted
}

func whatIsWrong(err error, more int) string {
	switch {
	case errors.Is(err, csv.ErrBareQuote):
		return "a cell that does not begin with a quote has one in it: put quotes around it, and double those in it"
	case more > 0:
		return "a quote is not closed, or has text after it"
	case errors.Is(err, csv.ErrQuote):
		return "a quote has text after it, or is not closed: double the quotes within a quoted cell"
	default:
		return "this is no row of CSV"
	}
}
