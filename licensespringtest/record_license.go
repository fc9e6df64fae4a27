package licensespringtest

import (
	"maps"
	"time"
)

// apiUser is the user that a license names as disabled_user after a request has
// disabled it.
const apiUser = "api@example.com"

// licenseRecord returns the record of a license at a given time, as the endpoints
// of licenses show it. The caller must hold the store's lock, as with the record of
// an order.
func (s *Server) licenseRecord(l *license, st *licenseState, at time.Time) map[string]any {
	record := map[string]any{
		"subscription_id":    nil,
		"note":               "",
		"metadata":           map[string]any{},
		"max_license_users":  0,
		"is_floating":        false,
		"is_floating_cloud":  false,
		"floating_users":     0,
		"floating_timeout":   0,
		"allow_grace_period": false,
		"grace_period":       0,
		"maintenance_period": nil,
		"last_check":         nil,
		"time_disabled":      nil,
		"disabled_user":      nil,
		"customer":           nil,
		"created_at":         l.createdAt.UTC().Format(fractionLayout),
		"updated_at":         st.updatedAt.UTC().Format(secondsLayout),
	}
	if c := st.item.order.customer; c != nil {
		record["customer"] = s.customerMember(c.id, s.store.customers[c.id].properties)
	}
	if !st.enabled() {
		record["time_disabled"] = st.disabledAt.UTC().Format(fractionLayout)
		record["disabled_user"] = st.disabledBy
	}
	maps.Copy(record, s.licenseMember(l, st, at))

	return record
}

// licenseMember returns the shorter record of a license that an order contains.
// Stored properties override the other members, so that a test can make the record
// show any value.
func (s *Server) licenseMember(l *license, st *licenseState, at time.Time) map[string]any {
	record := map[string]any{
		"id":               l.id,
		"license_key":      nil,
		"order":            st.item.order.id,
		"order_item":       st.item.id,
		"order_store_id":   st.item.order.storeID,
		"active":           false,
		"times_activated":  0,
		"max_consumptions": 0,
		totalConsumptions:  0,
		"valid_duration":   nil,
		"validity_period":  nil,
	}
	if l.key != "" {
		record["license_key"] = l.key
	}
	for name, value := range st.properties {
		record[s.config.dialect.wire(name)] = value
	}
	record["enabled"] = st.enabled()
	record["status"] = s.status(st, at)
	if s.config.quirks[QuirkZeroDates] && record["validity_period"] == nil {
		record["validity_period"] = "0000-00-00"
	}
	features := make([]any, len(st.features))
	for n, f := range st.features {
		features[n] = featureRecord(f)
	}
	record["product_features"] = features
	s.putUsers(record, st)

	return record
}

// status returns the status of a license in its record. No device activates licenses
// of the fake, so only a test can set another status than these.
func (s *Server) status(st *licenseState, at time.Time) string {
	mayEnd := st.text("license_type") != typeSubscription || s.config.endingSubscriptions
	switch {
	case !st.enabled():
		return "disabled"
	case mayEnd && st.hasEnded(at):
		return "expired"
	case st.text("status") != "":
		return st.text("status")
	default:
		return "inactive"
	}
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
		"max_consumption": 0,
		totalConsumptions: 0,
		"expiry_date":     nil,
	}
	maps.Copy(record, f.properties)

	return record
}

// putUsers adds the users of a license to its record: as a list and, if there is
// only one, also in the older single member.
func (s *Server) putUsers(record map[string]any, st *licenseState) {
	users := make([]any, len(st.users))
	for n, a := range st.users {
		users[n] = s.assignmentRecord(a)
	}
	if !s.config.quirks[QuirkSingleUser] || len(users) > 1 {
		record["license_users"] = users
	}
	record["license_user"] = nil
	if len(users) == 1 {
		record["license_user"] = users[0]
	}
}

// assignmentRecord returns a user as the record of a license shows it.
func (s *Server) assignmentRecord(a assignment) map[string]any {
	record := s.userRecord(a.user)
	record["is_manager"] = a.isManager
	record["max_activations"] = a.maxActivations
	if a.totalActivations != nil {
		record["total_activations"] = a.totalActivations
	}

	return record
}

// userRecord shows an initial password until the user has another one. The service
// may show it only in the response to the request that created the user; this is
// undocumented. The fake shows it in lookups as well, because that gives a client
// more places to leak it.
func (s *Server) userRecord(u *user) map[string]any {
	record := map[string]any{
		"id":                  u.id,
		"email":               u.email + emailSuffix,
		"true_email":          u.email,
		"first_name":          "",
		"last_name":           "",
		"phone_number":        "",
		"is_active":           true,
		"is_admin":            struct{}{},
		"is_initial_password": u.initialPassword != "",
		"initial_password":    nil,
	}
	maps.Copy(record, u.details)
	if u.initialPassword != "" {
		record["initial_password"] = u.initialPassword
	}
	if s.config.quirks[QuirkPlainEmails] {
		record["email"] = u.email
		delete(record, "true_email")
	}

	return record
}
