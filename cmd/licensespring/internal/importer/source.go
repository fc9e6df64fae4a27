package importer

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

//go:embed orders.jsonl
var example []byte

// exampleName is the name of the example file in messages.
const exampleName = "orders.jsonl"

// A rawEntry is an entry that has been found in the input and not been parsed.
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
	// ids finds ids that come back. It is nil for generated orders.
	ids *orderIDs
	// scanned reports that ids knows the whole input.
	scanned bool
	// products are those of the account, if the orders are compared with them.
	products []licensespring.ProductRecord
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
		return s.open(ctx, exampleName, bytes.NewReader(example))
	case "-":
		f := s.format
		if f == "" {
			f = jsonLines
		}
		r, err := newEntryReader(f, interruptible(ctx, stdin))
		return &source{
			name: "standard input", from: s.from, ids: newOrderIDs(s.from), entryReader: r, close: func() {},
		}, withName("standard input", err)
	}
	file, err := os.Open(s.file)
	if err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	src, err := s.open(ctx, s.file, file)
	if err != nil {
		_ = file.Close() // read only
		return nil, err
	}
	src.close = func() { _ = file.Close() }
	return src, nil
}

// open scans the entries first, if the input can be read twice.
func (s *settings) open(ctx context.Context, name string, r io.Reader) (*source, error) {
	f, err := s.format.of(name)
	if err != nil {
		return nil, err
	}
	src := &source{name: name, from: s.from, ids: newOrderIDs(s.from), close: func() {}}
	if seeker, ok := seekable(r); ok {
		scanned, err := newEntryReader(f, seeker)
		if err != nil {
			return nil, withName(name, err)
		}
		if err := src.scan(ctx, scanned); err != nil {
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

// scan counts the entries to import and finds the ids that come back, so that no
// part of such an order is sent.
func (s *source) scan(ctx context.Context, r entryReader) error {
	for {
		raw, err := r.next()
		switch {
		case errors.Is(err, io.EOF):
			s.ids.done()
			s.scanned = true
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case raw.firstLine() >= s.from:
			s.total++
		}
		s.ids.add(raw.parse())
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
			if e := s.entry(raw); e != nil && !yield(e, nil) {
				return
			}
		}
	}
}

// entry parses an entry and checks its id. It returns nil for an entry before the
// first line to import.
func (s *source) entry(raw rawEntry) *entry {
	skip := raw.firstLine() < s.from
	if skip && (s.ids == nil || s.scanned) {
		return nil
	}
	e := raw.parse()
	if s.ids != nil {
		if !s.scanned {
			s.ids.add(e)
		}
		s.ids.check(e)
	}
	if skip {
		return nil
	}
	if s.products != nil {
		e.checkProducts(s.products)
	}
	return e
}
