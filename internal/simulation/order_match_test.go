package simulation

import (
	"fmt"
	"slices"
	"strings"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// recordContents describes which optional data the service's records contain. The
// SDK cannot compare data that they omit, so the functions below ignore it too. It
// does compare products: it looks up the code if a record shows only the id.
type recordContents struct{ customer bool }

func newRecordContents(quirks []lst.Quirk) recordContents {
	return recordContents{
		customer: !slices.Contains(quirks, lst.QuirkCustomerID) && !slices.Contains(quirks, lst.QuirkCustomerNull),
	}
}

// matches reports whether a stored order is the one of the spec. A stored order
// may contain more than an append.
func (s *orderSpec) matches(stored *lst.Order, shows recordContents) bool {
	if !s.order.Append && !s.headMatches(stored, shows) {
		return false
	}
	return s.isPartOf(stored) && (s.order.Append || len(stored.Licenses()) == len(s.licenses))
}

// headMatches compares the order-level data.
func (s *orderSpec) headMatches(stored *lst.Order, shows recordContents) bool {
	if shows.customer && s.email != "" && stored.Customer != nil {
		email, _ := stored.Customer.Properties["email"].(string)
		if email != "" && !strings.EqualFold(email, s.email) {
			return false
		}
	}
	if language, _ := stored.Properties["language"].(string); s.language != "" && language != "" {
		return s.language == language
	}
	return true
}

// isPartOf reports whether each license of the spec can be assigned a stored
// license of its own.
func (s *orderSpec) isPartOf(stored *lst.Order) bool {
	all := candidatesOf(stored)
	return assignable(len(s.licenses), len(all), func(n, i int) bool {
		return s.licenses[n].matches(all[i].product, &all[i].license)
	})
}

// isMoreThan reports whether the stored order is a part of the spec: each of its
// licenses can be assigned one of the spec, and one of the spec remains.
func (s *orderSpec) isMoreThan(stored *lst.Order) bool {
	all := candidatesOf(stored)
	return len(all) < len(s.licenses) && assignable(len(all), len(s.licenses), func(i, n int) bool {
		return s.licenses[n].matches(all[i].product, &all[i].license)
	})
}

// candidate is a stored license with its product.
type candidate struct {
	product string
	license lst.License
}

func candidatesOf(stored *lst.Order) []candidate {
	var all []candidate
	for _, item := range stored.Items {
		for _, l := range item.Licenses {
			all = append(all, candidate{product: item.ProductCode, license: l})
		}
	}
	return all
}

// assignable reports whether each of n things can be assigned one of m others of its
// own. Orders are small, so backtracking is fast enough.
func assignable(n, m int, fits func(i, j int) bool) bool {
	taken := make([]bool, m)
	var place func(i int) bool
	place = func(i int) bool {
		if i == n {
			return true
		}
		for j := range m {
			if taken[j] || !fits(i, j) {
				continue
			}
			taken[j] = true
			if place(i + 1) {
				return true
			}
			taken[j] = false
		}
		return false
	}
	return place(0)
}

// matches reports whether a stored license can be the one of the spec.
func (s *licenseSpec) matches(product string, stored *lst.License) bool {
	if s.product != product || (s.key != "" && s.key != stored.Key) {
		return false
	}
	if len(s.users) > 0 {
		var users []string
		for _, u := range stored.Users {
			users = append(users, strings.ToLower(u.Email))
		}
		slices.Sort(users)
		if !slices.Equal(users, slices.Sorted(slices.Values(s.users))) {
			return false
		}
	}
	for name, want := range s.properties {
		got, ok := stored.Properties[name]
		if !ok && name == "max_consumptions" {
			got, ok = 0, true // every record contains it
		}
		// Records contain other properties only if they are stored.
		if ok && normalDuration(fmt.Sprint(got)) != want {
			return false
		}
	}
	return true
}
