package licensespring

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/licensespring-go/licensespring/internal/wire"
)

// Clone returns a copy that shares nothing with the order: no slice, map or
// pointer. The one exception is a value of a type of your own in the metadata
// of a license.
func (o *Order) Clone() *Order {
	c := *o
	c.fields(cloner{})
	return &c
}

// Clone returns a copy that shares nothing with the license; see
// [Order.Clone].
func (l License) Clone() License {
	l.fields(cloner{})
	return l
}

// cloner is the visitor that gives an object, copied by assignment, its own
// copies of everything that it still shares with the original.
type cloner struct{}

func (cloner) member(_ string, p any) {
	switch p := p.(type) {
	case **bool:
		*p = clonePointer(*p)
	case **int:
		*p = clonePointer(*p)
	case **int64:
		*p = clonePointer(*p)
	case **float64:
		*p = clonePointer(*p)
	case *map[string]any:
		*p = wire.CloneMap(*p)
	case *any:
		*p = wire.CloneValue(*p)
	case **Customer:
		if *p = clonePointer(*p); *p != nil {
			(*p).fields(cloner{})
		}
	case *[]OrderItem:
		*p = slices.Clone(*p)
		cloneEach(p)
	case *[]License:
		*p = slices.Clone(*p)
		cloneEach(p)
	case *[]LicenseUser:
		*p = slices.Clone(*p)
		cloneEach(p)
	case *[]ProductFeature:
		*p = slices.Clone(*p)
		cloneEach(p)
	case *[]CustomField:
		*p = slices.Clone(*p)
		cloneEach(p)
	}
}

// cloneEach is for the objects of a list that has been copied.
func cloneEach(p any) {
	l := listOf(p)
	for i := range l.len() {
		l.at(i).fields(cloner{})
	}
}

func (cloner) extra(_ object, p *map[string]json.RawMessage) { *p = cloneExtra(*p) }

func clonePointer[T any](p *T) *T {
	if p == nil {
		return nil
	}
	return new(*p)
}

func cloneExtra(extra map[string]json.RawMessage) map[string]json.RawMessage {
	if extra == nil {
		return nil
	}
	c := make(map[string]json.RawMessage, len(extra))
	for name, raw := range extra {
		c[name] = bytes.Clone(raw)
	}
	return c
}
