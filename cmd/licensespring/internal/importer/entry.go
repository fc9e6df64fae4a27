package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/licensespring-go/licensespring"
)

// An entry is one order of the input: a line of JSON Lines, or the CSV rows of one
// order.
type entry struct {
	line  int    // first line, from 1
	id    string // id of the order, if it could be read
	order *licensespring.Order
	// errors is empty if and only if order is not nil.
	errors   []finding
	warnings []finding
	append   bool // licenses for an existing order
	// skippedLine is the line of the order of an append, if it is before the first line
	// to import. The order may not exist.
	skippedLine int
	// fromRows reports that the entry consists of CSV rows.
	fromRows bool
	// rows contains the line of each license of each item. It is nil for JSON
	// Lines.
	rows [][]int
}

// A finding is an error or a warning about an entry.
type finding struct {
	licensespring.Finding

	// Line is the line of the finding if it is not the first line of the entry.
	Line int `json:"line,omitzero"`
}

// The rules of the input formats. They complement the rules of the SDK.
const (
	ruleTooLong      licensespring.Rule = "line_too_long"
	ruleCSV          licensespring.Rule = "invalid_csv"
	ruleDiffers      licensespring.Rule = "rows_differ"
	ruleAmbiguousRow licensespring.Rule = "ambiguous_row"
	ruleRepeatedID   licensespring.Rule = "repeated_id"
	ruleSpreadsheet  licensespring.Rule = "spreadsheet_value"
)

// newError returns a finding of severity error.
func newError(path string, rule licensespring.Rule, message string) finding {
	return finding{Finding: licensespring.Finding{
		Path: path, Rule: rule, Severity: licensespring.SeverityError, Message: message,
	}}
}

// decode decodes the order from JSON and records all findings.
func (e *entry) decode(document []byte) {
	var order licensespring.Order
	document = wholeNumbers(document)
	err := json.Unmarshal(document, &order)
	if e.id, e.append = order.ID, order.Append; err != nil {
		e.id, e.append = decodeHead(document)
	}
	var (
		invalid *licensespring.ValidationError
		syntax  *json.SyntaxError
	)
	switch {
	case errors.As(err, &invalid):
		e.errors = append(e.errors, e.withLines(invalid.Findings)...)
	case errors.As(err, &syntax):
		f := newError("", licensespring.RuleInvalidJSON, fmt.Sprintf("%v, at byte %d", err, syntax.Offset))
		if n := bytes.Count(document[:min(int(syntax.Offset), len(document))], []byte("\n")); n > 0 {
			f.Line = e.line + n
		}
		e.errors = append(e.errors, f)
	case err != nil:
		e.errors = append(e.errors, newError("", licensespring.RuleInvalidJSON, err.Error()))
	case len(e.errors) == 0:
		e.order = &order // EnsureOrder validates it
	case errors.As(order.Validate(), &invalid):
		e.errors = append(e.errors, e.withLines(invalid.Findings)...)
	}
	e.warnings = e.withLines(spreadsheetWarnings(&order, e.id))
}

// decodeHead returns the id of an order that could not be decoded, or "", and
// whether it is an append.
func decodeHead(document []byte) (id string, isAppend bool) {
	var order struct {
		ID     string `json:"id"`
		Append bool   `json:"append"`
	}
	_ = json.Unmarshal(document, &order) // the error has been reported
	return order.ID, order.Append
}

// wholeNumbers writes whole numbers such as 3.0 as 3: programs with floating-point
// numbers only write them that way, and the SDK accepts integers only.
func wholeNumbers(document []byte) []byte {
	if !bytes.Contains(document, []byte(".0")) || !json.Valid(document) {
		return document
	}
	var out []byte
	for i := 0; i < len(document); {
		n := 1
		switch c := document[i]; {
		case c == '"':
			for document[i+n] != '"' {
				if document[i+n] == '\\' {
					n++
				}
				n++
			}
			n++
			out = append(out, document[i:i+n]...)
		case c == '-' || '0' <= c && c <= '9':
			for i+n < len(document) && strings.IndexByte("+-.eE0123456789", document[i+n]) >= 0 {
				n++
			}
			number := document[i : i+n]
			if whole, fraction, ok := bytes.Cut(number, []byte(".")); ok && len(bytes.Trim(fraction, "0")) == 0 {
				number = whole
			}
			out = append(out, number...)
		default:
			out = append(out, c)
		}
		i += n
	}
	return out
}

// withLines adds the line of each finding, if the entry has several lines.
func (e *entry) withLines(findings []licensespring.Finding) []finding {
	var all []finding
	for _, f := range findings {
		withLine := finding{Finding: f}
		if line := e.lineOf(f.Path); line != e.line {
			withLine.Line = line
		}
		all = append(all, withLine)
	}
	return all
}

// lineOf returns the line of a path such as items[0].licenses[2].key.
func (e *entry) lineOf(path string) int {
	item, path, ok := cutIndex(path, "items[")
	if !ok || item >= len(e.rows) || len(e.rows[item]) == 0 {
		return e.line
	}
	license, _, ok := cutIndex(path, ".licenses[")
	if !ok || license >= len(e.rows[item]) {
		return e.rows[item][0]
	}
	return e.rows[item][license]
}

// cutIndex cuts a prefix such as "items[", an index and "]" from a path. It returns
// the index and the rest of the path.
func cutIndex(path, prefix string) (n int, rest string, ok bool) {
	path, ok = strings.CutPrefix(path, prefix)
	digits, rest, closed := strings.Cut(path, "]")
	n, err := strconv.Atoi(digits)
	return n, rest, ok && closed && err == nil && n >= 0
}
