package importer

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

// maxRowLines is the maximum number of lines of a row. A quoted cell may contain
// line breaks.
const maxRowLines = 200

// recordReader reads CSV row by row. It finds the end of each row and parses the row
// with encoding/csv. An error costs one line only: reading continues with the line
// after the first line of an invalid row. With encoding/csv alone, a quote that is
// not closed would turn the rest of the input into one row.
type recordReader struct {
	lines *lineReader
	comma byte
	ahead []line // lines to read again
	text  []byte // of the current row
	parse *bufio.Reader
}

// A record is a row of CSV.
type record struct {
	line  int
	size  int // in bytes
	cells []string
	// invalid is the reason why the row is invalid, or nil. Cells then contains the
	// cells before the error.
	invalid *finding
}

func newRecordReader(r io.Reader) *recordReader {
	return &recordReader{lines: newLineReader(r), comma: ',', parse: bufio.NewReader(nil)}
}

// separators are the known separators of cells.
const separators = ",;\t"

// detect sets the separator: that of a sep= line, which spreadsheets write and read,
// or the first one in the header row. No column has a separator in its name.
func (r *recordReader) detect() error {
	for {
		first, err := r.lines.next()
		if err != nil {
			return err
		}
		text := bytes.Trim(first.text, " ")
		if comma, ok := separatorLine(text); ok {
			if !strings.Contains(separators, comma) {
				return exit.Usagef("line %d: unknown separator after sep=: want a comma, a semicolon or a tab", first.number)
			}
			r.comma = comma[0]
			return nil
		}
		switch {
		case len(text) == 0:
			continue
		case text[0] == '{', text[0] == '[':
			return exit.Usagef("the input looks like JSON: use --format jsonl")
		case bytes.ContainsAny(text, "\v\f\u0085\u2028\u2029"):
			return exit.Usagef("the header row contains an unknown line end: want LF, CRLF or CR")
		}
		if i := bytes.IndexAny(text, separators); i >= 0 {
			r.comma = text[i]
		}
		first.text = bytes.Clone(first.text)
		r.ahead = []line{first}
		return nil
	}
}

// separatorLine returns the separator of a line such as sep=; which may be quoted
// and followed by empty cells.
func separatorLine(text []byte) (separator string, ok bool) {
	const prefix = "sep="
	text = bytes.TrimPrefix(text, []byte(`"`))
	if len(text) <= len(prefix) || !strings.EqualFold(string(text[:len(prefix)]), prefix) {
		return "", false
	}
	c, rest := string(text[len(prefix)]), text[len(prefix)+1:]
	return c, len(bytes.Trim(rest, `"`+separators)) == 0
}

// next returns the next row that is not empty, or io.EOF.
func (r *recordReader) next() (record, error) {
	for {
		first, err := r.line()
		if err != nil {
			return record{}, err
		}
		if comma, ok := separatorLine(first.text); ok && comma == string(r.comma) {
			continue // of a file that was appended
		}
		if first.tooLong {
			f := newTooLong()
			return record{line: first.number, size: len(first.text), invalid: &f}, nil
		}
		r.text = append(r.text[:0], first.text...)
		more, err := r.join(scanQuotes(first.text, r.comma, false))
		if err != nil {
			return record{}, err
		}
		cells, err := r.cells()
		switch {
		case err != nil:
			f := newError("", ruleCSV, csvErrorText(err, len(more)))
			r.ahead = append(more, r.ahead...)
			return record{line: first.number, size: len(r.text), cells: cells, invalid: &f}, nil
		case !isEmpty(cells):
			return record{line: first.number, size: len(r.text), cells: cells}, nil
		}
	}
}

// isEmpty reports whether all cells are empty. Spreadsheets write such rows.
func isEmpty(cells []string) bool {
	return strings.Join(cells, "") == ""
}

// line returns the next line, starting with the lines to read again.
func (r *recordReader) line() (line, error) {
	if len(r.ahead) > 0 {
		next := r.ahead[0]
		r.ahead = r.ahead[1:]
		return next, nil
	}
	return r.lines.next()
}

// join appends lines to the row while a quote is open, and returns them.
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
		open = scanQuotes(next.text, r.comma, true)
	}
	return more, nil
}

// cells parses the text of the row.
func (r *recordReader) cells() ([]string, error) {
	r.parse.Reset(bytes.NewReader(r.text))
	parser := csv.NewReader(r.parse)
	parser.Comma = rune(r.comma)
	parser.FieldsPerRecord = -1 // csvReader compares the number of cells with the header
	cells, err := parser.Read()
	if errors.Is(err, io.EOF) { // an empty line
		return nil, nil
	}
	return cells, err
}

// scanQuotes reports whether a quoted cell is open at the end of a line, given
// whether one is open at its beginning. It returns false after a syntax error, which
// further lines cannot correct.
func scanQuotes(text []byte, comma byte, open bool) bool {
	const (
		cellStart = iota
		plain
		quoted
		afterQuote
	)
	state := cellStart
	if open {
		state = quoted
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case state == quoted && c != '"':
		case state == quoted && i+1 < len(text) && text[i+1] == '"':
			i++ // an escaped quote
		case state == quoted:
			state = afterQuote
		case c == comma:
			state = cellStart
		case state == cellStart && c == '"':
			state = quoted
		case state == afterQuote || c == '"':
			return false
		default:
			state = plain
		}
	}
	return state == quoted
}

func csvErrorText(err error, more int) string {
	switch {
	case errors.Is(err, csv.ErrBareQuote):
		return "a cell without quotes contains a quote: quote the cell and double the quotes in it"
	case more > 0:
		return "a quote is not closed, or is followed by text"
	case errors.Is(err, csv.ErrQuote):
		return "a quote is followed by text, or is not closed: double the quotes in a quoted cell"
	default:
		return "the row is not valid CSV"
	}
}
