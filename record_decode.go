package licensespring

import (
	"errors"
	"strconv"

	"github.com/licensespring-go/licensespring/internal/jsonread"
	"github.com/licensespring-go/licensespring/internal/redact"
)

var (
	errNotRecord        = errors.New("licensespring: not an order record")
	errNotLicenseRecord = errors.New("licensespring: not a license record")
	errMemoryBudget     = errors.New("licensespring: too many records for the size of the response")
)

// UnmarshalJSON decodes an order record in the form of a response, leniently: a
// member of an unexpected type stays zero. The error is not nil only if data is not
// a JSON object.
func (r *OrderRecord) UnmarshalJSON(data []byte) error {
	return unmarshalRecord(r, data, errNotRecord)
}

// UnmarshalJSON decodes a license record in the form of a response, leniently: a
// member of an unexpected type stays zero. The error is not nil only if data is not
// a JSON object.
func (l *LicenseRecord) UnmarshalJSON(data []byte) error {
	return unmarshalRecord(l, data, errNotLicenseRecord)
}

func (r *OrderRecord) resource() resource { return resource{pathOrders, "order", "an order"} }

func (r *OrderRecord) header() (id int64, raw *rawJSON) { return r.ID, &r.raw }

func (r *OrderRecord) decode(reader *recordReader, data jsonread.Value) bool {
	reader.order(r, data)
	return data.Kind() == jsonread.Object
}

func (l *LicenseRecord) resource() resource { return resource{pathLicenses, "license", "a license"} }

func (l *LicenseRecord) header() (id int64, raw *rawJSON) { return l.ID, &l.raw }

func (l *LicenseRecord) decode(r *recordReader, data jsonread.Value) bool {
	return r.license(l, data)
}

// readOrderRecord decodes a record from a document, which it retains, and returns the
// paths of unreadable members. If the memory budget is exhausted, the record is
// empty.
func readOrderRecord(document *jsonread.Document) (*OrderRecord, []string) {
	rec, unreadable, _ := readRecord[OrderRecord](document)
	return rec, unreadable
}

func (r *recordReader) order(rec *OrderRecord, data jsonread.Value) {
	rec.raw = newRawJSON(data.Bytes())
	for it := data.Members(); it.Next(); {
		val := it.Value
		switch string(it.Name) {
		case "id":
			r.int64(&rec.ID, "id", val)
		case "order_id": // legacy form
			if rec.ID == 0 {
				r.int64(&rec.ID, "order_id", val)
			}
		case "store_id":
			r.text(&rec.StoreID, "store_id", val)
		case "type":
			r.text((*string)(&rec.Type), "type", val)
		case "is_bundle":
			if b, ok := jsonread.Boolean(val.Bytes()); ok {
				rec.bundle = b
			}
		case "is_test":
			r.bool(&rec.IsTest, "is_test", val)
		case "language":
			r.text(&rec.Language, "language", val)
		case "metadata":
			r.metadata(&rec.Metadata, val)
		case "created_at":
			r.time(&rec.CreatedAt, "created_at", val)
		case "updated_at":
			r.time(&rec.UpdatedAt, "updated_at", val)
		case "customer":
			r.customer(&rec.Customer, &rec.CustomerID, val)
		case "order_items":
			readList(r, &rec.OrderItems, "order_items", val, (*recordReader).item)
		case "new_passwords": // legacy form
			readList(r, &rec.NewUsers, "new_passwords", val, (*recordReader).user)

		// Of a record that encoding/json has written.
		case "customer_id":
			r.int64(&rec.CustomerID, "customer_id", val)
		case "new_users":
			readList(r, &rec.NewUsers, "new_users", val, (*recordReader).user)
		}
	}
	rec.fillFromLicenses()
}

// fillFromLicenses sets missing ids from those of the licenses.
func (r *OrderRecord) fillFromLicenses() {
	for i := range r.OrderItems {
		for j := range r.OrderItems[i].Licenses {
			l := &r.OrderItems[i].Licenses[j]
			if r.ID == 0 {
				r.ID = l.Order
			}
			if r.StoreID == "" {
				r.StoreID = l.OrderStoreID
			}
		}
	}
}

// metadata decodes a string that holds JSON. For an object, it is the text of the
// object.
func (r *recordReader) metadata(dst *string, val jsonread.Value) {
	switch val.Kind() {
	case jsonread.Object, jsonread.Array:
		*dst = string(val.Bytes())
	default:
		r.text(dst, "metadata", val)
	}
}

func (r *recordReader) item(item *ItemRecord, data jsonread.Value) bool {
	item.raw, item.incomplete = newRawJSON(data.Bytes()), true
	for it := data.Members(); it.Next(); {
		val := it.Value
		switch string(it.Name) {
		case "id":
			r.int64(&item.ID, "id", val)
		case "product_id":
			r.int64(&item.ProductID, "product_id", val)
		case "product_code":
			r.text(&item.ProductCode, "product_code", val)
		case "product_name": // of a record that encoding/json has written
			r.text(&item.ProductName, "product_name", val)
		case "note":
			r.text(&item.Note, "note", val)
		case "product":
			r.product(item, val)
		case "licenses":
			readList(r, &item.Licenses, "licenses", val, (*recordReader).license)
			item.incomplete = val.Kind() != jsonread.Array || len(item.Licenses) != val.Len()
		}
	}
	return data.Kind() == jsonread.Object
}

// product decodes an object or a number.
func (r *recordReader) product(item *ItemRecord, val jsonread.Value) {
	if val.Kind() != jsonread.Object {
		r.int64(&item.ProductID, "product", val)
		return
	}
	r.path.Enter("product")
	for it := val.Members(); it.Next(); {
		val := it.Value
		switch string(it.Name) {
		case "id":
			r.int64(&item.ProductID, "id", val)
		case "short_code", "product_code", "code":
			r.text(&item.ProductCode, "short_code", val)
		case "product_name", "name":
			r.text(&item.ProductName, "product_name", val)
		}
	}
	r.path.Leave()
}

func (r *recordReader) license(l *LicenseRecord, data jsonread.Value) bool {
	l.raw = newRawJSON(data.Bytes())
	var users, single []UserRecord
	for it := data.Members(); it.Next(); {
		val := it.Value
		switch string(it.Name) {
		case "id":
			r.int64(&l.ID, "id", val)
		case "license_key":
			r.text(&l.LicenseKey, "license_key", val)
		case "order":
			r.int64(&l.Order, "order", val)
		case "order_item":
			r.int64(&l.OrderItem, "order_item", val)
		case "order_store_id":
			r.text(&l.OrderStoreID, "order_store_id", val)
		case "status":
			r.text(&l.Status, "status", val)
		case "enabled":
			r.optionalBool(&l.Enabled, "enabled", val)
		case "active":
			r.optionalBool(&l.Active, "active", val)
		case "time_disabled":
			r.time(&l.TimeDisabled, "time_disabled", val)
		case "disabled_user":
			r.disabledUser(&l.DisabledUser, val)
		case "license_type":
			r.text((*string)(&l.LicenseType), "license_type", val)
		case "max_activations":
			r.optionalInt(&l.MaxActivations, "max_activations", val)
		case "times_activated":
			r.optionalInt(&l.TimesActivated, "times_activated", val)
		case "max_consumptions":
			r.optionalInt(&l.MaxConsumptions, "max_consumptions", val)
		case "valid_duration":
			r.duration(&l.ValidDuration, "valid_duration", val)
		case "validity_period":
			r.time(&l.ValidityPeriod, "validity_period", val)
		case "is_trial":
			r.optionalBool(&l.IsTrial, "is_trial", val)
		case "prevent_vm":
			r.optionalBool(&l.PreventVM, "prevent_vm", val)
		case "maintenance_period":
			r.date(&l.MaintenancePeriod, "maintenance_period", val)
		case "allow_grace_period":
			r.optionalBool(&l.AllowGracePeriod, "allow_grace_period", val)
		case "grace_period":
			r.optionalInt(&l.GracePeriod, "grace_period", val)
		case "is_floating":
			r.optionalBool(&l.IsFloating, "is_floating", val)
		case "is_floating_cloud":
			r.optionalBool(&l.IsFloatingCloud, "is_floating_cloud", val)
		case "floating_users":
			r.optionalInt(&l.FloatingUsers, "floating_users", val)
		case "max_license_users":
			r.optionalInt(&l.MaxLicenseUsers, "max_license_users", val)
		case "subscription_id":
			r.text(&l.SubscriptionID, "subscription_id", val)
		case "note":
			r.text(&l.Note, "note", val)
		case "metadata":
			r.licenseMetadata(&l.Metadata, val)
		case "last_check":
			r.time(&l.LastCheck, "last_check", val)
		case "created_at":
			r.time(&l.CreatedAt, "created_at", val)
		case "updated_at":
			r.time(&l.UpdatedAt, "updated_at", val)
		case "customer":
			r.customer(&l.Customer, &l.CustomerID, val)
		case "customer_id": // of a record that encoding/json has written
			r.int64(&l.CustomerID, "customer_id", val)
		case "product_features":
			readList(r, &l.ProductFeatures, "product_features", val, (*recordReader).feature)
		case "license_users":
			readList(r, &users, "license_users", val, (*recordReader).user)
		case "license_user":
			if val.Kind() == jsonread.Object {
				r.path.Enter("license_user")
				single = make([]UserRecord, 1)
				r.user(&single[0], val)
				r.path.Leave()
			} else {
				r.noteUnreadable("license_user", val)
			}
		}
	}
	// Once, however often a member is repeated.
	l.addUsers(users)
	l.addUsers(single)
	return data.Kind() == jsonread.Object
}

// disabledUser reads a string or a number, or an object with an e-mail address
// or an ID: the form of the member is not documented.
func (r *recordReader) disabledUser(dst *string, val jsonread.Value) {
	if val.Kind() != jsonread.Object {
		r.text(dst, "disabled_user", val)
		return
	}
	var user UserRecord
	r.user(&user, val)
	if *dst = user.Email; *dst == "" && user.ID != 0 {
		*dst = strconv.FormatInt(user.ID, 10)
	}
}

// addUsers adds the users that are not present. A user may appear both in
// license_users and as license_user, and only one of them may have the initial
// password.
func (l *LicenseRecord) addUsers(users []UserRecord) {
	find := l.user
	if l.LicenseUsers == nil && len(users) == 1 {
		l.LicenseUsers = append(l.LicenseUsers, users[0])
		return
	}
	if len(l.LicenseUsers)+len(users) > 16 {
		find = l.userIndex()
	}
	for i := range users {
		if have := find(&users[i]); have == nil {
			l.LicenseUsers = append(l.LicenseUsers, users[i])
		} else if have.InitialPassword.IsZero() {
			have.InitialPassword = users[i].InitialPassword
		}
	}
}

// user returns the user with the same ID or, without an ID, the same address.
func (l *LicenseRecord) user(u *UserRecord) *UserRecord {
	for i := range l.LicenseUsers {
		have := &l.LicenseUsers[i]
		if (u.ID != 0 && have.ID == u.ID) || (u.ID == 0 && have.Email == u.Email) {
			return have
		}
	}
	return nil
}

// userIndex returns a function like user that takes constant time.
func (l *LicenseRecord) userIndex() func(*UserRecord) *UserRecord {
	ids, emails, indexed := map[int64]int{}, map[string]int{}, 0
	return func(u *UserRecord) *UserRecord {
		for ; indexed < len(l.LicenseUsers); indexed++ {
			have := &l.LicenseUsers[indexed]
			if _, ok := ids[have.ID]; !ok {
				ids[have.ID] = indexed
			}
			if _, ok := emails[have.Email]; !ok {
				emails[have.Email] = indexed
			}
		}
		i, ok := ids[u.ID]
		if u.ID == 0 {
			i, ok = emails[u.Email]
		}
		if !ok {
			return nil
		}
		return &l.LicenseUsers[i]
	}
}

func (r *recordReader) user(u *UserRecord, data jsonread.Value) bool {
	u.raw = newRawJSON(data.Bytes())
	var suffixed, password string
	for it := data.Members(); it.Next(); {
		val := it.Value
		switch string(it.Name) {
		case "id":
			r.int64(&u.ID, "id", val)
		case "email":
			r.text(&suffixed, "email", val)
		case "true_email":
			r.text(&u.Email, "true_email", val)
		case "is_manager":
			r.bool(&u.IsManager, "is_manager", val)
		case "is_initial_password":
			r.bool(&u.IsInitialPassword, "is_initial_password", val)
		case "initial_password", "new_password":
			r.text(&password, "initial_password", val)
		case "max_activations":
			r.optionalInt(&u.MaxActivations, "max_activations", val)
		}
	}
	if u.Email == "" {
		u.Email = withoutSuffix(suffixed)
	}
	if password != redact.Mark { // written by encoding/json
		u.InitialPassword = NewSecret(password)
	}
	return data.Kind() == jsonread.Object
}

// feature decodes an object that holds the feature of the product, or its code.
func (r *recordReader) feature(f *FeatureRecord, data jsonread.Value) bool {
	f.raw = newRawJSON(data.Bytes())
	if data.Kind() == jsonread.String { // a code alone, as in a request
		f.Code, _ = data.Text(&r.arena)
		return true
	}
	r.featureMembers(f, data, true)
	return data.Kind() == jsonread.Object
}

func (r *recordReader) featureMembers(f *FeatureRecord, data jsonread.Value, outer bool) {
	for it := data.Members(); it.Next(); {
		val := it.Value
		switch string(it.Name) {
		case "id":
			if outer {
				r.int64(&f.ID, "id", val)
			}
		case "code":
			r.text(&f.Code, "code", val)
		case "name":
			r.text(&f.Name, "name", val)
		case "feature_type":
			r.text(&f.FeatureType, "feature_type", val)
		case "max_consumption":
			if outer {
				r.optionalInt(&f.MaxConsumption, "max_consumption", val)
			}
		case "expiry_date":
			if outer {
				r.date(&f.ExpiryDate, "expiry_date", val)
			}
		case "product_feature":
			switch {
			case outer && val.Kind() == jsonread.Object:
				r.path.Enter("product_feature")
				r.featureMembers(f, val, false)
				r.path.Leave()
			case outer && val.Kind() == jsonread.String && f.Code == "": // a code alone, as in a request
				r.text(&f.Code, "product_feature", val)
			}
		}
	}
}
