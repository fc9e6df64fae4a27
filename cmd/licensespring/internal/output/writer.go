package output

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"
)

// Options are the options of a [Writer].
type Options struct {
	Format Format
	// Color colors tables.
	Color bool
}

// Writer writes records of one type. JSON, JSON Lines and CSV are written record by
// record; a table is written by Close.
type Writer[T any] struct {
	w       io.Writer
	options Options
	columns []Column[T]
	rows    [][]string
	written int
}

// NewWriter returns a writer. JSON is an array of all records.
func NewWriter[T any](w io.Writer, options Options, columns []Column[T]) *Writer[T] {
	return &Writer[T]{w: w, options: options, columns: columns}
}

// Write writes a record.
func (w *Writer[T]) Write(v T) error {
	w.written++
	switch w.options.Format {
	case JSON:
		separator := ",\n"
		if w.written == 1 {
			separator = "[\n"
		}
		return w.encode(separator, v, "")
	case JSONL:
		return w.encode("", v, "\n")
	case CSV:
		if w.written == 1 {
			if err := w.csv(w.names()); err != nil {
				return err
			}
		}
		return w.csv(w.values(v))
	default:
		var row []string
		for _, c := range w.columns {
			if !c.Wide {
				row = append(row, printable(c.Value(v)))
			}
		}
		w.rows = append(w.rows, row)
		return nil
	}
}

// Written returns the number of records.
func (w *Writer[T]) Written() int { return w.written }

// Close writes what is left: the table, the end of the array, or the header of CSV
// without records.
func (w *Writer[T]) Close() error {
	switch w.options.Format {
	case JSON:
		end := "\n]\n"
		if w.written == 0 {
			end = "[]\n"
		}
		_, err := io.WriteString(w.w, end)
		return err
	case JSONL:
		return nil
	case CSV:
		if w.written == 0 {
			return w.csv(w.names())
		}
		return nil
	default:
		return w.table()
	}
}

func (w *Writer[T]) names() []string {
	var names []string
	for _, c := range w.columns {
		names = append(names, c.Name)
	}
	return names
}

func (w *Writer[T]) values(v T) []string {
	var values []string
	for _, c := range w.columns {
		values = append(values, harmless(c.Value(v)))
	}
	return values
}

// harmless returns a cell that a spreadsheet shows as text instead of running it as a
// formula: customers choose names and companies.
func harmless(cell string) string {
	if cell == "" || strings.IndexByte("=+-@\t\r", cell[0]) < 0 {
		return cell
	}
	if _, err := strconv.ParseFloat(cell, 64); err == nil {
		return cell
	}
	return "'" + cell
}

func (w *Writer[T]) csv(record []string) error {
	encoder := csv.NewWriter(w.w)
	if err := encoder.Write(record); err != nil {
		return err
	}
	encoder.Flush()
	return encoder.Error()
}

// encode writes a value as compact JSON between two texts, in one call.
func (w *Writer[T]) encode(before string, v any, after string) error {
	document, err := compact(v)
	if err == nil {
		_, err = w.w.Write(append(append([]byte(before), document...), after...))
	}
	return err
}

// WriteValue writes one value: as indented JSON, as one line, or as one row of CSV.
// A table is the result of show.
func WriteValue[T any](w io.Writer, options Options, columns []Column[T], v T, show func(io.Writer, Options, T) error) error {
	switch options.Format {
	case JSON:
		document, err := compact(v)
		if err != nil {
			return err
		}
		var indented bytes.Buffer
		if err := json.Indent(&indented, document, "", "  "); err != nil {
			return err
		}
		indented.WriteByte('\n')
		_, err = indented.WriteTo(w)
		return err
	case JSONL, CSV:
		writer := NewWriter(w, options, columns)
		if err := writer.Write(v); err != nil {
			return err
		}
		return writer.Close()
	default:
		return show(w, options, v)
	}
}

// compact returns JSON on one line, with <, > and & as they are.
func compact(v any) ([]byte, error) {
	var document bytes.Buffer
	encoder := json.NewEncoder(&document)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return bytes.TrimSuffix(document.Bytes(), []byte("\n")), err
}
