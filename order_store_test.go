package licensespring

import (
	"bytes"
	"encoding"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// values returns an order and its parts. They hold zero values, empty lists, extra
// members and numbers that encoders lose if they encode the fields.
func values() []any {
	feature := ProductFeature{Code: "f", MaxConsumption: new(0), Extra: map[string]json.RawMessage{"x": json.RawMessage("1")}}
	field := CustomField{Name: "c", Value: json.Number("1.50")}
	user := LicenseUser{Email: "a@example.com", MaxActivations: new(0)}
	license := License{
		ValidDuration: Days(30), IsTrial: new(false), MaxActivations: new(0), StartDate: Date{2031, 2, 28}, ProductFeatures: []ProductFeature{},
		Metadata: map[string]any{"n": json.Number("12345678901234567890.5"), "m": map[string]any{"l": []any{nil, "x"}}}, CustomFields: []CustomField{field},
	}
	item := OrderItem{ProductCode: "p", Licenses: []License{license, {Users: []LicenseUser{user}, ProductFeatures: []ProductFeature{feature}}}}
	customer := Customer{Email: "a@example.com", Extra: map[string]json.RawMessage{"x": json.RawMessage(`{"y":null}`)}}
	order := Order{ID: "a", PreventVM: new(false), Items: []OrderItem{item}, Customer: &customer, Extra: map[string]json.RawMessage{"x": json.RawMessage(`"y"`)}}
	return []any{order, *storable(), item, license, user, feature, field, customer, Days(30), Duration{}, Date{2031, 2, 28}, Date{}}
}

// storable returns the full order without fractions of a second and zones, which
// are not sent.
func storable() *Order {
	b, err := fullOrder().MarshalJSON()
	if err != nil {
		panic(err)
	}
	o := new(Order)
	if err := o.UnmarshalJSON(b); err != nil {
		panic(err)
	}
	return o
}

// stored returns what an encoder and its decoder make of a value.
func stored(t *testing.T, v any, store func(in, out any) error) any {
	t.Helper()
	out := reflect.New(reflect.TypeOf(v))
	require.NoError(t, store(v, out.Interface()), "%T", v)
	return out.Elem().Interface()
}

// Every encoder returns the value that was stored, also within a struct.
func TestStoreInEveryEncoder(t *testing.T) {
	t.Parallel()
	for name, store := range map[string]func(in, out any) error{
		"json": func(in, out any) error {
			b, err := json.Marshal(in)
			if err != nil {
				return err
			}
			return json.Unmarshal(b, out)
		},
		"gob": func(in, out any) error {
			var b bytes.Buffer
			if err := gob.NewEncoder(&b).Encode(in); err != nil {
				return err
			}
			return gob.NewDecoder(&b).Decode(out)
		},
	} {
		for _, v := range values() {
			if d, ok := v.(Date); ok && d.IsZero() {
				continue // gob has no zero value at the top
			}
			assert.Equal(t, v, stored(t, v, store), "%s %T", name, v)
		}
		type row struct {
			Tenant string
			Order  Order
			Terms  []Duration
			From   Date
		}
		in := row{"t", *storable(), []Duration{Days(30), {}, Minutes(5)}, Date{2031, 2, 28}}
		assert.Equal(t, in, stored(t, in, store), name)
	}
}

// The types that XML can represent are stored as text.
func TestStoreAsXML(t *testing.T) {
	t.Parallel()
	type row struct {
		Tenant string
		Order  Order
		Term   Duration
		From   Date
	}
	in := row{"t", *storable(), Days(30), Date{2031, 2, 28}}
	b, err := xml.Marshal(in)
	require.NoError(t, err)
	var out row
	require.NoError(t, xml.Unmarshal(b, &out))
	assert.Equal(t, in, out)
	_, err = xml.Marshal(values()[2])
	assert.Error(t, err, "an error, not a part of the item")
}

// The binary and the text form are the JSON of the value, with its errors.
func TestStoredFormIsJSON(t *testing.T) {
	t.Parallel()
	for _, v := range values() {
		want, err := json.Marshal(v)
		require.NoError(t, err)
		if m, ok := v.(encoding.BinaryMarshaler); ok {
			got, err := m.MarshalBinary()
			require.NoError(t, err)
			assert.JSONEq(t, string(want), string(got))
			u, ok := reflect.TypeAssert[encoding.BinaryUnmarshaler](reflect.New(reflect.TypeOf(v)))
			require.True(t, ok, "%T", v)
			require.NoError(t, u.UnmarshalBinary(got))
			require.Error(t, u.UnmarshalBinary([]byte(`{"id":1`)))
			assert.Equal(t, v, reflect.ValueOf(u).Elem().Interface())
		}
	}
	_, err := Order{ID: "\xff"}.MarshalBinary()
	require.Error(t, err)
	_, err = Order{ID: "\xff"}.MarshalText()
	require.Error(t, err)
	require.Error(t, new(Order).UnmarshalText([]byte("x")))
}

// A struct that holds a part of an order in a named field keeps its other fields.
func TestNamedField(t *testing.T) {
	t.Parallel()
	for _, v := range values() {
		holder := reflect.New(reflect.StructOf([]reflect.StructField{
			{Name: "Value", Type: reflect.TypeOf(v), Tag: `json:"value"`}, {Name: "Tenant", Type: reflect.TypeFor[string](), Tag: `json:"tenant"`},
		}))
		holder.Elem().Field(0).Set(reflect.ValueOf(v))
		holder.Elem().Field(1).SetString("t")
		b, err := json.Marshal(holder.Interface())
		require.NoError(t, err)
		assert.Contains(t, string(b), `"tenant":"t"`)
		out := reflect.New(holder.Type().Elem())
		require.NoError(t, json.Unmarshal(b, out.Interface()))
		assert.Equal(t, holder.Elem().Interface(), out.Elem().Interface())
	}
}

// No member of the struct becomes a member of the order.
func TestOrderInNamedField(t *testing.T) {
	t.Parallel()
	type row struct {
		Order  Order  `json:"order"`
		Tenant string `json:"tenant"`
	}
	in := row{*good(), "t"}
	b, err := json.Marshal(in)
	require.NoError(t, err)
	assert.JSONEq(t, `{"order":{"id":"a","items":[{"product_code":"p","licenses":[{}]}]},"tenant":"t"}`, string(b))
	var out row
	require.NoError(t, json.Unmarshal(b, &out))
	assert.Equal(t, in, out)
	assert.Empty(t, out.Order.Extra)
}
