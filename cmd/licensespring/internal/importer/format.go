package importer

import (
	"errors"
	"path"
	"strings"

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

// format is an input format.
type format string

// The formats. The zero format is chosen by the name of the file.
const (
	jsonLines format = "jsonl"
	csvRows   format = "csv"
)

func (f *format) set(name string) error {
	switch format(name) {
	case jsonLines, csvRows:
		*f = format(name)
		return nil
	default:
		return errors.New("want jsonl or csv")
	}
}

// of returns the format of a file: f if it is set, or the one of the file's suffix.
func (f format) of(file string) (format, error) {
	if f != "" {
		return f, nil
	}
	switch strings.ToLower(path.Ext(file)) {
	case ".csv", ".tsv":
		return csvRows, nil
	case ".jsonl", ".ndjson", ".json":
		return jsonLines, nil
	case ".xlsx", ".xlsm", ".xls", ".ods":
		return "", exit.Usagef("%s: workbooks cannot be read: export the orders as CSV (UTF-8)", file)
	default:
		return "", exit.Usagef("%s: unknown format: set it with --format jsonl or --format csv", file)
	}
}
