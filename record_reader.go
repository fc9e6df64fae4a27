package licensespring

import (
	"reflect"
	"time"

	"github.com/licensespring-go/licensespring/internal/jsonread"
	"github.com/licensespring-go/licensespring/internal/wire"
)

// recordReader decodes records, and collects the paths of unreadable members.
type recordReader struct {
	response   **[]byte // the whole response
	path       wire.Path
	unreadable []string
	memory     memoryBudget
}

// newRecordReader returns a reader for a response of the given size.
func newRecordReader(size int) recordReader {
	return recordReader{memory: newMemoryBudget(size)}
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

// slice returns a part of the response as a rawJSON. Part is a slice of the response
// with its full capacity, which tells its offset.
func (r *recordReader) slice(part []byte) rawJSON {
	if r.response == nil {
		p := &part
		r.response = &p
	}
	from := cap(**r.response) - cap(part)
	return rawJSON{response: r.response, from: from, to: from + len(part)}
}

// maxUnreadable limits the list of unreadable members.
const maxUnreadable = 20

// noteUnreadable records an unreadable member. A null is absent, not unreadable.
func (r *recordReader) noteUnreadable(name string, val []byte) {
	if jsonread.KindOf(val) == jsonread.Null || len(r.unreadable) >= maxUnreadable {
		return
	}
	r.unreadable = append(r.unreadable, r.path.At(name))
}

func (r *recordReader) text(dst *string, name string, val []byte) {
	if s, ok := jsonread.Text(val); ok {
		*dst = s
	} else {
		r.noteUnreadable(name, val)
	}
}

func (r *recordReader) int64(dst *int64, name string, val []byte) {
	if n, ok := jsonread.Int(val); ok {
		*dst = n
	} else {
		r.noteUnreadable(name, val)
	}
}

// optionalInt decodes a number. Nil means that the record shows none.
func (r *recordReader) optionalInt(dst **int, name string, val []byte) {
	n, ok := jsonread.Int(val)
	if !ok || int64(int(n)) != n {
		r.noteUnreadable(name, val)
		return
	}
	*dst = new(int(n))
}

func (r *recordReader) optionalBool(dst **bool, name string, val []byte) {
	if b, ok := jsonread.Boolean(val); ok {
		*dst = new(b)
	} else {
		r.noteUnreadable(name, val)
	}
}

func (r *recordReader) bool(dst *bool, name string, val []byte) {
	if b, ok := jsonread.Boolean(val); ok {
		*dst = b
	} else {
		r.noteUnreadable(name, val)
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
	r.noteUnreadable(name, val)
}

func (r *recordReader) date(dst *Date, name string, val []byte) {
	var t time.Time
	if r.time(&t, name, val); !t.IsZero() {
		*dst = DateOf(t)
	}
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
	r.noteUnreadable(name, val)
}

// list decodes an array of records into the slice that p points to. It skips other
// elements.
func (r *recordReader) list(p any, name string, val []byte) {
	if jsonread.KindOf(val) != jsonread.Array {
		r.noteUnreadable(name, val)
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
			r.noteUnreadable("", el)
		}
		r.path.Leave()
	})
}

// grow empties the slice that p points to and allocates n records. The last one of
// duplicate members counts.
func (r *recordReader) grow(p any, n int) bool {
	if n == 0 {
		return true
	}
	slice := reflect.ValueOf(p).Elem()
	if r.memory.reserve(int64(n) * int64(slice.Type().Elem().Size())) { //nolint:gosec // no record is that large
		slice.SetZero()
		slice.Grow(n)
	}
	return !r.memory.exhausted()
}

// element decodes a record and appends it to the slice that p points to. It reports
// whether data holds one.
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

// licenseMetadata reads an object, or a string that holds one.
func (r *recordReader) licenseMetadata(dst *map[string]any, val []byte) {
	object := val
	if jsonread.KindOf(val) == jsonread.String {
		text, _ := jsonread.Text(val)
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
