package licensespring

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-querystring/query"

	"github.com/licensespring-go/licensespring/internal/jsonread"
	"github.com/licensespring-go/licensespring/internal/wire"
)

// LicenseFilter selects the licenses of [Client.ListLicenses]: those that match all
// of its fields. An empty string, 0, nil, a zero [Date] and a zero time select all.
// The zero filter lists all licenses, newest first. The filters come from the newer
// reference.
type LicenseFilter struct {
	// LicenseKey is the key of the license.
	LicenseKey string `url:"license_key,omitempty"`
	// OrderStoreID is the caller's id of the order: the ID of the [Order]. It is
	// sent as order__store_id.
	OrderStoreID string `url:"order__store_id,omitempty"`
	// SubscriptionID is the id of the subscription in the billing system.
	SubscriptionID string `url:"subscription_id,omitempty"`
	// CustomerID is the ID the service assigned to the customer.
	CustomerID int64 `url:"customer_id,omitempty"`
	// CustomerEmail is the e-mail address of the customer. The results may differ
	// from it in upper and lower case; whether the service ignores case is not
	// documented.
	CustomerEmail string `url:"customer_email,omitempty"`
	// ProductShortCode is the code of the product.
	ProductShortCode string `url:"product_short_code,omitempty"`
	// LicenseUserEmail is the e-mail address of one of the license users, like
	// CustomerEmail. It is sent as license_users__true_email.
	LicenseUserEmail string `url:"license_users__true_email,omitempty"`
	// Active selects active licenses if it is true, and others if it is false.
	Active *bool `url:"active,omitempty"`
	// Enabled selects enabled licenses if it is true, and disabled ones if it is
	// false.
	Enabled *bool `url:"enabled,omitempty"`
	// IDs are IDs that the service assigned to licenses, in any number; they are
	// sent as id__in. Nil selects all licenses. An empty list that is not nil selects
	// none, and nothing is requested.
	IDs []int64 `url:"-"`
	// LicenseTemplateCode is the code of the license template.
	LicenseTemplateCode string `url:"license_template_code,omitempty"`

	// ValidityPeriodAfter, ValidityPeriodFrom, ValidityPeriodBefore and
	// ValidityPeriodUntil select licenses by the day on which they end, in UTC:
	// after, on or after, before, and on or before a day. They are sent as
	// validity_period__gt, __gte, __lt and __lte. Each of them excludes licenses
	// that do not end.
	ValidityPeriodAfter  Date `url:"-"`
	ValidityPeriodFrom   Date `url:"-"`
	ValidityPeriodBefore Date `url:"-"`
	ValidityPeriodUntil  Date `url:"-"`

	// UpdatedAfter, UpdatedFrom, UpdatedBefore and UpdatedUntil select licenses by
	// the time of their last change: after, at or after, before, and at or before a
	// time. They are sent as updated_at__gt, __gte, __lt and __lte, in UTC, with up
	// to six digits of fractions of a second.
	UpdatedAfter  time.Time `url:"updated_at__gt,omitempty" layout:"2006-01-02 15:04:05.999999"`
	UpdatedFrom   time.Time `url:"updated_at__gte,omitempty" layout:"2006-01-02 15:04:05.999999"`
	UpdatedBefore time.Time `url:"updated_at__lt,omitempty" layout:"2006-01-02 15:04:05.999999"`
	UpdatedUntil  time.Time `url:"updated_at__lte,omitempty" layout:"2006-01-02 15:04:05.999999"`

	// OrderBy is the field to sort by, with a leading minus for descending order.
	// Empty means "-created_at". More than 100 IDs are sorted in groups of 100.
	OrderBy string `url:"order_by,omitempty"`
	// PageSize is the number of licenses per request, from 1 to 100. 0 means 100; any
	// other number is [ErrInvalidRequest].
	PageSize int `url:"-"`
}

// licenseQuery adds the members that go-querystring cannot encode.
type licenseQuery struct {
	LicenseFilter

	ValidityPeriodAfter  string `url:"validity_period__gt,omitempty"`
	ValidityPeriodFrom   string `url:"validity_period__gte,omitempty"`
	ValidityPeriodBefore string `url:"validity_period__lt,omitempty"`
	ValidityPeriodUntil  string `url:"validity_period__lte,omitempty"`
}

// normalized returns the filter as it is sent.
func (f *LicenseFilter) normalized() *LicenseFilter {
	n := *f
	n.OrderBy = cmp.Or(f.OrderBy, defaultOrderBy)
	for _, t := range []*time.Time{&n.UpdatedAfter, &n.UpdatedFrom, &n.UpdatedBefore, &n.UpdatedUntil} {
		*t = t.UTC().Truncate(time.Microsecond)
	}
	return &n
}

// values returns the query of a normalized filter, without the IDs.
func (f *LicenseFilter) values() (url.Values, error) {
	return query.Values(licenseQuery{
		LicenseFilter:        *f,
		ValidityPeriodAfter:  f.ValidityPeriodAfter.String(),
		ValidityPeriodFrom:   f.ValidityPeriodFrom.String(),
		ValidityPeriodBefore: f.ValidityPeriodBefore.String(),
		ValidityPeriodUntil:  f.ValidityPeriodUntil.String(),
	})
}

// validate returns a *ValidationError with the members that cannot be sent.
func (f *LicenseFilter) validate() error {
	var c checker
	c.filterText("license_key", f.LicenseKey, false)
	c.filterText("order__store_id", f.OrderStoreID, false)
	c.filterText("subscription_id", f.SubscriptionID, false)
	if f.CustomerID < 0 {
		c.reject("customer_id", RuleOutOfRange, "is not an ID of the service")
	}
	c.filterText("customer_email", f.CustomerEmail, false)
	c.filterText("product_short_code", f.ProductShortCode, false)
	c.filterText("license_users__true_email", f.LicenseUserEmail, false)
	for i, id := range f.IDs {
		if id <= 0 {
			c.reject("id__in["+strconv.Itoa(i)+"]", RuleOutOfRange, "is not an ID of the service")
		}
	}
	c.filterText("license_template_code", f.LicenseTemplateCode, false)
	for i, b := range rangeBounds {
		date, updated := f.validityPeriod(i), f.updated(i)
		c.member("validity_period"+b.suffix, &date)
		c.member("updated_at"+b.suffix, &updated)
	}
	c.filterText("order_by", f.OrderBy, false)
	c.pageSize(f.PageSize)
	return errorsAmong(c.findings)
}

// private returns the values that messages must not contain.
func (f *LicenseFilter) private() []byte {
	return private(f.LicenseKey, f.OrderStoreID, f.SubscriptionID, f.CustomerEmail, f.LicenseUserEmail)
}

// filters returns the filters of a query, except id__in.
func (f *LicenseFilter) filters(values url.Values) filters[LicenseRecord, *LicenseRecord] {
	// A license does not show the code of its product and of its template reliably, and
	// there is no third value to probe a boolean with.
	all := []filter[LicenseRecord]{
		{name: "license_key", noSuch: noSuchText},
		{name: "order__store_id", noSuch: noSuchText},
		{name: "subscription_id", noSuch: noSuchText},
		{name: "customer_id", noSuch: noSuchID},
		{name: "customer_email", noSuch: noSuchEmail},
		{name: "product_short_code", noSuch: noSuchCode},
		{name: "license_template_code", noSuch: noSuchCode},
		{name: "license_users__true_email", noSuch: noSuchEmail},
		{name: "active"},
		{name: "enabled"},
	}
	for _, b := range rangeBounds {
		all = append(all,
			filter[LicenseRecord]{name: "validity_period" + b.suffix, noSuch: b.noSuch},
			filter[LicenseRecord]{name: "updated_at" + b.suffix, noSuch: b.noSuch + " 00:00:00"})
	}
	var sent filters[LicenseRecord, *LicenseRecord]
	for _, one := range all {
		if values.Has(one.name) {
			one.judge = func(l *LicenseRecord) shown { return f.shownBy(l, one.name) }
			sent = append(sent, one)
		}
	}
	return sent
}

// shownBy returns what a license shows about a filter.
func (f *LicenseFilter) shownBy(l *LicenseRecord, name string) shown {
	raw := l.raw.get()
	switch name {
	case "license_key":
		return showsText(l.LicenseKey, raw, name, func(s string) bool { return s == f.LicenseKey })
	case "order__store_id":
		return showsText(l.OrderStoreID, raw, "order_store_id", func(s string) bool { return sameID(s, f.OrderStoreID) })
	case "subscription_id":
		return showsText(l.SubscriptionID, raw, name, func(s string) bool { return s == f.SubscriptionID })
	case "customer_id":
		return l.showsCustomerID(f.CustomerID)
	case "customer_email":
		return l.showsCustomerEmail(f.CustomerEmail)
	case "license_users__true_email":
		return l.showsUser(f.LicenseUserEmail)
	case "active":
		return showsBool(l.Active, raw, name, *f.Active)
	case "enabled":
		return showsBool(l.Enabled, raw, name, *f.Enabled)
	}
	for i, b := range rangeBounds {
		switch name {
		case "validity_period" + b.suffix:
			return l.showsValidityPeriod(b, f.validityPeriod(i))
		case "updated_at" + b.suffix:
			return l.showsUpdatedAt(b, f.updated(i))
		}
	}
	return showsNothing // the codes of product and template
}

// idFilter returns the filter id__in for some IDs.
func idFilter(ids []int64) filter[LicenseRecord] {
	return filter[LicenseRecord]{name: "id__in", noSuch: noSuchID, judge: func(l *LicenseRecord) shown {
		return showsID(l.ID, l.raw.get(), "id", func(id int64) bool { return slices.Contains(ids, id) })
	}}
}

// rangeBound is a bound of a range of times or dates.
type rangeBound struct {
	suffix    string // of the name of the filter
	lower     bool
	inclusive bool
	noSuch    string
}

// rangeBounds are the rangeBounds in the order of the fields of a LicenseFilter.
var rangeBounds = [...]rangeBound{
	{"__gt", true, false, endOfDates},
	{"__gte", true, true, endOfDates},
	{"__lt", false, false, startOfDates},
	{"__lte", false, true, startOfDates},
}

func (f *LicenseFilter) validityPeriod(i int) Date {
	return [...]Date{f.ValidityPeriodAfter, f.ValidityPeriodFrom, f.ValidityPeriodBefore, f.ValidityPeriodUntil}[i]
}

func (f *LicenseFilter) updated(i int) time.Time {
	return [...]time.Time{f.UpdatedAfter, f.UpdatedFrom, f.UpdatedBefore, f.UpdatedUntil}[i]
}

// admits reports whether a range with the bound contains a time that differs from t
// by less than the precision, or t itself if the precision is 0.
func (b rangeBound) admits(t, limit time.Time, precision time.Duration) bool {
	var c int
	if b.lower {
		c = t.Add(precision).Compare(limit)
	} else {
		c = limit.Compare(t.Add(-precision))
	}
	return c > 0 || c == 0 && b.inclusive && precision == 0
}

func (l *LicenseRecord) showsValidityPeriod(b rangeBound, limit Date) shown {
	if l.ValidityPeriod.IsZero() {
		return showsNoTime(memberOf(l.raw.get(), "validity_period"))
	}
	return showsThat(b.admits(DateOf(l.ValidityPeriod).Time(), limit.Time(), 0))
}

func (l *LicenseRecord) showsUpdatedAt(b rangeBound, limit time.Time) shown {
	if l.UpdatedAt.IsZero() {
		return showsNoTime(memberOf(l.raw.get(), "updated_at"))
	}
	if b.admits(l.UpdatedAt, limit, 0) {
		return showsMatch
	}
	text, _ := jsonread.Text(memberOf(l.raw.get(), "updated_at"))
	return showsThat(b.admits(l.UpdatedAt, limit, precisionOf(text)))
}

// showsNoTime returns what a member shows that is not a time: it does not match a
// range if it means "no time".
func showsNoTime(val []byte) shown {
	switch jsonread.KindOf(val) {
	case jsonread.Null:
		return showsOther
	case jsonread.String:
		text, _ := jsonread.Text(val)
		if _, err := wire.ParseTime(text); err == nil {
			return showsOther
		}
		return showsNothing
	default:
		return showsNothing
	}
}

// precisionOf returns the precision of a time in a response. The service stores
// microseconds, and omits them if they are 0.
func precisionOf(text string) time.Duration {
	if len(text) <= len(wire.DateLayout) {
		return 24 * time.Hour
	}
	precision := time.Second
	_, fraction, _ := strings.Cut(text, ".")
	for i := 0; i < len(fraction) && '0' <= fraction[i] && fraction[i] <= '9'; i++ {
		precision /= 10
	}
	if precision <= time.Microsecond {
		return 0
	}
	return precision
}

func (l *LicenseRecord) showsCustomerID(want int64) shown {
	if l.CustomerID != 0 {
		return showsThat(l.CustomerID == want)
	}
	if customer := memberOf(l.raw.get(), "customer"); jsonread.KindOf(customer) == jsonread.Object {
		return showsID(0, customer, "id", nil)
	}
	return showsID(0, l.raw.get(), "customer", nil) // null, or nothing
}

func (l *LicenseRecord) showsCustomerEmail(want string) shown {
	if l.Customer != nil {
		return showsText(withoutSuffix(l.Customer.Email), l.Customer.raw.get(), "email", func(s string) bool { return sameEmail(s, want) })
	}
	return showsID(0, l.raw.get(), "customer", nil) // null, or a number
}

// showsUser reports whether one of the users has an address.
func (l *LicenseRecord) showsUser(want string) shown {
	switch {
	case l.userByEmail(want) != nil:
		return showsMatch
	case l.showsUsers(), string(memberOf(l.raw.get(), "license_users")) == "null":
		return showsOther
	default:
		return showsNothing
	}
}

// userByEmail returns the user with an address, or nil.
func (l *LicenseRecord) userByEmail(email string) *UserRecord {
	for i := range l.LicenseUsers {
		if sameEmail(l.LicenseUsers[i].Email, email) {
			return &l.LicenseUsers[i]
		}
	}
	return nil
}

// showsUsers reports whether the record shows all users of the license. Otherwise a
// user that it does not show may be assigned. A null list is no proof of none.
func (l *LicenseRecord) showsUsers() bool {
	for i := range l.LicenseUsers {
		if strings.TrimSpace(l.LicenseUsers[i].Email) == "" {
			return false
		}
	}
	users, single := memberOf(l.raw.get(), "license_users"), memberOf(l.raw.get(), "license_user")
	return (users != nil || single != nil) && isUserList(users) && isUserOrNone(single) && string(users) != "null"
}

// isUserList reports whether a value lists users, or none.
func isUserList(val []byte) bool {
	ok := true
	switch jsonread.KindOf(val) {
	case jsonread.Invalid, jsonread.Null:
	case jsonread.Array:
		jsonread.Elements(val, func(_ int, el []byte) { ok = ok && jsonread.KindOf(el) == jsonread.Object })
	default:
		ok = false
	}
	return ok
}

func isUserOrNone(val []byte) bool {
	switch jsonread.KindOf(val) {
	case jsonread.Invalid, jsonread.Null, jsonread.Object:
		return true
	default:
		return false
	}
}

// joinIDs returns IDs as one text, with commas.
func joinIDs(ids []int64) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(ids), "[]"), " ", ",")
}
