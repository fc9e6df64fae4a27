package licensespring

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/licensespring-go/licensespring/internal/jsonread"
	"github.com/licensespring-go/licensespring/internal/wire"
)

// object is a JSON object of a request: an order, a part of one, or a change of a
// license.
type object interface {
	// fields passes every member of the object to a visitor, in the order in which
	// they are written: those of the Create Order page first. Names are in the
	// spelling of DialectClassic.
	fields(v visitor)
	// rules checks the rules of the object that concern several members.
	rules(ch *checker)
}

// visitor processes every member of an object: it encodes, decodes, clones,
// checks or compares. The fields methods are the only place that maps Go fields
// to wire members.
type visitor interface {
	// member processes the member with the given name. P is a pointer to its field,
	// of one of these types:
	//
	//	*string *bool *ConsumptionPeriod *Duration *time.Time *Date
	//	        the zero value means absent
	//	*Secret
	//	        likewise, a text that must not be shown
	//	**bool **int **int64 **float64 **string *map[string]any *any **Customer
	//	        nil means absent; zero and false are values
	//	*[]OrderItem *[]License *[]LicenseUser *[]ProductFeature *[]CustomField
	//	*[]UserAssignment
	//	        a list of objects; see listOf
	//
	// It panics for another type, so that no visitor misses a new one.
	member(name string, p any)

	// extra processes the members of owner without a field. It is called last.
	extra(owner object, p *map[string]json.RawMessage)
}

// unknownField is the panic of a visitor that does not know the type of a field.
func unknownField(name string, p any) string {
	return fmt.Sprintf("licensespring: no visitor for %s, a %T", name, p)
}

func (o *Order) fields(v visitor) {
	v.member("id", &o.ID)
	v.member("items", &o.Items)
	v.member("append", &o.Append)
	v.member("is_test", &o.IsTest)
	v.member("created", &o.Created)
	v.member("order_type", (*string)(&o.OrderType))
	v.member("language", &o.Language)
	v.member("campaign_params", &o.CampaignParams)
	v.member("download_id", &o.DownloadID)
	v.member("prevent_vm", &o.PreventVM)
	v.member("customer", &o.Customer)

	v.member("is_bundle", &o.IsBundle)
	v.member("metadata", &o.Metadata)
	v.member("customer_account_id", &o.CustomerAccountID)
	v.member("add_to_customer_account", &o.AddToCustomerAccount)
	v.member("reference", &o.Reference)
	v.extra(o, &o.Extra)
}

func (c *Customer) fields(v visitor) {
	v.member("email", &c.Email)
	v.member("first_name", &c.FirstName)
	v.member("last_name", &c.LastName)
	v.member("company", &c.Company)
	v.member("phone", &c.Phone)
	v.member("reference", &c.Reference)
	v.member("is_manager", &c.IsManager)

	v.member("address", &c.Address)
	v.extra(c, &c.Extra)
}

func (i *OrderItem) fields(v visitor) {
	v.member("product_code", &i.ProductCode)
	v.member("note", &i.Note)
	v.member("licenses", &i.Licenses)
	v.extra(i, &i.Extra)
}

func (l *License) fields(v visitor) {
	v.member("key", &l.Key)
	v.member("users", &l.Users)
	v.member("max_activations", &l.MaxActivations)
	v.member("license_type", (*string)(&l.LicenseType))
	v.member("max_consumptions", &l.MaxConsumptions)
	v.member("valid_duration", &l.ValidDuration)
	v.member("enable_maintenance_duration", &l.EnableMaintenanceDuration)
	v.member("maintenance_duration", &l.MaintenanceDuration)
	v.member("validity_period", &l.ValidityPeriod)
	v.member("product_features", &l.ProductFeatures)
	v.member("is_trial", &l.IsTrial)
	v.member("prevent_vm", &l.PreventVM)
	v.member("max_transfers", &l.MaxTransfers)
	l.ConsumptionOptions.fields(v)

	v.member("policy_code", &l.PolicyCode)
	v.member("trial_days", &l.TrialDays)
	v.member("start_date", &l.StartDate)
	v.member("maintenance_period", &l.MaintenancePeriod)
	v.member("note", &l.Note)
	v.member("subscription_id", &l.SubscriptionID)
	v.member("metadata", &l.Metadata)
	v.member("custom_fields", &l.CustomFields)
	l.FloatingOptions.fields(v)
	v.member("is_floating_cloud", &l.IsFloatingCloud)
	v.member("can_borrow", &l.CanBorrow)
	v.member("max_borrow_time", &l.MaxBorrowTime)
	v.member("allow_grace_period", &l.AllowGracePeriod)
	v.member("grace_period", &l.GracePeriod)
	v.member("max_license_users", &l.MaxLicenseUsers)
	v.member("is_air_gapped", &l.IsAirGapped)
	v.member("is_hardware_key_auth", &l.IsHardwareKeyAuth)
	v.member("allow_unlimited_activations", &l.AllowUnlimitedActivations)
	v.member("allow_unlimited_consumptions", &l.AllowUnlimitedConsumptions)
	v.member("allow_negative_consumptions", &l.AllowNegativeConsumptions)
	v.member("active", &l.Active)
	v.member("enabled", &l.Enabled)
	v.extra(l, &l.Extra)
}

func (u *LicenseUser) fields(v visitor) {
	v.member("email", &u.Email)
	v.member("is_manager", &u.IsManager)

	v.member("max_activations", &u.MaxActivations)
	v.extra(u, &u.Extra)
}

func (f *ProductFeature) fields(v visitor) {
	v.member("code", &f.Code)
	v.member("max_consumption", &f.MaxConsumption)

	v.member("expiry_date", &f.ExpiryDate)
	f.ConsumptionOptions.fields(v)
	f.FloatingOptions.fields(v)
	v.extra(f, &f.Extra)
}

func (c *CustomField) fields(v visitor) {
	v.member("name", &c.Name)
	v.member("value", &c.Value)
}

func (o *ConsumptionOptions) fields(v visitor) {
	v.member("allow_overages", &o.AllowOverages)
	v.member("max_overages", &o.MaxOverages)
	v.member("reset_consumption", &o.ResetConsumption)
	v.member("consumption_period", &o.ConsumptionPeriod)
}

func (o *FloatingOptions) fields(v visitor) {
	v.member("is_floating", &o.IsFloating)
	v.member("floating_users", &o.FloatingUsers)
	v.member("floating_timeout", &o.FloatingTimeout)
}

// objectList is a field that holds a list of objects of any type.
type objectList struct {
	slice reflect.Value
	// features reports that an element may be a string: a feature without options.
	features bool
	// emptyCounts reports that an empty list is sent. An empty list of items,
	// licenses or users is absent.
	emptyCounts bool
}

// listOf returns the list that p points to. It panics if p points to anything
// else.
func listOf(name string, p any) objectList {
	l := objectList{slice: reflect.ValueOf(p).Elem()}
	switch p.(type) {
	case *[]OrderItem, *[]License, *[]LicenseUser:
	case *[]ProductFeature:
		l.features, l.emptyCounts = true, true
	case *[]CustomField, *[]UserAssignment:
		l.emptyCounts = true
	default:
		panic(unknownField(name, p))
	}
	return l
}

func (l objectList) len() int { return l.slice.Len() }

// absent reports whether the list is not sent.
func (l objectList) absent() bool {
	return l.len() == 0 && (!l.emptyCounts || l.slice.IsNil())
}

// takes reports whether a JSON value can be an element of the list.
func (l objectList) takes(value []byte) bool {
	kind := jsonread.KindOf(value)
	return kind == jsonread.Object || (l.features && kind == jsonread.String)
}

// at returns a pointer to the element i.
func (l objectList) at(i int) object {
	o, _ := reflect.TypeAssert[object](l.slice.Index(i).Addr())
	return o
}

// create sets the list, which is nil, to n elements.
func (l objectList) create(n int) {
	if n == 0 && l.emptyCounts {
		l.slice.Set(reflect.MakeSlice(l.slice.Type(), 0, 0))
		return
	}
	l.slice.Grow(n)
	l.slice.SetLen(n)
}

// checkExtra returns the rule that an extra member breaks, and a message; both are
// empty if it is valid. Encoding and validation share it, so that they agree.
func checkExtra(owner object, name string, raw json.RawMessage) (rule Rule, message string) {
	switch {
	case name == "":
		return RuleEmptyExtraName, "extra member has no name"
	case !wire.ValidText(name):
		return RuleInvalidText, "name of an extra member is not valid text"
	case hasField(owner, name):
		return RuleExtraShadowsField, "extra member has the name of a field: use the field"
	case !wire.ValidDocument(raw):
		return RuleExtraInvalid, "extra member is not valid JSON"
	default:
		return "", ""
	}
}

// sortedNames returns the names of extra members in the order in which they are
// written.
func sortedNames(extra map[string]json.RawMessage) []string {
	if len(extra) == 0 {
		return nil
	}
	return slices.Sorted(maps.Keys(extra))
}

// shownName returns the name of a member if it looks like a wire name, and ""
// otherwise: findings and errors must not repeat customer data.
func shownName(name string) string {
	if len(name) > 40 {
		return ""
	}
	for _, c := range []byte(name) {
		if c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return ""
		}
	}
	return name
}

// hasField reports whether an object has a field for a member, in either spelling.
func hasField(o object, name string) bool {
	n := nameFinder{want: name}
	o.fields(&n)
	return n.found
}

// nameFinder is the visitor that searches for a name.
type nameFinder struct {
	want  string
	seen  int
	index int // of the member
	found bool
}

func (n *nameFinder) member(name string, _ any) {
	other, renamed := wire.OtherSpelling(name)
	if !n.found && (name == n.want || renamed && other == n.want) {
		n.found, n.index = true, n.seen
	}
	n.seen++
}

func (n *nameFinder) extra(object, *map[string]json.RawMessage) {}

// isEmpty reports whether all members of an object are absent.
func isEmpty(o object) bool {
	p := presence{}
	o.fields(&p)
	return p.n == 0
}

// presence is the visitor that counts the members that are not absent, and lists
// their names if list is set.
type presence struct {
	n     int
	list  bool
	names []string
}

func (v *presence) member(name string, p any) {
	value := reflect.ValueOf(p).Elem()
	if value.Kind() == reflect.Slice && !value.IsNil() && listOf(name, p).absent() {
		return
	}
	if !value.IsZero() {
		v.add(name)
	}
}

func (v *presence) add(name string) {
	if v.n++; v.list {
		v.names = append(v.names, name)
	}
}

func (v *presence) extra(_ object, p *map[string]json.RawMessage) {
	for _, name := range sortedNames(*p) {
		v.add(name)
	}
}

// retainer is the visitor that sets all members without one of the names to absent.
type retainer struct{ names map[string]bool }

func (r retainer) member(name string, p any) {
	if !r.names[name] {
		reflect.ValueOf(p).Elem().SetZero()
	}
}

func (r retainer) extra(object, *map[string]json.RawMessage) {}
