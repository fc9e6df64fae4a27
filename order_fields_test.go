package licensespring

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// modelTypes are the types of an order with the members that the Create Order
// page and the newer reference list. They are repeated here to detect mistakes
// in order_fields.go.
var modelTypes = map[reflect.Type]string{
	reflect.TypeFor[Order](): `id items append is_test created order_type language campaign_params download_id
		prevent_vm customer is_bundle metadata customer_account_id add_to_customer_account reference`,
	reflect.TypeFor[Customer]():  `email first_name last_name company phone reference is_manager address`,
	reflect.TypeFor[OrderItem](): `product_code note licenses`,
	reflect.TypeFor[License](): `key users max_activations license_type max_consumptions valid_duration
		enable_maintenance_duration maintenance_duration validity_period product_features is_trial prevent_vm
		max_transfers allow_overages max_overages reset_consumption consumption_period
		policy_code trial_days start_date maintenance_period note subscription_id metadata custom_fields
		is_floating floating_users floating_timeout is_floating_cloud can_borrow max_borrow_time
		allow_grace_period grace_period max_license_users is_air_gapped is_hardware_key_auth
		allow_unlimited_activations allow_unlimited_consumptions allow_negative_consumptions active enabled`,
	reflect.TypeFor[LicenseUser](): `email is_manager max_activations`,
	reflect.TypeFor[ProductFeature](): `code max_consumption expiry_date allow_overages max_overages
		reset_consumption consumption_period is_floating floating_users floating_timeout`,
	reflect.TypeFor[CustomField](): `name value`,
}

// leaf is a field of a type, including those of embedded structs.
type leaf struct {
	name  string
	index []int
}

func leaves(typ reflect.Type) []leaf {
	var all []leaf
	for _, f := range reflect.VisibleFields(typ) {
		if !f.Anonymous && f.IsExported() {
			all = append(all, leaf{f.Name, f.Index})
		}
	}
	return all
}

// sample returns a value for a field that differs from that of an absent
// member.
func sample(t *testing.T, typ reflect.Type) reflect.Value {
	t.Helper()
	switch v := reflect.New(typ).Elem(); v.Interface().(type) {
	case string, LicenseType, OrderType:
		v.SetString("some text")
		return v
	case ConsumptionPeriod:
		return reflect.ValueOf(Monthly)
	case bool:
		return reflect.ValueOf(true)
	case *bool:
		return reflect.ValueOf(new(false))
	case *int:
		return reflect.ValueOf(new(0))
	case *int64:
		return reflect.ValueOf(new(int64(0)))
	case *float64:
		return reflect.ValueOf(new(0.0))
	case Duration:
		return reflect.ValueOf(Days(3))
	case Date:
		return reflect.ValueOf(Date{2031, time.March, 1})
	case time.Time:
		return reflect.ValueOf(time.Date(2031, 3, 1, 10, 20, 30, 0, time.UTC))
	case any: // all other non-nil values
		switch typ {
		case reflect.TypeFor[map[string]json.RawMessage]():
			return reflect.ValueOf(map[string]json.RawMessage{"other": json.RawMessage(`[1]`)})
		case reflect.TypeFor[map[string]any]():
			return reflect.ValueOf(map[string]any{})
		}
	}
	switch {
	case typ.Kind() == reflect.Interface:
		return reflect.ValueOf(json.Number("1.50"))
	case typ.Kind() == reflect.Slice:
		v := reflect.MakeSlice(typ, 1, 1)
		fillFirst(t, v.Index(0))
		return v
	case typ == reflect.TypeFor[*Customer]():
		return reflect.ValueOf(&Customer{Email: "ada@example.com"})
	}
	t.Fatalf("no sample for %v: a new kind of field needs one here", typ)
	return reflect.Value{}
}

// fillFirst sets the required members of an object.
func fillFirst(t *testing.T, v reflect.Value) {
	t.Helper()
	v.Field(0).Set(sample(t, v.Field(0).Type()))
	if v.Type() == reflect.TypeFor[CustomField]() {
		v.Field(1).Set(sample(t, v.Field(1).Type()))
	}
}

// TestEveryFieldGoesBothWays sets each exported field of each type, to its zero
// value where zero does not mean absent, and encodes and decodes it in both
// dialects.
func TestEveryFieldGoesBothWays(t *testing.T) {
	t.Parallel()
	for typ := range modelTypes {
		for _, field := range leaves(typ) {
			for _, dialect := range []Dialect{DialectClassic, DialectCurrent} {
				t.Run(fmt.Sprintf("%s.%s/%s", typ.Name(), field.name, dialect), func(t *testing.T) {
					t.Parallel()
					v := reflect.New(typ)
					if typ == reflect.TypeFor[CustomField]() {
						fillFirst(t, v.Elem())
					}
					v.Elem().FieldByIndex(field.index).Set(sample(t, v.Elem().FieldByIndex(field.index).Type()))
					o, ok := reflect.TypeAssert[object](v)
					require.True(t, ok)

					written, err := appendObject(nil, o, dialect)
					require.NoError(t, err)
					assert.NotEqual(t, "{}", string(written), "the field is not written")

					read := reflect.New(typ)
					require.NoError(t, json.Unmarshal(written, read.Interface()), "%s", written)
					assert.Equal(t, v.Interface(), read.Interface(), "%s", written)
				})
			}
		}
	}
}

// memberNames returns the names of all members in order.
func memberNames(o object) []string {
	var names []string
	var n nameFinder
	for candidate := range strings.FieldsSeq(strings.Join(allNames(), " ")) {
		n = nameFinder{want: candidate}
		o.fields(&n)
		if n.found {
			for len(names) <= n.index {
				names = append(names, "")
			}
			names[n.index] = candidate
		}
	}
	for len(names) < n.seen {
		names = append(names, "")
	}
	return names
}

func allNames() []string {
	var all []string
	for _, names := range modelTypes {
		all = append(all, names)
	}
	return all
}

// TestFieldLists compares the fields methods with modelTypes, and with the
// number of fields of each type.
func TestFieldLists(t *testing.T) {
	t.Parallel()
	for typ, names := range modelTypes {
		t.Run(typ.Name(), func(t *testing.T) {
			t.Parallel()
			o, ok := reflect.TypeAssert[object](reflect.New(typ))
			require.True(t, ok)
			assert.Equal(t, strings.Fields(names), memberNames(o))
			fields := len(leaves(typ))
			if _, extra := typ.FieldByName("Extra"); extra {
				fields--
			}
			assert.Len(t, strings.Fields(names), fields)
		})
	}
}

// TestFullOrderIsFull checks that the order of the golden files sets every
// field.
func TestFullOrderIsFull(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	walkSet(reflect.ValueOf(fullOrder()), seen)
	for typ := range modelTypes {
		for _, field := range leaves(typ) {
			assert.True(t, seen[typ.Name()+"."+field.name], "%s.%s is not set in fullOrder", typ.Name(), field.name)
		}
	}
}

func walkSet(v reflect.Value, seen map[string]bool) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			walkSet(v.Elem(), seen)
		}
	case reflect.Slice:
		for i := range v.Len() {
			walkSet(v.Index(i), seen)
		}
	case reflect.Struct:
		if _, ours := modelTypes[v.Type()]; !ours {
			return
		}
		for _, field := range leaves(v.Type()) {
			f := v.FieldByIndex(field.index)
			if !f.IsZero() {
				seen[v.Type().Name()+"."+field.name] = true
			}
			walkSet(f, seen)
		}
	default:
	}
}

// fieldLister is the visitor that lists the fields of an object, by address.
type fieldLister struct {
	names      map[uintptr]string
	extraField uintptr
}

func (l *fieldLister) member(name string, p any) { l.names[reflect.ValueOf(p).Pointer()] = name }

func (l *fieldLister) extra(_ object, p *map[string]json.RawMessage) {
	l.extraField = reflect.ValueOf(p).Pointer()
}

// TestFieldTags compares the json tags of the model with the names that the
// fields methods use. Options structs are embedded without a tag, and Extra is
// not a member.
func TestFieldTags(t *testing.T) {
	t.Parallel()
	types := []reflect.Type{
		reflect.TypeFor[LicenseUpdate](), reflect.TypeFor[LicenseState](), reflect.TypeFor[UserAssignment](),
	}
	for typ := range modelTypes {
		types = append(types, typ)
	}
	for _, typ := range types {
		t.Run(typ.Name(), func(t *testing.T) {
			t.Parallel()
			v := reflect.New(typ)
			o, ok := reflect.TypeAssert[object](v)
			require.True(t, ok)
			l := &fieldLister{names: make(map[uintptr]string)}
			o.fields(l)

			visited := 0
			for _, f := range reflect.VisibleFields(typ) {
				if f.Anonymous {
					assert.Contains(t, []string{"ConsumptionOptions", "FloatingOptions", "LicenseUpdate"}, f.Name)
					assert.Empty(t, f.Tag, f.Name)
					continue
				}
				require.True(t, f.IsExported(), f.Name)
				p := v.Elem().FieldByIndex(f.Index).Addr().Pointer()
				if strings.HasPrefix(f.Name, "Allow") && f.Type.Kind() == reflect.Bool { // a permission, not a member
					assert.NotContains(t, l.names, p)
					continue
				}
				if f.Name == "Extra" {
					assert.Equal(t, reflect.StructTag(`json:"-"`), f.Tag)
					assert.Equal(t, p, l.extraField, "Extra is not visited")
					continue
				}
				name, ok := l.names[p]
				if assert.True(t, ok, "%s is not visited", f.Name) {
					visited++
					assert.Equal(t, reflect.StructTag(`json:"`+name+`,omitzero"`), f.Tag, f.Name)
				}
			}
			assert.Len(t, l.names, visited, "a member without a field is visited")
		})
	}
}

// A visitor that ignored an unknown kind of field would lose it silently.
func TestVisitorsRejectUnknownFields(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]visitor{
		"cloner":      cloner{},
		"checker":     &checker{},
		"orderWriter": &orderWriter{buf: []byte("{")},
		"orderReader": &orderReader{},
		"comparer":    &comparer{rec: &OrderRecord{}},
	} {
		for _, p := range []any{new(uint8), new(*uint8), new([]string), new(Customer)} {
			assert.PanicsWithValue(t, unknownField("new_member", p), func() { v.member("new_member", p) }, "%s, %T", name, p)
		}
	}
	assert.PanicsWithValue(t, "licensespring: no visitor for new_member, a *uint8", func() { listOf("new_member", new(uint8)) })
}
