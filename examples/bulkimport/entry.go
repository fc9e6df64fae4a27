package main

import (
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
	errors []finding
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
)

// newError returns a finding of severity error.
func newError(path string, rule licensespring.Rule, message string) finding {
	return finding{Finding: licensespring.Finding{
		Path: path, Rule: rule, Severity: licensespring.SeverityError, Message: message,
	}}
}

// decode decodes the order from JSON and records all errors.
func (e *entry) decode(document []byte) {
	var order licensespring.Order
	err := json.Unmarshal(document, &order)
	if e.id = order.ID; err != nil {
		e.id = decodeID(document)
	}
	var (
		invalid *licensespring.ValidationError
		syntax  *json.SyntaxError
	)
	switch {
	case errors.As(err, &invalid):
		e.errors = append(e.errors, e.withLines(invalid.Findings)...)
	case errors.As(err, &syntax):
		e.errors = append(e.errors, newError("", licensespring.RuleInvalidJSON, fmt.Sprintf("%v, at byte %d", err, syntax.Offset)))
	case err != nil:
		e.errors = append(e.errors, newError("", licensespring.RuleInvalidJSON, err.Error()))
	case len(e.errors) == 0:
		e.order = &order // EnsureOrder validates it
	case errors.As(order.Validate(), &invalid):
		e.errors = append(e.errors, e.withLines(invalid.Findings)...)
	}
}

// decodeID returns the id of an order that could not be decoded, or "".
func decodeID(document []byte) string {
	var order struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(document, &order) // the error has been reported
	return order.ID
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
