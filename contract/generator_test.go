package contract_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strconv"
	"time"

	ls "github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// generator generates random valid orders, the same for the same seed. According
// to its documentation the service must accept all of them.
type generator struct {
	*rand.Rand

	dialect dialect
	n       int // number of the order, which makes ids and keys unique
}

func newGenerator(seed uint64, d dialect) *generator {
	return &generator{Rand: rand.New(rand.NewPCG(seed, 0x5ea)), dialect: d}
}

const (
	keyProduct    = "acmecad"
	userProduct   = "acmeweb"
	countProduct  = "acmeapi"
	bundleProduct = "acmesuite"
	openProduct   = "acmeopen" // licenses are time-limited by default
	account       = 9007199254740993
)

// serverOptions returns the products and policies that generated orders name.
func serverOptions() []licensespringtest.Option {
	products := append(licensespringtest.DefaultProducts(), licensespringtest.Product{
		Code: openProduct, LicenseType: "time-limited", Features: []licensespringtest.Feature{{Code: "render"}, {Code: "calls", Consumption: true}},
	})
	return []licensespringtest.Option{
		licensespringtest.WithProducts(products...),
		licensespringtest.WithPolicies(licensespringtest.Policy{Code: "gold"}),
		licensespringtest.WithCustomerAccounts(account),
		licensespringtest.WithRequestLogLimit(100_000),
	}
}

func (g *generator) maybe() bool { return g.IntN(3) == 0 }

func pick[T any](g *generator, of ...T) T { return of[g.IntN(len(of))] }

func (g *generator) flag() *bool {
	if g.maybe() {
		return new(g.IntN(2) == 0)
	}
	return nil
}

func (g *generator) count() *int {
	if g.maybe() {
		return new(pick(g, 0, 1, 2, 33, 1_000_000))
	}
	return nil
}

func (g *generator) amount() *float64 {
	if g.maybe() {
		return new(pick(g, 0, 0.5, 12.25, 1e6, 1e21, 1e-7))
	}
	return nil
}

// text returns a free text or an empty one.
func (g *generator) text() string {
	return pick(g, "", "", "", "plain", "für Größe 🦊", `"quoted" \ and <b>&amp;`, "two\nlines\ttab", " spaces around ", "漢字", "null", "line\u2028end")
}

// reference returns an identifier or an empty text. Identifiers have no white space
// at the ends and no control characters.
func (g *generator) reference() string {
	return pick(g, "", "", "PO 4711", "für Größe 🦊", `"quoted" \ and <b>&amp;`, "漢字", "inv\u20111")
}

func (g *generator) email() string {
	return fmt.Sprintf("%s%d@%s", pick(g, "ada", "Grace.Hopper", "o'brien", "tag+1-", "用户"), g.n*1000+g.IntN(1000), pick(g, "example.com", "sub.EXAMPLE.org", "münchen.example"))
}

func (g *generator) moment() time.Time {
	if !g.maybe() {
		return time.Time{}
	}
	zone := time.FixedZone("", pick(g, 0, 3600, -5*3600, 5*3600+1800))
	return time.Date(1950+g.IntN(8000), time.Month(1+g.IntN(12)), 1+g.IntN(28), g.IntN(24), g.IntN(60), g.IntN(60), g.IntN(1e9), zone)
}

func (g *generator) date() ls.Date {
	if !g.maybe() {
		return ls.Date{}
	}
	return pick(g, ls.DateOf(g.someTime()), ls.Date{Year: 2032, Month: time.February, Day: 29}, ls.Date{Year: 9999, Month: time.December, Day: 31})
}

func (g *generator) someTime() time.Time { return time.Unix(g.Int64N(4e9), 0) }

func (g *generator) duration() ls.Duration {
	n := pick(g, 1, 2, 12, 365, 9999)
	return pick(g, ls.Years(n), ls.Months(n), ls.Days(n), ls.Hours(n), ls.Minutes(n))
}

func (g *generator) maintenance() ls.Duration {
	if !g.maybe() {
		return ls.Duration{}
	}
	n := pick(g, 1, 6, 90)
	return pick(g, ls.Years(n), ls.Months(n), ls.Days(n))
}

// period returns a consumption period that the dialect can express.
func (g *generator) period() ls.ConsumptionPeriod {
	if g.dialect.client == ls.DialectCurrent && g.maybe() {
		return ls.Daily
	}
	return pick(g, "", ls.Weekly, ls.Monthly, ls.Annually, "week", "annually")
}

func (g *generator) overages() ls.ConsumptionOptions {
	o := ls.ConsumptionOptions{AllowOverages: g.flag(), ResetConsumption: g.flag(), ConsumptionPeriod: g.period()}
	if o.AllowOverages == nil || *o.AllowOverages { // max_overages requires overages
		o.MaxOverages = g.amount()
	}
	return o
}

func (g *generator) floating() ls.FloatingOptions {
	return ls.FloatingOptions{IsFloating: g.flag(), FloatingUsers: g.count(), FloatingTimeout: g.count()}
}

func (g *generator) features() []ls.ProductFeature {
	switch g.IntN(4) {
	case 0:
		return []ls.ProductFeature{} // no features, even if the product has some
	case 1:
		return []ls.ProductFeature{{Code: "render"}, {Code: "export"}}
	case 2:
		return []ls.ProductFeature{
			{Code: "calls", MaxConsumption: g.count(), ExpiryDate: g.date(), ConsumptionOptions: g.overages(), FloatingOptions: g.floating()},
			{Code: "render"},
		}
	default:
		return nil
	}
}

func (g *generator) customFields() []ls.CustomField {
	if !g.maybe() {
		return nil
	}
	values := []any{"text", "", 7, int8(-3), uint64(1 << 63), 0.25, float32(0.1), "null"}
	fields := []ls.CustomField{}
	for i := range g.IntN(3) {
		fields = append(fields, ls.CustomField{Name: "field " + strconv.Itoa(i), Value: pick(g, values...)})
	}
	return fields
}

func (g *generator) metadata() map[string]any {
	if !g.maybe() {
		return nil
	}
	return pick(g, map[string]any{}, map[string]any{"a": nil, "b": []any{1, "x", true, map[string]any{"c": 0.5}}, "ü": "x", "": 1})
}

// license sets fields that every license type has.
func (g *generator) license() ls.License {
	return ls.License{
		MaxActivations: g.count(), EnableMaintenanceDuration: g.flag(), MaintenanceDuration: g.maintenance(), ValidityPeriod: g.moment(),
		ProductFeatures: g.features(), IsTrial: g.flag(), PreventVM: g.flag(), MaxTransfers: pick(g, nil, new(-1), new(0), new(3)),
		PolicyCode: pick(g, "", "", "gold"), TrialDays: g.count(), StartDate: g.date(), MaintenancePeriod: g.date(), Note: g.text(),
		SubscriptionID: pick(g, "", "sub_1"), Metadata: g.metadata(), CustomFields: g.customFields(), FloatingOptions: g.floating(),
		IsFloatingCloud: g.flag(), CanBorrow: g.flag(), MaxBorrowTime: g.count(), AllowGracePeriod: g.flag(), GracePeriod: g.count(),
		MaxLicenseUsers: g.count(), IsAirGapped: g.flag(), IsHardwareKeyAuth: g.flag(), AllowUnlimitedActivations: g.flag(),
		AllowUnlimitedConsumptions: g.flag(), AllowNegativeConsumptions: g.flag(), Active: g.flag(), Enabled: g.flag(),
	}
}

// typed sets a license type and the fields that only this type has.
func (g *generator) typed(l ls.License) ls.License {
	switch g.IntN(5) {
	case 0:
		l.LicenseType = ls.TimeLimited
		if l.ValidityPeriod.IsZero() || g.maybe() {
			l.ValidDuration = g.duration()
		}
	case 1:
		l.LicenseType = ls.Perpetual
	case 2:
		l.LicenseType, l.ConsumptionOptions, l.MaxConsumptions = ls.Consumption, g.overages(), g.count()
		if g.maybe() {
			l.ValidDuration = g.duration()
		}
	case 3:
		l.LicenseType = ls.Subscription
		if g.maybe() {
			l.ValidDuration = g.duration()
		}
	default: // the type of the product
	}
	return l
}

// built returns a license that was built with methods.
func (g *generator) built() ls.License {
	l := pick(g,
		ls.NewLicense().TimeLimited(g.duration()).WithMaintenance(ls.Years(1)),
		ls.NewLicense().TimeLimitedUntil(g.someTime()).WithMaintenanceUntil(ls.DateOf(g.someTime())),
		ls.NewLicense().Perpetual().WithoutTransfers().WithPreventVM(g.maybe()),
		ls.NewLicense().Consumption(g.IntN(1000)).WithOverages(float64(g.IntN(9))).WithReset(ls.Monthly),
		ls.NewLicense().Consumption(0).WithoutOverages(),
		ls.NewLicense().Subscription().WithSubscriptionID("sub_1").TrialFor(g.IntN(30)),
		ls.NewLicense().Floating(3).WithFloatingTimeout(10).WithPolicy("gold").WithStartDate(ls.DateOf(g.someTime())),
		ls.NewLicense().FloatingCloud(0).WithNote("note").WithMetadata(map[string]any{"a": 1}).WithCustomField("a", "b"),
		ls.NewLicense().Trial().WithUnlimitedTransfers().WithMaxActivations(0).WithoutFeatures(),
		ls.NewLicense().WithFeatures("render", "export"),
		ls.NewLicense().WithFeature(ls.ProductFeature{Code: "calls", MaxConsumption: new(33)}),
	)
	return l
}

// item returns an item whose licenses have the product's authorization method.
func (g *generator) item(product string, index int) ls.OrderItem {
	item := ls.OrderItem{ProductCode: product, Note: g.text()}
	for i := range g.IntN(3) {
		l := g.typed(g.license())
		if g.maybe() {
			l = g.built()
		}
		if product == userProduct {
			l = l.WithUser(ls.LicenseUser{Email: g.email(), IsManager: g.maybe(), MaxActivations: g.count()}).WithManager("m" + g.email())
		} else if g.maybe() {
			l.Key = fmt.Sprintf("KEY%s-%06d-%d-%d", g.dialect.name, g.n, index, i)
		}
		item.Licenses = append(item.Licenses, l)
	}
	return item
}

// order returns the next order.
func (g *generator) order() *ls.Order {
	g.n++
	o := ls.NewOrder(fmt.Sprintf("gen-%s-%06d", g.dialect.name, g.n))
	products := []string{keyProduct, userProduct, countProduct, openProduct}
	if g.IntN(10) == 0 {
		o.AsBundle()
		products = []string{bundleProduct}
	}
	for i := range 1 + g.IntN(3) {
		o.AddItems(g.item(pick(g, products...), i))
	}
	o.Append, o.IsTest, o.Created = g.maybe(), g.maybe(), g.moment()
	o.OrderType = pick(g, "", ls.NormalOrder)
	o.Language = pick(g, "", "en", "pt-br")
	o.CampaignParams, o.Reference = g.text(), g.reference()
	o.DownloadID = pick(g, "", "dl-1")
	o.PreventVM, o.AddToCustomerAccount = g.flag(), g.flag()
	o.Metadata = pick(g, "", "", `{}`, `{"channel":"web","n":1.50}`, `[1,null]`)
	if g.maybe() {
		o.WithCustomerAccount(account)
	}
	switch g.IntN(3) {
	case 0:
		o.WithCustomer(ls.Customer{
			Email: g.email(), FirstName: g.text(), LastName: g.text(), Company: g.text(), Phone: g.text(),
			Reference: g.reference(), IsManager: g.maybe(), Address: g.text(),
		})
	case 1:
		o.Customer = &ls.Customer{} // must not be sent
	default:
	}
	return o
}

// fieldsSet records which fields of an order are set, as Type.Field.
func fieldsSet(v reflect.Value, set map[string]bool) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			fieldsSet(v.Elem(), set)
		}
	case reflect.Slice:
		for i := range v.Len() {
			fieldsSet(v.Index(i), set)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() {
				continue
			}
			name := v.Type().Name() + "." + f.Name
			set[name] = set[name] || !v.Field(i).IsZero()
			fieldsSet(v.Field(i), set)
		}
	default:
	}
}
