package simulation

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// hiddenProducts returns the ids of the products whose codes a lookup does not show.
func (c *call) hiddenProducts(o *observation) []int64 {
	var ids []int64
	p := o.decode()
	for _, rec := range slices.Concat(p.Results, []record{p.record}) {
		if rec.StoreID != c.spec.order.ID {
			continue
		}
		for _, item := range rec.Items {
			if item.Product.Code == "" {
				ids = append(ids, item.ProductID)
			}
		}
	}
	return ids
}

// knowsProducts reports whether the client of a call knew the code of every product
// that a lookup shows: from the record, or because it has read the product.
func (r *run) knowsProducts(c *call, o *observation) bool {
	return !slices.ContainsFunc(c.hiddenProducts(o), func(id int64) bool { return !r.hasReadProduct(c, id) })
}

// hasReadProduct reports whether the client of a call has read the code of a product.
// Calls at the same time do not count: it is not known which was earlier.
func (r *run) hasReadProduct(c *call, id int64) bool {
	for _, other := range r.calls {
		if other != c && (other.process != c.process || !other.end.Before(c.start)) {
			continue
		}
		if slices.ContainsFunc(other.observed, func(o *observation) bool { return o.showsProduct(id) }) {
			return true
		}
	}
	return false
}

// isProduct reports whether the attempt read a product.
func (o *observation) isProduct() bool {
	return o.method == http.MethodGet && strings.Contains(o.path, "/products/")
}

// showsProduct reports whether the attempt read the code of the product.
func (o *observation) showsProduct(id int64) bool {
	if !o.isProduct() || !strings.HasSuffix(o.path, fmt.Sprintf("/products/%d/", id)) ||
		o.status != http.StatusOK || !o.complete || len(o.body) > maxBody {
		return false
	}
	var product struct {
		Code string `json:"short_code"`
	}
	return json.Unmarshal(o.body, &product) == nil && product.Code != ""
}

// conflictNeedsNoProducts reports whether a call ended with a conflict that the last
// lookup shows although codes of products are unknown. It is final even if the
// context was done before the codes could be read.
func (r *run) conflictNeedsNoProducts(c *call) bool {
	lookups := c.lookupResponses()
	if c.e == nil || len(c.e.Differences) == 0 || len(lookups) == 0 || c.stored == nil || c.spec.matches(c.stored, r.shows) {
		return false
	}
	return !r.knowsProducts(c, lookups[len(lookups)-1])
}
