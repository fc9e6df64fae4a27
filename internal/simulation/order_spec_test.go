package simulation

import (
	"fmt"
	"slices"
	"strings"

	ls "github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// An orderSpec is an order and the data that the service must store if it creates
// the order. The data is derived independently of the SDK's encoder, so that a
// mistake cannot occur in both.
type orderSpec struct {
	name         string // for the timeline
	order        *ls.Order
	licenses     []licenseSpec
	email        string // the customer's, in lower case
	language     string
	acceptable   bool // whether the service accepts it in the absence of faults
	twoSpellings bool // whether its spelling depends on the dialect
}

// A licenseSpec is the data of one license of an order.
type licenseSpec struct {
	product    string
	key        string
	users      []string // addresses in lower case
	properties map[string]string
}

// hasAllKeys reports whether every license has a key.
func (s *orderSpec) hasAllKeys() bool {
	for _, l := range s.licenses {
		if l.key == "" {
			return false
		}
	}
	return true
}

// hasKeys reports whether at least one license has a key.
func (s *orderSpec) hasKeys() bool {
	return slices.ContainsFunc(s.licenses, func(l licenseSpec) bool { return l.key != "" })
}

// privateTexts returns the keys and addresses of the order.
func (s *orderSpec) privateTexts() []string {
	var all []string
	for _, l := range s.licenses {
		all = append(all, l.users...)
		if l.key != "" {
			all = append(all, l.key)
		}
	}
	return all
}

// ensurable reports whether EnsureOrder accepts the order.
func (s *orderSpec) ensurable() bool { return !s.order.Append || s.hasAllKeys() }

// A mode is the kind of orders of a run.
type mode string

const (
	plain   mode = "plain"               // append is false
	keyed   mode = "append with keys"    // every license has a key
	keyless mode = "append without keys" // not every license has a key
	mixed   mode = "plain and appended"  // one caller creates, another appends
)

// An orderDraft is an order from which variants are derived. It does not depend on
// the dialect.
type orderDraft struct {
	id, email, language string
	append, unknown     bool
	items               []itemDraft
}

type itemDraft struct {
	product  string
	licenses []licenseDraft
}

type licenseDraft struct {
	key         string
	users       []string
	activations int // 0: not set
	consumption int // 0: not set
	kind        ls.LicenseType
	duration    string
	trial       bool
	note        string
	features    []string
	maintenance bool        // spelling depends on the dialect
	period      ls.Duration // of maintenance
	overages    float64     // 0: not set
	reset       resetPeriod // spelling depends on the dialect
}

type resetPeriod struct {
	period           ls.ConsumptionPeriod
	classic, current string
}

// catalogue returns the products of the service. They have few features, because
// every record of a license contains the features of its product.
func catalogue() []lst.Product {
	return []lst.Product{
		{Code: "acmecad"},
		{Code: "acmeweb", Auth: lst.UserBased, LicenseType: "subscription"},
		{
			Code: "acmeapi", LicenseType: "consumption", MaxConsumptions: 1000,
			Features: []lst.Feature{{Code: "calls", Consumption: true, MaxConsumption: 100}},
		},
	}
}

// secretWord is contained in every address, name and note of an order. It must not
// occur in logs and errors.
const secretWord = "canary"

// An orderGenerator generates random orders.
type orderGenerator struct {
	random

	addresses int
}

func (g *orderGenerator) address() string {
	g.addresses++
	return fmt.Sprintf("%s.%d.%04d@example.com", secretWord, g.addresses, g.IntN(10000))
}

func (g *orderGenerator) key() string {
	const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	var b strings.Builder
	for i := range 16 {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(alphabet[g.IntN(len(alphabet))])
	}
	return b.String()
}

func (g *orderGenerator) draft(id string, m mode) orderDraft {
	o := orderDraft{id: id, append: m == keyed || m == keyless}
	if g.chance(50) {
		o.email = g.address()
	}
	if g.chance(30) {
		o.language = pick(g.random, "en", "de", "fr")
	}
	products := []string{"acmecad", "acmeapi", "acmeweb"}
	if m == keyed {
		products = products[:2] // a lookup does not recognize users
	}
	for range pick(g.random, 1, 1, 2) {
		item := itemDraft{product: pick(g.random, products...)}
		for range pick(g.random, 1, 1, 2, 3) {
			item.licenses = append(item.licenses, g.license(item.product, m))
		}
		o.items = append(o.items, item)
	}
	return o
}

func (g *orderGenerator) license(product string, m mode) licenseDraft {
	l := licenseDraft{}
	if g.chance(50) {
		l.activations = g.between(1, 4)
	}
	if g.chance(20) {
		l.note = secretWord + " note"
	}
	l.trial = g.chance(10)
	switch product {
	case "acmeweb":
		for range pick(g.random, 1, 1, 2) {
			l.users = append(l.users, g.address())
		}
		return l
	case "acmeapi":
		if g.chance(20) {
			l.features = pick(g.random, []string{"calls"}, []string{"calls", "no-such-feature"})
		}
		if g.chance(50) {
			l.consumption = g.between(10, 12)
		}
		if g.chance(20) {
			l.overages = float64(g.between(1, 9)) / 2
		}
		if g.chance(10) {
			l.reset = pick(g.random,
				resetPeriod{ls.Weekly, "week", "weekly"}, resetPeriod{ls.Monthly, "month", "monthly"})
		}
	default:
		g.plainLicense(&l)
	}
	if m == keyed || g.chance(40) {
		l.key = g.key()
	}
	return l
}

func (g *orderGenerator) plainLicense(l *licenseDraft) {
	switch g.IntN(3) {
	case 0:
		l.kind, l.duration = ls.TimeLimited, pick(g.random, "1y", "6m", "30d")
	case 1:
		l.kind = ls.Perpetual
	}
	if g.chance(10) {
		l.maintenance, l.period = true, ls.Years(1)
	}
}

// spec returns the order of a draft, with the data that the service must store.
// The dialect is that of the client.
func (o *orderDraft) spec(name string, dialect ls.Dialect) *orderSpec {
	order := ls.NewOrder(o.id).WithLanguage(o.language)
	order.Append = o.append
	if o.email != "" {
		order.WithCustomer(ls.Customer{Email: o.email, LastName: secretWord + "son"})
	}
	s := &orderSpec{
		name: name, order: order, email: strings.ToLower(o.email), language: o.language,
		acceptable: !o.unknown, twoSpellings: o.hasTwoSpellings(),
	}
	for i := range o.items {
		item := &o.items[i]
		licenses := make([]ls.License, len(item.licenses))
		for j := range item.licenses {
			l := licenseSpec{product: item.product, properties: make(map[string]string)}
			licenses[j] = item.licenses[j].license(&l, dialect)
			s.licenses = append(s.licenses, l)
		}
		order.AddItem(item.product, licenses...)
	}
	return s
}

// license returns the license of a draft and adds its data to spec.
func (d *licenseDraft) license(spec *licenseSpec, dialect ls.Dialect) ls.License {
	l := ls.License{Key: d.key, LicenseType: d.kind, Note: d.note}
	spec.key = d.key
	for _, user := range d.users {
		l = l.WithUser(ls.LicenseUser{Email: user})
		spec.users = append(spec.users, strings.ToLower(user))
	}
	set := func(name string, value any) { spec.properties[name] = fmt.Sprint(value) }
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
		set("valid_duration", normalDuration(d.duration))
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
		// The service may not store that maintenance is enabled.
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
		set("consumption_period", d.reset.classic)
		if dialect == ls.DialectCurrent {
			set("consumption_period", d.reset.current)
		}
	}
	return l
}

// normalDuration returns the same text for equal durations.
func normalDuration(s string) string {
	if s == "12m" {
		return "1y"
	}
	return s
}

func (o *orderDraft) hasTwoSpellings() bool {
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
		return ls.DialectCurrent
	}
	return ls.DialectClassic
}
