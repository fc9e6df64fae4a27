package licensespringtest

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// createOrder answers POST create_order/. It either does all that is asked or
// nothing: every reason to refuse is looked for before the first change.
func (s *Server) createOrder(x *exchange) reply {
	value, err := parse(x.body)
	if err != nil {
		return coded(http.StatusBadRequest, "invalid_json", "The request body is invalid JSON: "+err.Error())
	}
	if errs := s.checker.check(value); errs != nil {
		return fieldErrors(errs)
	}
	request, _ := value.(*object)

	made, refused := s.carryOut(x, request)
	if made == nil {
		return refused
	}
	answer := jsonReply(http.StatusOK, made)
	answer.changed = true

	return answer
}

// carryOut does what a well formed request asks for and returns the record to
// answer with, or says why not: then the record is nil. The record is a copy, so
// that it is encoded without the store's lock.
func (s *Server) carryOut(x *exchange, request *object) (made map[string]any, refused reply) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	existing := s.store.byStoreID[request.text("id")]
	if refusal, ok := s.refuse(request, existing); ok {
		return nil, refusal
	}
	now := time.Now()
	stored := s.store.add(blueprint{
		request:   request,
		body:      slices.Clone(x.body),
		catalogue: s.catalogue,
		dialect:   s.config.dialect,
		now:       now,
		visibleAt: now.Add(max(s.config.lookupDelay, x.invisibleFor)),
	}, existing)
	if s.config.legacyResponse {
		return legacyRecord(stored), reply{}
	}

	return s.record(stored, time.Time{}, true), reply{}
}

// refuse finds the first reason not to do what a well formed request asks for.
// The order id comes first: it is the guard against a replay, and a replay must
// hear about it whatever else has changed since the order was made.
func (s *Server) refuse(request *object, existing *order) (reply, bool) {
	if existing != nil && !request.flag("append") {
		return coded(http.StatusConflict, "order_id_exists", "Order with this ID already exists."), true
	}
	for _, item := range request.list("items") {
		if code, message := s.catalogue.refuse(item, request.flag("is_bundle")); code != "" {
			return coded(http.StatusBadRequest, code, message), true
		}
	}
	if code, message := s.refuseAccount(request, existing); code != "" {
		return coded(http.StatusBadRequest, code, message), true
	}
	if existing != nil && existing.properties["is_bundle"] != request.flag("is_bundle") {
		return coded(http.StatusBadRequest, "validation_error", "An order holds products or bundles, never both."), true
	}
	if errs := s.store.takenKeys(request); errs != nil {
		return fieldErrors(errs), true
	}

	return reply{}, false
}

// refuse finds the first reason not to make the licenses of an item.
func (c *catalogue) refuse(item *object, bundles bool) (code, message string) {
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
		if hasKey && p.Auth == UserBased || hasUsers && p.Auth == KeyBased {
			return "invalid_product_auth_method", fmt.Sprintf("Product %q uses the authorization method %s.", name, p.Auth)
		}
		policy := license.text("policy_code")
		if _, known := c.policies[policy]; policy != "" && !known {
			return "validation_error", fmt.Sprintf("License policy %q does not exist.", policy)
		}
	}

	return "", ""
}

func (s *Server) refuseAccount(request *object, existing *order) (code, message string) {
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

// takenKeys reports the keys a request brings that somebody has already, be it
// an order at the company or an earlier license of the same request.
func (s *store) takenKeys(request *object) any {
	brought := make(map[string]bool)
	taken := func(license any) any {
		o, _ := license.(*object)
		key := o.text("key")
		if key == "" {
			return nil
		}
		if s.keys[key] || brought[key] {
			return map[string]any{"key": wrong("License key already exists.")}
		}
		brought[key] = true

		return nil
	}
	errs := each(request.get("items"), func(item any) any {
		o, _ := item.(*object)
		licenses, given := o.get("licenses").([]any)
		if !given {
			return nil
		}
		if errs := each(licenses, taken); errs != nil {
			return map[string]any{"licenses": errs}
		}

		return nil
	})
	if errs == nil {
		return nil
	}

	return map[string]any{"items": errs}
}
