package licensespringtest

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// createOrder handles CreateOrder. It applies a request completely or not at all:
// all checks come before the first change.
func (s *Server) createOrder(x *exchange) response {
	value, err := x.parseBody()
	if err != nil {
		return invalidJSON(err)
	}
	if errs := s.checker.check(value); errs != nil {
		return fieldErrors(errs)
	}
	request, _ := value.(*object)

	record, rejection := s.storeOrder(x, request)
	if record == nil {
		return rejection
	}

	return applied(record)
}

// storeOrder applies a valid request. It returns the record of the order, or nil
// and the response that rejects the request. The record is a copy, so that the
// caller can encode it without the store's lock.
func (s *Server) storeOrder(x *exchange, request *object) (record map[string]any, rejection response) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	existing := s.store.byStoreID[request.text("id")]
	if rejection, rejected := s.rejectOrder(request, existing); rejected {
		return nil, rejection
	}
	now := time.Now()
	stored := s.store.add(orderRequest{
		request:   request,
		body:      slices.Clone(x.body),
		catalogue: s.catalogue,
		dialect:   s.config.dialect,
		now:       now,
		visibleAt: now.Add(max(s.config.lookupDelay, x.invisibleFor)),
	}, existing)
	if s.config.legacyResponse {
		return legacyRecord(stored), response{}
	}

	return s.record(stored, view{at: now, complete: true}, true), response{}
}

// rejectOrder returns the first error of a well-formed request. The order id is
// checked first, because it protects against replays: a replay must receive the
// conflict even if other errors have arisen since.
func (s *Server) rejectOrder(request *object, existing *order) (response, bool) {
	if existing != nil && !request.flag("append") {
		return codedError(http.StatusConflict, "order_id_exists", "Order with this ID already exists."), true
	}
	for _, item := range request.list("items") {
		if code, message := s.catalogue.rejectItem(item, request.flag("is_bundle")); code != "" {
			return codedError(http.StatusBadRequest, code, message), true
		}
	}
	if code, message := s.rejectAccount(request, existing); code != "" {
		return codedError(http.StatusBadRequest, code, message), true
	}
	if existing != nil && existing.properties["is_bundle"] != request.flag("is_bundle") {
		return codedError(http.StatusBadRequest, "validation_error", "An order holds products or bundles, never both."), true
	}
	if errs := s.store.takenKeys(request); errs != nil {
		return fieldErrors(errs), true
	}

	return response{}, false
}

// rejectItem returns the first error of an item, or empty strings.
func (c *catalogue) rejectItem(item *object, bundles bool) (code, message string) {
	name := item.text("product_code")
	p, known := c.products[name]
	switch {
	case !known, p.Bundle != bundles:
		return "unknown_product", fmt.Sprintf("Product %q does not exist.", name)
	case p.Archived:
		return "archived_product", fmt.Sprintf("Product %q is archived.", name)
	case p.Disabled:
		return "disabled_product", fmt.Sprintf("Product %q is disabled.", name)
	}
	for _, license := range item.list("licenses") {
		_, hasKey := license.members["key"]
		_, hasUsers := license.members["users"]
		// The products of a bundle have a method, and not the bundle.
		needsUsers := p.Auth == UserBased && !p.Bundle
		if hasKey && p.Auth == UserBased || hasUsers && p.Auth == KeyBased || needsUsers && !hasUsers {
			return "invalid_product_auth_method", fmt.Sprintf("Product %q uses the authorization method %s.", name, p.Auth)
		}
		policy := license.text("policy_code")
		if _, known := c.policies[policy]; policy != "" && !known {
			return "validation_error", fmt.Sprintf("License policy %q does not exist.", policy)
		}
	}

	return "", ""
}

func (s *Server) rejectAccount(request *object, existing *order) (code, message string) {
	account, given := plain(request.get("customer_account_id")).(int64)
	switch {
	case !given:
		return "", ""
	case !slices.Contains(s.config.customerAccounts, account):
		return "customer_account_not_found", "Customer account does not exist."
	case existing != nil && existing.properties["customer_account_id"] != account:
		return "customer_account_id_mismatch", "The order belongs to another customer account."
	}

	return "", ""
}

// takenKeys returns a finding for each key of a request that a stored license or
// an earlier license of the same request has.
func (s *store) takenKeys(request *object) any {
	earlier := make(map[string]bool)
	taken := func(license any) any {
		o, _ := license.(*object)
		key := o.text("key")
		if key == "" {
			return nil
		}
		if s.keys[key] || earlier[key] {
			return map[string]any{"key": finding("License key already exists.")}
		}
		earlier[key] = true

		return nil
	}
	errs := checkEach(request.get("items"), func(item any) any {
		o, _ := item.(*object)
		licenses, given := o.get("licenses").([]any)
		if !given {
			return nil
		}
		if errs := checkEach(licenses, taken); errs != nil {
			return map[string]any{"licenses": errs}
		}

		return nil
	})
	if errs == nil {
		return nil
	}

	return map[string]any{"items": errs}
}
