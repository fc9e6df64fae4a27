package licensespringtest

import (
	"maps"
	"time"
)

const (
	fractionLayout = "2006-01-02T15:04:05.000000Z"
	secondsLayout  = "2006-01-02T15:04:05Z"

	// emailSuffix is the suffix that the service appends to the addresses of
	// users to make them unique among all companies.
	emailSuffix = "|acme"
)

// record returns the record of an order at a given time, without licenses that
// are not visible then. The zero time shows everything. The caller must hold the
// store's lock, but may use the record after releasing it: record and store share
// only the values of properties, which are immutable.
func (s *Server) record(o *order, at time.Time, withItems bool) map[string]any {
	record := map[string]any{
		"id":          o.id,
		"store_id":    o.storeID,
		"type":        o.properties["order_type"],
		"language":    nil,
		"metadata":    nil,
		"is_archived": o.archived,
		"created_at":  o.createdAt.UTC().Format(fractionLayout),
		"updated_at":  o.updatedAt.UTC().Format(secondsLayout),
		"customer":    s.customerRecord(o.customer),
	}
	for name, value := range o.properties {
		if name != "order_type" {
			record[name] = value
		}
	}
	if s.config.quirks[QuirkNoRootID] {
		delete(record, "id")
	}
	if withItems {
		items := []any{}
		for _, i := range o.items {
			if licenses := visible(i.licenses, at); len(licenses) > 0 || len(i.licenses) == 0 {
				items = append(items, s.itemRecord(o, i, licenses))
			}
		}
		record["order_items"] = items
	}

	return record
}

func visible(licenses []*license, at time.Time) []*license {
	if at.IsZero() {
		return licenses
	}
	var shown []*license
	for _, l := range licenses {
		if !l.visibleAt.After(at) {
			shown = append(shown, l)
		}
	}

	return shown
}

func (s *Server) customerRecord(c *customer) any {
	switch {
	case c == nil || s.config.quirks[QuirkCustomerNull]:
		return nil
	case s.config.quirks[QuirkCustomerID]:
		return c.id
	}
	record := map[string]any{
		"id":                       c.id,
		"email":                    "",
		"first_name":               "",
		"last_name":                "",
		s.config.dialect.company(): "",
		"phone":                    "",
		"reference":                "",
	}
	for name, value := range c.properties {
		record[s.config.dialect.wire(name)] = value
	}

	return record
}

func (s *Server) itemRecord(o *order, i *item, licenses []*license) map[string]any {
	record := map[string]any{
		"id":         i.id,
		"product_id": i.product.id,
		"note":       i.note,
		"product": map[string]any{
			"id":                   i.product.id,
			"product_name":         i.product.Name,
			"short_code":           i.product.Code,
			"authorization_method": i.product.Auth.String(),
		},
	}
	if s.config.quirks[QuirkNoProduct] {
		delete(record, "product")
	}
	records := make([]any, len(licenses))
	for n, l := range licenses {
		records[n] = s.licenseRecord(o, i, l)
	}
	record["licenses"] = records

	return record
}

func (s *Server) licenseRecord(o *order, i *item, l *license) map[string]any {
	record := map[string]any{
		"id":                 l.id,
		"license_key":        nil,
		"order":              o.id,
		"order_item":         i.id,
		"order_store_id":     o.storeID,
		"status":             "inactive",
		"enabled":            true,
		"active":             false,
		"times_activated":    0,
		"max_consumptions":   0,
		"total_consumptions": 0,
		"valid_duration":     nil,
		"validity_period":    nil,
	}
	if l.key != "" {
		record["license_key"] = l.key
	}
	for name, value := range l.properties {
		record[s.config.dialect.wire(name)] = value
	}
	if s.config.quirks[QuirkZeroDates] && record["validity_period"] == nil {
		record["validity_period"] = "0000-00-00"
	}
	features := make([]any, len(l.features))
	for n, f := range l.features {
		features[n] = featureRecord(f)
	}
	record["product_features"] = features
	s.putUsers(record, l)

	return record
}

func featureRecord(f licenseFeature) map[string]any {
	featureType := "activation"
	if f.feature.Consumption {
		featureType = "consumption"
	}
	record := map[string]any{
		"id": f.id,
		"product_feature": map[string]any{
			"id":           f.feature.id,
			"code":         f.feature.Code,
			"name":         f.feature.Name,
			"feature_type": featureType,
		},
		"max_consumption":    0,
		"total_consumptions": 0,
		"expiry_date":        nil,
	}
	maps.Copy(record, f.properties)

	return record
}

// putUsers adds the users of a license to its record: as a list and, if there is
// only one, also in the older single member.
func (s *Server) putUsers(record map[string]any, l *license) {
	users := make([]any, len(l.users))
	for n, a := range l.users {
		users[n] = s.userRecord(a)
	}
	if !s.config.quirks[QuirkSingleUser] || len(users) > 1 {
		record["license_users"] = users
	}
	record["license_user"] = nil
	if len(users) == 1 {
		record["license_user"] = users[0]
	}
}

// userRecord shows an initial password until the user has signed in. The service
// may show it only in the response to the request that created the user; this is
// undocumented. The fake shows it in lookups as well, because that gives a client
// more places to leak it.
func (s *Server) userRecord(a assignment) map[string]any {
	record := map[string]any{
		"id":                  a.user.id,
		"email":               a.user.email + emailSuffix,
		"true_email":          a.user.email,
		"first_name":          "",
		"last_name":           "",
		"phone_number":        "",
		"is_active":           true,
		"is_manager":          a.isManager,
		"is_admin":            struct{}{},
		"is_initial_password": a.user.initialPassword != "",
		"initial_password":    nil,
		"max_activations":     a.maxActivations,
	}
	if a.user.initialPassword != "" {
		record["initial_password"] = a.user.initialPassword
	}
	if s.config.quirks[QuirkPlainEmails] {
		record["email"] = a.user.email
		delete(record, "true_email")
	}

	return record
}

// legacyRecord returns the short record of older versions of the service.
func legacyRecord(o *order) map[string]any {
	passwords := []any{}
	seen := make(map[int64]bool)
	for _, i := range o.items {
		for _, l := range i.licenses {
			for _, a := range l.users {
				if a.user.initialPassword == "" || seen[a.user.id] {
					continue
				}
				seen[a.user.id] = true
				passwords = append(passwords, map[string]any{
					"email": a.user.email, "new_password": a.user.initialPassword,
				})
			}
		}
	}

	return map[string]any{"order_id": o.id, "new_passwords": passwords}
}
