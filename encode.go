package licensespring

import "slices"

// MarshalJSON writes the order as the service takes it, in [PageDialect]. The
// same order always gives the same bytes: members in the order of the page,
// then those of the newer reference, then Extra by name; nothing that is
// absent, and nothing escaped that need not be. (A caller of [json.Marshal]
// gets <, > and & escaped by that function.)
//
// What JSON cannot say, such as text that is not UTF-8 or metadata that cannot
// be encoded, is a [*ValidationError]. Everything else is written as it is,
// right or wrong; see [Order.Check].
func (o Order) MarshalJSON() ([]byte, error) { return o.appendJSON(nil, PageDialect) }

// MarshalJSON writes the item as a part of an order; see [Order.MarshalJSON].
func (i OrderItem) MarshalJSON() ([]byte, error) { return appendObject(nil, &i, PageDialect) }

// MarshalJSON writes the license as a part of an order; see
// [Order.MarshalJSON].
func (l License) MarshalJSON() ([]byte, error) { return appendObject(nil, &l, PageDialect) }

// MarshalJSON writes the user as a part of an order; see [Order.MarshalJSON].
func (u LicenseUser) MarshalJSON() ([]byte, error) { return appendObject(nil, &u, PageDialect) }

// MarshalJSON writes the feature in its long form; see [Order.MarshalJSON].
func (f ProductFeature) MarshalJSON() ([]byte, error) { return appendObject(nil, &f, PageDialect) }

// MarshalJSON writes the custom field as a part of an order; see
// [Order.MarshalJSON].
func (c CustomField) MarshalJSON() ([]byte, error) { return appendObject(nil, &c, PageDialect) }

// MarshalJSON writes the customer as a part of an order; see
// [Order.MarshalJSON].
func (c Customer) MarshalJSON() ([]byte, error) { return appendObject(nil, &c, PageDialect) }

// appendJSON appends the order as dialect d says it. If there is an error,
// which is a [*ValidationError], nothing is appended.
func (o *Order) appendJSON(dst []byte, d Dialect) ([]byte, error) {
	return appendObject(slices.Grow(dst, o.sizeHint()), o, d)
}

// sizeHint guesses the length of the order in JSON, so that the common order
// needs one allocation.
func (o *Order) sizeHint() int {
	n := 256
	for i := range o.Items {
		n += 64
		for j := range o.Items[i].Licenses {
			l := &o.Items[i].Licenses[j]
			n += 160 + 64*len(l.Users) + 32*len(l.ProductFeatures)
		}
	}
	return n
}

func appendObject(dst []byte, o object, d Dialect) ([]byte, error) {
	w := orderWriter{buf: dst, dialect: d.wire()}
	w.object(o)
	if len(w.findings) > 0 {
		return dst, &ValidationError{Findings: w.findings}
	}
	return w.buf, nil
}
