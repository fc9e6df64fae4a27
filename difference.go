package licensespring

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/licensespring-go/licensespring/internal/redact"
	"github.com/licensespring-go/licensespring/internal/wire"
)

// Difference is one way in which an existing order differs from the one that
// was sent. See [Order.Diff].
type Difference struct {
	// Path is the place in the order that was sent, as in
	// items[0].licenses[2].max_activations.
	Path string
	// Want is the value that was sent and Got the value of the record. An empty
	// string stands for no value. Free text, which may be customer data, is shown
	// as "[redacted]"; known types, periods and languages are shown.
	Want, Got string
	// Rule is [RuleValueMismatch] if the difference makes the record a different
	// order. The other rules are tolerated; see [Difference.Tolerated].
	Rule Rule
}

// Tolerated reports whether the orders count as the same in spite of the
// difference: the service is known to change such values silently
// ([RuleFeatureDropped], [RuleDialectSuspected]). Tolerated differences are
// reported as warnings.
func (d Difference) Tolerated() bool {
	return d.Rule == RuleFeatureDropped || d.Rule == RuleDialectSuspected
}

// String returns the difference in one line, as in
// "items[0].licenses[2].max_activations: want 3, got 5 [value_mismatch]".
func (d Difference) String() string {
	return d.Path + ": " + d.message() + " [" + string(cmp.Or(d.Rule, RuleValueMismatch)) + "]"
}

func (d Difference) message() string {
	return "want " + cmp.Or(d.Want, "nothing") + ", got " + cmp.Or(d.Got, "nothing")
}

// allTolerated reports whether no difference makes the record a different order.
func allTolerated(differences []Difference) bool {
	return !slices.ContainsFunc(differences, func(d Difference) bool { return !d.Tolerated() })
}

// breakingDifferences returns the differences that are not tolerated.
func breakingDifferences(differences []Difference) []Difference {
	var out []Difference
	for _, d := range differences {
		if !d.Tolerated() {
			out = append(out, d)
		}
	}
	return out
}

// shownText returns a text as a difference may show it: only values that cannot be
// customer data.
func shownText(name, s string) string {
	known := false
	switch name {
	case "license_type":
		known = LicenseType(s).known()
	case "order_type":
		known = OrderType(s) == NormalOrder
	case "consumption_period":
		s, known = wire.NeutralPeriod(s)
	case "language":
		known = isLanguage(s)
	}
	if !known {
		return redact.Mark
	}
	return s
}

// isLanguage reports whether s has the form of a language code, with or without a
// region: en or pt-BR.
func isLanguage(s string) bool {
	for i := range len(s) {
		letter := 'a' <= s[i]|0x20 && s[i]|0x20 <= 'z'
		if letter == (i == 2) || (i == 2 && s[i] != '-' && s[i] != '_') {
			return false
		}
	}
	return len(s) == 2 || len(s) == 5
}

// onlyMissing reports whether there are differences, and each of them is a license
// or an item that the record does not show. A missing user does not count: the
// license may have another one.
func onlyMissing(differences []Difference) bool {
	return len(differences) > 0 && !slices.ContainsFunc(differences, func(d Difference) bool {
		missing := strings.HasSuffix(d.Path, "]") || strings.HasSuffix(d.Path, ".key") || strings.HasSuffix(d.Path, ".product_code")
		return d.Got != "" || !missing
	})
}

// onlySurplus reports whether the only difference is that the record has additional
// licenses.
func onlySurplus(differences []Difference) bool {
	return len(differences) == 1 && differences[0].Path == pathSurplus
}

// sameScalar compares texts, and numbers by value: 3 equals 3.00.
func sameScalar(a, b string) bool {
	if strings.TrimSpace(a) == strings.TrimSpace(b) {
		return true
	}
	m, errM := strconv.ParseFloat(a, 64)
	n, errN := strconv.ParseFloat(b, 64)
	return errM == nil && errN == nil && m == n
}

// equalValues compares two JSON values. Numbers are compared by value, and whole numbers
// exactly: an ID of the service may have more digits than a float64.
func equalValues(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		return ok && sameNumber(string(a), string(b))
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equalValues)
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, equalValues)
	default:
		return a == b
	}
}

func sameNumber(a, b string) bool {
	if a == b || !strings.ContainsAny(a+b, ".eE") {
		return a == b
	}
	m, errM := strconv.ParseFloat(a, 64)
	n, errN := strconv.ParseFloat(b, 64)
	return errM == nil && errN == nil && m == n
}
