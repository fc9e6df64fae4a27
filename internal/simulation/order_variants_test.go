package simulation

import (
	"slices"
	"strings"
)

// Several callers may send orders with the same id but different contents. The
// functions of this file derive such orders from the first one.

func (o orderDraft) clone() orderDraft {
	o.items = slices.Clone(o.items)
	for i := range o.items {
		o.items[i].licenses = slices.Clone(o.items[i].licenses)
		for j := range o.items[i].licenses {
			l := &o.items[i].licenses[j]
			l.users = slices.Clone(l.users)
		}
	}
	return o
}

// equivalent returns an equivalent order in a different form: another sequence,
// other groups, addresses in upper case, and years in months.
func (g *orderGenerator) equivalent(o orderDraft) orderDraft {
	o = o.clone()
	if g.chance(40) {
		var single []itemDraft
		for _, item := range o.items {
			for _, l := range item.licenses {
				single = append(single, itemDraft{item.product, []licenseDraft{l}})
			}
		}
		o.items = single
	}
	g.Shuffle(len(o.items), func(i, j int) { o.items[i], o.items[j] = o.items[j], o.items[i] })
	for i := range o.items {
		licenses := o.items[i].licenses
		g.Shuffle(len(licenses), func(i, j int) { licenses[i], licenses[j] = licenses[j], licenses[i] })
		for j := range licenses {
			for n, user := range licenses[j].users {
				licenses[j].users[n] = strings.ToUpper(user)
			}
			if licenses[j].duration == "1y" {
				licenses[j].duration = "12m"
			}
		}
	}
	return o
}

// different returns an order that differs from o in one property.
func (g *orderGenerator) different(o orderDraft) orderDraft {
	o = o.clone()
	item := &o.items[g.IntN(len(o.items))]
	l := &item.licenses[g.IntN(len(item.licenses))]
	changes := []func(){
		func() { l.activations += g.between(5, 9) },
		func() { l.note += secretWord + " other note" },
		func() {
			item.licenses = append(item.licenses, *l)
			g.replaceIdentity(&item.licenses[len(item.licenses)-1])
		},
	}
	if l.key != "" {
		changes = append(changes, func() { l.key = g.key() })
	}
	if len(item.licenses) > 1 {
		changes = append(changes, func() { item.licenses = item.licenses[1:] })
	}
	if !o.append {
		changes = append(changes,
			func() { o.email = g.address() },
			func() { o.language = pick(g.random, "it", "fi") })
	}
	if len(l.users) > 0 {
		changes = append(changes, func() { l.users[0] = g.address() })
	}
	if item.product == "acmecad" && !slices.ContainsFunc(item.licenses, func(l licenseDraft) bool {
		return l.kind != "" || l.maintenance
	}) {
		changes = append(changes, func() { item.product = "acmeapi" })
	}
	pick(g.random, changes...)()
	return o
}

// replaceIdentity gives a copied license a new key and new users.
func (g *orderGenerator) replaceIdentity(l *licenseDraft) {
	if l.key != "" {
		l.key = g.key()
	}
	l.users = slices.Clone(l.users)
	for n := range l.users {
		l.users[n] = g.address()
	}
}
