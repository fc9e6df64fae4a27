package output

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// gap is the space between two columns.
const gap = "  "

// table writes the rows under a header.
func (w *Writer[T]) table() error {
	var header []string
	var colors []func(string) Color
	for _, c := range w.columns {
		if !c.Wide {
			header = append(header, strings.ToUpper(strings.ReplaceAll(c.Name, "_", " ")))
			colors = append(colors, c.Color)
		}
	}
	if len(w.rows) == 0 {
		_, err := io.WriteString(w.w, "None.\n")
		return err
	}
	// A column without values has the width 0 and is left out.
	widths := make([]int, len(header))
	for _, row := range w.rows {
		for i, cell := range row {
			if cell != "" {
				widths[i] = max(widths[i], utf8.RuneCountInString(cell), len(header[i]))
			}
		}
	}
	var out bytes.Buffer
	for n, row := range append([][]string{header}, w.rows...) {
		var line strings.Builder
		space := ""
		for i, cell := range row {
			if widths[i] == 0 {
				continue
			}
			text := cell
			if n > 0 && w.options.Color && colors[i] != nil {
				text = colored(cell, colors[i](cell))
			}
			line.WriteString(space + text)
			space = strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)) + gap
		}
		out.WriteString(line.String() + "\n")
	}
	_, err := out.WriteTo(w.w)
	return err
}

// colored returns a text in a color.
func colored(text string, c Color) string {
	if c == 0 {
		return text
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", c, text)
}

// Pair is a property of a record.
type Pair struct{ Name, Value string }

// WritePairs writes the properties that have a value, one per line.
func WritePairs(w io.Writer, pairs []Pair) error {
	width := 0
	for _, p := range pairs {
		if p.Value != "" {
			width = max(width, len(p.Name))
		}
	}
	var out bytes.Buffer
	for _, p := range pairs {
		if p.Value != "" {
			fmt.Fprintf(&out, "%-*s%s%s\n", width, p.Name, gap, printable(p.Value))
		}
	}
	_, err := out.WriteTo(w)
	return err
}
