package licensespring

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/licensespring-go/licensespring/internal/jsonread"
	"github.com/licensespring-go/licensespring/internal/redact"
)

var (
	errNotRecord = errors.New("licensespring: not an order record")
	errOverfull  = errors.New("licensespring: more records than an answer of that size has")
)

// UnmarshalJSON reads an order record as the service sends it, liberally: what
// has an unexpected type is left zero. It fails only on what is not a JSON
// object, null included.
func (r *OrderRecord) UnmarshalJSON(data []byte) error {
	if !jsonread.Valid(data) || jsonread.KindOf(data) != jsonread.Object {
		return errNotRecord
	}
	reader := newRecordReader(len(data))
	rec := reader.order(append([]byte(nil), data...))
	if reader.overfull() {
		return errOverfull
	}
	*r = rec
	return nil
}

// readOrderRecord reads a record from valid JSON, of which it keeps parts, and
// returns the paths of the members it could make nothing of. Of an answer that is
// all records and no text it makes nothing at all.
func readOrderRecord(data []byte) (OrderRecord, []string) {
	r := newRecordReader(len(data))
	rec := r.order(data)
	if r.overfull() {
		return OrderRecord{}, nil
	}
	return rec, r.odd
}

// showsOrder reports whether there is an order in the record at all. JSON that
// says nothing of one ({}, or a proxy's {"message": "welcome"}) is no proof
// that one was made.
func (r *OrderRecord) showsOrder() bool {
	return r.ID != 0 || r.StoreID != "" || len(r.OrderItems) > 0
}

func (r *recordReader) order(data []byte) OrderRecord {
	rec := OrderRecord{raw: r.keep(data)}
	jsonread.Members(data, func(name, val []byte) {
		switch string(name) {
		case "id":
			r.int64(&rec.ID, "id", val)
		case "order_id": // the old form
			if rec.ID == 0 {
				r.int64(&rec.ID, "order_id", val)
			}
		case "store_id":
			r.text(&rec.StoreID, "store_id", val)
		case "type":
			r.text((*string)(&rec.Type), "type", val)
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
			r.customer(&rec, val)
		case "order_items":
			r.list(&rec.OrderItems, "order_items", val)
		case "new_passwords": // the old form
			r.list(&rec.NewUsers, "new_passwords", val)

		// As a record is written by encoding/json.
		case "customer_id":
			r.int64(&rec.CustomerID, "customer_id", val)
		case "new_users":
			r.list(&rec.NewUsers, "new_users", val)
		}
	})
	rec.fillFromLicenses()
	return rec
}

// fillFromLicenses takes the ids from the licenses where the root lacks them.
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

// metadata is serialized JSON in a string; should it come as an object after
// all, its text is taken.
func (r *recordReader) metadata(dst *string, val []byte) {
	switch jsonread.KindOf(val) {
	case jsonread.Object, jsonread.Array:
		*dst = string(val)
	default:
		r.text(dst, "metadata", val)
	}
}

// customer is an object, a number, or null.
func (r *recordReader) customer(rec *OrderRecord, val []byte) {
	if jsonread.KindOf(val) != jsonread.Object {
		r.int64(&rec.CustomerID, "customer", val)
		return
	}
	c := &CustomerRecord{}
	r.path.Enter("customer")
	jsonread.Members(val, func(name, val []byte) {
		switch string(name) {
		case "id":
			r.int64(&c.ID, "id", val)
		case "email":
			r.text(&c.Email, "email", val)
		case "first_name":
			r.text(&c.FirstName, "first_name", val)
		case "last_name":
			r.text(&c.LastName, "last_name", val)
		case "company", "company_name":
			r.text(&c.Company, "company", val)
		case "phone":
			r.text(&c.Phone, "phone", val)
		case "address":
			r.text(&c.Address, "address", val)
		case "reference":
			r.text(&c.Reference, "reference", val)
		}
	})
	r.path.Leave()
	if rec.Customer = c; c.ID != 0 {
		rec.CustomerID = c.ID
	}
}

func (r *recordReader) item(data []byte) (ItemRecord, bool) {
	item := ItemRecord{raw: r.keep(data), hidden: true}
	jsonread.Members(data, func(name, val []byte) {
		switch string(name) {
		case "id":
			r.int64(&item.ID, "id", val)
		case "product_id":
			r.int64(&item.ProductID, "product_id", val)
		case "product_code":
			r.text(&item.ProductCode, "product_code", val)
		case "product_name": // as a record is written by encoding/json
			r.text(&item.ProductName, "product_name", val)
		case "note":
			r.text(&item.Note, "note", val)
		case "product":
			r.product(&item, val)
		case "licenses":
			r.list(&item.Licenses, "licenses", val)
			item.hidden = jsonread.KindOf(val) != jsonread.Array || len(item.Licenses) != jsonread.Count(val)
		}
	})
	return item, jsonread.KindOf(data) == jsonread.Object
}

// product is an object that may be missing, or a number.
func (r *recordReader) product(item *ItemRecord, val []byte) {
	if jsonread.KindOf(val) != jsonread.Object {
		r.int64(&item.ProductID, "product", val)
		return
	}
	r.path.Enter("product")
	jsonread.Members(val, func(name, val []byte) {
		switch string(name) {
		case "id":
			r.int64(&item.ProductID, "id", val)
		case "short_code", "product_code", "code":
			r.text(&item.ProductCode, "short_code", val)
		case "product_name", "name":
			r.text(&item.ProductName, "product_name", val)
		}
	})
	r.path.Leave()
}

func (r *recordReader) license(data []byte) (LicenseRecord, bool) {
	l := LicenseRecord{raw: r.keep(data)}
	jsonread.Members(data, func(name, val []byte) {
		switch string(name) {
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
		case "license_type":
			r.text((*string)(&l.LicenseType), "license_type", val)
		case "max_activations":
			r.int(&l.MaxActivations, "max_activations", val)
		case "times_activated":
			r.int(&l.TimesActivated, "times_activated", val)
		case "max_consumptions":
			r.int(&l.MaxConsumptions, "max_consumptions", val)
		case "valid_duration":
			r.duration(&l.ValidDuration, "valid_duration", val)
		case "validity_period":
			r.time(&l.ValidityPeriod, "validity_period", val)
		case "is_trial":
			r.bool(&l.IsTrial, "is_trial", val)
		case "prevent_vm":
			r.bool(&l.PreventVM, "prevent_vm", val)
		case "product_features":
			r.list(&l.ProductFeatures, "product_features", val)
		case "license_users":
			var users []UserRecord
			r.list(&users, "license_users", val)
			l.addUsers(users)
		case "license_user":
			if jsonread.KindOf(val) == jsonread.Object {
				r.path.Enter("license_user")
				user, _ := r.user(val)
				l.addUsers([]UserRecord{user})
				r.path.Leave()
			} else {
				r.note("license_user", val)
			}
		}
	})
	return l, jsonread.KindOf(data) == jsonread.Object
}

// addUsers adds users that are not there yet: one user may come both in
// license_users and as license_user, and only one of the two may carry the
// initial password.
func (l *LicenseRecord) addUsers(users []UserRecord) {
	find := l.user
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

// user finds a user among those that are there: by the service's number, or else
// by address.
func (l *LicenseRecord) user(u *UserRecord) *UserRecord {
	for i := range l.LicenseUsers {
		have := &l.LicenseUsers[i]
		if (u.ID != 0 && have.ID == u.ID) || (u.ID == 0 && have.Email == u.Email) {
			return have
		}
	}
	return nil
}

// userIndex does what user does, of which each user of many would look at all
// before it.
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

func (r *recordReader) user(data []byte) (UserRecord, bool) {
	u := UserRecord{raw: r.keep(data)}
	var suffixed, password string
	jsonread.Members(data, func(name, val []byte) {
		switch string(name) {
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
			r.int(&u.MaxActivations, "max_activations", val)
		}
	})
	if u.Email == "" {
		u.Email = withoutSuffix(suffixed)
	}
	if password != redact.Mark { // a record that was written shows no password
		u.InitialPassword = NewSecret(password)
	}
	return u, jsonread.KindOf(data) == jsonread.Object
}

// withoutSuffix takes off what the service appends to an address. No domain has
// a bar in it; one before the @ is part of the address, strange as it is.
func withoutSuffix(email string) string {
	at := strings.IndexByte(email, '@')
	if at < 0 {
		return email
	}
	domain, _, _ := strings.Cut(email[at:], "|")
	return email[:at+len(domain)]
}

// feature is an object that carries the product's feature within it; its code
// may also stand beside.
func (r *recordReader) feature(data []byte) (FeatureRecord, bool) {
	f := FeatureRecord{raw: r.keep(data)}
	if jsonread.KindOf(data) == jsonread.String { // the short form, as it is sent
		f.Code, _ = jsonread.Text(data)
		return f, true
	}
	r.featureMembers(&f, data, true)
	return f, jsonread.KindOf(data) == jsonread.Object
}

func (r *recordReader) featureMembers(f *FeatureRecord, data []byte, outer bool) {
	jsonread.Members(data, func(name, val []byte) {
		switch string(name) {
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
				r.int(&f.MaxConsumption, "max_consumption", val)
			}
		case "product_feature":
			if outer && jsonread.KindOf(val) == jsonread.Object {
				r.path.Enter("product_feature")
				r.featureMembers(f, val, false)
				r.path.Leave()
			}
		}
	})
}

var _ json.Unmarshaler = (*OrderRecord)(nil)
