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

// exampleName is the name of the example file in messages.
const exampleName = "orders.jsonl"

// A rawEntry is an entry that has been found in the input and not been parsed,
// which is enough to count it.
type rawEntry interface {
	firstLine() int // from 1
	parse() *entry
}

// An entryReader returns the entries of an input, and io.EOF at the end.
type entryReader interface{ next() (rawEntry, error) }

// A source is an input with its entries.
type source struct {
	name  string // for messages
	total int    // number of entries, 0 if unknown
	from  int    // first line to import
	entryReader
	close func()
}

// source opens the input of the settings.
func (s *settings) source(ctx context.Context, stdin io.Reader) (*source, error) {
	switch s.file {
	case "":
		if s.generate > 0 {
			return &source{
				name: "sample", total: max(0, s.generate-max(0, s.from-1)), from: s.from,
				entryReader: &sampleReader{n: s.generate}, close: func() {},
			}, nil
		}
		return s.open(exampleName, bytes.NewReader(example))
	case "-":
		f := s.format
		if f == "" {
			f = jsonLines
		}
		r, err := newEntryReader(f, interruptible(ctx, stdin))
		return &source{name: "standard input", from: s.from, entryReader: r, close: func() {}}, withName("standard input", err)
	}
	file, err := os.Open(s.file) //nolint:gosec // the user names the file
	if err != nil {
		return nil, usageError{err}
	}
	src, err := s.open(s.file, file)
	if err != nil {
		_ = file.Close() // read only
		return nil, err
	}
	src.close = func() { _ = file.Close() }
	return src, nil
}

// open counts the entries first, if the input can be read twice.
func (s *settings) open(name string, r io.Reader) (*source, error) {
	f, err := s.format.of(name)
	if err != nil {
		return nil, err
	}
	src := &source{name: name, from: s.from, close: func() {}}
	if seeker, ok := seekable(r); ok {
		counted, err := newEntryReader(f, seeker)
		if err != nil {
			return nil, withName(name, err)
		}
		if src.total, err = count(counted, s.from); err != nil {
			return nil, withName(name, err)
		}
		if _, err := seeker.Seek(0, io.SeekStart); err != nil {
			return nil, withName(name, err)
		}
	}
	src.entryReader, err = newEntryReader(f, r)
	return src, withName(name, err)
}

// seekable reports whether r supports Seek, which a pipe does not.
func seekable(r io.Reader) (io.ReadSeeker, bool) {
	if file, ok := r.(*os.File); ok {
		info, err := file.Stat()
		return file, err == nil && info.Mode().IsRegular()
	}
	s, ok := r.(io.ReadSeeker)
	return s, ok
}

func newEntryReader(f format, r io.Reader) (entryReader, error) {
	if f == csvRows {
		return newCSVReader(r)
	}
	return newJSONLReader(r), nil
}

// count counts the entries that begin at or after a line.
func count(r entryReader, from int) (n int, err error) {
	for {
		raw, err := r.next()
		switch {
		case errors.Is(err, io.EOF):
			return n, nil
		case err != nil:
			return 0, err
		case raw.firstLine() >= from:
			n++
		}
	}
}

// withName adds the name of the input to an error.
func withName(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", name, err)
}

// entries yields the entries of the source. An error ends the sequence.
func (s *source) entries() iter.Seq2[*entry, error] {
	return func(yield func(*entry, error) bool) {
		for {
			raw, err := s.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(nil, withName(s.name, err))
				return
			}
			if raw.firstLine() >= s.from && !yield(raw.parse(), nil) {
				return
			}
		}
	}
}
