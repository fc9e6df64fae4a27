package licensespringtest

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// An Endpoint names an endpoint of the API.
type Endpoint string

// The endpoints of the fake.
const (
	// CreateOrder creates an order or appends to one.
	CreateOrder Endpoint = "POST orders/create_order/"
	// ListOrders lists orders, with filters and pages.
	ListOrders Endpoint = "GET orders/"
	// GetOrder returns one order, by the id that the server assigned.
	GetOrder Endpoint = "GET orders/{id}/"
	// GenerateLicense generates unused license keys.
	GenerateLicense Endpoint = "GET orders/generate_license/"
	// ListProducts lists products, in pages.
	ListProducts Endpoint = "GET products/"
	// GetProduct returns one product, by the id that the server assigned.
	GetProduct Endpoint = "GET products/{id}/"
	// ListLicenses lists licenses, with filters and pages.
	ListLicenses Endpoint = "GET licenses/"
	// GetLicense returns one license, by the id that the server assigned.
	GetLicense Endpoint = "GET licenses/{id}/"
	// UpdateLicense changes the properties of a license.
	UpdateLicense Endpoint = "PATCH licenses/{id}/"
	// EnableLicense enables a license.
	EnableLicense Endpoint = "POST licenses/{id}/enable/"
	// DisableLicense disables a license.
	DisableLicense Endpoint = "POST licenses/{id}/disable/"
	// UpdateFeatures replaces the features of a license.
	UpdateFeatures Endpoint = "POST licenses/{id}/update_features/"
	// AssignUser adds a user to a license.
	AssignUser Endpoint = "POST licenses/{id}/assign_user/"
	// UnassignUser removes a user from a license.
	UnassignUser Endpoint = "POST licenses/{id}/unassign_user/"
	// ListLicenseUsers lists the users of all licenses, with a filter and pages.
	ListLicenseUsers Endpoint = "GET license-users/"
	// SetUserPassword sets the password of a user.
	SetUserPassword Endpoint = "POST license-users/set_password/"
	// ListCustomers lists customers, with filters and pages.
	ListCustomers Endpoint = "GET customers/"
	// GetCustomer returns one customer, by the id that the server assigned.
	GetCustomer Endpoint = "GET customers/{id}/"
)

// apiPath is the path of the API, relative to the base path.
const apiPath = "/api/v1/"

// method returns the method of the endpoint.
func (e Endpoint) method() string {
	method, _, _ := strings.Cut(string(e), " ")

	return method
}

// pattern returns the path of the endpoint, relative to apiPath.
func (e Endpoint) pattern() string {
	_, pattern, _ := strings.Cut(string(e), " ")

	return pattern
}

// An operation is an endpoint with its handler.
type operation struct {
	endpoint Endpoint
	body     bodyRule
	handle   handler
}

// A bodyRule describes which body a request may have.
type bodyRule int

const (
	// ignoredBody allows every body.
	ignoredBody bodyRule = iota
	// jsonBody requires a body of JSON.
	jsonBody
	// optionalBody requires that a body, if there is one, is JSON.
	optionalBody
)

// operations returns the operations of all endpoints.
func (s *Server) operations() []operation {
	return []operation{
		{CreateOrder, jsonBody, s.createOrder},
		{ListOrders, ignoredBody, s.listOrders},
		{GetOrder, ignoredBody, s.getOrder},
		{GenerateLicense, ignoredBody, s.generateLicense},
		{ListProducts, ignoredBody, s.listProducts},
		{GetProduct, ignoredBody, s.getProduct},
		{ListLicenses, ignoredBody, s.listLicenses},
		{GetLicense, ignoredBody, s.getLicense},
		{UpdateLicense, jsonBody, s.updateLicense},
		{EnableLicense, optionalBody, s.enableLicense},
		{DisableLicense, optionalBody, s.disableLicense},
		{UpdateFeatures, jsonBody, s.updateFeatures},
		{AssignUser, jsonBody, s.assignUser},
		{UnassignUser, jsonBody, s.unassignUser},
		{ListLicenseUsers, ignoredBody, s.listLicenseUsers},
		{SetUserPassword, jsonBody, s.setUserPassword},
		{ListCustomers, ignoredBody, s.listCustomers},
		{GetCustomer, ignoredBody, s.getCustomer},
	}
}

// A route is the target of a path: an operation for each method.
type route struct {
	operations []operation
	id         int64 // the id in the path, if it has one
}

// newRoutes returns the operations by the patterns of their endpoints.
func newRoutes(operations []operation) map[string][]operation {
	routes := make(map[string][]operation)
	for _, o := range operations {
		pattern := o.endpoint.pattern()
		routes[pattern] = append(routes[pattern], o)
	}

	return routes
}

// resolve returns the route of a path. A path without its trailing slash has none.
func (s *Server) resolve(path string) (route, bool) {
	rest, ok := strings.CutPrefix(path, s.config.basePath+apiPath)
	if !ok {
		return route{}, false
	}
	if operations, ok := s.routes[rest]; ok && !strings.Contains(rest, "{") {
		return route{operations: operations}, true
	}
	// In every other pattern, the second segment is the id.
	resource, rest, _ := strings.Cut(rest, "/")
	digits, action, complete := strings.Cut(rest, "/")
	id, ok := parseID(digits)
	operations := s.routes[resource+"/{id}/"+action]

	return route{operations: operations, id: id}, ok && complete && len(operations) > 0
}

// operation returns the operation of a method.
func (rt route) operation(method string) (operation, bool) {
	for _, o := range rt.operations {
		if o.endpoint.method() == method {
			return o, true
		}
	}

	return operation{}, false
}

// methodNotAllowed returns the response to a method that the route does not have.
func (rt route) methodNotAllowed(method string) response {
	resp := detailError(http.StatusMethodNotAllowed, "Method \""+method+"\" not allowed.")
	allowed := make([]string, len(rt.operations))
	for i, o := range rt.operations {
		allowed[i] = o.endpoint.method()
	}
	resp.header.Set("Allow", strings.Join(allowed, ", "))

	return resp
}

// parseID parses the id in a path.
func parseID(digits string) (int64, bool) {
	id, err := strconv.ParseInt(digits, 10, 64)

	return id, err == nil && id >= 0
}

// dispatch handles a request whose body was read. It checks for errors in the
// order in which the service does, and reports the first one.
func (s *Server) dispatch(x *exchange) response {
	r := x.request
	rt, ok := s.resolve(r.URL.Path)
	if !ok {
		if _, ok := s.resolve(r.URL.Path + "/"); ok {
			return slashRedirect(r)
		}

		return notFound()
	}
	if !s.authorized(r) {
		return unauthorized()
	}
	now := time.Now()
	if wait := s.limiter.take(now); wait > 0 {
		return s.limiter.throttled(now, wait)
	}
	o, ok := rt.operation(r.Method)
	if !ok {
		return rt.methodNotAllowed(r.Method)
	}
	x.optionalBody = o.body == optionalBody
	bodyRead := o.body == jsonBody || x.optionalBody && len(x.body) > 0
	if bodyRead && !hasJSONContent(r) {
		return detailError(http.StatusUnsupportedMediaType,
			"Unsupported media type \""+r.Header.Get("Content-Type")+"\" in request.")
	}
	x.id = rt.id

	return o.handle(x)
}

// slashRedirect redirects to the same path with a trailing slash, for every
// method. A client that follows it turns a POST into a GET, which creates nothing.
func slashRedirect(r *http.Request) response {
	to := *r.URL
	to.Path += "/"
	to.RawPath = ""

	return response{
		status: http.StatusMovedPermanently,
		header: http.Header{"Location": {to.RequestURI()}, "Content-Type": {"text/html; charset=utf-8"}},
	}
}

func (s *Server) authorized(r *http.Request) bool {
	sent := r.Header.Values("Authorization")

	return len(sent) == 1 && sent[0] == "Api-Key "+s.config.apiKey
}

// hasJSONContent reports whether a request declares its body as JSON.
func hasJSONContent(r *http.Request) bool {
	mediaType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")

	return strings.EqualFold(strings.TrimSpace(mediaType), "application/json")
}
