package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/connect"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

// resultWriter writes results as JSON Lines. It writes each result immediately, so
// that the results of a killed program are in the file.
type resultWriter struct {
	mu    sync.Mutex
	w     io.Writer
	err   error // first error of writing
	close func() error
}

// openResults opens the file for results. It appends: the service shows an initial
// password once, so a second run must not overwrite the results of the first.
func openResults(name string, passwords bool, stdout io.Writer) (*resultWriter, error) {
	if name == "-" {
		return &resultWriter{w: stdout, close: func() error { return nil }}, nil
	}
	// Only the owner can read the file: it contains license keys and, on request,
	// passwords.
	file, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600) //nolint:gosec // the user names the file
	if err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	if err := checkResults(name, file, passwords); err != nil {
		_ = file.Close() // nothing was written
		return nil, err
	}
	if err := terminateLine(file); err != nil {
		_ = file.Close() // nothing was written
		return nil, err
	}
	return &resultWriter{w: file, close: file.Close}, nil
}

// checkResults reports an existing file that does not contain results in UTF-8, such
// as a workbook or the orders. Appending would damage it, and an editor may have
// converted earlier results to UTF-16. Other users must not be able to read passwords.
func checkResults(name string, file *os.File, passwords bool) error {
	info, err := file.Stat()
	if err == nil && passwords {
		err = connect.CheckPrivate("--out "+name, info)
	}
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return err
	}
	start := make([]byte, 512)
	n, err := file.ReadAt(start, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	text := bytes.TrimSpace(bytes.TrimPrefix(start[:n], []byte(utf8BOM)))
	if !bytes.HasPrefix(text, []byte(`{"line":`)) || bytes.Contains(text, []byte{0}) {
		return exit.Usagef("--out %s: the file exists and does not contain results in UTF-8: name another file", name)
	}
	return nil
}

// terminateLine terminates the last line of the file, which a killed program may
// have left incomplete.
func terminateLine(file *os.File) error {
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

// write writes one result. After an error it writes no other: the file may end in a
// part of a line.
func (r *resultWriter) write(res *result) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return r.err
	}
	if err := encode(r.w, res); err != nil {
		r.err = fmt.Errorf("cannot write the results: %w", err)
	}
	return r.err
}

// encode writes a result as one line.
func encode(w io.Writer, res *result) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(res)
}
