package licensespringtest

import (
	"slices"
	"time"
)

const (
	fractionLayout = "2006-01-02T15:04:05.000000Z"
	secondsLayout  = "2006-01-02T15:04:05Z"

	// emailSuffix is the suffix that the service appends to the addresses of
	// users to make them unique among all companies.
	emailSuffix = "|acme"
)

// A view is a look at the store at a given time.
type view struct {
	at time.Time
	// complete shows everything. Responses to writes do so, lookups do not.
	complete bool
}

// shows reports whether the view shows something that is visible from a given time.
func (v view) shows(visibleAt time.Time) bool {
	return v.complete || !visibleAt.After(v.at)
}

// record returns the record of an order, without licenses that the view does not
// show. The caller must hold the store's lock, but may use the record after
// releasing it: record and store share only the values of properties, which are
// immutable.
func (s *Server) record(o *order, v view, withItems bool) map[string]any {
	record := map[string]any{
		"id":          o.id,
		"store_id":    o.storeID,
		"type":        o.properties["order_type"],
		"language":    nil,
		"metadata":    nil,
		"is_archived": o.archived,
		"created_at":  o.createdAt.UTC().Format(fractionLayout),
		"updated_at":  o.updatedAt.UTC().Format(secondsLayout),
		"customer":    nil,
	}
	if c := o.customer; c != nil {
		record["customer"] = s.customerMember(c.id, c.properties)
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
			licenses := slices.DeleteFunc(slices.Clone(i.licenses), func(l *license) bool { return !v.shows(l.visibleAt) })
			if len(licenses) > 0 || len(i.licenses) == 0 {
				items = append(items, s.itemRecord(i, licenses, v))
			}
		}
		record["order_items"] = items
	}

	return record
}

// customerMember returns a customer as the record of an order or a license shows
// it.
func (s *Server) customerMember(id int64, properties map[string]any) any {
	switch {
	case s.config.quirks[QuirkCustomerNull]:
		return nil
	case s.config.quirks[QuirkCustomerID]:
		return id
	default:
		return s.customerRecord(id, properties)
	}
}

func (s *Server) customerRecord(id int64, properties map[string]any) map[string]any {
	record := map[string]any{
		"id":                       id,
		"email":                    "",
		"first_name":               "",
		"last_name":                "",
		s.config.dialect.company(): "",
		"phone":                    "",
		"reference":                "",
	}
	for name, value := range properties {
		record[s.config.dialect.wire(name)] = value
	}

	return record
}

func (s *Server) itemRecord(i *item, licenses []*license, v view) map[string]any {
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
		records[n] = s.licenseMember(l, s.store.shown(l, v), v.at)
	}
	record["licenses"] = records

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
