// Package output writes records as a table, as JSON or as CSV.
package output

import "errors"

// Format is a format of the output.
type Format string

// The formats.
const (
	Table Format = "table"
	JSON  Format = "json"
	JSONL Format = "jsonl"
	CSV   Format = "csv"
)

// String returns the name of the format.
func (f *Format) String() string { return string(*f) }

// Type returns the name of the value in the help.
func (f *Format) Type() string { return "format" }

// Set sets the format by its name.
func (f *Format) Set(name string) error {
	switch Format(name) {
	case Table, JSON, JSONL, CSV:
		*f = Format(name)
		return nil
	default:
		return errors.New("want table, json, jsonl or csv")
	}
}
