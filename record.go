package licensespring

import (
	"encoding/json"
	"time"
)

// OrderRecord is an order as the service has it. Fields that the service did
// not send, or sent as null, are zero; Raw returns the answer itself.
//
// The reading is liberal: a member of an unexpected type is left zero, and is
// named in the warnings of the [OrderResult], rather than losing an order that
// was made.
type OrderRecord struct {
	// ID is the service's number for the order.
	ID int64 `json:"id,omitzero"`
	// StoreID is the caller's id for it: the ID of the [Order].
	StoreID string `json:"store_id,omitzero"`
	// Type is the type of the order; the service documents only "normal".
	Type OrderType `json:"type,omitzero"`
	// IsTest tells whether it is a test order.
	IsTest bool `json:"is_test,omitzero"`
	// Language is the short code of the order's language.
	Language string `json:"language,omitzero"`
	// Metadata is the text that was sent as the order's metadata: serialized JSON.
	Metadata string `json:"metadata,omitzero"`
	// CreatedAt and UpdatedAt are by the service's clock, in UTC.
	CreatedAt time.Time `json:"created_at,omitzero"`
	UpdatedAt time.Time `json:"updated_at,omitzero"`
	// Customer is nil if the service sent none, or only its number.
	Customer *CustomerRecord `json:"customer,omitzero"`
	// CustomerID is the service's number for the customer.
	CustomerID int64 `json:"customer_id,omitzero"`
	// OrderItems are the products of the order. A list of orders may lack them.
	OrderItems []ItemRecord `json:"order_items,omitzero"`
	// NewUsers are the license users made by this call, where the service
	// answers in its old form, which tells of no licenses: e-mail address and
	// initial password only.
	NewUsers []UserRecord `json:"new_users,omitzero"`

	raw rawJSON
}

// CustomerRecord is a customer as the service has it. ID is the service's
// number; the others are what an order's [Customer] said. What the service did
// not send is zero.
type CustomerRecord struct {
	ID        int64  `json:"id,omitzero"`
	Email     string `json:"email,omitzero"`
	FirstName string `json:"first_name,omitzero"`
	LastName  string `json:"last_name,omitzero"`
	// Company is read from company and from company_name.
	Company   string `json:"company,omitzero"`
	Phone     string `json:"phone,omitzero"`
	Address   string `json:"address,omitzero"`
	Reference string `json:"reference,omitzero"`
}

// ItemRecord is one product of an order as the service has it. ID and ProductID
// are the service's numbers. What the service did not send is zero.
type ItemRecord struct {
	ID        int64 `json:"id,omitzero"`
	ProductID int64 `json:"product_id,omitzero"`
	// ProductCode is the code the order named, if the service says which.
	ProductCode string          `json:"product_code,omitzero"`
	ProductName string          `json:"product_name,omitzero"`
	Note        string          `json:"note,omitzero"`
	Licenses    []LicenseRecord `json:"licenses,omitzero"`

	raw rawJSON
	// hidden tells that the service did not show the item's licenses, or not in
	// a form that could be read.
	hidden bool
}

// LicenseRecord is a license as the service has it. ID, Order and OrderItem are
// the service's numbers, OrderStoreID is the caller's id of the order, and
// Status is the service's word. What the service did not send is zero.
type LicenseRecord struct {
	ID int64 `json:"id,omitzero"`
	// LicenseKey is the key of a key-based license, empty for a user-based one.
	LicenseKey   string      `json:"license_key,omitzero"`
	Order        int64       `json:"order,omitzero"`
	OrderItem    int64       `json:"order_item,omitzero"`
	OrderStoreID string      `json:"order_store_id,omitzero"`
	Status       string      `json:"status,omitzero"`
	LicenseType  LicenseType `json:"license_type,omitzero"`
	// MaxActivations is how often the license can be activated, and
	// TimesActivated how often it was.
	MaxActivations int `json:"max_activations,omitzero"`
	TimesActivated int `json:"times_activated,omitzero"`
	// MaxConsumptions is how often a consumption license can be used.
	MaxConsumptions int `json:"max_consumptions,omitzero"`
	// ValidDuration is how long the license is valid.
	ValidDuration Duration `json:"valid_duration,omitzero"`
	// ValidityPeriod is when it ends, in UTC.
	ValidityPeriod time.Time `json:"validity_period,omitzero"`
	IsTrial        bool      `json:"is_trial,omitzero"`
	PreventVM      bool      `json:"prevent_vm,omitzero"`
	// ProductFeatures are the features the license has. The service drops
	// codes it does not know without a word; see [OrderResult.Warnings].
	ProductFeatures []FeatureRecord `json:"product_features,omitzero"`
	// LicenseUsers are the users of a user-based license.
	LicenseUsers []UserRecord `json:"license_users,omitzero"`

	raw rawJSON
}

// FeatureRecord is a feature of a license as the service has it. ID is the
// service's number, and FeatureType its word, such as consumption. What the
// service did not send is zero.
type FeatureRecord struct {
	ID             int64  `json:"id,omitzero"`
	Code           string `json:"code,omitzero"`
	Name           string `json:"name,omitzero"`
	FeatureType    string `json:"feature_type,omitzero"`
	MaxConsumption int    `json:"max_consumption,omitzero"`

	raw rawJSON
}

// UserRecord is a license user as the service has it. ID is the service's
// number. What the service did not send is zero.
type UserRecord struct {
	ID int64 `json:"id,omitzero"`
	// Email is the real address. The service keeps users apart by appending a
	// suffix to it ("ada@example.com|a1b2"), which is taken off here.
	Email     string `json:"email,omitzero"`
	IsManager bool   `json:"is_manager,omitzero"`
	// IsInitialPassword tells that the user has not yet chosen a password.
	IsInitialPassword bool `json:"is_initial_password,omitzero"`
	// InitialPassword is what a new user logs in with first. It comes in the
	// answer to the create that made the user; whether lookups show it too is
	// not known. It reads "[redacted]" everywhere but through its Reveal
	// method.
	InitialPassword Secret `json:"initial_password,omitzero"`
	MaxActivations  int    `json:"max_activations,omitzero"`

	raw rawJSON
}

// Licenses returns the licenses of all items, in order.
func (r *OrderRecord) Licenses() []LicenseRecord {
	var all []LicenseRecord
	for i := range r.OrderItems {
		all = append(all, r.OrderItems[i].Licenses...)
	}
	return all
}

// LicenseKeys returns the keys of all key-based licenses, in order.
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

// Users returns the users of all user-based licenses, in order, and those of an
// answer in the old form.
func (r *OrderRecord) Users() []UserRecord {
	var all []UserRecord
	for i := range r.OrderItems {
		for j := range r.OrderItems[i].Licenses {
			all = append(all, r.OrderItems[i].Licenses[j].LicenseUsers...)
		}
	}
	return append(all, r.NewUsers...)
}

// Raw returns a copy of the JSON the record was read from. It holds everything
// the service sent, initial passwords included: do not log it.
func (r *OrderRecord) Raw() json.RawMessage { return r.raw.clone() }

// Raw returns a copy of the JSON the item was read from, with its licenses.
func (i *ItemRecord) Raw() json.RawMessage { return i.raw.clone() }

// Raw returns a copy of the JSON the license was read from, with its users.
func (l *LicenseRecord) Raw() json.RawMessage { return l.raw.clone() }

// Raw returns a copy of the JSON the feature was read from.
func (f *FeatureRecord) Raw() json.RawMessage { return f.raw.clone() }

// Raw returns a copy of the JSON the user was read from, with an initial
// password if there was one.
func (u *UserRecord) Raw() json.RawMessage { return u.raw.clone() }

// rawJSON is the piece of an answer that a record was read from. The answer is
// kept once, for all records in it, and behind two pointers: fmt looks through
// one of them when a verb does not fit, and would print the passwords in it.
type rawJSON struct {
	answer   **[]byte
	from, to int
}

func (r rawJSON) get() []byte {
	if r.answer == nil {
		return nil
	}
	return (**r.answer)[r.from:r.to]
}

func (r rawJSON) clone() json.RawMessage {
	return append(json.RawMessage(nil), r.get()...)
}
