package simulation

import (
	"fmt"
	"slices"
	"strings"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// shown is what the service's records show. What they leave out nobody can
// compare, so it does not make a difference here either.
type shown struct{ product, customer bool }

func showing(quirks []lst.Quirk) shown {
	return shown{
		product:  !slices.Contains(quirks, lst.NoProduct),
		customer: !slices.Contains(quirks, lst.CustomerID) && !slices.Contains(quirks, lst.CustomerNull),
	}
}

// is reports whether the order that the fake holds is what was asked for: as a
// whole, or, of an append, as a part of it.
func (a *asked) is(held *lst.Order, s shown) bool {
	if !a.order.Append && !a.sameHead(held, s) {
		return false
	}
	return a.partOf(held, s) && (a.order.Append || len(held.Licenses()) == len(a.wants))
}

func (a *asked) sameHead(held *lst.Order, s shown) bool {
	if s.customer && a.email != "" && held.Customer != nil {
		email, _ := held.Customer.Properties["email"].(string)
		if email != "" && !strings.EqualFold(email, a.email) {
			return false
		}
	}
	if language, _ := held.Properties["language"].(string); a.language != "" && language != "" {
		return a.language == language
	}
	return true
}

// partOf reports whether each license asked for can be given one that is there,
// and none is given twice. An order is small: trying is good enough.
func (a *asked) partOf(held *lst.Order, s shown) bool {
	type candidate struct {
		product string
		license lst.License
		taken   bool
	}
	var all []candidate
	for _, item := range held.Items {
		for _, l := range item.Licenses {
			all = append(all, candidate{product: item.ProductCode, license: l})
		}
	}
	var place func(n int) bool
	place = func(n int) bool {
		if n == len(a.wants) {
			return true
		}
		for i := range all {
			c := &all[i]
			if c.taken || !a.wants[n].fits(c.product, &c.license, s) {
				continue
			}
			c.taken = true
			if place(n + 1) {
				return true
			}
			c.taken = false
		}
		return false
	}
	return place(0)
}

// fits reports whether a license that is there can be the one asked for.
func (w *want) fits(product string, l *lst.License, s shown) bool {
	if (s.product && w.product != product) || (w.key != "" && w.key != l.Key) {
		return false
	}
	if len(w.users) > 0 {
		var users []string
		for _, u := range l.Users {
			users = append(users, strings.ToLower(u.Email))
		}
		slices.Sort(users)
		if !slices.Equal(users, slices.Sorted(slices.Values(w.users))) {
			return false
		}
	}
	for name, asked := range w.properties {
		stored, ok := l.Properties[name]
		if !ok && name == "max_consumptions" {
			stored, ok = 0, true // shown of each license, whatever its type
		}
		// What else was not stored is not shown.
		if ok && sameDuration(fmt.Sprint(stored)) != asked {
			return false
		}
	}
	return true
}
