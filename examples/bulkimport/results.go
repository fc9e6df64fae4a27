package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
)

// results is where results go, one JSON object a line. Each is written at once:
// what a killed program knew is in the file.
type results struct {
	mu     sync.Mutex
	w      io.Writer
	encode *json.Encoder
	close  func() error
}

// openResults opens the file for results. It is added to, never overwritten: an
// initial password is told by the service only once, and the second run of an
// import would lose those of the first.
func openResults(name string, stdout io.Writer) (*results, error) {
	if name == "-" {
		return newResults(stdout, func() error { return nil }), nil
	}
	// It holds license keys, and passwords if they are asked for.
	file, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600) //nolint:gosec // whoever runs the program names the file
	if err != nil {
		return nil, usageError{err}
	}
	if err := endLine(file); err != nil {
		_ = file.Close() // nothing was written
		return nil, err
	}
	return newResults(file, file.Close), nil
}

func newResults(w io.Writer, closing func() error) *results {
	r := &results{w: w, encode: json.NewEncoder(w), close: closing}
	r.encode.SetEscapeHTML(false)
	return r
}

// endLine ends the last line of a file that a killed program did not end.
func endLine(file *os.File) error {
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return err
	}
	last := make([]byte, 1)
	if _, err = file.ReadAt(last, info.Size()-1); err == nil && last[0] != '\n' {
		_, err = file.WriteString("\n")
	}
	return err
}

// write writes one result.
func (r *results) write(res *result) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.encode.Encode(res); err != nil {
		return fmt.Errorf("the results cannot be written: %w", err)
	}
	return nil
}
