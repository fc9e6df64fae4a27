package main

import (
	"errors"
	"path"
	"strings"
)

// format is how orders are written down.
type format string

// The formats; the zero format leaves it to the file's name.
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

// of returns the format for a file, which its name tells if nobody said it.
func (f format) of(file string) (format, error) {
	if f != "" {
		return f, nil
	}
	switch strings.ToLower(path.Ext(file)) {
	case ".csv":
		return csvRows, nil
	case ".jsonl", ".ndjson":
		return jsonLines, nil
	default:
		return "", usagef("%s: the name does not tell whether this is jsonl or csv; say it with -format", file)
	}
}
