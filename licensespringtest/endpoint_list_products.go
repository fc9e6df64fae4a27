package licensespringtest

import (
	"cmp"
	"slices"
)

// listProducts handles ListProducts. All products are equally old, and the ids are
// in the order in which WithProducts names them.
func (s *Server) listProducts(x *exchange) response {
	query := x.request.URL.Query()
	products := slices.Clone(s.catalogue.sequence)
	byID := func(a, b *product) int { return cmp.Compare(a.id, b.id) }
	sortBy(products, query, map[string]func(a, b *product) int{"created_at": byID, "id": byID})

	return paginate(products, query, cappedLimit(query), func(p *product) any { return p.record() }).response(x.request)
}
