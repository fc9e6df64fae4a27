package reconcile

import (
	"context"
	"maps"
	"slices"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/lifecycle"
)

// readLicenses reads the licenses of a target, and adds the product of each to the
// memory. A license does not show its product, so that unknown licenses are listed
// again by product.
func (r *Reconciler) readLicenses(ctx context.Context, target *lifecycle.Target, memory *lifecycle.Memory) ([]*licensespring.LicenseRecord, error) {
	found := map[int64]*licensespring.LicenseRecord{}
	filters := lookupFilters(target.Lookup, memory)
	for _, filter := range filters {
		if err := r.list(ctx, filter, func(rec *licensespring.LicenseRecord) { found[rec.ID] = rec }); err != nil {
			return nil, err
		}
	}
	if memory.Licenses == nil {
		memory.Licenses = map[int64]lifecycle.Remembered{}
	}
	unknown := func(id int64) bool { return memory.Licenses[id].Product == "" }
	for _, product := range productsOf(target, memory) {
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
	licenses := slices.Collect(maps.Values(found))
	slices.SortFunc(licenses, func(a, b *licensespring.LicenseRecord) int { return int(min(max(a.ID-b.ID, -1), 1)) })
	return licenses, nil
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
func lookupFilters(lookup lifecycle.Lookup, memory *lifecycle.Memory) []licensespring.LicenseFilter {
	var filters []licensespring.LicenseFilter
	if lookup.SubscriptionID != "" {
		filters = append(filters, licensespring.LicenseFilter{SubscriptionID: lookup.SubscriptionID})
	}
	for _, id := range lookup.OrderIDs {
		filters = append(filters, licensespring.LicenseFilter{OrderStoreID: id})
	}
	ids := slices.Concat(lookup.LicenseIDs, slices.Sorted(maps.Keys(memory.Licenses)))
	if len(ids) > 0 {
		slices.Sort(ids)
		filters = append(filters, licensespring.LicenseFilter{IDs: slices.Compact(ids)})
	}
	return filters
}

// productsOf returns the products of the target and of known licenses, sorted.
func productsOf(target *lifecycle.Target, memory *lifecycle.Memory) []string {
	products := map[string]bool{}
	for i := range target.Entitlements {
		products[target.Entitlements[i].Product] = true
	}
	for _, known := range memory.Licenses {
		products[known.Product] = true
	}
	delete(products, "")
	return slices.Sorted(maps.Keys(products))
}
