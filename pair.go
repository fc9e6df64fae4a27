package licensespring

import (
	"slices"
	"strconv"

	"github.com/licensespring-go/licensespring/internal/redact"
)

// askedLicense is a license of an order with its place in it.
type askedLicense struct {
	item, index int
	code        string
	license     *License
	partner     int // in have
}

// haveLicense is a license of a record that can be paired.
type haveLicense struct {
	code    string // empty: the record does not say which product it is
	record  *LicenseRecord
	partner int // in asked
	// members are those of the record, read once when they are looked at often.
	members []shownMember
}

// pathSurplus is the place of the difference that licenses are left over.
const pathSurplus = "items"

// nobody is the partner of a license that has none.
const nobody = -1

// pairing pairs the licenses asked for with those of a record. The service is
// free to order and to group them as it likes, so they are paired by what they
// are:
//
//   - by key, where one was given;
//   - else with one that does not differ, if there is a way to do that for all
//     of them. Most orders come back as they were sent, so that the next one of
//     the record is tried first;
//   - else with one that differs only in what the service changes in silence;
//   - else, since then the order is another one anyhow, with the closest.
//
// The second and third step are a bipartite matching along augmenting paths: to
// take the first that fits would sooner or later call an order different that
// is just what was asked for.
type pairing struct {
	c     *comparer
	asked []askedLicense
	have  []haveLicense
	class []int // for each asked: the first one that says just the same
	// known are the grades, and one more, of each class and each in have, so
	// that no two are compared twice; 0 is not known yet.
	known []grade
	next  int // where the search for the next one begins
}

// pairLicenses pairs the licenses and compares each pair.
func (c *comparer) pairLicenses(items []OrderItem) {
	p := pairing{c: c}
	p.take(items)
	p.byKey()
	p.byPlace()
	p.match(exact)
	p.match(tolerable)
	p.byCloseness()

	n := 0
	for i := range items {
		if c.only != nil && (n == len(p.asked) || p.asked[n].item != i) {
			continue
		}
		c.item(&items[i], i, items)
		for ; n < len(p.asked) && p.asked[n].item == i; n++ {
			p.compare(n)
		}
	}
	if left := p.left(items); c.whole && left > 0 {
		c.differ(pathSurplus, strconv.Itoa(len(p.asked))+" licenses", strconv.Itoa(len(p.have))+" licenses", "")
	}
}

// take takes the licenses of the items and of the record, none of them paired.
func (p *pairing) take(items []OrderItem) {
	c, asked, have := p.c, 0, 0
	for i := range items {
		asked += len(items[i].Licenses)
	}
	for i := range c.rec.OrderItems {
		have += len(c.rec.OrderItems[i].Licenses)
	}
	p.asked, p.have = make([]askedLicense, 0, asked), make([]haveLicense, 0, have)
	for i := range items {
		for j := range items[i].Licenses {
			l := &items[i].Licenses[j]
			if c.only == nil || c.only[l.Key] {
				p.asked = append(p.asked, askedLicense{item: i, index: j, code: items[i].ProductCode, license: l, partner: nobody})
			}
		}
	}
	for i := range c.rec.OrderItems {
		for j := range c.rec.OrderItems[i].Licenses {
			p.have = append(p.have, haveLicense{
				code: c.rec.OrderItems[i].ProductCode, record: &c.rec.OrderItems[i].Licenses[j], partner: nobody,
			})
		}
	}
}

// mayPair reports whether n is of the product that a is for.
func (p *pairing) mayPair(a, n int) bool {
	return p.have[n].code == "" || p.have[n].code == p.asked[a].code
}

func (p *pairing) join(a, n int) {
	p.asked[a].partner, p.have[n].partner, p.next = n, a, n+1
}

func (p *pairing) byKey() {
	var places map[string]int // only where there are too many to look through
	for a := range p.asked {
		key := p.asked[a].license.Key
		if key == "" {
			continue
		}
		if places == nil && len(p.have) > fewLicenses {
			places = make(map[string]int, len(p.have))
			for n := range p.have {
				places[p.have[n].record.LicenseKey] = n
			}
		}
		if n := p.placeOf(key, places); n != nobody && p.have[n].partner == nobody && p.mayPair(a, n) {
			p.join(a, n)
		}
	}
}

// fewLicenses are looked through faster than a map of them is made.
const fewLicenses = 16

func (p *pairing) placeOf(key string, places map[string]int) int {
	if places != nil {
		if n, ok := places[key]; ok {
			return n
		}
		return nobody
	}
	return slices.IndexFunc(p.have, func(h haveLicense) bool { return h.record.LicenseKey == key })
}

// byPlace pairs licenses that do not differ and come in the order they were
// sent, or in the reverse.
func (p *pairing) byPlace() {
	p.next = 0
	for a := range p.asked {
		if p.asked[a].partner != nobody {
			p.next = p.asked[a].partner + 1
			continue
		}
		if p.asked[a].license.Key != "" {
			continue // its key is not there, and no other license will do
		}
		for _, n := range [...]int{p.next, p.next - 2} {
			if n >= 0 && n < len(p.have) && p.have[n].partner == nobody && p.fits(a, n, exact) {
				p.join(a, n)
				break
			}
		}
	}
}

// match pairs as many of the rest as can be paired at all with differences of
// at most a grade.
func (p *pairing) match(g grade) {
	// Licenses that say the same have the same candidates. What one of them has
	// passed over is taken or does not fit, so that the others begin after it.
	var (
		begin    []int
		hopeless []bool // there is no path from one of the class, now or later
	)
	for a := range p.asked {
		if p.asked[a].partner != nobody || p.asked[a].license.Key != "" {
			continue
		}
		if begin == nil {
			p.classify()
			begin, hopeless = make([]int, len(p.asked)), make([]bool, len(p.asked))
		}
		class := p.class[a]
		from := &begin[class]
		for ; *from < len(p.have) && p.asked[a].partner == nobody; *from++ {
			if n := *from; p.have[n].partner == nobody && p.fits(a, n, g) {
				p.join(a, n)
			}
		}
		if p.asked[a].partner == nobody && !hopeless[class] {
			hopeless[class] = !p.augment(a, g, make([]bool, len(p.have)), make([]bool, len(p.asked)))
		}
	}
}

// augment finds a a partner that another one can do without. Of seen are the
// candidates, of tried the classes, that need not be looked at again.
func (p *pairing) augment(a int, g grade, seen, tried []bool) bool {
	if tried[p.class[a]] {
		return false
	}
	tried[p.class[a]] = true
	for n := range p.have {
		holder := p.have[n].partner
		if seen[n] || (holder != nobody && p.asked[holder].license.Key != "") || !p.fits(a, n, g) {
			continue
		}
		seen[n] = true
		if holder == nobody || p.augment(holder, g, seen, tried) {
			p.join(a, n)
			return true
		}
	}
	return false
}

// classify finds the licenses that say the same, by how they are written.
func (p *pairing) classify() {
	if p.class != nil {
		return
	}
	p.class = make([]int, len(p.asked))
	first := make(map[string]int, len(p.asked))
	var w orderWriter
	for a := range p.asked {
		w.buf = append(w.buf[:0], p.asked[a].code...)
		w.object(p.asked[a].license)
		if other, ok := first[string(w.buf)]; ok {
			p.class[a] = other
			continue
		}
		p.class[a] = a
		first[string(w.buf)] = a
	}
	for n := range p.have {
		p.c.look(p.have[n].record.raw.get())
		p.have[n].members = slices.Clone(p.c.shown)
	}
	const most = 16 << 20
	if size := len(p.asked) * len(p.have); size <= most {
		p.known = make([]grade, size)
	}
}

// closest is how many candidates are looked at for the one that differs least.
const closest = 32

// byCloseness pairs what is left, for the sake of a short list of differences.
func (p *pairing) byCloseness() {
	for a := range p.asked {
		if p.asked[a].partner != nobody || p.asked[a].license.Key != "" {
			continue
		}
		best, fewest, looked := nobody, 0, 0
		for n := 0; n < len(p.have) && looked < closest; n++ {
			if p.have[n].partner != nobody || !p.mayPair(a, n) {
				continue
			}
			looked++
			if hard, soft := p.differences(a, n); best == nobody || hard+soft < fewest {
				best, fewest = n, hard+soft
			}
		}
		if best != nobody {
			p.join(a, best)
		}
	}
}

// grade is how much two licenses may differ to be a pair.
type grade uint8

const (
	exact     grade = iota // not at all
	tolerable              // in nothing that makes the order another one
	unlike                 // in something that does
)

func (p *pairing) fits(a, n int, g grade) bool {
	if !p.mayPair(a, n) {
		return false
	}
	if p.known == nil {
		return p.grade(a, n) <= g
	}
	known := &p.known[p.class[a]*len(p.have)+n]
	if *known == 0 {
		*known = 1 + p.grade(a, n)
	}
	return *known-1 <= g
}

// grade compares a and n, no further than to the first difference that counts.
func (p *pairing) grade(a, n int) grade {
	p.c.hasty = true
	hard, soft := p.differences(a, n)
	p.c.hasty = false
	switch {
	case hard > 0:
		return unlike
	case soft > 0:
		return tolerable
	default:
		return exact
	}
}

// differences counts them.
func (p *pairing) differences(a, n int) (hard, soft int) {
	c, h := p.c, &p.have[n]
	c.counting, c.hard, c.soft = true, 0, 0
	if h.members != nil {
		c.shown = append(c.shown[:0], h.members...)
	} else {
		c.look(h.record.raw.get())
	}
	c.license(p.asked[a].license, h.record)
	c.counting = false
	return c.hard, c.soft
}

// compare notes how a license differs from its partner.
func (p *pairing) compare(n int) {
	c, a := p.c, &p.asked[n]
	c.path.EnterAt("items", a.item)
	c.path.EnterAt("licenses", a.index)
	switch {
	case a.partner != nobody:
		have := p.have[a.partner].record
		c.look(have.raw.get())
		c.license(a.license, have)
	case a.license.Key != "":
		c.differ("key", redact.Mark, "", "")
	default:
		c.differ("", "a license", "", "")
	}
	c.path.Leave()
	c.path.Leave()
}

// left counts the licenses of the record that were not asked for. Those of an
// item of which no licenses were said are right, whatever was made for it.
func (p *pairing) left(items []OrderItem) int {
	left := 0
	for n := range p.have {
		asked := p.have[n].partner != nobody || slices.ContainsFunc(items, func(item OrderItem) bool {
			return len(item.Licenses) == 0 && (p.have[n].code == "" || p.have[n].code == item.ProductCode)
		})
		if !asked {
			left++
		}
	}
	return left
}

// item compares what is said of an item itself.
func (c *comparer) item(asked *OrderItem, i int, items []OrderItem) {
	c.path.EnterAt("items", i)
	defer c.path.Leave()
	matching, unknown := nobody, false
	for n := range c.rec.OrderItems {
		switch c.rec.OrderItems[n].ProductCode {
		case "":
			unknown = true
		case asked.ProductCode:
			matching = n
		}
	}
	if matching == nobody {
		if !unknown {
			c.differ("product_code", asked.ProductCode, "", "")
		}
		return
	}
	// A note can only be compared where it is clear which item is which.
	alone := func(code string) bool {
		return count(items, func(it OrderItem) bool { return it.ProductCode == code }) == 1 &&
			count(c.rec.OrderItems, func(it ItemRecord) bool { return it.ProductCode == code }) == 1
	}
	if c.whole && asked.Note != "" && alone(asked.ProductCode) {
		c.look(c.rec.OrderItems[matching].raw.get())
		c.text("note", asked.Note)
	}
}

func count[T any](list []T, is func(T) bool) int {
	n := 0
	for i := range list {
		if is(list[i]) {
			n++
		}
	}
	return n
}
