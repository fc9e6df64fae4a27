package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/output"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/view"
)

// orderColumns are the columns of orders. README.md lists all columns: programs rely on
// their names.
func orderColumns() []output.Column[*view.Order] {
	type order = *view.Order
	return []output.Column[order]{
		{Name: "id", Value: func(o order) string { return o.StoreID }},
		{Name: "order_id", Value: func(o order) string { return id(o.ID) }},
		{Name: "created_at", Value: func(o order) string { return moment(o.CreatedAt) }},
		{Name: "customer_email", Value: func(o order) string { return customerOf(o.Customer).Email }},
		{Name: "company", Wide: true, Value: func(o order) string { return customerOf(o.Customer).Company }},
		{Name: "is_test", Value: func(o order) string { return strconv.FormatBool(o.IsTest) }},
		// A list may omit the items.
		{Name: "licenses", Value: func(o order) string {
			if o.OrderItems == nil {
				return ""
			}
			return strconv.Itoa(len(o.OrderRecord.Licenses()))
		}},
		{Name: "license_keys", Wide: true, Value: func(o order) string { return strings.Join(o.LicenseKeys(), " ") }},
	}
}

// licenseColumns are the columns of licenses.
func licenseColumns() []output.Column[*view.License] {
	type license = *view.License
	return []output.Column[license]{
		{Name: "id", Value: func(l license) string { return id(l.ID) }},
		{Name: "license_key", Value: func(l license) string { return l.LicenseKey }},
		{Name: "order", Value: func(l license) string { return l.OrderStoreID }},
		{Name: "license_type", Value: func(l license) string { return string(l.LicenseType) }},
		{Name: "status", Value: func(l license) string { return l.Status }},
		{Name: "enabled", Value: func(l license) string { return boolean(l.Enabled) }, Color: enabledColor},
		{Name: "validity_period", Value: func(l license) string { return licensespring.DateOf(l.ValidityPeriod).String() }},
		{Name: "max_activations", Value: func(l license) string { return number(l.MaxActivations) }},
		{Name: "times_activated", Wide: true, Value: func(l license) string { return number(l.TimesActivated) }},
		{Name: "users", Value: func(l license) string { return emails(l.LicenseUsers) }},
		{Name: "features", Wide: true, Value: func(l license) string { return features(l.ProductFeatures) }},
		{Name: "subscription_id", Wide: true, Value: func(l license) string { return l.SubscriptionID }},
		{Name: "is_trial", Wide: true, Value: func(l license) string { return boolean(l.IsTrial) }},
		{Name: "customer_email", Wide: true, Value: func(l license) string { return customerOf(l.Customer).Email }},
		{Name: "note", Wide: true, Value: func(l license) string { return l.Note }},
		{Name: "disabled_user", Wide: true, Value: func(l license) string { return l.DisabledUser }},
		{Name: "created_at", Wide: true, Value: func(l license) string { return moment(l.CreatedAt) }},
		{Name: "updated_at", Wide: true, Value: func(l license) string { return moment(l.UpdatedAt) }},
	}
}

// customerColumns are the columns of customers.
func customerColumns() []output.Column[*licensespring.CustomerRecord] {
	type customer = *licensespring.CustomerRecord
	return []output.Column[customer]{
		{Name: "id", Value: func(c customer) string { return id(c.ID) }},
		{Name: "email", Value: func(c customer) string { return c.Email }},
		{Name: "first_name", Value: func(c customer) string { return c.FirstName }},
		{Name: "last_name", Value: func(c customer) string { return c.LastName }},
		{Name: "company_name", Value: func(c customer) string { return c.Company }},
		{Name: "phone", Wide: true, Value: func(c customer) string { return c.Phone }},
		{Name: "address", Wide: true, Value: func(c customer) string { return c.Address }},
		{Name: "reference", Value: func(c customer) string { return c.Reference }},
	}
}

// userColumns are the columns of the users of a license.
func userColumns() []output.Column[view.User] {
	return []output.Column[view.User]{
		{Name: "id", Value: func(u view.User) string { return id(u.ID) }},
		{Name: "email", Value: func(u view.User) string { return u.Email }},
		{Name: "is_manager", Value: func(u view.User) string { return strconv.FormatBool(u.IsManager) }},
		{Name: "max_activations", Value: func(u view.User) string { return number(u.MaxActivations) }},
		{Name: "initial_password", Value: func(u view.User) string { return u.InitialPassword }},
	}
}

// featureColumns are the columns of the features of a license.
func featureColumns() []output.Column[*licensespring.FeatureRecord] {
	type feature = *licensespring.FeatureRecord
	return []output.Column[feature]{
		{Name: "code", Value: func(f feature) string { return f.Code }},
		{Name: "name", Value: func(f feature) string { return f.Name }},
		{Name: "feature_type", Value: func(f feature) string { return f.FeatureType }},
		{Name: "max_consumption", Value: func(f feature) string { return number(f.MaxConsumption) }},
		{Name: "expiry_date", Value: func(f feature) string { return f.ExpiryDate.String() }},
	}
}

// differenceColumns are the columns of differences.
func differenceColumns() []output.Column[view.Difference] {
	return []output.Column[view.Difference]{
		{Name: "path", Value: func(d view.Difference) string { return d.Path }},
		{Name: "want", Value: func(d view.Difference) string { return d.Want }},
		{Name: "got", Value: func(d view.Difference) string { return d.Got }},
		{Name: "rule", Value: func(d view.Difference) string { return string(d.Rule) }},
	}
}

// orderResultColumns are the columns of the results of orders.
func orderResultColumns() []output.Column[*view.OrderResult] {
	type result = *view.OrderResult
	ofOrder := func(value func(*view.Order) string) func(result) string {
		return func(r result) string {
			if r.Order == nil {
				return ""
			}
			return value(r.Order)
		}
	}
	return []output.Column[result]{
		{Name: "id", Value: func(r result) string { return r.ID }},
		{Name: "outcome", Value: func(r result) string { return string(r.Outcome) }, Color: outcomeColor},
		{Name: "order_id", Value: ofOrder(func(o *view.Order) string { return id(o.ID) })},
		{Name: "license_keys", Value: ofOrder(func(o *view.Order) string { return strings.Join(o.LicenseKeys(), " ") })},
		{Name: "error", Value: func(r result) string { return message(r.Error) }},
	}
}

// licenseResultColumns are the columns of the results of licenses.
func licenseResultColumns() []output.Column[*view.LicenseResult] {
	type result = *view.LicenseResult
	ofLicense := func(value func(*view.License) string) func(result) string {
		return func(r result) string {
			if r.License == nil {
				return ""
			}
			return value(r.License)
		}
	}
	return []output.Column[result]{
		{Name: "license_id", Value: func(r result) string { return id(r.LicenseID) }},
		{Name: "outcome", Value: func(r result) string { return string(r.Outcome) }, Color: outcomeColor},
		{Name: "enabled", Value: ofLicense(func(l *view.License) string { return boolean(l.Enabled) }), Color: enabledColor},
		{Name: "validity_period", Value: ofLicense(func(l *view.License) string {
			return licensespring.DateOf(l.ValidityPeriod).String()
		})},
		{Name: "license_key", Value: ofLicense(func(l *view.License) string { return l.LicenseKey })},
		{Name: "error", Value: func(r result) string { return message(r.Error) }},
	}
}

// previewColumns are the columns of requests of a dry run.
func previewColumns() []output.Column[*view.Preview] {
	type preview = *view.Preview
	return []output.Column[preview]{
		{Name: "method", Value: func(p preview) string { return p.Method }},
		{Name: "url", Value: func(p preview) string { return p.URL }},
		{Name: "body", Value: func(p preview) string { return string(p.Body) }},
	}
}

// An id, a number, a boolean and a moment are empty if they are absent.

func id(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func number(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

func boolean(b *bool) string {
	if b == nil {
		return ""
	}
	return strconv.FormatBool(*b)
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func customerOf(c *licensespring.CustomerRecord) licensespring.CustomerRecord {
	if c == nil {
		return licensespring.CustomerRecord{}
	}
	return *c
}

func emails(users []view.User) string {
	var all []string
	for _, u := range users {
		all = append(all, u.Email)
	}
	return strings.Join(all, " ")
}

func features(records []licensespring.FeatureRecord) string {
	var all []string
	for _, f := range records {
		text := f.Code
		if f.FeatureType == "consumption" && f.MaxConsumption != nil {
			text = fmt.Sprintf("%s=%d", f.Code, *f.MaxConsumption)
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

func message(f *view.Failure) string {
	if f == nil {
		return ""
	}
	return strings.TrimPrefix(f.Message, "licensespring: ")
}

func outcomeColor(outcome string) output.Color {
	switch o := licensespring.Outcome(outcome); {
	case o.Done():
		return output.Green
	case o == licensespring.OutcomeUnknown:
		return output.Yellow
	default:
		return output.Red
	}
}

func enabledColor(enabled string) output.Color {
	if enabled == "false" {
		return output.Red
	}
	return 0
}
