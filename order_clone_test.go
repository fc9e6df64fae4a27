package licensespring

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestCloneSharesNothing searches every field for memory that a copy shares
// with its original.
func TestCloneSharesNothing(t *testing.T) {
	t.Parallel()
	original := fullOrder()
	clone := original.Clone()
	assert.Equal(t, original, clone)
	owned := make(map[uintptr]string)
	visitMemory(reflect.ValueOf(original), "order", func(address uintptr, path string) { owned[address] = path })
	assert.Greater(t, len(owned), 60, "the walk sees the pointers, slices and maps of the order")
	visitMemory(reflect.ValueOf(clone), "clone", func(address uintptr, path string) {
		assert.NotContains(t, owned, address, "%s is %s", path, owned[address])
	})

	license := fullLicense()
	owned = make(map[uintptr]string)
	visitMemory(reflect.ValueOf(license), "license", func(address uintptr, path string) { owned[address] = path })
	visitMemory(reflect.ValueOf(license.Clone()), "clone", func(address uintptr, path string) {
		assert.NotContains(t, owned, address, "%s is %s", path, owned[address])
	})
}

// visitMemory reports the address of everything a value points to.
func visitMemory(v reflect.Value, path string, see func(address uintptr, path string)) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || v.Type().Elem().Name() == "Location" {
			return
		}
		see(v.Pointer(), path)
		visitMemory(v.Elem(), path, see)
	case reflect.Interface:
		if !v.IsNil() {
			visitMemory(v.Elem(), path, see)
		}
	case reflect.Map:
		if v.IsNil() {
			return
		}
		see(v.Pointer(), path)
		for key, value := range v.Seq2() {
			visitMemory(value, path+"["+key.String()+"]", see)
		}
	case reflect.Slice:
		if v.Len() == 0 {
			return
		}
		see(v.Pointer(), path)
		for i := range v.Len() {
			visitMemory(v.Index(i), path+"[]", see)
		}
	case reflect.Struct:
		for _, field := range reflect.VisibleFields(v.Type()) {
			if !field.Anonymous && field.IsExported() {
				visitMemory(v.FieldByIndex(field.Index), path+"."+field.Name, see)
			}
		}
	default:
	}
}

func TestCloneKeepsNilAndEmptyApart(t *testing.T) {
	t.Parallel()
	assert.Equal(t, &Order{}, (&Order{}).Clone())
	assert.Equal(t, License{}, License{}.Clone())
	empty := License{ProductFeatures: []ProductFeature{}, CustomFields: []CustomField{}, Metadata: map[string]any{}, Extra: map[string]json.RawMessage{}}
	assert.Equal(t, empty, empty.Clone())
}

// A license with any single pointer, slice or map is not copied by assignment alone.
func TestSharesNothingKnowsEveryField(t *testing.T) {
	t.Parallel()
	assert.True(t, new(License{Key: "K", LicenseType: Perpetual, ValidDuration: Days(1)}).sharesNothing())
	fields := 0
	var visit func(index []int, typ reflect.Type)
	visit = func(index []int, typ reflect.Type) {
		for i := range typ.NumField() {
			at := append(append([]int(nil), index...), i)
			switch field := typ.Field(i); field.Type.Kind() { //nolint:exhaustive // other kinds share no memory
			case reflect.Struct:
				if field.Anonymous {
					visit(at, field.Type)
				}
			case reflect.Pointer, reflect.Slice, reflect.Map:
				var l License
				var value reflect.Value
				if kind := field.Type.Kind(); kind == reflect.Pointer {
					value = reflect.New(field.Type.Elem())
				} else if kind == reflect.Slice {
					value = reflect.MakeSlice(field.Type, 0, 1)
				} else {
					value = reflect.MakeMap(field.Type)
				}
				reflect.ValueOf(&l).Elem().FieldByIndex(at).Set(value)
				assert.False(t, l.sharesNothing(), field.Name)
				fields++
			}
		}
	}
	visit(nil, reflect.TypeFor[License]())
	assert.Greater(t, fields, 30)
}
