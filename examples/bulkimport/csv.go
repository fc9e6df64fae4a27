package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"
)

// csvReader reads orders from CSV. A row is a license; rows that follow each
// other and have the same order id make one order, and those of them that
// follow each other and have the same product and note make one item.
type csvReader struct {
	records *recordReader
	columns []column
	id      int // the column of the order's id
	held    *row
	unsure  int // the line of a row just before that may belong to the next order
}

// row is a row below the header.
type row struct {
	record

	id     string
	idSeen bool
}

// newCSVReader reads the header row.
func newCSVReader(r io.Reader) (*csvReader, error) {
	c := &csvReader{records: newRecordReader(r)}
	head, err := c.records.next()
	switch {
	case errors.Is(err, io.EOF):
		return nil, usagef("there is no header row")
	case err != nil:
		return nil, err
	case head.fault != nil:
		return nil, usagef("the header row: %s", head.fault.Message)
	}
	if c.columns, err = header(head.cells); err != nil {
		return nil, err
	}
	c.id = slices.IndexFunc(c.columns, func(col column) bool { return col.name == "id" })
	return c, nil
}

// next returns the rows of the next order.
func (c *csvReader) next() (raw, error) {
	first, err := c.row()
	if err != nil {
		return nil, err
	}
	group := &csvOrder{columns: c.columns, rows: []row{*first}, size: first.size}
	if !first.idSeen {
		c.unsure = first.line
		return group, nil
	}
	group.unsure, c.unsure = c.unsure, 0
	for first.id != "" { // without an id a row stands alone
		next, err := c.row()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if !next.idSeen || next.id != first.id {
			if !next.idSeen {
				group.unsure = next.line
			}
			c.held = next
			break
		}
		if group.size += next.size; group.size <= maxLine {
			group.rows = append(group.rows, *next)
		}
	}
	return group, nil
}

// row returns the next row, with its id.
func (c *csvReader) row() (*row, error) {
	if held := c.held; held != nil {
		c.held = nil
		return held, nil
	}
	rec, err := c.records.next()
	if err != nil {
		return nil, err
	}
	r := &row{record: rec}
	if r.fault == nil && len(r.cells) != len(c.columns) {
		f := fault("", ruleCSV, fmt.Sprintf("the row has %d cells, and the header row %d", len(r.cells), len(c.columns)))
		r.fault = &f
		// Nobody knows which cell is missing or too many: only the first one is
		// surely where it belongs.
		r.cells = r.cells[:1]
	}
	for _, cell := range r.cells {
		if !utf8.ValidString(cell) {
			f := fault("", ruleInvalidText, "the row is not UTF-8")
			r.fault = &f
			break
		}
	}
	if c.id < len(r.cells) {
		r.id, r.idSeen = r.cells[c.id], true
	}
	return r, nil
}

// csvOrder is the rows of an order.
type csvOrder struct {
	columns []column
	rows    []row
	size    int // in bytes, also of the rows that are left out beyond maxLine
	unsure  int // the line of a row beside them that may be one of them
}

func (o *csvOrder) first() int { return o.rows[0].line }

// entry makes an order of the rows. If a row cannot be read there is no order:
// one without that row's license would be another than was meant.
func (o *csvOrder) entry() *entry {
	e := &entry{line: o.rows[0].line, id: o.rows[0].id}
	readable := true
	for i := range o.rows {
		if r := &o.rows[i]; r.fault != nil {
			readable = false
			f := *r.fault
			if r.line != e.line {
				f.Line = r.line
			}
			e.faults = append(e.faults, f)
		}
	}
	if o.unsure > 0 && readable {
		e.faults = append(e.faults, fault("", ruleUnsure, "line "+strconv.Itoa(o.unsure)+
			" beside it cannot be read, and may be a part of this order"))
	}
	if o.size > maxLine {
		readable = false
		e.faults = append(e.faults, fault("", ruleTooLong, "the rows of the order have more than "+strconv.Itoa(maxLine)+" bytes"))
	}
	if readable {
		id := e.id
		e.read(o.document(e))
		e.id = id
	}
	return e
}

// document writes the order as JSON, and notes where its licenses are.
func (o *csvOrder) document(e *entry) []byte {
	doc := append([]byte{'{'}, o.shared(e, ofOrder)...)
	if len(doc) > 1 {
		doc = append(doc, ',')
	}
	if customer := o.shared(e, ofCustomer); len(customer) > 0 {
		doc = append(append(append(doc, `"customer":{`...), customer...), "},"...)
	}
	doc = append(doc, `"items":[`...)
	item := ""
	for i := range o.rows {
		r := &o.rows[i]
		product := o.members(r, ofItem)
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
		doc = append(append(append(doc, '{'), o.members(r, ofLicense)...), '}')
	}
	return append(doc, "]}]}"...)
}

// members writes the cells of one level of a row as members of an object.
func (o *csvOrder) members(r *row, at level) string {
	var doc []byte
	for i, col := range o.columns {
		if col.level == at && r.cells[i] != "" {
			doc = col.appendMember(doc, r.cells[i])
		}
	}
	return string(doc)
}

// shared writes what all rows of the order say together of the order or its
// customer. A row may leave a cell empty, but not say something else than
// another.
func (o *csvOrder) shared(e *entry, at level) []byte {
	var doc []byte
	for i, col := range o.columns {
		if col.level != at {
			continue
		}
		said := -1
		for j := range o.rows {
			switch r := &o.rows[j]; {
			case r.cells[i] == "":
			case said < 0:
				said = j
			case r.cells[i] != o.rows[said].cells[i]:
				f := fault(col.name, ruleDiffers, "says something else than line "+strconv.Itoa(o.rows[said].line))
				f.Line = r.line
				e.faults = append(e.faults, f)
			}
		}
		if said >= 0 {
			doc = col.appendMember(doc, o.rows[said].cells[i])
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
