package fake

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/assign"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// A Fault describes a fault in a flag or in a request of the control API.
type Fault struct {
	Kind string `json:"kind"`
	// The requests that the fault affects: those to the endpoints, or all, from the nth
	// one, and of them a number, or all, or a random share.
	On          endpoints `json:"on,omitzero"`
	Nth         int       `json:"nth,omitzero"`
	Times       int       `json:"times,omitzero"`
	Forever     bool      `json:"forever,omitzero"`
	Probability *float64  `json:"probability,omitzero"`
	// The members of single kinds.
	Bytes       int64             `json:"bytes,omitzero"`
	Duration    duration          `json:"duration,omitzero"`
	Status      int               `json:"status,omitzero"`
	Stored      bool              `json:"stored,omitzero"`
	Headers     map[string]string `json:"headers,omitzero"`
	ContentType string            `json:"content_type,omitzero"`
	Body        *string           `json:"body,omitzero"`
	Location    string            `json:"location,omitzero"`
	Reset       bool              `json:"reset,omitzero"`
}

// kinds make the faults. The members name what a kind uses in addition to those of all
// kinds; the first ones are required.
var kinds = map[string]struct {
	required, optional []string
	make               func(f *Fault) licensespringtest.Fault
}{
	"drop-connection": {nil, nil, func(*Fault) licensespringtest.Fault { return licensespringtest.DropConnection() }},
	"drop-before":     {nil, []string{"reset"}, func(*Fault) licensespringtest.Fault { return licensespringtest.DropBefore() }},
	"drop-after":      {nil, []string{"reset"}, func(*Fault) licensespringtest.Fault { return licensespringtest.DropAfter() }},
	"cut-request":     {[]string{"bytes"}, []string{"reset"}, func(f *Fault) licensespringtest.Fault { return licensespringtest.CutRequest(f.Bytes) }},
	"cut-response":    {[]string{"bytes"}, []string{"reset"}, func(f *Fault) licensespringtest.Fault { return licensespringtest.CutResponse(f.Bytes) }},
	"delay-before":    {[]string{"duration"}, nil, func(f *Fault) licensespringtest.Fault { return licensespringtest.DelayBefore(f.wait()) }},
	"delay-after":     {[]string{"duration"}, nil, func(f *Fault) licensespringtest.Fault { return licensespringtest.DelayAfter(f.wait()) }},
	"delayed-apply":   {[]string{"duration"}, nil, func(f *Fault) licensespringtest.Fault { return licensespringtest.DelayedApply(f.wait()) }},
	"invisible":       {[]string{"duration"}, nil, func(f *Fault) licensespringtest.Fault { return licensespringtest.InvisibleFor(f.wait()) }},
	"stall-before":    {nil, nil, func(*Fault) licensespringtest.Fault { return licensespringtest.StallBefore() }},
	"stall-after":     {nil, nil, func(*Fault) licensespringtest.Fault { return licensespringtest.StallAfter() }},
	"slow": {[]string{"bytes", "duration"}, nil, func(f *Fault) licensespringtest.Fault {
		return licensespringtest.SlowDrip(int(f.Bytes), f.wait())
	}},
	"huge-body": {[]string{"bytes"}, nil, func(f *Fault) licensespringtest.Fault { return licensespringtest.HugeBody(f.Bytes) }},
	"gzip-bomb": {[]string{"bytes"}, nil, func(f *Fault) licensespringtest.Fault { return licensespringtest.GzipBomb(f.Bytes) }},
	"content-type": {[]string{"content_type"}, nil, func(f *Fault) licensespringtest.Fault {
		return licensespringtest.WrongContentType(f.ContentType)
	}},
	"redirect": {[]string{"status", "location"}, nil, func(f *Fault) licensespringtest.Fault {
		return licensespringtest.Redirect(f.Status, f.Location)
	}},
	"status": {[]string{"status"}, []string{"stored", "headers", "content_type", "body"}, (*Fault).withStatus},
}

// shared are the members of all kinds.
var shared = [...]string{"kind", "on", "nth", "times", "forever", "probability"}

// Kinds returns the names of the kinds.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds)) }

// ParseFault parses a fault such as "status,status=503,on=create_order,times=2".
func ParseFault(text string) (licensespringtest.Fault, error) {
	kind, rest, _ := strings.Cut(text, ",")
	f := Fault{Kind: kind}
	var assignments []string
	if rest != "" {
		assignments = strings.Split(rest, ",")
	}
	if err := assign.Into(&f, assignments); err != nil {
		return licensespringtest.Fault{}, err
	}
	return f.Build()
}

// Build returns the fault for the server.
func (f *Fault) Build() (licensespringtest.Fault, error) {
	kind, ok := kinds[f.Kind]
	if !ok {
		return licensespringtest.Fault{}, fmt.Errorf("unknown kind of fault %q: want one of %s", f.Kind, strings.Join(Kinds(), ", "))
	}
	if err := f.check(kind.required, kind.optional); err != nil {
		return licensespringtest.Fault{}, fmt.Errorf("%s: %w", f.Kind, err)
	}
	fault := kind.make(f).On(f.On...)
	if f.Reset {
		fault = fault.Reset()
	}
	if p := f.Probability; p != nil {
		fault = fault.When(func(*http.Request) bool { return rand.Float64() < *p })
	}
	if f.Nth > 0 {
		fault = fault.Nth(f.Nth)
	}
	switch {
	case f.Forever:
		fault = fault.Forever()
	case f.Times > 0:
		fault = fault.Times(f.Times)
	}
	return fault, nil
}

// check checks the members of a fault of a known kind.
func (f *Fault) check(required, optional []string) error {
	document, err := json.Marshal(f)
	if err != nil {
		return err
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(document, &given); err != nil {
		return err
	}
	for name := range given {
		if !slices.Contains(slices.Concat(shared[:], required, optional), name) {
			return fmt.Errorf("%s does not apply", name)
		}
	}
	for _, name := range required {
		if given[name] == nil {
			return fmt.Errorf("%s is required", name)
		}
	}
	switch {
	case f.Nth < 0 || f.Times < 0 || f.Bytes < 0 || f.Duration < 0:
		return fmt.Errorf("want positive numbers")
	case f.Forever && f.Times > 0:
		return fmt.Errorf("forever and times: use one of them")
	case f.Probability != nil && (*f.Probability < 0 || *f.Probability > 1):
		return fmt.Errorf("probability: want a number from 0 to 1")
	case f.Kind == "redirect" && (f.Status < 300 || f.Status > 399):
		return fmt.Errorf("status: want a number from 300 to 399")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("status: want a number from 200 to 599")
	}
	return nil
}

func (f *Fault) wait() time.Duration { return time.Duration(f.Duration) }

func (f *Fault) withStatus() licensespringtest.Fault {
	var options []licensespringtest.StatusOption
	if f.Stored {
		options = append(options, licensespringtest.Stored())
	}
	for name, value := range f.Headers {
		options = append(options, licensespringtest.Header(name, value))
	}
	if f.Body != nil {
		contentType := f.ContentType
		if contentType == "" {
			contentType = "application/json"
		}
		options = append(options, licensespringtest.Body(contentType, *f.Body))
	}
	return licensespringtest.Status(f.Status, options...)
}

// duration is a duration such as 1.5s.
type duration time.Duration

// MarshalText returns the duration in the form that UnmarshalText parses.
func (d duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText parses a duration.
func (d *duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("want a duration such as 1.5s")
	}
	*d = duration(parsed)
	return nil
}

// endpoints are endpoints by their names: an array, or a text with + between the names.
type endpoints []licensespringtest.Endpoint

// UnmarshalJSON parses the names.
func (e *endpoints) UnmarshalJSON(data []byte) error {
	var names []string
	if bytes.HasPrefix(data, []byte(`"`)) {
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
		names = strings.Split(text, "+")
	} else if err := json.Unmarshal(data, &names); err != nil {
		return err
	}
	*e = nil
	for _, name := range names {
		endpoint, ok := endpointNames[name]
		if !ok {
			return fmt.Errorf("unknown endpoint %q: want one of %s", name, strings.Join(Endpoints(), ", "))
		}
		*e = append(*e, endpoint)
	}
	return nil
}

// Endpoints returns the names of the endpoints.
func Endpoints() []string { return slices.Sorted(maps.Keys(endpointNames)) }

// endpointNames are the names of the endpoints in faults and in the journal.
var endpointNames = map[string]licensespringtest.Endpoint{
	"create_order":       licensespringtest.CreateOrder,
	"list_orders":        licensespringtest.ListOrders,
	"get_order":          licensespringtest.GetOrder,
	"generate_license":   licensespringtest.GenerateLicense,
	"list_products":      licensespringtest.ListProducts,
	"get_product":        licensespringtest.GetProduct,
	"list_licenses":      licensespringtest.ListLicenses,
	"get_license":        licensespringtest.GetLicense,
	"update_license":     licensespringtest.UpdateLicense,
	"enable_license":     licensespringtest.EnableLicense,
	"disable_license":    licensespringtest.DisableLicense,
	"update_features":    licensespringtest.UpdateFeatures,
	"assign_user":        licensespringtest.AssignUser,
	"unassign_user":      licensespringtest.UnassignUser,
	"list_license_users": licensespringtest.ListLicenseUsers,
	"set_user_password":  licensespringtest.SetUserPassword,
	"list_customers":     licensespringtest.ListCustomers,
	"get_customer":       licensespringtest.GetCustomer,
}

// nameOf returns the name of an endpoint, and "" for an unknown one.
func nameOf(endpoint licensespringtest.Endpoint) string {
	for name, e := range endpointNames {
		if e == endpoint {
			return name
		}
	}
	return ""
}
