package stripetest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// ServeHTTP serves the API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	recorded := &statusWriter{ResponseWriter: w}
	c := &call{server: s, w: recorded, r: r, query: r.URL.Query(), version: s.cfg.version}
	if v := r.Header.Get("Stripe-Version"); v != "" {
		c.version = Version(v)
	}
	resource, parts := route(r.URL.Path)
	s.requests = append(s.requests, Request{
		Time: s.now, Resource: resource, Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Version: c.version,
	})
	entry := &s.requests[len(s.requests)-1]
	defer func() { entry.Status = recorded.status }()
	w.Header().Set("Request-Id", "req_"+strconv.Itoa(len(s.requests)))
	if f, ok := s.takeFault(resource); ok {
		entry.Fault = f.name
		f.serve(s, recorded)
		return
	}
	if err := c.serve(resource, parts); err != nil {
		if err.unmodeled {
			s.violation("%s %s: %s", r.Method, r.URL, err.message)
		}
		s.fail(recorded, *err)
	}
}

// call is a request to the API.
type call struct {
	server  *Server
	w       http.ResponseWriter
	r       *http.Request
	query   map[string][]string
	version Version
	params  []string // the known parameters
}

// paths are the paths of the resources.
var paths = [...]struct {
	path     string
	resource Resource
}{
	{"/v1/charges", Charges},
	{"/v1/checkout/sessions", CheckoutSessions},
	{"/v1/customers", Customers},
	{"/v1/disputes", Disputes},
	{"/v1/events", Events},
	{"/v1/invoice_payments", InvoicePayments},
	{"/v1/invoices", Invoices},
	{"/v1/payment_intents", PaymentIntents},
	{"/v1/prices", Prices},
	{"/v1/products", Products},
	{"/v1/refunds", Refunds},
	{"/v1/subscriptions", Subscriptions},
	{"/v1/webhook_endpoints", WebhookEndpoints},
}

// route returns the resource of a path, and the parts of the path after it.
func route(path string) (resource Resource, parts []string) {
	for _, p := range paths {
		rest, ok := strings.CutPrefix(path, p.path)
		if !ok || rest != "" && rest[0] != '/' {
			continue
		}
		if rest == "" {
			return p.resource, nil
		}
		return p.resource, strings.Split(rest[1:], "/")
	}
	return "", nil
}

func (c *call) serve(resource Resource, parts []string) *apiError {
	if err := c.authorize(resource); err != nil {
		return err
	}
	switch {
	case !c.version.isValid():
		return invalid("Stripe-Version", "Invalid Stripe API version: "+string(c.version))
	case resource == "", resource == InvoicePayments && c.version.before(basil):
		return &apiError{
			status: http.StatusNotFound, kind: "invalid_request_error", unmodeled: true,
			message: "Unrecognized request URL (" + c.r.Method + ": " + c.r.URL.Path + ").",
		}
	case c.r.Method != http.MethodGet:
		return &apiError{
			status: http.StatusMethodNotAllowed, kind: "invalid_request_error", unmodeled: true,
			message: "Requests that write are not modeled.",
		}
	}
	switch {
	case len(parts) == 0:
		return c.list(resource)
	case len(parts) == 1:
		return c.retrieve(resource, parts[0])
	case len(parts) == 2 && resource == Invoices && parts[1] == "lines",
		len(parts) == 2 && resource == CheckoutSessions && parts[1] == "line_items":
		return c.lines(parts[0])
	default:
		return &apiError{
			status: http.StatusNotFound, kind: "invalid_request_error", unmodeled: true,
			message: "Unrecognized request URL (GET: " + c.r.URL.Path + ").",
		}
	}
}

// authorize checks the key, its permissions, and the account.
func (c *call) authorize(resource Resource) *apiError {
	s := c.server
	key, isBearer := strings.CutPrefix(c.r.Header.Get("Authorization"), "Bearer ")
	if !isBearer {
		key, _, _ = c.r.BasicAuth()
	}
	account, context := c.r.Header.Get("Stripe-Account"), c.r.Header.Get("Stripe-Context")
	switch {
	case key == "":
		return &apiError{status: http.StatusUnauthorized, kind: "invalid_request_error", message: "You did not provide an API key."}
	case key != s.cfg.apiKey:
		return &apiError{status: http.StatusUnauthorized, kind: "invalid_request_error", message: "Invalid API Key provided: " + redacted(key)}
	case account != "" && account != s.cfg.account, context != "" && context != s.cfg.context:
		return &apiError{
			status: http.StatusForbidden, kind: "invalid_request_error", code: "account_invalid",
			message: "The provided key '" + redacted(key) + "' does not have access to account '" + first(account, context) + "' (or that account does not exist).",
		}
	case s.cfg.permissions != nil && resource != "" && !slices.Contains(s.cfg.permissions, resource):
		return &apiError{
			status: http.StatusForbidden, kind: "invalid_request_error",
			message: "The provided key '" + redacted(key) + "' does not have the required permissions for this endpoint.",
		}
	}
	return nil
}

// isElsewhere reports whether the request reads another account than that of the
// objects: the platform itself.
func (c *call) isElsewhere() bool {
	cfg := &c.server.cfg
	return cfg.account != c.r.Header.Get("Stripe-Account") || cfg.context != c.r.Header.Get("Stripe-Context")
}

func redacted(key string) string { return key[:min(len(key), 8)] + "****" }

// find returns the object of a resource, or nil.
func (c *call) find(resource Resource, id string) entity {
	e, ok := c.server.entities[id]
	if !ok || e.base().resource != resource || c.isElsewhere() || c.isGone(e) {
		return nil
	}
	return e
}

func (c *call) retrieve(resource Resource, id string) *apiError {
	c.params = []string{"expand"}
	if err := c.checkParams(); err != nil {
		return err
	}
	e := c.find(resource, id)
	if e == nil {
		return missing(http.StatusNotFound, resource, id, "id")
	}
	o := normalize(e.render(c.server, c.version))
	if err := c.expand(o, ""); err != nil {
		return err
	}
	return c.respond(o)
}

// checkParams rejects unknown parameters, and empty and repeated values.
func (c *call) checkParams() *apiError {
	for name, values := range c.query {
		known := name
		if i := strings.IndexByte(name, '['); i > 0 && (strings.HasPrefix(name, "expand[") || strings.HasPrefix(name, "types[")) {
			known = name[:i]
		} else if name == "expand" || name == "types" {
			return invalid(name, "Invalid array")
		}
		switch {
		case !slices.Contains(c.params, known):
			return invalid(name, "Received unknown parameter: "+name)
		case len(values) > 1 && known == name:
			return invalid(name, "The parameter is repeated: "+name)
		case values[0] == "":
			return invalid(name, "You passed an empty string for '"+name+"'.")
		}
	}
	return nil
}

func (c *call) respond(o object) *apiError {
	data, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		panic("stripetest: encode a response: " + err.Error())
	}
	c.w.Header().Set("Content-Type", "application/json")
	c.w.Header().Set("Stripe-Version", string(c.version))
	_, _ = c.w.Write(append(data, '\n'))
	return nil
}
