package licensespring

import (
	"reflect"

	"github.com/licensespring-go/licensespring/internal/jsonread"
)

// objectList is a field that holds objects, whichever type they are of.
type objectList struct {
	slice reflect.Value
	// features tells that a text is an object too, in its short form.
	features bool
	// emptyCounts tells that no objects is something to say. No items, licenses
	// or users is the same as not to say any.
	emptyCounts bool
}

// listOf returns the list that p points to, which is a slice of objects.
func listOf(p any) objectList {
	l := objectList{slice: reflect.ValueOf(p).Elem()}
	switch p.(type) {
	case *[]ProductFeature:
		l.features, l.emptyCounts = true, true
	case *[]CustomField:
		l.emptyCounts = true
	}
	return l
}

func (l objectList) len() int { return l.slice.Len() }

// absent reports whether the list is no member at all.
func (l objectList) absent() bool {
	return l.len() == 0 && (!l.emptyCounts || l.slice.IsNil())
}

// takes reports whether a JSON value can be an object of the list.
func (l objectList) takes(value []byte) bool {
	kind := jsonread.KindOf(value)
	return kind == jsonread.Object || (l.features && kind == jsonread.String)
}

// at returns an object of the list itself, not a copy.
func (l objectList) at(i int) object {
	o, _ := reflect.TypeAssert[object](l.slice.Index(i).Addr())
	return o
}

// create makes a list of n objects out of one that is nil.
func (l objectList) create(n int) {
	if n == 0 && l.emptyCounts {
		l.slice.Set(reflect.MakeSlice(l.slice.Type(), 0, 0))
		return
	}
	l.slice.Grow(n)
	l.slice.SetLen(n)
}
