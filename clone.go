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
type cloner struct{ ignorer }

func (cloner) optFlag(_ string, p **bool)                    { *p = clonePointer(*p) }
func (cloner) optInt(_ string, p **int)                      { *p = clonePointer(*p) }
func (cloner) optID(_ string, p **int64)                     { *p = clonePointer(*p) }
func (cloner) optNumber(_ string, p **float64)               { *p = clonePointer(*p) }
func (cloner) metadata(_ string, p *map[string]any)          { *p = wire.CloneMap(*p) }
func (cloner) scalar(_ string, p *any)                       { *p = wire.CloneValue(*p) }
func (cloner) items(_ string, p *[]OrderItem)                { *p = cloneObjects(*p) }
func (cloner) licenses(_ string, p *[]License)               { *p = cloneObjects(*p) }
func (cloner) users(_ string, p *[]LicenseUser)              { *p = cloneObjects(*p) }
func (cloner) features(_ string, p *[]ProductFeature)        { *p = cloneObjects(*p) }
func (cloner) customFields(_ string, p *[]CustomField)       { *p = cloneObjects(*p) }
func (cloner) extra(_ object, p *map[string]json.RawMessage) { *p = cloneExtra(*p) }
func (cloner) customer(_ string, p **Customer) {
	if *p = clonePointer(*p); *p != nil {
		(*p).fields(cloner{})
	}
}

func clonePointer[T any](p *T) *T {
	if p == nil {
		return nil
	}
	return new(*p)
}

func cloneObjects[T any, P objectPointer[T]](list []T) []T {
	list = slices.Clone(list)
	for i := range list {
		P(&list[i]).fields(cloner{})
	}
	return list
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
