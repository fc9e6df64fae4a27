package licensespring

import (
	"reflect"

	"github.com/licensespring-go/licensespring/internal/jsonread"
	"github.com/licensespring-go/licensespring/internal/wire"
)

// UnmarshalJSON reads an order in the spelling of either [Dialect], and
// replaces the whole order by it. Users may be an array or a single object,
// features strings, objects or both. A null is an absent member. Dates may have
// these forms, in UTC where there is no zone; an empty text and 0000-00-00 mean
// none:
//
//	2006-01-02
//	2006-01-02 15:04:05            a fraction and a zone may follow
//	2006-01-02T15:04:05.999Z07:00  RFC 3339, with or without fraction and zone
//
// Nothing is lost in silence: a member that no field stands for goes to Extra,
// and what cannot be kept, such as a value of another type or a member that
// stands twice, is a [*ValidationError] with the path of each such place, up to
// 999 of them. Then the order stays as it was. Whether the order makes sense is
// not asked here; see [Order.Check].
func (o *Order) UnmarshalJSON(data []byte) error { return readDocument(data, o) }

// UnmarshalJSON reads an item as a part of an order; see [Order.UnmarshalJSON].
func (i *OrderItem) UnmarshalJSON(data []byte) error { return readDocument(data, i) }

// UnmarshalJSON reads a license as a part of an order; see
// [Order.UnmarshalJSON].
func (l *License) UnmarshalJSON(data []byte) error { return readDocument(data, l) }

// UnmarshalJSON reads a user as a part of an order; see [Order.UnmarshalJSON].
func (u *LicenseUser) UnmarshalJSON(data []byte) error { return readDocument(data, u) }

// UnmarshalJSON reads a feature in its short or long form; see
// [Order.UnmarshalJSON].
func (f *ProductFeature) UnmarshalJSON(data []byte) error { return readDocument(data, f) }

// UnmarshalJSON reads a custom field as a part of an order; see
// [Order.UnmarshalJSON].
func (c *CustomField) UnmarshalJSON(data []byte) error { return readDocument(data, c) }

// UnmarshalJSON reads a customer as a part of an order; see
// [Order.UnmarshalJSON].
func (c *Customer) UnmarshalJSON(data []byte) error { return readDocument(data, c) }

// readDocument reads one object; a null changes nothing, as usual, and neither
// does what is wrong.
func readDocument(data []byte, dst object) error {
	r := orderReader{members: make([]member, 0, 24)} // grows if it must
	read := reflect.New(reflect.TypeOf(dst).Elem())
	switch {
	case !wire.ValidDocument(data):
		r.fail("", RuleInvalidJSON, "not valid JSON, or text in it is not valid Unicode")
	case jsonread.KindOf(data) == jsonread.Null:
		return nil
	default:
		o, _ := reflect.TypeAssert[object](read)
		r.value(data, o)
	}
	if len(r.findings) > 0 {
		return &ValidationError{Findings: r.findings}
	}
	reflect.ValueOf(dst).Elem().Set(read.Elem())
	return nil
}
