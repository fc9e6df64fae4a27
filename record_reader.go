package licensespring

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring/internal/jsonread"
	"github.com/licensespring-go/licensespring/internal/wire"
)

// recordReader reads records. It remembers where it is, so that it can say where
// something was odd.
type recordReader struct {
	answer **[]byte // the whole that is read
	at     []step
	mem    [8]step // deep enough for any real answer: no allocation for the path
	odd    []string
}

type step struct {
	name  string
	index int // -1: none
}

func (r *recordReader) in(name string, index int) {
	if r.at == nil {
		r.at = r.mem[:0]
	}
	r.at = append(r.at, step{name: name, index: index})
}

func (r *recordReader) out() { r.at = r.at[:len(r.at)-1] }

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
	var path strings.Builder
	for _, s := range append(slices.Clip(r.at), step{name: name, index: -1}) {
		if path.Len() > 0 && s.name != "" {
			path.WriteByte('.')
		}
		path.WriteString(s.name)
		if s.index >= 0 {
			path.WriteString("[" + strconv.Itoa(s.index) + "]")
		}
	}
	r.odd = append(r.odd, path.String())
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

// list reads an array of objects, each with read. What else is in it is passed
// over; strings are left to read.
func list[T any](r *recordReader, dst *[]T, name string, val []byte, read func(*recordReader, []byte) (T, bool)) {
	if jsonread.KindOf(val) != jsonread.Array {
		r.note(name, val)
		return
	}
	n := jsonread.Count(val)
	if n == 0 {
		return
	}
	all := make([]T, 0, n)
	jsonread.Elements(val, func(i int, el []byte) {
		r.in(name, i)
		if one, ok := read(r, el); ok {
			all = append(all, one)
		} else {
			r.note("", el)
		}
		r.out()
	})
	*dst = all
}
