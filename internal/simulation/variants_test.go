package simulation

import (
	"slices"
	"strings"
)

// Several callers may ask for the same id and not mean quite the same. This file
// makes their orders from the first one's.

func (o draft) clone() draft {
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

// retold is the same order, said in another way: in another sequence, in other
// groups, with addresses in capitals and a year in months.
func (d *orderDice) retold(o draft) draft {
	o = o.clone()
	if d.chance(40) {
		var single []draftItem
		for _, item := range o.items {
			for _, l := range item.licenses {
				single = append(single, draftItem{item.product, []draftLicense{l}})
			}
		}
		o.items = single
	}
	d.Shuffle(len(o.items), func(i, j int) { o.items[i], o.items[j] = o.items[j], o.items[i] })
	for i := range o.items {
		licenses := o.items[i].licenses
		d.Shuffle(len(licenses), func(i, j int) { licenses[i], licenses[j] = licenses[j], licenses[i] })
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

// another is an order that differs from o, in what it asks for or in how much.
func (d *orderDice) another(o draft) draft {
	o = o.clone()
	item := &o.items[d.IntN(len(o.items))]
	l := &item.licenses[d.IntN(len(item.licenses))]
	ways := []func(){
		func() { l.activations += d.between(5, 9) },
		func() { l.note += secretWord + " other note" },
		func() { item.licenses = append(item.licenses, *l); d.own(&item.licenses[len(item.licenses)-1]) },
	}
	if l.key != "" {
		ways = append(ways, func() { l.key = d.key() })
	}
	if len(item.licenses) > 1 {
		ways = append(ways, func() { item.licenses = item.licenses[1:] })
	}
	if !o.append {
		ways = append(ways,
			func() { o.email = d.person() },
			func() { o.language = pick(d.dice, "it", "fi") })
	}
	if len(l.users) > 0 {
		ways = append(ways, func() { l.users[0] = d.person() })
	}
	if item.product == "acme-cad" && !slices.ContainsFunc(item.licenses, func(l draftLicense) bool {
		return l.kind != "" || l.maintenance
	}) {
		ways = append(ways, func() { item.product = "acme-api" })
	}
	pick(d.dice, ways...)()
	return o
}

// own gives a license that was copied a key and users of its own.
func (d *orderDice) own(l *draftLicense) {
	if l.key != "" {
		l.key = d.key()
	}
	l.users = slices.Clone(l.users)
	for n := range l.users {
		l.users[n] = d.person()
	}
}
