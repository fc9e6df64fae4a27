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
	// GetProduct returns one product, by the id that the server assigned.
	GetProduct Endpoint = "GET products/{id}/"
	// GenerateLicense generates unused license keys.
	GenerateLicense Endpoint = "GET orders/generate_license/"
)

// The paths of the API, relative to the base path.
const (
	ordersPath   = "/api/v1/orders/"
	productsPath = "/api/v1/products/"
)

// A route is the target of a path.
type route struct {
	endpoint Endpoint
	id       int64 // of GetOrder and GetProduct
}

// method returns the only method that the route allows.
func (r route) method() string {
	method, _, _ := strings.Cut(string(r.endpoint), " ")

	return method
}

// resolve returns the route of a path. A path without its trailing slash has none.
func (s *Server) resolve(path string) (route, bool) {
	if rest, ok := strings.CutPrefix(path, s.config.basePath+productsPath); ok {
		id, ok := parseID(rest)
		return route{endpoint: GetProduct, id: id}, ok
	}
	rest, ok := strings.CutPrefix(path, s.config.basePath+ordersPath)
	if !ok {
		return route{}, false
	}
	switch rest {
	case "":
		return route{endpoint: ListOrders}, true
	case "create_order/":
		return route{endpoint: CreateOrder}, true
	case "generate_license/":
		return route{endpoint: GenerateLicense}, true
	}
	id, ok := parseID(rest)

	return route{endpoint: GetOrder, id: id}, ok
}

// parseID parses the id that ends a path.
func parseID(rest string) (int64, bool) {
	digits, ok := strings.CutSuffix(rest, "/")
	id, err := strconv.ParseInt(digits, 10, 64)

	return id, ok && err == nil && id >= 0
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
	if r.Method != rt.method() {
		resp := detailError(http.StatusMethodNotAllowed, "Method \""+r.Method+"\" not allowed.")
		resp.header.Set("Allow", rt.method())

		return resp
	}

	switch rt.endpoint {
	case CreateOrder:
		if !hasJSONContent(r) {
			return detailError(http.StatusUnsupportedMediaType,
				"Unsupported media type \""+r.Header.Get("Content-Type")+"\" in request.")
		}

		return s.createOrder(x)
	case ListOrders:
		return s.listOrders(x)
	case GenerateLicense:
		return s.generateLicense(x)
	case GetProduct:
		return s.getProduct(rt.id)
	default:
		return s.getOrder(rt.id)
	}
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
