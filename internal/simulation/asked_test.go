package simulation

import (
	"fmt"
	"slices"
	"strings"

	ls "github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// asked is an order that somebody asks for, and what the service has to hold if
// it was made. The second is written down here by hand and not taken from what
// the SDK encodes, so that the two cannot be wrong together.
type asked struct {
	name       string // for the story
	order      *ls.Order
	wants      []want
	email      string // the customer's, in lower case
	language   string
	acceptable bool // whether the service takes it when all is well
	twoWays    bool // whether it is sent in another spelling in the other dialect
}

// want is a license that is asked for.
type want struct {
	product    string
	key        string
	users      []string // addresses in lower case
	properties map[string]string
}

func (a *asked) keyed() bool {
	for _, w := range a.wants {
		if w.key == "" {
			return false
		}
	}
	return true
}

// brings reports whether any license carries a key.
func (a *asked) brings() bool {
	return slices.ContainsFunc(a.wants, func(w want) bool { return w.key != "" })
}

// private are the texts of the order that are nobody else's business.
func (a *asked) private() []string {
	var all []string
	for _, w := range a.wants {
		all = append(all, w.users...)
		if w.key != "" {
			all = append(all, w.key)
		}
	}
	return all
}

// ensurable reports whether EnsureOrder can work with the order.
func (a *asked) ensurable() bool { return !a.order.Append || a.keyed() }

// A mode is a kind of order, and of what happens to one id.
type mode string

const (
	plain mode = "plain"              // append is false
	keyed mode = "append with keys"   // every license carries a key
	bare  mode = "append without"     // some or all do not
	mixed mode = "plain and appended" // one caller makes what another appends to
)

// draft is an order before it is written out: what variants are made from.
type draft struct {
	id, email, language string
	append, unknown     bool
	items               []draftItem
}

type draftItem struct {
	product  string
	licenses []draftLicense
}

type draftLicense struct {
	key         string
	users       []string
	activations int // 0: not said
	consumption int // 0: not said
	kind        ls.LicenseType
	duration    string
	trial       bool
	note        string
	features    []string
	maintenance bool         // spelled in one of two dialects
	period      ls.Duration  // of maintenance
	overages    float64      // 0: not said
	reset       resetPeriods // spelled in one of two dialects
}

type resetPeriods struct {
	period        ls.ConsumptionPeriod
	page, current string
}

// catalogue has few features, for each license shows all of its product's, and
// what is shown has to be read thousands of times.
func catalogue() []lst.Product {
	return []lst.Product{
		{Code: "acme-cad"},
		{Code: "acme-web", Auth: lst.UserBased, LicenseType: "subscription"},
		{
			Code: "acme-api", LicenseType: "consumption", MaxConsumptions: 1000,
			Features: []lst.Feature{{Code: "calls", Consumption: true, MaxConsumption: 100}},
		},
	}
}

// secretWord marks texts that must never come out. It is in every address,
// name and note of an order.
const secretWord = "canary"

// orderDice draws orders.
type orderDice struct {
	dice

	people int
}

func (d *orderDice) person() string {
	d.people++
	return fmt.Sprintf("%s.%d.%04d@example.com", secretWord, d.people, d.IntN(10000))
}

func (d *orderDice) key() string {
	const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	var b strings.Builder
	for i := range 16 {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(alphabet[d.IntN(len(alphabet))])
	}
	return b.String()
}

func (d *orderDice) draft(id string, m mode) draft {
	o := draft{id: id, append: m == keyed || m == bare}
	if d.chance(50) {
		o.email = d.person()
	}
	if d.chance(30) {
		o.language = pick(d.dice, "en", "de", "fr")
	}
	products := []string{"acme-cad", "acme-api", "acme-web"}
	if m == keyed {
		products = products[:2] // users cannot be found again
	}
	for range pick(d.dice, 1, 1, 2) {
		item := draftItem{product: pick(d.dice, products...)}
		for range pick(d.dice, 1, 1, 2, 3) {
			item.licenses = append(item.licenses, d.license(item.product, m))
		}
		o.items = append(o.items, item)
	}
	return o
}

func (d *orderDice) license(product string, m mode) draftLicense {
	l := draftLicense{}
	if d.chance(50) {
		l.activations = d.between(1, 4)
	}
	if d.chance(20) {
		l.note = secretWord + " note"
	}
	l.trial = d.chance(10)
	switch product {
	case "acme-web":
		for range pick(d.dice, 1, 1, 2) {
			l.users = append(l.users, d.person())
		}
		return l
	case "acme-api":
		if d.chance(20) {
			l.features = pick(d.dice, []string{"calls"}, []string{"calls", "no-such-feature"})
		}
		if d.chance(50) {
			l.consumption = d.between(10, 12)
		}
		if d.chance(20) {
			l.overages = float64(d.between(1, 9)) / 2
		}
		if d.chance(10) {
			l.reset = pick(d.dice,
				resetPeriods{ls.Weekly, "week", "weekly"}, resetPeriods{ls.Monthly, "month", "monthly"})
		}
	default:
		d.plainLicense(&l)
	}
	if m == keyed || d.chance(40) {
		l.key = d.key()
	}
	return l
}

func (d *orderDice) plainLicense(l *draftLicense) {
	switch d.IntN(3) {
	case 0:
		l.kind, l.duration = ls.TimeLimited, pick(d.dice, "1y", "6m", "30d")
	case 1:
		l.kind = ls.Perpetual
	}
	if d.chance(10) {
		l.maintenance, l.period = true, ls.Years(1)
	}
}

// write turns a draft into the order and into what has to be there if it was
// made. Dialect is the client's.
func (o *draft) write(name string, dialect ls.Dialect) *asked {
	order := ls.NewOrder(o.id).WithLanguage(o.language)
	order.Append = o.append
	if o.email != "" {
		order.WithCustomer(ls.Customer{Email: o.email, LastName: secretWord + "son"})
	}
	a := &asked{
		name: name, order: order, email: strings.ToLower(o.email), language: o.language,
		acceptable: !o.unknown, twoWays: o.spelledTwoWays(),
	}
	for i := range o.items {
		item := &o.items[i]
		licenses := make([]ls.License, len(item.licenses))
		for j := range item.licenses {
			w := want{product: item.product, properties: make(map[string]string)}
			licenses[j] = item.licenses[j].write(&w, dialect)
			a.wants = append(a.wants, w)
		}
		order.AddItem(item.product, licenses...)
	}
	return a
}

func (d *draftLicense) write(w *want, dialect ls.Dialect) ls.License {
	l := ls.License{Key: d.key, LicenseType: d.kind, Note: d.note}
	w.key = d.key
	for _, user := range d.users {
		l = l.WithUser(ls.LicenseUser{Email: user})
		w.users = append(w.users, strings.ToLower(user))
	}
	set := func(name string, value any) { w.properties[name] = fmt.Sprint(value) }
	if d.activations > 0 {
		l.MaxActivations = new(d.activations)
		set("max_activations", d.activations)
	}
	if d.consumption > 0 {
		l.MaxConsumptions = new(d.consumption)
		set("max_consumptions", d.consumption)
	}
	if d.kind != "" {
		set("license_type", d.kind)
	}
	if d.duration != "" {
		l.ValidDuration, _ = ls.ParseDuration(d.duration)
		set("valid_duration", sameDuration(d.duration))
	}
	if d.trial {
		l.IsTrial = new(true)
		set("is_trial", true)
	}
	if d.note != "" {
		set("note", d.note)
	}
	if d.features != nil {
		l = l.WithFeatures(d.features...)
	}
	if d.maintenance {
		l = l.WithMaintenance(d.period)
		// That it is enabled does not count, for the service is known to lose it.
		set("maintenance_duration", d.period)
	}
	if d.overages > 0 {
		l = l.WithOverages(d.overages)
		set("allow_overages", true)
		set("max_overages", d.overages)
	}
	if d.reset.period != "" {
		l = l.WithReset(d.reset.period)
		set("reset_consumption", true)
		set("consumption_period", d.reset.page)
		if dialect == ls.CurrentDialect {
			set("consumption_period", d.reset.current)
		}
	}
	return l
}

// sameDuration takes two spellings of one length for one.
func sameDuration(s string) string {
	if s == "12m" {
		return "1y"
	}
	return s
}

func (o *draft) spelledTwoWays() bool {
	for _, item := range o.items {
		for _, l := range item.licenses {
			if l.maintenance || l.reset.period != "" {
				return true
			}
		}
	}
	return false
}

func clientDialect(d lst.Dialect) ls.Dialect {
	if d == lst.DialectCurrent {
		return ls.CurrentDialect
	}
	return ls.PageDialect
}
