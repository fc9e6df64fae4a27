package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/licensespring-go/licensespring"
)

// An entry is one order of the input: a line of JSON Lines, or the CSV rows that
// make an order together.
type entry struct {
	line  int    // of its first line, from 1
	id    string // of the order, if it can be read
	order *licensespring.Order
	// faults say why there is no order, and is empty if there is one.
	faults []finding
	// rows are where the licenses of each item are, if that is not line.
	rows [][]int
}

// A finding is one thing that is wrong, or odd, with an entry.
type finding struct {
	licensespring.Finding

	// Line is where, if that is not the line of the entry.
	Line int `json:"line,omitzero"`
}

// The rules for an input as such, beside those of the SDK.
const (
	ruleTooLong     = "line_too_long"
	ruleCSV         = "csv"
	ruleDiffers     = "rows_differ"
	ruleUnsure      = "rows_unsure"
	ruleInvalidText = licensespring.RuleInvalidText
)

func fault(path, rule, message string) finding {
	return finding{Finding: licensespring.Finding{
		Path: path, Rule: rule, Severity: licensespring.Fault, Message: message,
	}}
}

// read takes the order from JSON, or what is wrong with that.
func (e *entry) read(document []byte) {
	var order licensespring.Order
	err := json.Unmarshal(document, &order)
	if e.id = order.ID; err != nil {
		e.id = idOf(document)
	}
	var (
		wrong  *licensespring.ValidationError
		syntax *json.SyntaxError
	)
	switch {
	case errors.As(err, &wrong):
		e.faults = append(e.faults, e.placed(wrong.Findings)...)
	case errors.As(err, &syntax):
		e.faults = append(e.faults, fault("", licensespring.RuleInvalidJSON, fmt.Sprintf("%v, at byte %d", err, syntax.Offset)))
	case err != nil:
		e.faults = append(e.faults, fault("", licensespring.RuleInvalidJSON, err.Error()))
	case len(e.faults) == 0:
		// Whether it makes sense the SDK says when it is to be sent.
		e.order = &order
	case errors.As(order.Validate(), &wrong):
		e.faults = append(e.faults, e.placed(wrong.Findings)...)
	}
}

// idOf returns the id of an order that cannot be read otherwise, if it has one.
func idOf(document []byte) string {
	var order struct {
		ID string `json:"id"`
	}
	// An error is about what was said already. What was read before it counts.
	_ = json.Unmarshal(document, &order)
	return order.ID
}

// placed adds to findings the line each is about, where an entry has several.
func (e *entry) placed(findings []licensespring.Finding) []finding {
	var placed []finding
	for _, f := range findings {
		p := finding{Finding: f}
		if at := e.lineOf(f.Path); at != e.line {
			p.Line = at
		}
		placed = append(placed, p)
	}
	return placed
}

// lineOf returns the line of a path such as items[0].licenses[2].key.
func (e *entry) lineOf(path string) int {
	item, path, ok := index(path, "items[")
	if !ok || item >= len(e.rows) || len(e.rows[item]) == 0 {
		return e.line
	}
	license, _, ok := index(path, ".licenses[")
	if !ok || license >= len(e.rows[item]) {
		return e.rows[item][0]
	}
	return e.rows[item][license]
}
