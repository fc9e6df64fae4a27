package reconcile

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/lifecycle"
)

// readLicenses reads the licenses of a target, and adds the product of each to the
// memory. A license does not show its product, so that unknown licenses are listed
// again by product, and the orders of the remaining ones are read.
func (r *Reconciler) readLicenses(ctx context.Context, target *lifecycle.Target, rec *Record) ([]*licensespring.LicenseRecord, error) {
	memory := &rec.Memory
	found := map[int64]*licensespring.LicenseRecord{}
	filters := lookupFilters(target.Lookup, rec)
	for _, filter := range filters {
		if err := r.list(ctx, filter, func(rec *licensespring.LicenseRecord) { found[rec.ID] = rec }); err != nil {
			return nil, err
		}
	}
	if memory.Licenses == nil {
		memory.Licenses = map[int64]lifecycle.Remembered{}
	}
	unknown := func(id int64) bool { return memory.Licenses[id].Product == "" }
	for _, product := range productsOf(target, rec) {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(found)), unknown) {
			break
		}
		for _, filter := range filters {
			filter.ProductShortCode = product
			err := r.list(ctx, filter, func(rec *licensespring.LicenseRecord) {
				if unknown(rec.ID) && found[rec.ID] != nil {
					known := memory.Licenses[rec.ID]
					known.Product = product
					memory.Licenses[rec.ID] = known
				}
			})
			if err != nil {
				return nil, err
			}
		}
	}
	for _, l := range found { // such as one of a product that is no longer sold
		if !unknown(l.ID) || l.Order == 0 {
			continue
		}
		order, err := r.client.GetOrder(ctx, l.Order)
		if err != nil {
			return nil, err
		}
		learnProducts(order, memory, func(id int64) bool { return found[id] != nil })
	}
	licenses := slices.Collect(maps.Values(found))
	slices.SortFunc(licenses, func(a, b *licensespring.LicenseRecord) int { return int(min(max(a.ID-b.ID, -1), 1)) })
	return licenses, nil
}

// learnProducts adds the licenses of an order that belong to the subject to the memory. It
// reports whether the product of one remains unknown.
func learnProducts(order *licensespring.OrderRecord, memory *lifecycle.Memory, belongs func(id int64) bool) (unknown bool) {
	for i := range order.OrderItems {
		item := &order.OrderItems[i]
		product := item.ProductCode
		for k := range item.Licenses {
			product = cmp.Or(product, memory.Licenses[item.Licenses[k].ID].Product)
		}
		for k := range item.Licenses {
			if !belongs(item.Licenses[k].ID) {
				continue
			}
			known := memory.Licenses[item.Licenses[k].ID]
			known.Product = cmp.Or(known.Product, product)
			memory.Licenses[item.Licenses[k].ID] = known
			unknown = unknown || known.Product == ""
		}
	}
	return unknown
}

func (r *Reconciler) list(ctx context.Context, filter licensespring.LicenseFilter, add func(*licensespring.LicenseRecord)) error {
	for rec, err := range r.client.ListLicenses(ctx, filter) {
		if err != nil {
			return err
		}
		add(rec)
	}
	return nil
}

// lookupFilters returns a filter for each way to find licenses of a subject.
func lookupFilters(lookup lifecycle.Lookup, rec *Record) []licensespring.LicenseFilter {
	var filters []licensespring.LicenseFilter
	if lookup.SubscriptionID != "" {
		filters = append(filters, licensespring.LicenseFilter{SubscriptionID: lookup.SubscriptionID})
	}
	orders := slices.Clone(lookup.OrderIDs)
	for _, o := range rec.Orders { // a later order of licenses with users has an id of its own
		for _, m := range o.Missing {
			orders = append(orders, m.OrderID)
		}
	}
	slices.Sort(orders)
	for _, id := range slices.Compact(orders) {
		filters = append(filters, licensespring.LicenseFilter{OrderStoreID: id})
	}
	ids := slices.Concat(lookup.LicenseIDs, slices.Sorted(maps.Keys(rec.Memory.Licenses)))
	if len(ids) > 0 {
		slices.Sort(ids)
		filters = append(filters, licensespring.LicenseFilter{IDs: slices.Compact(ids)})
	}
	return filters
}

// productsOf returns the products of the target, of pending orders and of known
// licenses, sorted. The product of a pending order may no longer be wanted.
func productsOf(target *lifecycle.Target, rec *Record) []string {
	products := map[string]bool{}
	for i := range target.Entitlements {
		products[target.Entitlements[i].Product] = true
	}
	for _, o := range rec.Orders {
		for _, m := range o.Missing {
			products[m.Product] = true
		}
	}
	for _, known := range rec.Memory.Licenses {
		products[known.Product] = true
	}
	delete(products, "")
	return slices.Sorted(maps.Keys(products))
}
