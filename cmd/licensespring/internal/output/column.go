package output

import (
	"strings"
	"unicode"
)

// Column is a column of a table and of CSV.
type Column[T any] struct {
	// Name is the name in CSV. A table shows it in upper case.
	Name string
	// Wide leaves the column out of tables.
	Wide bool
	// Value returns the value of a record.
	Value func(T) string
	// Color returns the color of a value, and 0 for none. It may be nil.
	Color func(value string) Color
}

// Color is a color of the terminal.
type Color int

// The colors.
const (
	Red    Color = 31
	Green  Color = 32
	Yellow Color = 33
)

// printable replaces characters that control the terminal, which data of the service
// may contain.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '�'
		}
		return r
	}, s)
}
