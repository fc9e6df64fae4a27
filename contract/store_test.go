package contract_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bsonv1 "go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.yaml.in/yaml/v3"

	ls "github.com/licensespring-go/licensespring"
)

// encoders are libraries with which programs store orders.
var encoders = map[string]struct {
	encode func(any) ([]byte, error)
	decode func([]byte, any) error
}{
	"json": {encode: json.Marshal, decode: json.Unmarshal},
	"gob": {
		encode: func(v any) ([]byte, error) {
			var b bytes.Buffer
			err := gob.NewEncoder(&b).Encode(v)
			return b.Bytes(), err
		},
		decode: func(b []byte, v any) error { return gob.NewDecoder(bytes.NewReader(b)).Decode(v) },
	},
	"cbor":    {encode: cbor.Marshal, decode: cbor.Unmarshal},
	"yaml":    {encode: yaml.Marshal, decode: yaml.Unmarshal},
	"bson":    {encode: bson.Marshal, decode: bson.Unmarshal},
	"bson v1": {encode: bsonv1.Marshal, decode: bsonv1.Unmarshal}, // the driver before v2
}

// row is how a program stores an order: in a named field.
type row struct {
	Tenant string
	Order  ls.Order
	Term   ls.Duration
	From   ls.Date
}

// storedRow returns what an encoder makes of a row.
func storedRow(t *testing.T, encoder string, in row) row {
	t.Helper()
	e := encoders[encoder]
	b, err := e.encode(in)
	require.NoError(t, err)
	var out row
	require.NoError(t, e.decode(b, &out))
	return out
}

// TestStoreDuration is the smallest order that came back without its end.
func TestStoreDuration(t *testing.T) {
	t.Parallel()
	order := ls.NewOrder("inv-1").AddItem("acmecad", ls.License{ValidDuration: ls.Days(30)})
	for name := range encoders {
		got := storedRow(t, name, row{"t", *order, ls.Months(1), ls.Date{Year: 2031, Month: 2, Day: 28}})
		assert.Equal(t, "t", got.Tenant, name)
		assert.Equal(t, ls.Days(30), got.Order.Items[0].Licenses[0].ValidDuration, name)
		assert.Equal(t, ls.Months(1), got.Term, name)
		assert.Equal(t, ls.Date{Year: 2031, Month: 2, Day: 28}, got.From, name)
	}
}

// TestStoreOrders stores random valid orders with each encoder. The order that
// comes back is the same on the wire: absent, zero and false stay different.
func TestStoreOrders(t *testing.T) {
	t.Parallel()
	for name := range encoders {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGenerator(7, dialects[0])
			for range 200 {
				order := g.order()
				order.Extra = map[string]json.RawMessage{"x": json.RawMessage(`{"y":[1.50,null]}`)}
				want := encoded(t, order)
				got := storedRow(t, name, row{Order: *order}).Order
				assert.Equal(t, string(want), string(encoded(t, got)))
			}
		})
	}
}

// TestStoreNumbers stores numbers that were read from JSON, which are texts in Go.
func TestStoreNumbers(t *testing.T) {
	t.Parallel()
	const text = `{"id":"a","items":[{"product_code":"p","licenses":[{"metadata":{"a":[7,{"b":0.50}],"c":12345678901234567890.5},"custom_fields":[{"name":"c","value":7},{"name":"d","value":"7"}]}]}]}`
	var order ls.Order
	require.NoError(t, json.Unmarshal([]byte(text), &order))
	want := string(encoded(t, order))
	require.Contains(t, want, "12345678901234567890.5")
	for name := range encoders {
		assert.Equal(t, want, string(encoded(t, storedRow(t, name, row{Order: order}).Order)), name)
	}
}

// TestCompareWithCmp compares the types of the SDK with go-cmp, which panics on
// unexported fields of a type without an Equal method.
func TestCompareWithCmp(t *testing.T) {
	t.Parallel()
	g := newGenerator(3, dialects[0])
	for range 50 {
		order := g.order()
		assert.Empty(t, cmp.Diff(order, order.Clone()))
	}
	a := ls.NewOrder("a").AddItem("p", ls.License{ValidDuration: ls.Days(30), StartDate: ls.Date{Year: 2031, Month: 2, Day: 28}})
	b := a.Clone()
	b.Items[0].Licenses[0].ValidDuration = ls.Days(31)
	assert.NotEmpty(t, cmp.Diff(a, b))
	assert.True(t, cmp.Equal(a.Check(), b.Check()))
	assert.True(t, cmp.Equal(ls.NewSecret("x"), ls.NewSecret("x")))
	assert.False(t, cmp.Equal(ls.NewSecret("x"), ls.NewSecret("y")))

	// Records keep the response.
	var record ls.OrderRecord
	unexported := cmpopts.IgnoreUnexported(ls.OrderRecord{}, ls.ItemRecord{}, ls.LicenseRecord{}, ls.FeatureRecord{}, ls.UserRecord{})
	assert.True(t, cmp.Equal(record, ls.OrderRecord{}, unexported))
}
