package contract_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/davecgh/go-spew/spew"
	"github.com/google/go-cmp/cmp"
	"github.com/kr/pretty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	ls "github.com/licensespring-go/licensespring"
)

// printers print values by reflection, unexported fields too.
var printers = map[string]func(any) string{
	"spew":         func(v any) string { return spew.Sdump(v) },
	"spew methods": func(v any) string { return (&spew.ConfigState{DisableMethods: true}).Sdump(v) },
	"spew format":  func(v any) string { return spew.Sprintf("%#+v %v", v, v) },
	"kr/pretty":    func(v any) string { return pretty.Sprint(v) },
	"kr/pretty diff": func(v any) string {
		return fmt.Sprint(pretty.Diff(v, reflect.Zero(reflect.TypeOf(v)).Interface()))
	},
	"go-cmp": func(v any) string {
		return cmp.Diff(v, reflect.Zero(reflect.TypeOf(v)).Interface(), cmp.Exporter(func(reflect.Type) bool { return true }))
	},
}

// TestPrintersShowNoPassword prints a created order with an initial password, and
// everything that a program may hold of it.
func TestPrintersShowNoPassword(t *testing.T) {
	t.Parallel()
	client, server := connect(t, dialects[0])
	result, err := client.CreateOrder(t.Context(), ls.NewOrder("inv-1").AddItem(userProduct, ls.NewUserLicense("ada@example.com")))
	require.NoError(t, err)
	record := *result.Order
	users := record.Users()
	require.Len(t, users, 1)
	password := users[0].InitialPassword.Reveal()
	require.NotEmpty(t, password)
	var read ls.OrderRecord
	require.NoError(t, json.Unmarshal(record.Raw(), &read))
	require.Contains(t, string(read.Raw()), password)
	_, failure := client.CreateOrder(t.Context(), ls.NewOrder("inv-1").AddItem(userProduct, ls.NewUserLicense("ada@example.com")))
	require.Error(t, failure)

	for name, printed := range printers {
		for _, v := range []any{
			*result, record, read, record.OrderItems, record.OrderItems[0].Licenses, users, users[0].InitialPassword,
			struct{ private ls.Secret }{users[0].InitialPassword},
		} {
			assertHidden(t, password, printed(v), "%s of %T", name, v)
		}
		if name != "go-cmp" { // the same printers show no API key
			text := printed(failure)
			assertHidden(t, password, text, name)
			assertHidden(t, server.APIKey(), text, name)
		}
	}
	assert.True(t, assert.ObjectsAreEqual(record.Users(), read.Users()), "records can be compared")
}

// assertHidden checks that a text contains no part of a secret, neither as it is nor
// as bytes: a printer may break a line within it.
func assertHidden(t *testing.T, secret, text string, msg ...any) {
	t.Helper()
	const window = 5
	for i := range len(secret) - window {
		part := secret[i : i+window]
		for _, format := range []string{"%s", "% x", "%#v", "%v"} {
			form := strings.Trim(fmt.Sprintf(format, []byte(part)), "[]byte{}")
			if format == "%s" {
				form = part
			}
			assert.NotContains(t, text, form, msg...)
		}
	}
}
