package licensespring

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/licensespring-go/licensespring/internal/jsonread"
	"github.com/licensespring-go/licensespring/internal/redact"
	"github.com/licensespring-go/licensespring/internal/wire"
)

// Diff compares the state with a record of the license and returns the differences.
// It is the comparison of [Client.EnsureLicense]. It sends no request.
//
// A member that the record shows as null or empty differs from a value that is
// wanted. One that the record does not show has the rule [RuleNotShown], since it may
// differ. Dates are compared by day, e-mail addresses case-insensitively, and
// metadata by the members that the state names. The record must be one that the client
// has returned, or that encoding/json has read from a response: its own JSON is
// compared, not its fields. Features and users of the license
// that are not part of the state differ, unless ProductFeatures or Users is nil.
func (s *LicenseState) Diff(rec *LicenseRecord) []Difference {
	if rec == nil {
		return []Difference{{Path: "id", Want: redact.Mark, Rule: RuleValueMismatch}}
	}
	var differences []Difference
	for _, d := range s.convergence().differences(rec) {
		differences = append(differences, d.Difference)
	}
	return differences
}

// compareLicense compares the values of an update, and enabled, with a record.
func compareLicense(u *LicenseUpdate, rec *LicenseRecord, enabled **bool) *comparer {
	c := &comparer{strict: true}
	c.enter(rec.raw.get())
	c.member("enabled", enabled)
	u.fields(c)
	return c
}

// featureSet compares all features of a license, unless want is nil.
func (c *comparer) featureSet(want []ProductFeature, rec *LicenseRecord) {
	if want == nil {
		return
	}
	c.enter(rec.raw.get())
	val := c.gotMember("product_features")
	if jsonread.KindOf(val) != jsonread.Array || jsonread.Count(val) != len(rec.ProductFeatures) ||
		slices.ContainsFunc(rec.ProductFeatures, func(f FeatureRecord) bool { return f.Code == "" }) {
		c.report("product_features", redact.Mark, "", RuleNotShown)
		return
	}
	if n := surplusFeatures(want, rec); n > 0 {
		c.report("product_features", "no other features", counted(n, "other feature"), RuleValueMismatch)
	}
	c.compareFeatures(want, rec)
}

func surplusFeatures(want []ProductFeature, rec *LicenseRecord) int {
	wanted := make(map[string]bool, len(want))
	for i := range want {
		wanted[want[i].Code] = true
	}
	n := 0
	for i := range rec.ProductFeatures {
		if !wanted[rec.ProductFeatures[i].Code] {
			n++
		}
	}
	return n
}

// userDifferences returns a difference for each user that must be assigned and is
// not, and for each that must not be. A nil unassign leaves other users as they are.
func userDifferences(assign []UserAssignment, unassign func(email string) bool, rec *LicenseRecord) []openDifference {
	var differences []openDifference
	complete := rec.showsUsers()
	for i := range assign {
		if rec.userByEmail(assign[i].Email) != nil {
			continue
		}
		d := Difference{Path: userPath(i), Want: redact.Mark, Rule: RuleValueMismatch}
		if !complete {
			d.Rule = RuleNotShown
		}
		differences = append(differences, openDifference{d, userName(assign[i].Email)})
	}
	if unassign == nil {
		return differences
	}
	for i := range rec.LicenseUsers {
		if email := rec.LicenseUsers[i].Email; unassign(email) {
			differences = append(differences, openDifference{
				Difference{Path: "users", Want: "no other users", Got: redact.Mark, Rule: RuleValueMismatch}, userName(email),
			})
		}
	}
	if !complete {
		differences = append(differences, openDifference{Difference{Path: "users", Want: "no other users", Rule: RuleNotShown}, "users"})
	}
	return differences
}

func counted(n int, what string) string {
	text := formatNumber(float64(n)) + " " + what
	if n > 1 {
		text += "s"
	}
	return text
}

func hasUser(users []UserAssignment, email string) bool {
	for i := range users {
		if sameEmail(users[i].Email, email) {
			return true
		}
	}
	return false
}

func isEmptyValue(val []byte) bool { return string(val) == "null" || string(val) == `""` }

// otherSpelling returns the other name that a record may use for a member, or "".
func otherSpelling(name string) string {
	if name == "allow_unlimited_activation" {
		return name + "s"
	}
	if other, ok := wire.OtherSpelling(name); ok {
		return other
	}
	if other := wire.ClassicSpelling(name); other != name {
		return other
	}
	return ""
}

// unreadable reports, if the comparison is strict, a member whose value in the record
// cannot be compared. An empty value differs; one that is missing is not known.
func (c *comparer) unreadable(name, want string, val []byte) {
	switch {
	case !c.strict:
	case val != nil && isEmptyValue(val):
		c.report(name, want, "", RuleValueMismatch)
	default:
		c.report(name, want, "", RuleNotShown)
	}
}

func (c *comparer) extra(_ object, p *map[string]json.RawMessage) {
	if !c.strict {
		return
	}
	for _, name := range sortedNames(*p) {
		switch val := c.gotMember(name); {
		case val == nil:
			c.report(shownName(name), redact.Mark, "", RuleNotShown)
		case !contains(val, (*p)[name]):
			c.report(shownName(name), redact.Mark, redact.Mark, RuleValueMismatch)
		}
	}
}

// optionalText compares a text that may be empty.
func (c *comparer) optionalText(name, want string) {
	val := c.gotMember(name)
	got, ok := jsonread.Text(val)
	switch {
	case !ok && want == "" && val != nil && isEmptyValue(val):
	case !ok:
		c.unreadable(name, redact.Mark, val)
	case strings.TrimSpace(got) != strings.TrimSpace(want):
		c.report(name, redact.Mark, redact.Mark, RuleValueMismatch)
	}
}

// hasMembers reports whether an object has all members, null ones included.
func hasMembers(object []byte, members map[string]any) bool {
	n := 0
	jsonread.Members(object, func(name, _ []byte) {
		if _, ok := members[string(name)]; ok {
			n++
		}
	})
	return n >= len(members)
}

// private returns what a message of the service about the license must not show.
func (l *LicenseRecord) private() []byte {
	values := []string{l.LicenseKey}
	if l.Customer != nil {
		values = append(values, l.Customer.Email)
	}
	for i := range l.LicenseUsers {
		values = append(values, l.LicenseUsers[i].Email)
	}
	return private(values...)
}
