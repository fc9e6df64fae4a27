package licensespring

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// item returns an item of a record.
func item(code string, licenses ...string) string {
	product := ""
	if code != "" {
		product = `"product": {"short_code": "` + code + `"}, `
	}
	return `{` + product + `"licenses": [` + strings.Join(licenses, ", ") + `]}`
}

func recordOfItems(items ...string) string {
	return `{"id": 1, "store_id": "a", "order_items": [` + strings.Join(items, ", ") + `]}`
}

func TestComparePairsLicenses(t *testing.T) {
	t.Parallel()
	three, five := License{MaxActivations: new(3)}, License{MaxActivations: new(5)}
	tests := []struct {
		name   string
		order  *Order
		record string
		some   bool // the record may hold more
		want   []string
	}{
		{"in another order", withLicenses(three, five), recordOfItems(item("p", `{"max_activations": 5}`, `{"max_activations": 3}`)), false, nil},
		{"grouped otherwise", withLicenses(three, five), recordOfItems(item("p", `{"max_activations": 5}`), item("p", `{"max_activations": 3}`)), false, nil},
		{"split otherwise", NewOrder("a").AddItem("p", three).AddItem("p", five), recordOfItems(item("p", `{"max_activations": 5}`, `{"max_activations": 3}`)), false, nil},
		{"items in another order", NewOrder("a").AddItem("p", three).AddItem("q", five), recordOfItems(item("q", `{"max_activations": 5}`), item("p", `{"max_activations": 3}`)), false, nil},
		{"by key", withLicenses(NewKeyLicense("K").WithMaxActivations(3), NewKeyLicense("L").WithMaxActivations(5)), recordOfItems(item("p", `{"license_key": "L", "max_activations": 5}`, `{"license_key": "K", "max_activations": 3}`)), false, nil},
		{"by key, and swapped", withLicenses(NewKeyLicense("K").WithMaxActivations(3), NewKeyLicense("L").WithMaxActivations(5)), recordOfItems(item("p", `{"license_key": "L", "max_activations": 3}`, `{"license_key": "K", "max_activations": 5}`)), false, []string{
			"items[0].licenses[0].max_activations: want 3, got 5 [value_mismatch]", "items[0].licenses[1].max_activations: want 5, got 3 [value_mismatch]",
		}},
		{"by key, of another product", NewOrder("a").AddItem("p", NewKeyLicense("K")).AddItem("q", NewKeyLicense("L")), recordOfItems(item("p", `{"license_key": "L"}`), item("q", `{"license_key": "K"}`)), false, []string{
			"items[0].licenses[0].key: want [redacted], got nothing [value_mismatch]", "items[1].licenses[0].key: want [redacted], got nothing [value_mismatch]",
			"items: want no additional licenses, got 2 additional licenses [value_mismatch]",
		}},
		{"by key, many", withLicenses(keyed(40)...), recordOfItems(item("p", keysReversed(40)...)), false, nil},
		{"by key, many, one of them another", withLicenses(keyed(20)...), recordOfItems(item("p", append(keysReversed(20)[1:], `{"license_key": "other"}`)...)), false, []string{
			"items[0].licenses[19].key: want [redacted], got nothing [value_mismatch]", "items: want no additional licenses, got 1 additional license [value_mismatch]",
		}},
		{"a license with a key is not one without", withLicenses(License{}, NewKeyLicense("K")), recordOfItems(item("p", `{"license_key": "K"}`, `{"license_key": "L"}`)), false, nil},
		{"by users", withLicenses(NewUserLicense("a@example.com").WithMaxActivations(3), NewUserLicense("b@example.com")), recordOfItems(item("p", `{"license_users": [{"email": "b@example.com"}], "max_activations": 9}`, `{"license_users": [{"email": "a@example.com"}], "max_activations": 3}`)), false, nil},
		{"one user twice", withLicenses(NewUserLicense("a@example.com").WithMaxActivations(3), NewUserLicense("a@example.com").WithMaxActivations(5)), recordOfItems(item("p", `{"license_users": [{"email": "a@example.com"}], "max_activations": 5}`, `{"license_users": [{"email": "a@example.com"}], "max_activations": 3}`)), false, nil},

		// A license with few settings must not take the pair of one with more.
		{"the open one first", withLicenses(License{}, five), recordOfItems(item("p", `{"max_activations": 5}`, `{"max_activations": 1}`)), false, nil},
		{"a chain", withLicenses(License{}, three, License{MaxActivations: new(3), Note: "x"}), recordOfItems(item("p", `{"max_activations": 3, "note": "x"}`, `{"max_activations": 3, "note": "y"}`, `{"max_activations": 1}`)), false, nil},
		{"a chain that has no end", withLicenses(License{}, three, License{MaxActivations: new(3), Note: "x"}), recordOfItems(item("p", `{"max_activations": 3, "note": "y"}`, `{"max_activations": 3, "note": "z"}`, `{"max_activations": 1}`)), false, []string{
			"items[0].licenses[2].max_activations: want 3, got 1 [value_mismatch]",
		}},
		// Features that the service drops silently do not change the pairing.
		{"warnings last", withLicenses(License{ProductFeatures: []ProductFeature{{Code: "gone"}}}, License{ProductFeatures: []ProductFeature{{Code: "f"}}}), recordOfItems(item("p", `{"product_features": ["f"]}`, `{"product_features": []}`)), false, []string{
			"items[0].licenses[0].product_features[0].code: want [redacted], got nothing [feature_dropped]",
		}},

		{"a license too few", withLicenses(three, three), recordOfItems(item("p", `{"max_activations": 3}`)), false, []string{"items[0].licenses[1]: want a license, got nothing [value_mismatch]"}},
		{"a license too many", withLicenses(three), recordOfItems(item("p", `{"max_activations": 3}`, `{}`)), false, []string{"items: want no additional licenses, got 1 additional license [value_mismatch]"}},
		{"an item too many", withLicenses(three), recordOfItems(item("p", `{"max_activations": 3}`), item("q", `{}`)), false, []string{"items: want no additional licenses, got 1 additional license [value_mismatch]"}},
		{"another product", withLicenses(three), recordOfItems(item("q", `{"max_activations": 3}`)), false, []string{
			"items[0].product_code: want p, got nothing [value_mismatch]", "items[0].licenses[0]: want a license, got nothing [value_mismatch]", "items: want no additional licenses, got 1 additional license [value_mismatch]",
		}},
		{"more, and that is right", withLicenses(three), recordOfItems(item("p", `{"max_activations": 3}`, `{}`), item("q", `{}`)), true, nil},
		{"more, and one missing", withLicenses(NewKeyLicense("K")), recordOfItems(item("p", `{"license_key": "L"}`)), true, []string{"items[0].licenses[0].key: want [redacted], got nothing [value_mismatch]"}},

		// Some records do not show the product.
		{"no products", NewOrder("a").AddItem("p", three).AddItem("q", five), recordOfItems(item("", `{"max_activations": 5}`), item("", `{"max_activations": 3}`)), false, nil},
		{"no products, and one too many", NewOrder("a").AddItem("p", three), recordOfItems(item("", `{"max_activations": 5}`), item("", `{"max_activations": 3}`)), false, []string{"items: want no additional licenses, got 1 additional license [value_mismatch]"}},

		// Without licenses in the item, any number of created licenses is
		// correct.
		{"no licenses in the item", NewOrder("a").AddItem("p"), recordOfItems(item("p", `{}`, `{}`)), false, nil},
		{"no licenses in the item, none created", NewOrder("a").AddItem("p"), recordOfItems(item("p")), false, nil},
		{"no licenses in the item, product not shown", NewOrder("a").AddItem("p"), recordOfItems(item("", `{}`)), false, nil},
		{"no licenses in one item, a key in another", NewOrder("a").AddItem("p").AddItem("p", NewKeyLicense("K")), recordOfItems(item("p", `{}`, `{"license_key": "K"}`)), false, nil},
		{"no licenses in an item of another product", NewOrder("a").AddItem("p").AddItem("q", License{}), recordOfItems(item("p", `{}`), item("q", `{}`, `{}`)), false, []string{"items: want no additional licenses, got 1 additional license [value_mismatch]"}},

		// A record that shows no licenses has no differences.
		{"no items", withLicenses(three), `{"id": 1, "store_id": "a"}`, false, nil},
		{"items as numbers", withLicenses(three), `{"id": 1, "store_id": "a", "order_items": [17, 18]}`, false, nil},
		{"licenses as numbers", withLicenses(three), `{"id": 1, "store_id": "a", "order_items": [{"product": {"short_code": "p"}, "licenses": [17]}]}`, false, nil},
		{"licenses left out", withLicenses(three), `{"id": 1, "store_id": "a", "order_items": [{"product": {"short_code": "p"}}]}`, false, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, compared(t, tt.order, tt.record, !tt.some))
		})
	}
}

// keysReversed returns licenses of a record with the keys of keyed, in reverse
// order.
func keysReversed(n int) []string {
	var all []string
	for _, l := range slices.Backward(keyed(n)) {
		all = append(all, `{"license_key": "`+l.Key+`"}`)
	}
	return all
}

func TestCompareSomeLicenses(t *testing.T) {
	t.Parallel()
	order := NewOrder("a").
		AddItem("p", NewKeyLicense("K").WithMaxActivations(1), NewKeyLicense("L").WithMaxActivations(1)).
		AddItem("q", NewKeyLicense("M").WithMaxActivations(1)).
		AddItem("r", NewKeyLicense("N"))
	rec, _ := parseRecord(t, recordOfItems(
		item("p", `{"license_key": "K", "max_activations": 2}`, `{"license_key": "L", "max_activations": 2}`),
		item("q", `{"license_key": "M", "max_activations": 2}`), item("s", `{}`),
	))
	var paths []string
	for _, d := range compareLicenses(order, rec, map[string]bool{"L": true, "M": true}) {
		paths = append(paths, d.Path)
	}
	assert.Equal(t, []string{"items[0].licenses[1].max_activations", "items[1].licenses[0].max_activations"}, paths)
}

// Equal licenses are paired in any order, and a single different one is
// detected.
func TestCompareManyLicenses(t *testing.T) {
	t.Parallel()
	const n = 120
	var (
		wanted []License
		shown  []string
	)
	for i := range n {
		l := NewLicense().WithNote(fmt.Sprint("seat ", i/2)) // each twice
		if i%3 == 0 {
			l = NewLicense() // matches any
		}
		wanted = append(wanted, l)
		shown = append(shown, fmt.Sprintf(`{"license_key": "K%d", "note": "seat %d"}`, i, i/2))
	}
	orders := map[string]func(){
		"the same": func() {},
		"reversed": func() { slices.Reverse(shown) },
		"by key":   func() { slices.Sort(shown) },
		"rotated":  func() { shown = append(shown[40:], shown[:40]...) },
	}
	for name, arrange := range orders {
		arrange()
		order := withLicenses(wanted...)
		assert.Nil(t, compared(t, order, recordOfItems(item("p", shown...)), true), name)

		order.Items[0].Licenses[n-2].Note = "seat 1000"
		assert.Equal(t, []string{"items[0].licenses[118].note: want [redacted], got [redacted] [value_mismatch]"},
			compared(t, order, recordOfItems(item("p", shown...)), true), name)
		order.Items[0].Licenses[n-2].Note = "seat 59"
	}
}

// The comparison of many licenses that all differ is fast.
func TestCompareManyThatDiffer(t *testing.T) {
	t.Parallel()
	const n = 3000
	order := withLicenses(slices.Repeat([]License{{MaxActivations: new(3)}}, n)...)
	shown := slices.Repeat([]string{`{"max_activations": 5}`}, n)
	assert.Len(t, compared(t, order, recordOfItems(item("p", shown...)), true), n)
}
