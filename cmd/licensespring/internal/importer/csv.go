package importer

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

// csvReader reads orders from CSV. A row is a license. Consecutive rows with the
// same order id are one order. Consecutive rows of an order with the same product
// and note are one item.
type csvReader struct {
	records   *recordReader
	header    []string // names of the columns
	columns   []column // without those at the end that have no name
	id        int      // index of the column with the order's id
	held      *row
	ambiguous int // line of a preceding row that may belong to the next order
}

// row is a row below the header.
type row struct {
	record

	id string // empty if it is missing or cannot be read
}

// newCSVReader reads the header row.
func newCSVReader(r io.Reader) (*csvReader, error) {
	c := &csvReader{records: newRecordReader(r)}
	err := c.records.detect()
	var head record
	if err == nil {
		head, err = c.records.next()
	}
	switch {
	case errors.Is(err, io.EOF):
		return nil, exit.Usagef("no header row")
	case err != nil:
		return nil, err
	case head.invalid != nil:
		return nil, exit.Usagef("header row: %s", head.invalid.Message)
	}
	c.header = trimAll(head.cells)
	if c.columns, err = parseHeader(c.header); err != nil {
		return nil, err
	}
	c.id = slices.IndexFunc(c.columns, func(col column) bool { return col.name == "id" })
	return c, nil
}

// next returns the rows of the next order.
func (c *csvReader) next() (rawEntry, error) {
	first, err := c.row()
	if err != nil {
		return nil, err
	}
	order := &csvOrder{columns: c.columns, rows: []row{*first}, size: first.size}
	if first.id == "" { // an order of its own
		c.ambiguous = first.line
		return order, nil
	}
	order.ambiguous, c.ambiguous = c.ambiguous, 0
	for {
		next, err := c.row()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if next.id != first.id {
			if next.id == "" {
				order.ambiguous = next.line
			}
			c.held = next
			break
		}
		if order.size += next.size; order.size <= maxLine {
			order.rows = append(order.rows, *next)
		}
	}
	return order, nil
}

// row returns the next row with its id.
func (c *csvReader) row() (*row, error) {
	if held := c.held; held != nil {
		c.held = nil
		return held, nil
	}
	rec, err := c.nextRecord()
	if err != nil {
		return nil, err
	}
	r := &row{record: rec}
	n := len(r.cells)
	switch {
	case r.invalid != nil:
	case n < len(c.columns) || n > len(c.header):
		f := newError("", ruleCSV, fmt.Sprintf("the row has %d cells, the header row has %d", n, len(c.header)))
		r.invalid = &f
		// Any cell may be missing or additional. Only the position of the first one
		// is certain.
		r.cells = r.cells[:1]
	case !isEmpty(r.cells[len(c.columns):]):
		f := newError("", ruleCSV, fmt.Sprintf("a cell after the first %d has a value, and its column has no name", len(c.columns)))
		r.invalid = &f
	default:
		r.cells = r.cells[:len(c.columns)]
	}
	for _, cell := range r.cells {
		if !utf8.ValidString(cell) || strings.Contains(cell, "\x00") {
			f := newError("", licensespring.RuleInvalidText, "the row contains a NUL or is not valid text: save the file as UTF-8")
			r.invalid = &f
			break
		}
	}
	if c.id < len(r.cells) {
		r.id = r.cells[c.id]
	}
	return r, nil
}

// nextRecord returns the next row that does not repeat the header row.
func (c *csvReader) nextRecord() (record, error) {
	for {
		rec, err := c.records.next()
		if err != nil {
			return record{}, err
		}
		names := trimAll(rec.cells)
		switch {
		case rec.invalid == nil && slices.Equal(names, c.header):
			continue
		case slices.Contains(names, "id") && slices.Contains(names, "product_code"):
			// The columns of the following rows are not the known ones.
			return record{}, exit.Usagef("line %d: a second header row, with other columns: import the files one by one", rec.line)
		}
		return rec, nil
	}
}

func trimAll(cells []string) []string {
	trimmed := make([]string, len(cells))
	for i, cell := range cells {
		trimmed[i] = strings.TrimSpace(cell)
	}
	return trimmed
}

// csvOrder contains the rows of an order.
type csvOrder struct {
	columns   []column
	rows      []row
	size      int // in bytes, including rows beyond maxLine, which are dropped
	ambiguous int // line of an adjacent row that may belong to the order
}

func (o *csvOrder) firstLine() int { return o.rows[0].line }

// parse decodes the order. An order with an invalid row is invalid: without the
// license of that row it would be a different order.
func (o *csvOrder) parse() *entry {
	e := &entry{line: o.rows[0].line, id: o.rows[0].id, append: o.isAppend(), fromRows: true}
	valid := true
	for i := range o.rows {
		if r := &o.rows[i]; r.invalid != nil {
			valid = false
			f := *r.invalid
			if r.line != e.line {
				f.Line = r.line
			}
			e.errors = append(e.errors, f)
		}
	}
	if o.ambiguous > 0 && valid {
		e.errors = append(e.errors, newError("", ruleAmbiguousRow, "the adjacent line "+strconv.Itoa(o.ambiguous)+
			" is invalid and may belong to this order"))
	}
	if o.size > maxLine {
		valid = false
		e.errors = append(e.errors, newError("", ruleTooLong, "the rows of the order are longer than "+strconv.Itoa(maxLine)+" bytes"))
	}
	if len(o.rows) > 1 && losesDigits(e.id) {
		e.errors = append(e.errors, newError("id", ruleSpreadsheet,
			"a spreadsheet changed the id, so that its "+strconv.Itoa(len(o.rows))+" rows may belong to different orders"))
	}
	if !valid {
		e.warnings = e.withLines(spreadsheetWarnings(nil, e.id))
		return e
	}
	id, isAppend := e.id, e.append
	e.decode(o.document(e))
	e.id, e.append = id, isAppend
	return e
}

// isAppend reports whether the order is an append, even if a row is invalid.
func (o *csvOrder) isAppend() bool {
	at := slices.IndexFunc(o.columns, func(c column) bool { return c.name == "append" })
	return at >= 0 && slices.ContainsFunc(o.rows, func(r row) bool {
		return at < len(r.cells) && strings.EqualFold(r.cells[at], "true")
	})
}

// document returns the order as JSON and records the lines of its licenses.
func (o *csvOrder) document(e *entry) []byte {
	doc := append([]byte{'{'}, o.commonMembers(e, levelOrder)...)
	if len(doc) > 1 {
		doc = append(doc, ',')
	}
	if customer := o.commonMembers(e, levelCustomer); len(customer) > 0 {
		doc = append(append(append(doc, `"customer":{`...), customer...), "},"...)
	}
	doc = append(doc, `"items":[`...)
	item := ""
	for i := range o.rows {
		r := &o.rows[i]
		product := o.members(r, levelItem)
		switch {
		case i > 0 && product == item:
			doc = append(doc, ',')
			e.rows[len(e.rows)-1] = append(e.rows[len(e.rows)-1], r.line)
		default:
			if i > 0 {
				doc = append(doc, "]},"...)
			}
			doc = append(doc, '{')
			if product != "" {
				doc = append(append(doc, product...), ',')
			}
			doc = append(doc, `"licenses":[`...)
			e.rows = append(e.rows, []int{r.line})
		}
		item = product
		doc = append(append(append(doc, '{'), o.members(r, levelLicense)...), '}')
	}
	return append(doc, "]}]}"...)
}

// members returns the cells of one level of a row as members of a JSON object.
func (o *csvOrder) members(r *row, at level) string {
	var doc []byte
	for i, col := range o.columns {
		if col.level == at && r.cells[i] != "" {
			doc = col.appendMember(doc, r.cells[i])
		}
	}
	return string(doc)
}

// commonMembers returns the members of the order or of its customer. Rows may leave
// such a cell empty, but must not differ.
func (o *csvOrder) commonMembers(e *entry, at level) []byte {
	var doc []byte
	for i, col := range o.columns {
		if col.level != at {
			continue
		}
		first := -1 // the first row with the cell
		for j := range o.rows {
			switch r := &o.rows[j]; {
			case r.cells[i] == "":
			case first < 0:
				first = j
			case r.cells[i] != o.rows[first].cells[i]:
				f := newError(col.name, ruleDiffers, "differs from line "+strconv.Itoa(o.rows[first].line))
				f.Line = r.line
				e.errors = append(e.errors, f)
			}
		}
		if first >= 0 {
			doc = col.appendMember(doc, o.rows[first].cells[i])
		}
	}
	return doc
}

func (c column) appendMember(dst []byte, cell string) []byte {
	if len(dst) > 0 {
		dst = append(dst, ',')
	}
	dst = append(appendString(dst, c.wire), ':')
	return c.kind.appendCell(dst, cell)
}
