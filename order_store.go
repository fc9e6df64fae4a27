package licensespring

import (
	"fmt"

	"github.com/licensespring-go/licensespring/internal/wire"
)

// MarshalBinary returns the JSON of the order, for encoders such as encoding/gob
// and CBOR. These would leave out zero values and Extra.
func (o Order) MarshalBinary() ([]byte, error) { return o.MarshalJSON() }

// UnmarshalBinary decodes JSON; see [Order.UnmarshalJSON].
func (o *Order) UnmarshalBinary(data []byte) error { return o.UnmarshalJSON(data) }

// MarshalText returns the JSON of the order, for encoders such as encoding/xml and
// YAML. These cannot represent Extra or a [json.Number].
func (o Order) MarshalText() ([]byte, error) { return o.MarshalJSON() }

// UnmarshalText decodes JSON; see [Order.UnmarshalJSON].
func (o *Order) UnmarshalText(text []byte) error { return o.UnmarshalJSON(text) }

// MarshalBSON returns a document with the id and the JSON of the order, for the
// MongoDB driver. BSON cannot represent every number of the metadata.
func (o Order) MarshalBSON() ([]byte, error) {
	b, err := o.MarshalJSON()
	if err != nil {
		return nil, err
	}
	return wire.AppendBSON(nil, wire.BSONText{Name: "id", Text: o.ID}, wire.BSONText{Name: "order", Text: string(b)})
}

// UnmarshalBSON decodes a document of [Order.MarshalBSON].
func (o *Order) UnmarshalBSON(document []byte) error {
	text, err := wire.BSONMember(document, "order")
	if err != nil {
		return fmt.Errorf("licensespring: order: %w", err)
	}
	return o.UnmarshalJSON([]byte(text))
}

// MarshalBinary returns the JSON of the item; see [Order.MarshalBinary].
func (i OrderItem) MarshalBinary() ([]byte, error) { return i.MarshalJSON() }

// UnmarshalBinary decodes JSON; see [Order.UnmarshalJSON].
func (i *OrderItem) UnmarshalBinary(data []byte) error { return i.UnmarshalJSON(data) }

// MarshalBinary returns the JSON of the license; see [Order.MarshalBinary].
func (l License) MarshalBinary() ([]byte, error) { return l.MarshalJSON() }

// UnmarshalBinary decodes JSON; see [Order.UnmarshalJSON].
func (l *License) UnmarshalBinary(data []byte) error { return l.UnmarshalJSON(data) }

// MarshalBinary returns the JSON of the user; see [Order.MarshalBinary].
func (u LicenseUser) MarshalBinary() ([]byte, error) { return u.MarshalJSON() }

// UnmarshalBinary decodes JSON; see [Order.UnmarshalJSON].
func (u *LicenseUser) UnmarshalBinary(data []byte) error { return u.UnmarshalJSON(data) }

// MarshalBinary returns the JSON of the feature; see [Order.MarshalBinary].
func (f ProductFeature) MarshalBinary() ([]byte, error) { return f.MarshalJSON() }

// UnmarshalBinary decodes JSON; see [Order.UnmarshalJSON].
func (f *ProductFeature) UnmarshalBinary(data []byte) error { return f.UnmarshalJSON(data) }

// MarshalBinary returns the JSON of the custom field; see [Order.MarshalBinary].
func (c CustomField) MarshalBinary() ([]byte, error) { return c.MarshalJSON() }

// UnmarshalBinary decodes JSON; see [Order.UnmarshalJSON].
func (c *CustomField) UnmarshalBinary(data []byte) error { return c.UnmarshalJSON(data) }

// MarshalBinary returns the JSON of the customer; see [Order.MarshalBinary].
func (c Customer) MarshalBinary() ([]byte, error) { return c.MarshalJSON() }

// UnmarshalBinary decodes JSON; see [Order.UnmarshalJSON].
func (c *Customer) UnmarshalBinary(data []byte) error { return c.UnmarshalJSON(data) }
