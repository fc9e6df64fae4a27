package licensespring

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unsafe"
)

// OrderRecord is an order as stored by the service. Text is empty, IDs and times are
// zero, and IsTest is false where the response did not show a value or showed null.
// Raw returns the response itself.
//
// Decoding is lenient, so that an unexpected member cannot hide an order that was
// created: a member of an unexpected type stays zero and is listed in the warnings
// of the [OrderResult].
//
// A struct that embeds an OrderRecord is decoded as the record alone: use a named
// field. To compare records with go-cmp, ignore their unexported fields.
type OrderRecord struct {
	// ID is the ID the service assigned to the order.
	ID int64 `json:"id,omitzero"`
	// StoreID is the caller's id: the ID of the [Order].
	StoreID string `json:"store_id,omitzero"`
	// Type is the type of the order.
	Type OrderType `json:"type,omitzero"`
	// IsTest reports whether the order is a test order.
	IsTest bool `json:"is_test,omitzero"`
	// Language is the language code of the order.
	Language string `json:"language,omitzero"`
	// Metadata is the metadata of the order: a text that holds JSON.
	Metadata string `json:"metadata,omitzero"`
	// CreatedAt and UpdatedAt are times of the service's clock, in UTC.
	CreatedAt time.Time `json:"created_at,omitzero"`
	UpdatedAt time.Time `json:"updated_at,omitzero"`
	// Customer is nil if the response shows no customer, or only its ID.
	Customer *CustomerRecord `json:"customer,omitzero"`
	// CustomerID is the ID the service assigned to the customer.
	CustomerID int64 `json:"customer_id,omitzero"`
	// OrderItems are the items of the order. A list of orders may omit them.
	OrderItems []ItemRecord `json:"order_items,omitzero"`
	// NewUsers are the users that the create created, with their e-mail addresses and
	// initial passwords. Only responses in the legacy form, which show no licenses,
	// have them.
	NewUsers []UserRecord `json:"new_users,omitzero"`

	raw    rawJSON
	bundle bool // the items name bundles
}

// CustomerRecord is a customer as stored by the service. Text is empty and IDs
// are 0 where the response did not show them. Raw returns the response itself.
type CustomerRecord struct {
	// ID is the ID the service assigned to the customer.
	ID int64 `json:"id,omitzero"`
	// Email is the e-mail address of the customer.
	Email     string `json:"email,omitzero"`
	FirstName string `json:"first_name,omitzero"`
	LastName  string `json:"last_name,omitzero"`
	// Company is the name of the customer's company. Responses spell it
	// company_name; company is read only if it is a string.
	Company string `json:"company_name,omitzero"`
	// CompanyID is the ID of the vendor's company account: company, where that is
	// a number.
	CompanyID int64  `json:"company,omitzero"`
	Phone     string `json:"phone,omitzero"`
	Address   string `json:"address,omitzero"`
	// Reference is the caller's reference of the customer.
	Reference string `json:"reference,omitzero"`

	raw rawJSON
}

// ItemRecord is one product of an order as stored by the service. Text is empty
// and IDs are 0 where the response did not show them.
type ItemRecord struct {
	// ID is the ID the service assigned to the item.
	ID int64 `json:"id,omitzero"`
	// ProductID is the ID the service assigned to the product.
	ProductID int64 `json:"product_id,omitzero"`
	// ProductCode is the product code that the order names. A response may show
	// only the ProductID.
	ProductCode string `json:"product_code,omitzero"`
	// ProductName is the display name of the product.
	ProductName string `json:"product_name,omitzero"`
	// Note describes the item.
	Note string `json:"note,omitzero"`
	// Licenses are the licenses of the item.
	Licenses []LicenseRecord `json:"licenses,omitzero"`

	raw rawJSON
	// incomplete reports that the licenses are missing from the response, or that
	// some of them could not be read.
	incomplete bool
}

// LicenseRecord is a license as stored by the service. Pointers are nil, text is
// empty, and times, dates and IDs are zero where the response did not show a
// value or showed null. Like an [OrderRecord], it is decoded leniently: a member of
// an unexpected type stays zero. Raw returns it.
type LicenseRecord struct {
	// ID is the ID the service assigned to the license.
	ID int64 `json:"id,omitzero"`
	// LicenseKey is the key of a key-based license, and empty for a user-based
	// one.
	LicenseKey string `json:"license_key,omitzero"`
	// Order and OrderItem are the IDs the service assigned to the order and the
	// item.
	Order     int64 `json:"order,omitzero"`
	OrderItem int64 `json:"order_item,omitzero"`
	// OrderStoreID is the caller's id of the order: the ID of the [Order].
	OrderStoreID string `json:"order_store_id,omitzero"`
	// Status is the status of the license, such as "active". The values are the
	// service's and may change.
	Status string `json:"status,omitzero"`
	// Enabled reports whether the license is enabled. A disabled license cannot be
	// activated or checked, whatever its Status.
	Enabled *bool `json:"enabled,omitzero"`
	// Active reports whether the license is active.
	Active *bool `json:"active,omitzero"`
	// TimeDisabled is when the license was disabled, in UTC.
	TimeDisabled time.Time `json:"time_disabled,omitzero"`
	// DisabledUser identifies the user who disabled the license: an e-mail address
	// or an ID, as the service shows it.
	DisabledUser string `json:"disabled_user,omitzero"`
	// LicenseType determines what ends the license.
	LicenseType LicenseType `json:"license_type,omitzero"`
	// MaxActivations is the maximum number of devices, and TimesActivated the
	// number of activations so far.
	MaxActivations *int `json:"max_activations,omitzero"`
	TimesActivated *int `json:"times_activated,omitzero"`
	// MaxConsumptions is the maximum number of consumptions of a consumption
	// license.
	MaxConsumptions *int `json:"max_consumptions,omitzero"`
	// ValidDuration is the duration for which the license is valid.
	ValidDuration Duration `json:"valid_duration,omitzero"`
	// ValidityPeriod is the time at which the license ends, in UTC.
	ValidityPeriod time.Time `json:"validity_period,omitzero"`
	// MaintenancePeriod is the last day on which the license receives updates.
	MaintenancePeriod Date `json:"maintenance_period,omitzero"`
	// IsTrial reports whether the license is a trial.
	IsTrial *bool `json:"is_trial,omitzero"`
	// PreventVM reports whether the license is rejected on virtual machines.
	PreventVM *bool `json:"prevent_vm,omitzero"`
	// AllowGracePeriod reports whether the license can be used for GracePeriod
	// hours after its end. The unit comes from one page of the vendor's
	// documentation only.
	AllowGracePeriod *bool `json:"allow_grace_period,omitzero"`
	GracePeriod      *int  `json:"grace_period,omitzero"`
	// IsFloating reports whether the license is shared by FloatingUsers users at a
	// time, and IsFloatingCloud whether the service itself counts them.
	IsFloating      *bool `json:"is_floating,omitzero"`
	IsFloatingCloud *bool `json:"is_floating_cloud,omitzero"`
	FloatingUsers   *int  `json:"floating_users,omitzero"`
	// MaxLicenseUsers is the maximum number of users; 0 means unlimited.
	MaxLicenseUsers *int `json:"max_license_users,omitzero"`
	// SubscriptionID is the id of the subscription in the billing system.
	SubscriptionID string `json:"subscription_id,omitzero"`
	// Note is the note of the license.
	Note string `json:"note,omitzero"`
	// Metadata is the metadata of the license. Numbers are [json.Number].
	Metadata map[string]any `json:"metadata,omitzero"`
	// LastCheck is when a device last checked the license, in UTC.
	LastCheck time.Time `json:"last_check,omitzero"`
	// CreatedAt and UpdatedAt are times of the service's clock, in UTC.
	CreatedAt time.Time `json:"created_at,omitzero"`
	UpdatedAt time.Time `json:"updated_at,omitzero"`
	// Customer is nil if the response shows no customer, or only its ID.
	Customer *CustomerRecord `json:"customer,omitzero"`
	// CustomerID is the ID the service assigned to the customer.
	CustomerID int64 `json:"customer_id,omitzero"`
	// ProductFeatures are the features of the license. The service drops unknown
	// feature codes silently; see [OrderResult.Warnings].
	ProductFeatures []FeatureRecord `json:"product_features,omitzero"`
	// LicenseUsers are the users of a user-based license.
	LicenseUsers []UserRecord `json:"license_users,omitzero"`

	raw rawJSON
}

// FeatureRecord is a feature of a license as stored by the service. Text is
// empty, MaxConsumption nil and ExpiryDate zero where the response did not show
// a value.
type FeatureRecord struct {
	// ID is the ID the service assigned to the feature.
	ID int64 `json:"id,omitzero"`
	// Code is the feature code.
	Code string `json:"code,omitzero"`
	// Name is the display name of the feature.
	Name string `json:"name,omitzero"`
	// FeatureType is the type of the feature, such as "consumption".
	FeatureType string `json:"feature_type,omitzero"`
	// MaxConsumption is the maximum number of consumptions.
	MaxConsumption *int `json:"max_consumption,omitzero"`
	// ExpiryDate is the last day of the feature.
	ExpiryDate Date `json:"expiry_date,omitzero"`

	raw rawJSON
}

// UserRecord is a license user as stored by the service. Text is empty, the ID 0
// and MaxActivations nil where the response did not show a value.
type UserRecord struct {
	// ID is the ID the service assigned to the user.
	ID int64 `json:"id,omitzero"`
	// Email is the real e-mail address. The service distinguishes users by a
	// suffix ("ada@example.com|a1b2"), which is removed.
	Email string `json:"email,omitzero"`
	// IsManager reports whether the user manages the licenses of the order.
	IsManager bool `json:"is_manager,omitzero"`
	// IsInitialPassword reports whether the user still has the initial password.
	IsInitialPassword bool `json:"is_initial_password,omitzero"`
	// InitialPassword is the password for the first login. It is part of the
	// response to the create that created the user; whether later reads show it
	// is not documented. [Secret.Reveal] returns it; all other output is
	// "[redacted]".
	InitialPassword Secret `json:"initial_password,omitzero"`
	// MaxActivations is the maximum number of devices of this user.
	MaxActivations *int `json:"max_activations,omitzero"`

	raw rawJSON
}

// Licenses returns the licenses of all items in order.
func (r *OrderRecord) Licenses() []LicenseRecord {
	var all []LicenseRecord
	for i := range r.OrderItems {
		all = append(all, r.OrderItems[i].Licenses...)
	}
	return all
}

// LicenseKeys returns the keys of all key-based licenses in order.
func (r *OrderRecord) LicenseKeys() []string {
	var keys []string
	for i := range r.OrderItems {
		for j := range r.OrderItems[i].Licenses {
			if key := r.OrderItems[i].Licenses[j].LicenseKey; key != "" {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// Users returns the users of all user-based licenses in order, and the NewUsers.
func (r *OrderRecord) Users() []UserRecord {
	var all []UserRecord
	for i := range r.OrderItems {
		for j := range r.OrderItems[i].Licenses {
			all = append(all, r.OrderItems[i].Licenses[j].LicenseUsers...)
		}
	}
	return append(all, r.NewUsers...)
}

// Raw returns a copy of the JSON that the record was decoded from. It holds license
// keys, e-mail addresses and initial passwords: do not log it.
func (r *OrderRecord) Raw() json.RawMessage { return r.raw.clone() }

// Raw returns a copy of the JSON that the customer was decoded from.
func (c *CustomerRecord) Raw() json.RawMessage { return c.raw.clone() }

// Raw returns a copy of the JSON that the item was decoded from.
func (i *ItemRecord) Raw() json.RawMessage { return i.raw.clone() }

// Raw returns a copy of the JSON that the license was decoded from.
func (l *LicenseRecord) Raw() json.RawMessage { return l.raw.clone() }

// Raw returns a copy of the JSON that the feature was decoded from.
func (f *FeatureRecord) Raw() json.RawMessage { return f.raw.clone() }

// Raw returns a copy of the JSON that the user was decoded from. It may hold an
// initial password: do not log it.
func (u *UserRecord) Raw() json.RawMessage { return u.raw.clone() }

// rawJSON is the part of a response that a record was decoded from. All records of
// a response share its memory. It is hidden behind a pointer to its first byte:
// printers that use reflection, such as those of test libraries, follow pointers and
// slices of unexported fields and would print the passwords.
type rawJSON struct {
	first *byte
	size  int
}

func newRawJSON(part []byte) rawJSON {
	return rawJSON{first: unsafe.SliceData(part), size: len(part)} //nolint:gosec // the pointer keeps the memory
}

func (r rawJSON) get() []byte {
	return unsafe.Slice(r.first, r.size) //nolint:gosec // the slice that newRawJSON took apart
}

func (r rawJSON) clone() json.RawMessage {
	return append(json.RawMessage(nil), r.get()...)
}

// showsOrder reports whether the record holds an order at all. Other JSON, such as
// {} or a message of a proxy, does not prove that an order was created.
func (r *OrderRecord) showsOrder() bool {
	return r.ID != 0 || r.StoreID != "" || len(r.OrderItems) > 0
}

// showsLicenses reports whether the record shows the licenses of every item. A
// response in the legacy form does not, and a list may not.
func (r *OrderRecord) showsLicenses() bool {
	return len(r.OrderItems) > 0 && !slices.ContainsFunc(r.OrderItems, func(item ItemRecord) bool { return item.incomplete })
}

// isComplete reports whether every item of the record shows at least one license.
func (r *OrderRecord) isComplete() bool {
	return r.showsLicenses() && !slices.ContainsFunc(r.OrderItems, func(item ItemRecord) bool { return len(item.Licenses) == 0 })
}

// sameID compares two ids of orders. The service trims white space.
func sameID(a, b string) bool { return strings.TrimSpace(a) == strings.TrimSpace(b) }

// sameEmail compares two e-mail addresses.
func sameEmail(a, b string) bool {
	return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}

// withoutSuffix removes the suffix that the service appends to an address after a
// bar. A domain has no bar; one before the @ belongs to the address.
func withoutSuffix(email string) string {
	at := strings.IndexByte(email, '@')
	if at < 0 {
		return email
	}
	domain, _, _ := strings.Cut(email[at:], "|")
	return email[:at+len(domain)]
}
