package licensespring

import (
	"slices"
	"strconv"

	"github.com/licensespring-go/licensespring/internal/redact"
)

// wantLicense is a license of the order, with its place.
type wantLicense struct {
	item, index int
	code        string
	license     *License
	partner     int // in got
	equal       int // in got: one that does not differ, if it was found
}

// gotLicense is a license of the record.
type gotLicense struct {
	code    string // empty if the record does not show the product code
	record  *LicenseRecord
	partner int           // in want
	members []shownMember // of the record, cached if it is compared often
}

// pathSurplus is the path of the difference that the record has additional
// licenses.
const pathSurplus = "items"

// unpaired is the partner of a license that has none.
const unpaired = -1

// pairing pairs the licenses of an order with those of a record, whose order and
// grouping are the service's:
//
//   - by key, if the license has one;
//   - otherwise with a license that does not differ. Most records have the order
//     of the request, so the next license is tried first;
//   - otherwise with one whose differences are tolerated;
//   - otherwise with the closest, for a short list of differences.
//
// The second and third step are a bipartite matching along augmenting paths. A
// greedy choice could report differences of an order that is the same.
type pairing struct {
	c     *comparer
	want  []wantLicense
	got   []gotLicense
	class []int // of each license in want: the first one that is equal
	// known caches 1 + the grade of each class and each license in got. 0 means not
	// known.
	known []grade
	next  int // index in got at which the next search begins
}

// pairLicenses pairs the licenses and compares each pair.
func (c *comparer) pairLicenses(items []OrderItem) {
	p := pairing{c: c}
	p.collect(items)
	p.byKey()
	p.byPlace()
	p.match(exact)
	p.match(tolerable)
	p.byCloseness()

	n := 0
	for i := range items {
		if c.only != nil && (n == len(p.want) || p.want[n].item != i) {
			continue
		}
		c.item(&items[i], i, items)
		for ; n < len(p.want) && p.want[n].item == i; n++ {
			p.compare(n)
		}
	}
	if n := p.surplus(items); c.whole && n > 0 {
		got := strconv.Itoa(n) + " additional license"
		if n > 1 {
			got += "s"
		}
		c.report(pathSurplus, "no additional licenses", got, RuleValueMismatch)
	}
}

// collect collects the licenses of the items and of the record.
func (p *pairing) collect(items []OrderItem) {
	c, want, got := p.c, 0, 0
	for i := range items {
		want += len(items[i].Licenses)
	}
	for i := range c.rec.OrderItems {
		got += len(c.rec.OrderItems[i].Licenses)
	}
	p.want, p.got = make([]wantLicense, 0, want), make([]gotLicense, 0, got)
	for i := range items {
		for j := range items[i].Licenses {
			l := &items[i].Licenses[j]
			if c.only == nil || c.only[l.Key] {
				p.want = append(p.want, wantLicense{item: i, index: j, code: items[i].ProductCode, license: l, partner: unpaired, equal: unpaired})
			}
		}
	}
	for i := range c.rec.OrderItems {
		for j := range c.rec.OrderItems[i].Licenses {
			p.got = append(p.got, gotLicense{
				code: c.rec.OrderItems[i].ProductCode, record: &c.rec.OrderItems[i].Licenses[j], partner: unpaired,
			})
		}
	}
}

// mayPair reports whether the licenses a of want and n of got can have the same
// product.
func (p *pairing) mayPair(a, n int) bool {
	return p.got[n].code == "" || p.got[n].code == p.want[a].code
}

func (p *pairing) join(a, n int) {
	p.want[a].partner, p.got[n].partner, p.next = n, a, n+1
}

func (p *pairing) byKey() {
	var places map[string]int // only for many licenses
	for a := range p.want {
		key := p.want[a].license.Key
		if key == "" {
			continue
		}
		if places == nil && len(p.got) > fewLicenses {
			places = make(map[string]int, len(p.got))
			for n := range p.got {
				places[p.got[n].record.LicenseKey] = n
			}
		}
		if n := p.placeOf(key, places); n != unpaired && p.got[n].partner == unpaired && p.mayPair(a, n) {
			p.join(a, n)
		}
	}
}

// fewLicenses is the number of licenses up to which a search is faster than a map.
const fewLicenses = 16

func (p *pairing) placeOf(key string, places map[string]int) int {
	if places != nil {
		if n, ok := places[key]; ok {
			return n
		}
		return unpaired
	}
	return slices.IndexFunc(p.got, func(h gotLicense) bool { return h.record.LicenseKey == key })
}

// byPlace pairs licenses that do not differ and are in the order of the request, or
// in reverse order.
func (p *pairing) byPlace() {
	p.next = 0
	for a := range p.want {
		if p.want[a].partner != unpaired {
			p.next = p.want[a].partner + 1
			continue
		}
		if p.want[a].license.Key != "" {
			continue // no license has its key
		}
		for _, n := range [...]int{p.next, p.next - 2} {
			if n >= 0 && n < len(p.got) && p.got[n].partner == unpaired && p.fits(a, n, exact) {
				p.join(a, n)
				break
			}
		}
	}
}

// match pairs a maximum number of the remaining licenses with differences of at most
// grade g.
func (p *pairing) match(g grade) {
	// Equal licenses have the same candidates. Those that one of them skipped are
	// taken or do not fit, so the others begin after them.
	var (
		begin []int
		stuck []bool // no augmenting path begins at a license of the class
	)
	for a := range p.want {
		if p.want[a].partner != unpaired || p.want[a].license.Key != "" {
			continue
		}
		if begin == nil {
			p.classify()
			begin, stuck = make([]int, len(p.want)), make([]bool, len(p.want))
		}
		class := p.class[a]
		from := &begin[class]
		for ; *from < len(p.got) && p.want[a].partner == unpaired; *from++ {
			if n := *from; p.got[n].partner == unpaired && p.fits(a, n, g) {
				p.join(a, n)
			}
		}
		if p.want[a].partner == unpaired && !stuck[class] {
			stuck[class] = !p.augment(a, g, make([]bool, len(p.got)), make([]bool, len(p.want)))
		}
	}
}

// augment pairs a along an augmenting path. Seen holds the candidates, and tried the
// classes, that were visited.
func (p *pairing) augment(a int, g grade, seen, tried []bool) bool {
	if tried[p.class[a]] {
		return false
	}
	tried[p.class[a]] = true
	for n := range p.got {
		holder := p.got[n].partner
		if seen[n] || (holder != unpaired && p.want[holder].license.Key != "") || !p.fits(a, n, g) {
			continue
		}
		seen[n] = true
		if holder == unpaired || p.augment(holder, g, seen, tried) {
			p.join(a, n)
			return true
		}
	}
	return false
}

// classify finds equal licenses by their JSON.
func (p *pairing) classify() {
	if p.class != nil {
		return
	}
	p.class = make([]int, len(p.want))
	first := make(map[string]int, len(p.want))
	var w orderWriter
	for a := range p.want {
		w.buf = append(w.buf[:0], p.want[a].code...)
		w.object(p.want[a].license)
		if other, ok := first[string(w.buf)]; ok {
			p.class[a] = other
			continue
		}
		p.class[a] = a
		first[string(w.buf)] = a
	}
	for n := range p.got {
		p.c.enter(p.got[n].record.raw.get())
		p.got[n].members = slices.Clone(p.c.shown)
	}
	const maxKnown = 16 << 20
	if size := len(p.want) * len(p.got); size <= maxKnown {
		p.known = make([]grade, size)
	}
}

// maxClosest is the maximum number of candidates that byCloseness compares.
const maxClosest = 32

// byCloseness pairs the remaining licenses with those that differ least.
func (p *pairing) byCloseness() {
	for a := range p.want {
		if p.want[a].partner != unpaired || p.want[a].license.Key != "" {
			continue
		}
		best, fewest, compared := unpaired, 0, 0
		for n := 0; n < len(p.got) && compared < maxClosest; n++ {
			if p.got[n].partner != unpaired || !p.mayPair(a, n) {
				continue
			}
			compared++
			if breaking, tolerated := p.differences(a, n); best == unpaired || breaking+tolerated < fewest {
				best, fewest = n, breaking+tolerated
			}
		}
		if best != unpaired {
			p.join(a, best)
		}
	}
}

// grade is the degree to which two licenses differ.
type grade uint8

const (
	exact     grade = iota // no difference
	tolerable              // only tolerated differences
	unlike                 // a breaking difference
)

func (p *pairing) fits(a, n int, g grade) bool {
	if !p.mayPair(a, n) {
		return false
	}
	if p.known == nil {
		grade := p.grade(a, n)
		if grade == exact {
			p.want[a].equal = n
		}
		return grade <= g
	}
	known := &p.known[p.class[a]*len(p.got)+n]
	if *known == 0 {
		*known = 1 + p.grade(a, n)
	}
	return *known-1 <= g
}

// grade compares a and n up to the first breaking difference.
func (p *pairing) grade(a, n int) grade {
	p.c.failFast = true
	breaking, tolerated := p.differences(a, n)
	p.c.failFast = false
	switch {
	case breaking > 0:
		return unlike
	case tolerated > 0:
		return tolerable
	default:
		return exact
	}
}

// differences counts the differences of a and n.
func (p *pairing) differences(a, n int) (breaking, tolerated int) {
	c, h := p.c, &p.got[n]
	c.countOnly, c.breaking, c.tolerated = true, 0, 0
	if h.members != nil {
		c.object, c.shown = h.record.raw.get(), append(c.shown[:0], h.members...)
	} else {
		c.enter(h.record.raw.get())
	}
	c.license(p.want[a].license, h.record)
	c.countOnly = false
	return c.breaking, c.tolerated
}

// compare reports the differences of a license and its partner.
func (p *pairing) compare(n int) {
	c, a := p.c, &p.want[n]
	c.path.EnterAt("items", a.item)
	c.path.EnterAt("licenses", a.index)
	switch {
	case a.partner != unpaired && a.partner == a.equal: // compared before
	case a.partner != unpaired:
		got := p.got[a.partner].record
		c.enter(got.raw.get())
		c.license(a.license, got)
	case a.license.Key != "":
		c.report("key", redact.Mark, "", RuleValueMismatch)
	default:
		c.report("", "a license", "", RuleValueMismatch)
	}
	c.path.Leave()
	c.path.Leave()
}

// surplus counts the licenses of the record that the order does not have. An
// item without licenses accepts whatever the service created for it.
func (p *pairing) surplus(items []OrderItem) int {
	n := 0
	for i := range p.got {
		wanted := p.got[i].partner != unpaired || slices.ContainsFunc(items, func(item OrderItem) bool {
			return len(item.Licenses) == 0 && (p.got[i].code == "" || p.got[i].code == item.ProductCode)
		})
		if !wanted {
			n++
		}
	}
	return n
}

// item compares the product and the note of an item.
func (c *comparer) item(want *OrderItem, i int, items []OrderItem) {
	c.path.EnterAt("items", i)
	defer c.path.Leave()
	matching, unknown := unpaired, false
	for n := range c.rec.OrderItems {
		switch c.rec.OrderItems[n].ProductCode {
		case "":
			unknown = true
		case want.ProductCode:
			matching = n
		}
	}
	if matching == unpaired {
		if !unknown {
			c.report("product_code", want.ProductCode, "", RuleValueMismatch)
		}
		return
	}
	// A note can be compared only if one item on each side has the product.
	alone := func(code string) bool {
		return count(items, func(it OrderItem) bool { return it.ProductCode == code }) == 1 &&
			count(c.rec.OrderItems, func(it ItemRecord) bool { return it.ProductCode == code }) == 1
	}
	if c.whole && want.Note != "" && alone(want.ProductCode) {
		c.enter(c.rec.OrderItems[matching].raw.get())
		c.text("note", want.Note)
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
