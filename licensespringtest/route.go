package licensespringtest

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// An Endpoint names one of the calls of the API.
type Endpoint string

// The endpoints the fake has.
const (
	// CreateOrder makes an order, or appends to one.
	CreateOrder Endpoint = "POST orders/create_order/"
	// ListOrders lists orders, by pages and filters.
	ListOrders Endpoint = "GET orders/"
	// GetOrder returns one order, by the number the server gave it.
	GetOrder Endpoint = "GET orders/{id}/"
	// GenerateLicense makes license keys that no license has yet.
	GenerateLicense Endpoint = "GET orders/generate_license/"
)

// ordersPath is where the API's orders are, below the base path.
const ordersPath = "/api/v1/orders/"

// A route is what a path leads to.
type route struct {
	endpoint Endpoint
	orderID  int64 // of GetOrder
}

// method is the only method the route takes.
func (r route) method() string {
	method, _, _ := strings.Cut(string(r.endpoint), " ")

	return method
}

// resolve finds the route of a path. Paths without their last slash have none.
func (s *Server) resolve(path string) (route, bool) {
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
	digits, ok := strings.CutSuffix(rest, "/")
	id, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || id < 0 {
		return route{}, false
	}

	return route{endpoint: GetOrder, orderID: id}, true
}

// handle answers a request the way the service does: it looks for reasons to
// refuse in the service's order, of which the first decides.
func (s *Server) handle(x *exchange) reply {
	r := x.request
	found, ok := s.resolve(r.URL.Path)
	if !ok {
		if _, almost := s.resolve(r.URL.Path + "/"); almost {
			return appendSlash(r)
		}

		return notFound()
	}
	if !s.authorized(r) {
		return unauthorized()
	}
	now := time.Now()
	if wait := s.limiter.take(now); wait > 0 {
		return s.limiter.tooMany(now, wait)
	}
	if r.Method != found.method() {
		answer := detail(http.StatusMethodNotAllowed, "Method \""+r.Method+"\" not allowed.")
		answer.header.Set("Allow", found.method())

		return answer
	}

	switch found.endpoint {
	case CreateOrder:
		if !jsonContent(r) {
			return detail(http.StatusUnsupportedMediaType,
				"Unsupported media type \""+r.Header.Get("Content-Type")+"\" in request.")
		}

		return s.createOrder(x)
	case ListOrders:
		return s.listOrders(x)
	case GenerateLicense:
		return s.generateLicense(x)
	default:
		return s.getOrder(found.orderID)
	}
}

// appendSlash redirects to the same path with a slash at its end. It does so
// for every method, and so turns a POST into a GET which creates nothing.
func appendSlash(r *http.Request) reply {
	to := *r.URL
	to.Path += "/"
	to.RawPath = ""

	return reply{
		status: http.StatusMovedPermanently,
		header: http.Header{"Location": {to.RequestURI()}, "Content-Type": {"text/html; charset=utf-8"}},
	}
}

func (s *Server) authorized(r *http.Request) bool {
	sent := r.Header.Values("Authorization")

	return len(sent) == 1 && sent[0] == "Api-Key "+s.config.apiKey
}

// jsonContent reports whether a request says that its body is JSON.
func jsonContent(r *http.Request) bool {
	mediaType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")

	return strings.EqualFold(strings.TrimSpace(mediaType), "application/json")
}
