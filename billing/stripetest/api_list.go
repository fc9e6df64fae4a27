package stripetest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/stripe/stripe-go/v85"
)

// filter is a parameter that selects objects by the id of another one. The empty
// resource selects by a value.
type filter struct {
	name     string
	resource Resource
	// value returns the value of an object.
	value func(e entity) string
	// values are the valid values, if they are limited.
	values []string
}

// filters returns the filters of a list.
func filters(resource Resource) []filter {
	customerOf := func(of func(e entity) *customer) filter {
		return filter{name: "customer", resource: Customers, value: func(e entity) string { return idText(of(e)) }}
	}
	switch resource {
	case Charges:
		return []filter{
			customerOf(func(e entity) *customer { return as[*charge](e).intent.customer }),
			{name: "payment_intent", resource: PaymentIntents, value: func(e entity) string { return as[*charge](e).intent.id }},
		}
	case CheckoutSessions:
		return []filter{
			customerOf(func(e entity) *customer { return as[*session](e).customer }),
			{name: "payment_intent", resource: PaymentIntents, value: func(e entity) string { return idText(as[*session](e).intent) }},
			{name: "subscription", resource: Subscriptions, value: func(e entity) string { return idText(as[*session](e).subscription) }},
			{name: "status", value: func(e entity) string { return string(as[*session](e).status) }, values: []string{"open", "complete", "expired"}},
		}
	case Disputes:
		return chargeFilters(func(e entity) *charge { return as[*dispute](e).charge })
	case Refunds:
		return chargeFilters(func(e entity) *charge { return as[*refund](e).charge })
	case InvoicePayments:
		return []filter{
			{name: "invoice", resource: Invoices, value: func(e entity) string { return as[*invoicePayment](e).invoice.id }},
			{name: "payment[type]", value: func(entity) string { return "payment_intent" }, values: []string{"payment_intent"}},
			{name: "payment[payment_intent]", resource: PaymentIntents, value: func(e entity) string { return as[*invoicePayment](e).invoice.intent.id }},
			{name: "status", value: func(e entity) string { return as[*invoicePayment](e).status() }, values: []string{"open", "paid", "canceled"}},
		}
	case Invoices:
		return []filter{
			customerOf(func(e entity) *customer { return as[*invoice](e).customer }),
			{name: "subscription", resource: Subscriptions, value: func(e entity) string { return idText(as[*invoice](e).subscription) }},
			{name: "status", value: func(e entity) string { return string(as[*invoice](e).status) }, values: []string{"draft", "open", "paid", "uncollectible", "void"}},
		}
	case PaymentIntents:
		return []filter{customerOf(func(e entity) *customer { return as[*paymentIntent](e).customer })}
	case Prices:
		return []filter{
			{name: "active", value: func(e entity) string { return strconv.FormatBool(!as[*price](e).Inactive) }, values: []string{"true", "false"}},
			{name: "product", resource: Products, value: func(e entity) string { return as[*price](e).product.id }},
		}
	case Subscriptions:
		return []filter{customerOf(func(e entity) *customer { return as[*subscription](e).customer })}
	case Customers, Events, Products, WebhookEndpoints:
	}
	return nil
}

func chargeFilters(of func(e entity) *charge) []filter {
	return []filter{
		{name: "charge", resource: Charges, value: func(e entity) string { return of(e).id }},
		{name: "payment_intent", resource: PaymentIntents, value: func(e entity) string { return of(e).intent.id }},
	}
}

func as[E entity](e entity) E { return e.(E) } //nolint:errcheck,forcetypeassert // a list has one type

// idText returns the id of an entity, or an empty text if there is none.
func idText[E interface {
	comparable
	entity
}](e E) string {
	var none E
	if e == none {
		return ""
	}
	return e.base().id
}

// list responds with a page of a resource, newest first.
func (c *call) list(resource Resource) *apiError {
	fs := filters(resource)
	c.params = []string{"limit", "starting_after", "ending_before", "expand"}
	if resource != WebhookEndpoints {
		c.params = append(c.params, "created", "created[gt]", "created[gte]", "created[lt]", "created[lte]")
	}
	switch resource {
	case Subscriptions:
		c.params = append(c.params, "status")
	case Events:
		c.params = append(c.params, "type", "types")
	default:
	}
	for _, f := range fs {
		c.params = append(c.params, f.name)
	}
	if err := c.checkParams(); err != nil {
		return err
	}
	selected := []entity{}
	if !c.isElsewhere() {
		selected = slices.Clone(c.server.lists[resource])
	}
	slices.Reverse(selected)
	for _, f := range fs {
		var err *apiError
		if selected, err = c.applyFilter(selected, f); err != nil {
			return err
		}
	}
	keep, err := c.conditions(resource)
	if err != nil {
		return err
	}
	objects := make([]object, 0, len(selected))
	for _, e := range selected {
		if !c.isGone(e) && !slices.ContainsFunc(keep, func(k func(entity) bool) bool { return !k(e) }) {
			objects = append(objects, normalize(e.render(c.server, c.version)))
		}
	}
	return c.page(c.r.URL.Path, objects, func(id, param string) *apiError { return missing(http.StatusBadRequest, resource, id, param) })
}

// param returns the value of a parameter.
func (c *call) param(name string) (string, bool) {
	values, ok := c.query[name]
	if !ok {
		return "", false
	}
	return values[0], true
}

func (c *call) applyFilter(selected []entity, f filter) ([]entity, *apiError) {
	want, ok := c.param(f.name)
	if !ok {
		return selected, nil
	}
	if f.resource != "" && c.find(f.resource, want) == nil {
		return nil, missing(http.StatusBadRequest, f.resource, want, f.name)
	}
	if f.values != nil && !slices.Contains(f.values, want) {
		return nil, invalid(f.name, "Invalid "+f.name+": must be one of "+strings.Join(f.values, ", "))
	}
	return slices.DeleteFunc(selected, func(e entity) bool { return f.value(e) != want }), nil
}

// conditions returns the conditions that are not filters.
func (c *call) conditions(resource Resource) ([]func(entity) bool, *apiError) {
	var keep []func(entity) bool
	for name, ok := range map[string]func(created, bound int64) bool{
		"created":      func(created, bound int64) bool { return created == bound },
		"created[gt]":  func(created, bound int64) bool { return created > bound },
		"created[gte]": func(created, bound int64) bool { return created >= bound },
		"created[lt]":  func(created, bound int64) bool { return created < bound },
		"created[lte]": func(created, bound int64) bool { return created <= bound },
	} {
		text, given := c.param(name)
		if !given {
			continue
		}
		bound, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, invalid(name, "Invalid integer: "+text)
		}
		keep = append(keep, func(e entity) bool { return ok(e.base().created.Unix(), bound) })
	}
	switch resource {
	case Subscriptions:
		status, _ := c.param("status")
		matches, err := statusCondition(status)
		if err != nil {
			return nil, err
		}
		keep = append(keep, func(e entity) bool { return matches(as[*subscription](e)) })
	case Events:
		types, err := c.eventTypes()
		if err != nil {
			return nil, err
		}
		if types != nil {
			keep = append(keep, func(e entity) bool { return slices.Contains(types, string(as[*event](e).kind)) })
		}
	default:
	}
	return keep, nil
}

// statusCondition returns the condition of the status of a subscription. By default the
// subscriptions that were canceled are not listed.
func statusCondition(status string) (func(*subscription) bool, *apiError) {
	switch stripe.SubscriptionStatus(status) {
	case "":
		return func(sub *subscription) bool { return sub.status != stripe.SubscriptionStatusCanceled }, nil
	case "all":
		return func(*subscription) bool { return true }, nil
	case "ended":
		return (*subscription).isEnded, nil
	case stripe.SubscriptionStatusActive, stripe.SubscriptionStatusCanceled, stripe.SubscriptionStatusIncomplete,
		stripe.SubscriptionStatusIncompleteExpired, stripe.SubscriptionStatusPastDue, stripe.SubscriptionStatusPaused,
		stripe.SubscriptionStatusTrialing, stripe.SubscriptionStatusUnpaid:
		return func(sub *subscription) bool { return string(sub.status) == status }, nil
	default:
		return nil, invalid("status", "Invalid status: "+status)
	}
}

// eventTypes returns the types of the parameters type and types, or nil without them.
func (c *call) eventTypes() ([]string, *apiError) {
	var types []string
	for name, values := range c.query {
		if name == "type" || strings.HasPrefix(name, "types[") {
			types = append(types, values...)
		}
	}
	if _, ok := c.param("type"); ok && len(types) > 1 {
		return nil, invalid("types", "You may only specify one of these parameters: type, types.")
	}
	return types, nil
}

// isGone reports whether Stripe keeps an object no more.
func (c *call) isGone(e entity) bool {
	one, ok := e.(*event)
	return ok && c.server.now.Sub(one.created) > eventLife
}

// page responds with a page of objects.
func (c *call) page(url string, objects []object, missing func(id, param string) *apiError) *apiError {
	limit := 10
	if text, ok := c.param("limit"); ok {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 100 {
			return invalid("limit", "Invalid limit: "+text)
		}
		limit = n
	}
	after, hasAfter := c.param("starting_after")
	before, hasBefore := c.param("ending_before")
	if hasAfter && hasBefore {
		return invalid("starting_after", "You may only specify one of these parameters: starting_after, ending_before.")
	}
	index := func(id string) int { return slices.IndexFunc(objects, func(o object) bool { return o["id"] == id }) }
	start, end := 0, len(objects)
	switch {
	case hasAfter:
		if start = index(after) + 1; start == 0 {
			return missing(after, "starting_after")
		}
	case hasBefore:
		if end = index(before); end < 0 {
			return missing(before, "ending_before")
		}
		start = max(end-limit, 0)
	}
	hasMore := end-start > limit || hasBefore && start > 0
	page := list(url, objects[start:min(start+limit, end)], hasMore)
	page = normalize(page)
	if err := c.expand(page, "data."); err != nil {
		return err
	}
	return c.respond(page)
}

// lines responds with a page of the lines of an invoice or a session.
func (c *call) lines(id string) *apiError {
	c.params = []string{"limit", "starting_after", "ending_before", "expand"}
	if err := c.checkParams(); err != nil {
		return err
	}
	resource, _ := route(c.r.URL.Path)
	e := c.find(resource, id)
	if e == nil {
		return missing(http.StatusNotFound, resource, id, "id")
	}
	var objects []object
	switch e := e.(type) {
	case *invoice:
		objects = e.renderLines(c.server, c.version)
	case *session:
		objects = e.renderLines(c.server, c.version)
	}
	return c.page(c.r.URL.Path, objects, func(id, param string) *apiError { return missing(http.StatusBadRequest, "line items", id, param) })
}
