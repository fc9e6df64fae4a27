package licensespring_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	htmltemplate "html/template"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
)

// canaryVerbs are the verbs of fmt that show a part of a value, with the flags
// that show more.
var canaryVerbs = []string{
	"%v", "%+v", "%#v", "%s", "%+s", "%#s", "%q", "%+q", "%#q", "%x", "%X", "% x", "%# x", "%#X",
	"%d", "%+d", "%o", "%b", "%c", "%U", "%#U", "%e", "%g", "%t", "%T", "%100.50v", "%-5s",
}

// surroundings is a caller's struct that contains a value of this package.
// Package fmt prints unexported fields without calling their methods.
type surroundings[T any] struct {
	Open      T
	hidden    T
	OpenPtr   *T
	hiddenPtr *T
	OpenAll   []T
	hiddenAll []T
	OpenArray [1]T
	hiddenMap map[string]T
	OpenMap   map[string]T
	OpenAny   any
	hiddenAny any
	deep      struct{ deeper struct{ deepest T } }
}

// canaryShape is a value in one of its surroundings.
type canaryShape struct {
	name  string
	value any
}

// shapesOf returns a value in all surroundings.
func shapesOf[T any](v T) []canaryShape {
	n := surroundings[T]{
		Open: v, hidden: v, OpenPtr: &v, hiddenPtr: &v, OpenAll: []T{v}, hiddenAll: []T{v}, OpenArray: [1]T{v},
		hiddenMap: map[string]T{"k": v}, OpenMap: map[string]T{"k": v}, OpenAny: v, hiddenAny: v,
	}
	n.deep.deeper.deepest = v
	pointer := &v
	return []canaryShape{
		{"a value", v},
		{"a pointer", &v},
		{"a pointer to a pointer", &pointer},
		{"a slice", []T{v}},
		{"a slice of pointers", []*T{&v}},
		{"a map", map[string]T{"k": v}},
		{"a map of pointers", map[string]*T{"k": &v}},
		{"an array", [1]T{v}},
		{"a struct", n},
		{"a pointer to a struct", &n},
		{"a slice of anything", []any{v, &v, n}},
		{"an error", fmt.Errorf("wrapped: %v: %w", v, errors.New(fmt.Sprint(v)))},
	}
}

// canaryClient returns a client that receives the given response to every
// request.
func canaryClient(t *testing.T, response string, options ...licensespring.Option) *licensespring.Client {
	t.Helper()
	client, err := licensespring.New(canaryAPIKey, append([]licensespring.Option{
		licensespring.WithHTTPClient(&http.Client{Transport: canaryTrip(func(r *http.Request) (*http.Response, error) {
			return &http.Response{
				StatusCode: http.StatusOK, Header: http.Header{"X-Echo": r.Header["Authorization"]},
				Body: io.NopCloser(strings.NewReader(response)), Request: r,
			}, nil
		})}),
		canaryUnlimited(),
	}, options...)...)
	require.NoError(t, err)
	return client
}

type canaryTrip func(*http.Request) (*http.Response, error)

func (f canaryTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// canaryShapes returns values of each exported type with a canary in every
// possible place. Most are results of calls.
func canaryShapes(t *testing.T) map[string][]canaryShape {
	t.Helper()
	client := canaryClient(t, canaryResponse)
	order := canaryOrder("bird-1")
	result, err := client.CreateOrder(t.Context(), order)
	require.NoError(t, err)
	license := result.Order.OrderItems[0].Licenses[0]
	require.Equal(t, canaryPassword, license.LicenseUsers[0].InitialPassword.Reveal(), "the canary is missing")
	require.Equal(t, canaryOldPassword, result.Order.NewUsers[0].InitialPassword.Reveal(), "the canary is missing")
	preview, err := client.Preview(licensespring.NewOrder("bird-2").AddItem("acmeweb", licensespring.NewUserLicense(canaryUserEmail)))
	require.NoError(t, err)

	rejected, conflict := canaryErrors(t)
	_, err = client.CreateOrder(t.Context(), &licensespring.Order{})
	var invalid *licensespring.ValidationError
	require.ErrorAs(t, err, &invalid)
	secret := licensespring.NewSecret(canaryPassword)
	state := canaryState()
	changed := &licensespring.LicenseResult{Outcome: licensespring.OutcomeChanged, License: &license, NewUsers: result.Order.NewUsers, Attempts: result.Attempts}

	product := licensespring.ProductRecord{ShortCode: "acmecad"}
	require.NoError(t, json.Unmarshal([]byte(`{"id": 1, "secret": "`+canaryPassword+`", "features": [{"code": "render", "secret": "`+canaryPassword+`"}]}`), &product))

	return map[string][]canaryShape{
		"AuthorizationMethod":  shapesOf(licensespring.AuthorizationUser),
		"CustomerFilter":       shapesOf(licensespring.CustomerFilter{Email: canaryEmail}),
		"LicenseFilter":        shapesOf(licensespring.LicenseFilter{CustomerEmail: canaryEmail, LicenseKey: canaryLicenseKey}),
		"ProductRecord":        append(shapesOf(product), shapesOf(&product)...),
		"ProductFeatureRecord": shapesOf(product.Features[0]),

		"Attempt":            append(shapesOf(result.Attempts[0]), shapesOf(result.Attempts)...),
		"BulkOption":         shapesOf(licensespring.WithConcurrency(1)),
		"BulkResult":         append(shapesOf(licensespring.BulkResult{OrderID: "bird-1", Result: result}), shapesOf(licensespring.BulkResult{Err: rejected})...),
		"CallStarted":        shapesOf(licensespring.CallStarted{Op: licensespring.OpCreateOrder, OrderID: "bird-1"}),
		"CallEnded":          append(shapesOf(canaryEnded(t)), shapesOf(licensespring.CallEnded{Outcome: licensespring.OutcomeRejected, Err: rejected})...),
		"Observer":           shapesOf(licensespring.Observer{}),
		"AttemptStarted":     shapesOf(canaryStarted(t)),
		"RateLimiter":        shapesOf(licensespring.NewRateLimiter(licensespring.RateLimitFree)),
		"Client":             append(shapesOf(client), shapesOf(*client)...),
		"ConsumptionOptions": shapesOf(license),
		"ConsumptionPeriod":  shapesOf(licensespring.Weekly),
		"CustomField":        shapesOf(order.Items[0].Licenses[0].CustomFields[0]),
		"Customer":           shapesOf(*order.Customer),
		"CustomerRecord":     shapesOf(*result.Order.Customer),
		"Date":               shapesOf(licensespring.DateOf(time.Now())),
		"Dialect":            shapesOf(licensespring.DialectClassic),
		"Difference":         shapesOf(conflict.Differences),
		"Duration":           shapesOf(licensespring.Years(1)),
		"DurationUnit":       shapesOf(licensespring.UnitYears),
		"Error":              slices.Concat(shapesOf(rejected), shapesOf(*rejected), shapesOf(conflict)),
		"ErrorKind":          shapesOf(rejected.Kind),
		"FeatureRecord":      shapesOf(license.ProductFeatures[0]),
		"FieldError":         shapesOf(rejected.Fields),
		"Finding":            shapesOf(invalid.Findings),
		"FloatingOptions":    shapesOf(licensespring.FloatingOptions{}),
		"ItemRecord":         shapesOf(result.Order.OrderItems[0]),
		"License":            shapesOf(order.Items[0].Licenses[0]),
		"LicenseRecord":      shapesOf(license),
		"LicenseResult":      append(shapesOf(changed), shapesOf(*changed)...),
		"LicenseState":       shapesOf(state),
		"LicenseUpdate":      shapesOf(state.LicenseUpdate),
		"LicenseType":        shapesOf(licensespring.Perpetual),
		"LicenseUser":        shapesOf(order.Items[1].Licenses[0].Users[0]),
		"RateLimitSource":    shapesOf(licensespring.RateLimitSourceClient),
		"Op":                 shapesOf(result.Attempts[0].Op),
		"Option":             shapesOf(licensespring.WithUserAgent("nest")),
		"Order":              append(shapesOf(order), shapesOf(*order)...),
		"OrderFilter":        shapesOf(licensespring.OrderFilter{CustomerEmail: canaryEmail}),
		"OrderItem":          shapesOf(order.Items[0]),
		"OrderRecord":        append(shapesOf(result.Order), shapesOf(*result.Order)...),
		"OrderResult":        append(shapesOf(result), shapesOf(*result)...),
		"OrderType":          shapesOf(licensespring.NormalOrder),
		"Outcome":            shapesOf(result.Outcome),
		"RateLimit":          shapesOf(licensespring.RateLimitFree),
		"Phase":              shapesOf(result.Attempts[0].Phase),
		"Preview":            append(shapesOf(preview), shapesOf(*preview)...),
		"ProductFeature":     shapesOf(order.Items[0].Licenses[0].ProductFeatures[0]),
		"Progress":           shapesOf(licensespring.Progress{Done: 1}),
		"Rule":               shapesOf(conflict.Differences[0].Rule),
		"Secret":             append(shapesOf(secret), shapesOf(map[licensespring.Secret]licensespring.Secret{secret: secret})...),
		"Severity":           shapesOf(licensespring.SeverityError),
		"UserAssignment":     shapesOf(canaryUser()),
		"UserRecord":         append(shapesOf(license.LicenseUsers[0]), shapesOf(result.Order.NewUsers)...),
		"ValidationError":    append(shapesOf(invalid), shapesOf(*invalid)...),
	}
}

// canaryUser returns a user with canaries, a password among them.
func canaryUser() licensespring.UserAssignment {
	return licensespring.UserAssignment{
		Email: canaryUserEmail, FirstName: canaryFirstName, LastName: canaryLastName, PhoneNumber: canaryPhone,
		Password: licensespring.NewSecret(canaryPassword),
	}
}

// canaryState returns a state with canaries in all places.
func canaryState() licensespring.LicenseState {
	return licensespring.LicenseState{
		LicenseUpdate: licensespring.LicenseUpdate{
			ValidityPeriod: licensespring.Date{Year: 2031, Month: time.June, Day: 8}, IsTrial: new(false),
			Note: new(canaryNote), Metadata: map[string]any{"name": canaryMetadata},
		},
		Users: []licensespring.UserAssignment{canaryUser()},
	}
}

// canaryEnded returns what an observer receives at the end of a call.
func canaryEnded(t *testing.T) (ended licensespring.CallEnded) {
	t.Helper()
	client := canaryClient(t, canaryResponse, licensespring.WithObserver(licensespring.Observer{
		EndCall: func(_ context.Context, call licensespring.CallEnded) { ended = call },
	}))
	_, err := client.CreateOrder(t.Context(), canaryOrder("bird-1"))
	require.NoError(t, err)
	require.Equal(t, licensespring.OutcomeCreated, ended.Outcome)
	return ended
}

// canaryStarted returns what an observer receives at the start of a request
// whose query contains customer data.
func canaryStarted(t *testing.T) (started licensespring.AttemptStarted) {
	t.Helper()
	client := canaryClient(t, `{"count":0,"next":null,"results":[]}`, licensespring.WithObserver(licensespring.Observer{
		StartAttempt: func(ctx context.Context, attempt licensespring.AttemptStarted) context.Context {
			started = attempt
			return ctx
		},
	}))
	for range client.ListOrders(t.Context(), licensespring.OrderFilter{CustomerEmail: canaryEmail}) {
		continue
	}
	require.Equal(t, licensespring.DefaultBaseURL+"/api/v1/orders/", started.URL)
	return started
}

// quietTypes are the types whose values never contain customer data: errors,
// attempts and the like, and the client itself.
var quietTypes = []string{
	"Attempt", "AttemptStarted", "BulkOption", "RateLimiter", "CallEnded", "CallStarted", "Client", "Difference", "Error", "ErrorKind", "FieldError", "Finding", "Op", "Option",
	"Outcome", "Phase", "Progress", "RateLimitSource", "Rule", "Secret", "Severity", "ValidationError",
}

// TestCanariesUnderFmt prints each exported type in all surroundings under all
// verbs.
func TestCanariesUnderFmt(t *testing.T) {
	t.Parallel()
	for name, shapes := range canaryShapes(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check := assertNoSecret
			if slices.Contains(quietTypes, name) {
				check = assertNoCanary
			}
			for _, s := range shapes {
				for _, verb := range canaryVerbs {
					check(t, s.name+" under "+verb, fmt.Sprintf(verb, s.value))
				}
				check(t, s.name+" under Sprintln", fmt.Sprintln(s.value))
			}
		})
	}
}

// TestCanariesInEncoders encodes each exported type in every way. It does not
// call Raw, which returns the response itself.
func TestCanariesInEncoders(t *testing.T) {
	t.Parallel()
	for name, shapes := range canaryShapes(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check := assertNoSecret
			if slices.Contains(quietTypes, name) {
				check = assertNoCanary
			}
			for _, s := range shapes {
				check(t, s.name+" in JSON", canaryJSON(t, s.value))
				for how, log := range canaryLogs(t, s.value) {
					check(t, s.name+" in slog as "+how, log)
				}
				if s.name == "a value" { // encoding/xml writes no maps, and panics at arrays of small numbers
					b, _ := xml.Marshal(s.value)
					check(t, s.name+" in XML", string(b))
				}
				var out bytes.Buffer
				_ = template.Must(template.New("").Parse(`{{.}} {{printf "%#v" .}} {{js .}}`)).Execute(&out, s.value)
				_ = htmltemplate.Must(htmltemplate.New("").Parse(`<a x="{{.}}"><script>var x = {{.}}</script>`)).Execute(&out, s.value)
				check(t, s.name+" in a template", out.String())
			}
		})
	}
}

// canaryLogs returns what the handlers of the standard library print for a
// value: at every level, as an attribute, in a group and as an attribute of the
// logger.
func canaryLogs(t *testing.T, v any) map[string]string {
	t.Helper()
	var text, js bytes.Buffer
	options := &slog.HandlerOptions{Level: slog.LevelDebug - 10}
	for _, h := range []slog.Handler{slog.NewTextHandler(&text, options), slog.NewJSONHandler(&js, options)} {
		logger := slog.New(h)
		for _, level := range []slog.Level{slog.LevelDebug - 4, slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError, slog.LevelError + 4} {
			logger.LogAttrs(t.Context(), level, "message", slog.Any("value", v), slog.Group("group", slog.Any("inner", v)))
		}
		logger.With("always", v).WithGroup("g").Info("message", "value", []any{v}) //nolint:sloglint // as callers do
	}
	return map[string]string{"text": text.String(), "JSON": js.String()}
}

// TestCanariesCoverEveryType fails if an exported type is missing from the
// tests above.
func TestCanariesCoverEveryType(t *testing.T) {
	t.Parallel()
	var exported []string
	for _, file := range canarySources(t) {
		for _, decl := range file.Decls {
			general, ok := decl.(*ast.GenDecl)
			if !ok || general.Tok != token.TYPE {
				continue
			}
			for _, spec := range general.Specs {
				if name := spec.(*ast.TypeSpec).Name; name.IsExported() {
					exported = append(exported, name.Name)
				}
			}
		}
	}
	require.NotEmpty(t, exported)
	covered := slices.Collect(maps.Keys(canaryShapes(t)))
	assert.ElementsMatch(t, exported, covered, "a new exported type needs values in canaryShapes")
}

// canarySources parses the package without its tests.
func canarySources(t *testing.T) []*ast.File {
	t.Helper()
	//nolint:staticcheck // no build tags here, and the replacement is a module of its own
	packages, err := parser.ParseDir(token.NewFileSet(), ".", func(f fs.FileInfo) bool {
		return !strings.HasSuffix(f.Name(), "_test.go")
	}, 0)
	require.NoError(t, err)
	require.Contains(t, packages, "licensespring")
	return slices.Collect(maps.Values(packages["licensespring"].Files))
}

// TestCanaryFieldsAreSet checks that canaryOrder sets every text of an order,
// except names of products, policies and the like.
func TestCanaryFieldsAreSet(t *testing.T) {
	t.Parallel()
	o := canaryOrder("bird-1")
	public := map[string]bool{
		"OrderType": true, "Language": true, "ProductCode": true, "LicenseType": true, "PolicyCode": true, "ConsumptionPeriod": true,
		"Code": true, "Unit": true,
	}
	set := map[string]bool{}
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer:
			if !v.IsNil() {
				walk(v.Elem())
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Struct:
			for i := range v.NumField() {
				f := v.Type().Field(i)
				if !f.IsExported() {
					continue
				}
				if k := f.Type.Kind(); k == reflect.String || k == reflect.Map || k == reflect.Interface {
					name := v.Type().Name() + "." + f.Name
					set[name] = set[name] || public[f.Name] || !v.Field(i).IsZero()
				}
				walk(v.Field(i))
			}
		default:
		}
	}
	walk(reflect.ValueOf(o))
	for name, ok := range set {
		assert.True(t, ok, "%s is never set", name)
	}
	assert.Greater(t, len(set), 25)
}

// TestContextDoesNotCarryCanaries: the context of a request, as a caller's
// transport can print it, contains no secret.
func TestContextDoesNotCarryCanaries(t *testing.T) {
	t.Parallel()
	var printed []string
	client, err := licensespring.New(canaryAPIKey, canaryUnlimited(), licensespring.WithMaxAttempts(1),
		licensespring.WithHTTPClient(&http.Client{Transport: canaryTrip(func(r *http.Request) (*http.Response, error) {
			for _, verb := range canaryVerbs {
				printed = append(printed, fmt.Sprintf(verb, r.Context()))
			}
			return nil, errors.New("connection failed")
		})}))
	require.NoError(t, err)
	_, err = client.GetOrderByStoreID(t.Context(), "bird-1")
	require.Error(t, err)
	require.NotEmpty(t, printed)
	for _, text := range printed {
		assertNoCanary(t, "the context", text)
	}
}
