package licensespring

import (
	"reflect"
	"time"

	"github.com/licensespring-go/licensespring/internal/jsonread"
	"github.com/licensespring-go/licensespring/internal/wire"
)

// recordReader reads records. It remembers where it is, so that it can say where
// something was odd.
type recordReader struct {
	answer **[]byte // the whole that is read
	path   wire.Path
	odd    []string
	room   int64 // bytes of records that may still be made
}

// newRecordReader returns a reader of an answer of so many bytes. Records take
// more memory than the text they are made of, and "{}," is a record too: so what
// they may take together is bounded, by what no real answer comes near.
func newRecordReader(size int) recordReader {
	const (
		factor = 24 // a feature in its short form, "a", takes as much
		least  = 64 << 10
	)
	return recordReader{room: int64(size)*factor + least}
}

// take reports whether there is room for a slice of n records of a type. Once
// there is none, there is none for anything.
func (r *recordReader) take(n int, record reflect.Type) bool {
	if need := int64(n) * int64(record.Size()); need > r.room { //nolint:gosec // no type is that large
		r.room = -1
	} else {
		r.room -= need
	}
	return r.room >= 0
}

// overfull reports whether there were more records than there was room for. What
// was read is of no use then: a part of an order looks like another order.
func (r *recordReader) overfull() bool { return r.room < 0 }

// keep remembers a piece of the answer by its place. Pieces are slices of the
// answer and end, in memory, where it ends.
func (r *recordReader) keep(piece []byte) rawJSON {
	if r.answer == nil {
		p := &piece
		r.answer = &p
	}
	from := cap(**r.answer) - cap(piece)
	return rawJSON{answer: r.answer, from: from, to: from + len(piece)}
}

// maxOdd bounds the list of oddities: it is for a person to read.
const maxOdd = 20

// note remembers an odd member. Null is not odd: it is how the service says
// that there is nothing.
func (r *recordReader) note(name string, val []byte) {
	if jsonread.KindOf(val) == jsonread.Null || len(r.odd) >= maxOdd {
		return
	}
	r.odd = append(r.odd, r.path.At(name))
}

func (r *recordReader) text(dst *string, name string, val []byte) {
	if s, ok := jsonread.Text(val); ok {
		*dst = s
	} else {
		r.note(name, val)
	}
}

func (r *recordReader) int64(dst *int64, name string, val []byte) {
	if n, ok := jsonread.Int(val); ok {
		*dst = n
	} else {
		r.note(name, val)
	}
}

func (r *recordReader) int(dst *int, name string, val []byte) {
	n := int64(*dst)
	r.int64(&n, name, val)
	if int64(int(n)) == n {
		*dst = int(n)
	}
}

func (r *recordReader) bool(dst *bool, name string, val []byte) {
	if b, ok := jsonread.Boolean(val); ok {
		*dst = b
	} else {
		r.note(name, val)
	}
}

func (r *recordReader) time(dst *time.Time, name string, val []byte) {
	if jsonread.KindOf(val) == jsonread.String {
		s, _ := jsonread.Text(val)
		if t, err := wire.ParseTime(s); err == nil {
			*dst = t
			return
		}
	}
	r.note(name, val)
}

func (r *recordReader) duration(dst *Duration, name string, val []byte) {
	if jsonread.KindOf(val) == jsonread.String {
		s, _ := jsonread.Text(val)
		if s == "" {
			return
		}
		if d, err := ParseDuration(s); err == nil {
			*dst = d
			return
		}
	}
	r.note(name, val)
}

// list reads an array of records into the slice that p points to. What else is
// in it is passed over.
func (r *recordReader) list(p any, name string, val []byte) {
	if jsonread.KindOf(val) != jsonread.Array {
		r.note(name, val)
		return
	}
	n := 0
	jsonread.Elements(val, func(_ int, el []byte) {
		if kind := jsonread.KindOf(el); kind == jsonread.Object || kind == jsonread.String {
			n++
		}
	})
	if !r.grow(p, n) {
		return
	}
	jsonread.Elements(val, func(i int, el []byte) {
		r.path.EnterAt(name, i)
		if !r.element(p, el) {
			r.note("", el)
		}
		r.path.Leave()
	})
}

// grow makes room for n records in the slice that p points to. What it held is
// dropped: of a member that comes twice the last one counts.
func (r *recordReader) grow(p any, n int) bool {
	if n == 0 {
		return true
	}
	slice := reflect.ValueOf(p).Elem()
	if r.take(n, slice.Type().Elem()) {
		slice.SetZero()
		slice.Grow(n)
	}
	return !r.overfull()
}

// element reads a record and adds it to the slice that p points to. It reports
// whether there is one in data.
func (r *recordReader) element(p any, data []byte) (ok bool) {
	switch list := p.(type) {
	case *[]ItemRecord:
		var item ItemRecord
		if item, ok = r.item(data); ok {
			*list = append(*list, item)
		}
	case *[]LicenseRecord:
		var license LicenseRecord
		if license, ok = r.license(data); ok {
			*list = append(*list, license)
		}
	case *[]FeatureRecord:
		var feature FeatureRecord
		if feature, ok = r.feature(data); ok {
			*list = append(*list, feature)
		}
	case *[]UserRecord:
		var user UserRecord
		if user, ok = r.user(data); ok {
			*list = append(*list, user)
		}
	}
	return ok
}
