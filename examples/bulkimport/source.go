package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
)

//go:embed orders.jsonl
var example []byte

// exampleName is where the example comes from, for whoever looks it up.
const exampleName = "orders.jsonl"

// A raw is an entry that was found and not yet read: enough to count it.
type raw interface {
	first() int // line, from 1
	entry() *entry
}

// A reader finds entries; its error is io.EOF at the end.
type reader interface{ next() (raw, error) }

// A source is where orders come from.
type source struct {
	name  string // for messages
	total int    // how many entries there are, 0 if that is not known
	from  int    // the first line that counts
	reader
	close func()
}

// source opens what the settings name.
func (s *settings) source(ctx context.Context, stdin io.Reader) (*source, error) {
	switch s.file {
	case "":
		if s.generate > 0 {
			return &source{
				name: "sample", total: max(0, s.generate-max(0, s.from-1)), from: s.from,
				reader: &generator{n: s.generate}, close: func() {},
			}, nil
		}
		return s.open(exampleName, bytes.NewReader(example))
	case "-":
		f := s.format
		if f == "" {
			f = jsonLines
		}
		r, err := newReader(f, interruptible(ctx, stdin))
		return &source{name: "standard input", from: s.from, reader: r, close: func() {}}, named("standard input", err)
	}
	file, err := os.Open(s.file) //nolint:gosec // whoever runs the program names the file
	if err != nil {
		return nil, usageError{err}
	}
	src, err := s.open(s.file, file)
	if err != nil {
		_ = file.Close() // it was only read
		return nil, err
	}
	src.close = func() { _ = file.Close() }
	return src, nil
}

// open counts the entries, where the input can be read twice, and goes back to
// its beginning.
func (s *settings) open(name string, r io.Reader) (*source, error) {
	f, err := s.format.of(name)
	if err != nil {
		return nil, err
	}
	src := &source{name: name, from: s.from, close: func() {}}
	if again, ok := twice(r); ok {
		counted, err := newReader(f, again)
		if err != nil {
			return nil, named(name, err)
		}
		if src.total, err = count(counted, s.from); err != nil {
			return nil, named(name, err)
		}
		if _, err := again.Seek(0, io.SeekStart); err != nil {
			return nil, named(name, err)
		}
	}
	src.reader, err = newReader(f, r)
	return src, named(name, err)
}

// twice reports whether r can be read twice, as a pipe cannot.
func twice(r io.Reader) (io.ReadSeeker, bool) {
	if file, ok := r.(*os.File); ok {
		info, err := file.Stat()
		return file, err == nil && info.Mode().IsRegular()
	}
	s, ok := r.(io.ReadSeeker)
	return s, ok
}

func newReader(f format, r io.Reader) (reader, error) {
	if f == csvRows {
		return newCSVReader(r)
	}
	return newJSONLReader(r), nil
}

// count counts the entries from a line on.
func count(r reader, from int) (n int, err error) {
	for {
		found, err := r.next()
		switch {
		case errors.Is(err, io.EOF):
			return n, nil
		case err != nil:
			return 0, err
		case found.first() >= from:
			n++
		}
	}
}

// named says which input an error is about.
func named(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", name, err)
}

// entries are the entries of the source. An error ends them.
func (s *source) entries() iter.Seq2[*entry, error] {
	return func(yield func(*entry, error) bool) {
		for {
			r, err := s.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(nil, named(s.name, err))
				return
			}
			if r.first() >= s.from && !yield(r.entry(), nil) {
				return
			}
		}
	}
}
