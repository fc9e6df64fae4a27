package licensespring

import (
	"bytes"
	"reflect"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring/internal/jsonread"
	"github.com/licensespring-go/licensespring/internal/wire"
)

// recordReader decodes records, and collects the paths of unreadable members.
type recordReader struct {
	path       wire.Path
	unreadable []string
	memory     memoryBudget

	// Texts and optional values are allocated together, since a record has dozens.
	arena strings.Builder
	ints  []int
	bools []bool
}

// record is a pointer to a record that a response or an element of a list consists
// of.
type record[R any] interface {
	*R
	anyRecord
}

// anyRecord is a record of any type. Code that needs no type is not generic, since
// each instance adds to the size of a program.
type anyRecord interface {
	// resource returns where the service serves such records. It can be called on a
	// nil pointer.
	resource() resource
	// header returns the ID of the record and the JSON that it was decoded from.
	header() (id int64, raw *rawJSON)
	// decode reads the record, and reports whether data is one.
	decode(r *recordReader, data jsonread.Value) bool
}

// resource is a kind of records that the service serves.
type resource struct {
	path string // of the list; that of a record follows it
	noun string
	one  string // with its article
}

// readRecord decodes the record that a document consists of, and returns the paths
// of unreadable members. It retains the document. If the memory budget is exhausted,
// the record is empty and ok is false.
func readRecord[R any, P record[R]](document *jsonread.Document) (rec *R, unreadable []string, ok bool) {
	rec = new(R)
	if unreadable, ok = readInto(P(rec), document); !ok {
		return new(R), nil, false
	}
	return rec, unreadable, true
}

func readInto(rec anyRecord, document *jsonread.Document) (unreadable []string, ok bool) {
	r := newRecordReader(document)
	r.start(document.Root())
	rec.decode(r, document.Root())
	_, raw := rec.header()
	*raw = newRawJSON(document.Bytes()) // with the space around it
	return r.unreadable, !r.memory.exhausted()
}

// unmarshalRecord decodes a record from data, which it copies. If it returns an
// error, dst is unchanged.
func unmarshalRecord[R any, P record[R]](dst P, data []byte, errNotRecord error) error {
	rec := new(R)
	if err := unmarshalInto(P(rec), data, errNotRecord); err != nil {
		return err
	}
	*dst = *rec
	return nil
}

func unmarshalInto(rec anyRecord, data []byte, errNotRecord error) error {
	document, ok := jsonread.Parse(bytes.Clone(data))
	if !ok || document.Root().Kind() != jsonread.Object {
		return errNotRecord
	}
	if _, ok := readInto(rec, document); !ok {
		return errMemoryBudget
	}
	return nil
}

// newRecordReader returns a reader of the records in a document.
func newRecordReader(document *jsonread.Document) *recordReader {
	return &recordReader{memory: newMemoryBudget(len(document.Bytes()))}
}

// start begins a record. Its texts share memory with each other and with no other
// record, so that they keep no other one alive.
func (r *recordReader) start(data jsonread.Value) {
	r.unreadable = nil
	r.arena = strings.Builder{}
	r.arena.Grow(len(data.Bytes()) / 5)
}

// memoryBudget is the number of bytes that may still be allocated for records.
// Records take more memory than their JSON, and "{}," is a record, so their memory
// is limited to a multiple of the size of the response that real responses do not
// reach. It is negative once it is exhausted.
type memoryBudget int64

func newMemoryBudget(size int) memoryBudget {
	const (
		factor  = 32 // a feature that is a code alone takes as much
		minimum = 64 << 10
	)
	return memoryBudget(int64(size)*factor + minimum)
}

// reserve takes bytes from the budget and reports whether they were left. Once the
// budget is exhausted, it stays so.
func (m *memoryBudget) reserve(bytes int64) bool {
	if memoryBudget(bytes) > *m {
		*m = -1
	} else {
		*m -= memoryBudget(bytes)
	}
	return *m >= 0
}

// exhausted reports whether records are missing. The others are useless then: a
// part of an order looks like a different order.
func (m *memoryBudget) exhausted() bool { return *m < 0 }

// maxUnreadable limits the list of unreadable members.
const maxUnreadable = 20

// noteUnreadable records an unreadable member. A null is absent, not unreadable.
func (r *recordReader) noteUnreadable(name string, val jsonread.Value) {
	if val.Kind() == jsonread.Null || len(r.unreadable) >= maxUnreadable {
		return
	}
	r.unreadable = append(r.unreadable, r.path.At(name))
}

func (r *recordReader) text(dst *string, name string, val jsonread.Value) {
	if s, ok := val.Text(&r.arena); ok {
		*dst = s
	} else {
		r.noteUnreadable(name, val)
	}
}

func (r *recordReader) int64(dst *int64, name string, val jsonread.Value) {
	if n, ok := jsonread.Int(val.Bytes()); ok {
		*dst = n
	} else {
		r.noteUnreadable(name, val)
	}
}

// optionalInt decodes a number. Nil means that the record shows none.
func (r *recordReader) optionalInt(dst **int, name string, val jsonread.Value) {
	n, ok := jsonread.Int(val.Bytes())
	if !ok || int64(int(n)) != n {
		r.noteUnreadable(name, val)
		return
	}
	*dst = allocate(&r.ints, int(n))
}

func (r *recordReader) optionalBool(dst **bool, name string, val jsonread.Value) {
	if b, ok := jsonread.Boolean(val.Bytes()); ok {
		*dst = allocate(&r.bools, b)
	} else {
		r.noteUnreadable(name, val)
	}
}

func (r *recordReader) bool(dst *bool, name string, val jsonread.Value) {
	if b, ok := jsonread.Boolean(val.Bytes()); ok {
		*dst = b
	} else {
		r.noteUnreadable(name, val)
	}
}

func (r *recordReader) time(dst *time.Time, name string, val jsonread.Value) {
	if val.Kind() == jsonread.String {
		s, _ := val.Text(&r.arena)
		if t, err := wire.ParseTime(s); err == nil {
			*dst = t
			return
		}
	}
	r.noteUnreadable(name, val)
}

func (r *recordReader) date(dst *Date, name string, val jsonread.Value) {
	var t time.Time
	if r.time(&t, name, val); !t.IsZero() {
		*dst = DateOf(t)
	}
}

func (r *recordReader) duration(dst *Duration, name string, val jsonread.Value) {
	if val.Kind() == jsonread.String {
		s, _ := val.Text(&r.arena)
		if s == "" {
			return
		}
		if d, err := ParseDuration(s); err == nil {
			*dst = d
			return
		}
	}
	r.noteUnreadable(name, val)
}

// allocate returns a pointer to a copy of v. Copies share an allocation.
func allocate[T any](slab *[]T, v T) *T {
	const size = 16
	if len(*slab) == cap(*slab) {
		*slab = make([]T, 0, size)
	}
	*slab = append(*slab, v)
	return &(*slab)[len(*slab)-1]
}

// readList decodes an array of records. It skips elements that are none, and the
// last one of duplicate members counts.
func readList[T any](r *recordReader, dst *[]T, name string, val jsonread.Value, read func(*recordReader, *T, jsonread.Value) bool) {
	r.list(name, val, int64(reflect.TypeFor[T]().Size()), //nolint:gosec // no record is that large
		func(n int) {
			*dst = nil
			if n > 0 {
				*dst = make([]T, 0, n)
			}
		},
		func(val jsonread.Value) bool {
			n := len(*dst)
			*dst = (*dst)[:n+1]
			if !read(r, &(*dst)[n], val) {
				var none T
				(*dst)[n], *dst = none, (*dst)[:n]
				return false
			}
			return true
		})
}

// list reads a list of records of a size. It calls create with the number of records,
// and then add for each, which reports whether val holds one.
func (r *recordReader) list(name string, val jsonread.Value, size int64, create func(n int), add func(val jsonread.Value) bool) {
	if val.Kind() != jsonread.Array {
		r.noteUnreadable(name, val)
		return
	}
	n := 0
	for it := val.Elements(); it.Next(); {
		if isRecord(it.Value) {
			n++
		}
	}
	if !r.memory.reserve(int64(n) * size) {
		create(0)
		return
	}
	create(n)
	i := 0
	for it := val.Elements(); it.Next(); i++ {
		r.path.EnterAt(name, i)
		if !isRecord(it.Value) || !add(it.Value) {
			r.noteUnreadable("", it.Value)
		}
		r.path.Leave()
	}
}

func isRecord(val jsonread.Value) bool {
	return val.Kind() == jsonread.Object || val.Kind() == jsonread.String
}

// licenseMetadata reads an object, or a string that holds one.
func (r *recordReader) licenseMetadata(dst *map[string]any, val jsonread.Value) {
	object := val.Bytes()
	if val.Kind() == jsonread.String {
		text, _ := jsonread.Text(object)
		if text == "" {
			return
		}
		if object = []byte(text); !jsonread.Valid(object) {
			r.noteUnreadable("metadata", val)
			return
		}
	}
	if jsonread.KindOf(object) != jsonread.Object {
		r.noteUnreadable("metadata", val)
		return
	}
	if !r.memory.reserve(int64(len(object)) * 24) { // "{}," takes as much
		return
	}
	value, err := wire.Value(object)
	metadata, ok := value.(map[string]any)
	if err != nil || !ok {
		r.noteUnreadable("metadata", val)
		return
	}
	*dst = metadata
}
