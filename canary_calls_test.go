package licensespring_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// canaryEchoes are the encodings in which a service or a proxy may repeat what
// it was sent.
var canaryEchoes = map[string]func(string) string{
	"as it is":        func(s string) string { return s },
	"in capitals":     strings.ToUpper,
	"JSON in JSON":    func(s string) string { b, _ := json.Marshal(s); return string(b) },
	"twice escaped":   func(s string) string { b, _ := json.Marshal(s); b, _ = json.Marshal(string(b)); return string(b) },
	"as in a query":   url.QueryEscape,
	"as in a path":    url.PathEscape,
	"twice in a URL":  func(s string) string { return url.QueryEscape(url.QueryEscape(s)) },
	"as in HTML":      html.EscapeString,
	"with \\u":        escapeAll,
	"between letters": func(s string) string { return "key=" + s + ";" },
}

// echoBodies are error bodies of various shapes that contain all of the texts.
func echoBodies(all []string) map[string]any {
	joined := strings.Join(all, " and ")
	fields := map[string]any{"items": []any{map[string]any{"licenses": []any{map[string]any{"key": all, all[0]: all}}}}, "customer": map[string]any{"email": all}}
	for _, s := range all {
		fields[s] = []string{s}
	}
	return map[string]any{
		"message": map[string]any{"code": all[0], "message": joined},
		"detail":  map[string]any{"detail": joined},
		"errors":  map[string]any{"errors": []any{map[string]any{"message": joined, "value": all, "code": all[1]}}},
		"fields":  fields,
		"general": map[string]any{"non_field_errors": all},
		"list":    all,
		"text":    joined,
		"one":     map[string]any{"message": all[0], "code": "order_id_exists"},
	}
}

// sentCanaries are the canaries that a service can know. A response cannot be
// scrubbed of a password that the caller never had.
func sentCanaries() []string {
	return slices.DeleteFunc(append(slices.Clone(neverShown), notOurs...), func(s string) bool {
		return s == canaryPassword || s == canaryOldPassword
	})
}

// assertErrorIsQuiet checks an error and its chain under every verb, in JSON
// and in slog.
func assertErrorIsQuiet(t *testing.T, err error) {
	t.Helper()
	assertTextIsQuiet(t, err)
	for _, link := range canaryChain(err) {
		what := fmt.Sprintf("%T", link)
		for _, verb := range canaryVerbs {
			assertNoCanary(t, what+" under "+verb, fmt.Sprintf(verb, link))
		}
		assertNoCanary(t, what+" in JSON", canaryJSON(t, link))
		for how, log := range canaryLogs(t, link) {
			assertNoCanary(t, what+" in slog as "+how, log)
		}
	}
}

// assertTextIsQuiet checks the texts of an error and all of its fields.
func assertTextIsQuiet(t *testing.T, err error) {
	t.Helper()
	for _, link := range canaryChain(err) {
		assertNoCanary(t, "an error", link.Error())
	}
	if e, ok := errors.AsType[*licensespring.Error](err); ok {
		assertNoCanary(t, "the fields of an error", fmt.Sprintf("%+v", *e)) // as a careless caller does
		assertNoCanary(t, "an error in JSON", canaryJSON(t, *e))
		assert.LessOrEqual(t, len(e.Error()), 1500)
		assert.NotContains(t, e.Error(), "\n")
		assert.NotContains(t, e.Error(), "http://")
	}
}

// canaryChain returns an error and everything that its Unwrap methods return.
func canaryChain(err error) []error {
	if err == nil {
		return nil
	}
	all := []error{err}
	switch wrapped := err.(type) { //nolint:errorlint // this function unwraps
	case interface{ Unwrap() error }:
		all = append(all, canaryChain(wrapped.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, e := range wrapped.Unwrap() {
			all = append(all, canaryChain(e)...)
		}
	}
	return all
}

// TestCanariesInEchoes has a service repeat everything it was sent, with every
// status, in every error shape and encoding.
func TestCanariesInEchoes(t *testing.T) {
	t.Parallel()
	for how, spell := range canaryEchoes {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			statuses := []int{400} // the encoding of a text does not depend on the status
			if how == "as it is" {
				statuses = []int{200, 303, 307, 400, 401, 403, 404, 407, 409, 422, 429, 500, 501, 503}
			}
			var all []string
			for _, c := range sentCanaries() {
				all = append(all, spell(c))
			}
			for canaryShape, body := range echoBodies(all) {
				b, err := json.Marshal(body)
				require.NoError(t, err)
				for _, status := range statuses {
					testEcho(t, fmt.Sprintf("%s %d", canaryShape, status), status, b)
				}
			}
			// One at a time: a bounded message contains only the first.
			for _, one := range all {
				for _, body := range []any{
					map[string]any{"code": one, "message": one, "detail": "x" + one + "x"},
					map[string]any{one: map[string]any{one: []string{strings.Repeat("… ", 120) + one}}},
					map[string]any{"errors": []any{map[string]any{"message": strings.Repeat("long ", 54) + one, "value": one}}},
				} {
					b, err := json.Marshal(body)
					require.NoError(t, err)
					testEcho(t, "one", 400, b)
				}
			}
		})
	}
}

func testEcho(t *testing.T, name string, status int, body []byte) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { // for the waits between attempts
		log := &canaryBuffer{}
		echo := func(r *http.Request) (*http.Response, error) {
			header := http.Header{"X-Request-Id": {r.Header.Get("Authorization")}, "Location": {"https://elsewhere.example/" + canaryAPIKey}}
			if r.Body != nil {
				_, _ = io.Copy(io.Discard, r.Body)
			}
			return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(string(body))), Request: r}, nil
		}
		client, err := licensespring.New(canaryAPIKey, canaryUnlimited(), licensespring.WithMaxAttempts(2),
			licensespring.WithHTTPClient(&http.Client{Transport: canaryTrip(echo)}),
			licensespring.WithLogger(slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug - 10}))))
		require.NoError(t, err)

		_, err = client.CreateOrder(t.Context(), canaryOrder("echo-1"))
		require.Error(t, err, name)
		assertTextIsQuiet(t, err)
		_, err = client.EnsureOrder(t.Context(), canaryOrder("echo-1"))
		require.Error(t, err, name)
		assertTextIsQuiet(t, err)
		assertNoCanary(t, "the log", log.String())
	})
	testEchoOfChange(t, name, status, body)
}

// testEchoOfChange has a service repeat the data of a change. It shows the license to
// reads, so that the change is sent.
func testEchoOfChange(t *testing.T, name string, status int, body []byte) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		log := &canaryBuffer{}
		echo := func(r *http.Request) (*http.Response, error) {
			status, body := status, string(body)
			if r.Method == http.MethodGet {
				status, body = http.StatusOK, `{"id":7,"enabled":true,"metadata":{},"note":"","license_users":[]}`
			} else {
				_, _ = io.Copy(io.Discard, r.Body)
			}
			return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
		}
		client, err := licensespring.New(canaryAPIKey, canaryUnlimited(), licensespring.WithMaxAttempts(2),
			licensespring.WithHTTPClient(&http.Client{Transport: canaryTrip(echo)}),
			licensespring.WithLogger(slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug - 10}))))
		require.NoError(t, err)
		// The service can know what the whole request holds.
		state := canaryState()
		known := canaryOrder("echo-1")
		state.Metadata["order"] = known
		user := canaryUser()
		user.Extra = map[string]json.RawMessage{"order": json.RawMessage(canaryJSON(t, known))}
		update := state.LicenseUpdate
		for _, call := range []func() (*licensespring.LicenseResult, error){
			func() (*licensespring.LicenseResult, error) { return client.UpdateLicense(t.Context(), 7, update) },
			func() (*licensespring.LicenseResult, error) {
				return client.EnsureLicense(t.Context(), 7, licensespring.LicenseState{LicenseUpdate: update})
			},
			func() (*licensespring.LicenseResult, error) { return client.AssignUser(t.Context(), 7, user) },
		} {
			res, err := call()
			if err == nil { // a 2xx of a request whose response is a message
				assertNoSecret(t, name, fmt.Sprintf("%+v %s", res, canaryJSON(t, res)))
				continue
			}
			assertTextIsQuiet(t, err)
		}
		assertNoCanary(t, "the log", log.String())
	})
}

// TestCanariesInErrorsOfTheTransport has the network fail with errors that
// contain all canaries, as errors of net/http contain URLs.
func TestCanariesInErrorsOfTheTransport(t *testing.T) {
	t.Parallel()
	all := strings.Join(append(slices.Clone(neverShown), notOurs...), " ")
	for name, failure := range map[string]error{
		"a plain error":   errors.New(all),
		"an error of url": &url.Error{Op: all, URL: "https://" + canaryEmail + "/?" + all, Err: errors.New(all)},
		"joined":          errors.Join(errors.New(all), &url.Error{Op: "Post", URL: all, Err: io.EOF}),
		"a loud one":      loudError{all},
		"a loud pointer":  &loudError{all},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				log := &canaryBuffer{}
				for _, body := range []func(*http.Request) (*http.Response, error){
					func(*http.Request) (*http.Response, error) { return nil, failure },
					func(r *http.Request) (*http.Response, error) {
						return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(canaryReader{failure}), Request: r}, nil
					},
				} {
					client, err := licensespring.New(canaryAPIKey, canaryUnlimited(),
						licensespring.WithHTTPClient(&http.Client{Transport: canaryTrip(body)}), licensespring.WithMaxAttempts(2),
						licensespring.WithLogger(slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
					require.NoError(t, err)
					_, err = client.CreateOrder(t.Context(), canaryOrder("lost-1"))
					require.ErrorIs(t, err, licensespring.ErrOutcomeUnknown)
					assertErrorIsQuiet(t, err)
					_, err = client.GetOrderByStoreID(t.Context(), "lost-1")
					require.Error(t, err)
					assertErrorIsQuiet(t, err)
					for _, err := range client.ListOrders(t.Context(), licensespring.OrderFilter{CustomerEmail: canaryEmail}) {
						require.Error(t, err)
						assertErrorIsQuiet(t, err)
					}
					for _, read := range canaryReads() {
						err := read(t.Context(), client)
						require.Error(t, err)
						assertErrorIsQuiet(t, err)
					}
					ctx, cancel := context.WithCancelCause(t.Context())
					cancel(failure)
					_, err = client.CreateOrder(ctx, canaryOrder("lost-1"))
					require.Error(t, err)
					assertErrorIsQuiet(t, err)
				}
				assertNoCanary(t, "the log", log.String())
			})
		})
	}
}

// loudError prints its content in every way.
type loudError struct{ Text string }

func (e loudError) Error() string        { return e.Text }
func (e loudError) GoString() string     { return e.Text }
func (e loudError) LogValue() slog.Value { return slog.StringValue(e.Text) }

type canaryReader struct{ err error }

func (r canaryReader) Read([]byte) (int, error) { return 0, r.err }

// canaryErrors returns a rejection in which the service repeated everything,
// and a conflict with an order that differs in every field.
func canaryErrors(t *testing.T) (rejected, conflict *licensespring.Error) {
	t.Helper()
	repeated, err := json.Marshal(map[string]any{
		"code": "unexpected " + canaryNote, "message": strings.Join(sentCanaries(), " "), "customer": map[string]any{"email": sentCanaries()},
	})
	require.NoError(t, err)
	other := strings.NewReplacer("CANARY-", "OTHER-", "canary.", "other.", `"type":"normal"`, `"type":"express"`).Replace(canaryResponse)
	response := func(status int, body string) *licensespring.Error {
		client, err := licensespring.New(canaryAPIKey, canaryUnlimited(), licensespring.WithHTTPClient(&http.Client{
			Transport: canaryTrip(func(r *http.Request) (*http.Response, error) {
				status, body := status, body
				if r.Method == http.MethodGet {
					status, body = 200, `{"results":[`+other+`]}`
				}
				return &http.Response{
					StatusCode: status, Header: http.Header{"X-Request-Id": {"req-1"}, "Retry-After": {"7"}},
					Body: io.NopCloser(strings.NewReader(body)), Request: r,
				}, nil
			}),
		}))
		require.NoError(t, err)
		_, err = client.EnsureOrder(t.Context(), canaryOrder("bird-1"))
		var e *licensespring.Error
		require.ErrorAs(t, err, &e)
		require.NotEmpty(t, e.Attempts)
		return e
	}
	rejected, conflict = response(400, string(repeated)), response(409, `{"code":"order_id_exists"}`)
	require.NotEmpty(t, rejected.Message)
	require.NotEmpty(t, rejected.Fields)
	require.NotEmpty(t, conflict.Differences)
	return rejected, conflict
}

// canaryUnlimited is a rate limiter for one client: a shared one would carry a
// pause from one bubble into another.
func canaryUnlimited() licensespring.Option {
	return licensespring.WithRateLimiter(licensespring.NewRateLimiter(licensespring.NoRateLimit))
}

// TestCanariesInCalls runs every method of a client against the fake, with and
// without faults, and checks the log, the errors and the results.
func TestCanariesInCalls(t *testing.T) { //nolint:tparallel // the kinds that the faults cause are counted after the group
	t.Parallel()
	type lt = licensespringtest.Fault
	faults := map[string][]lt{
		"no faults":          nil,
		"connection refused": {licensespringtest.DropConnection().Forever()},
		"lost before":        {licensespringtest.DropBefore().Forever()},
		"lost after":         {licensespringtest.DropAfter()},
		"all responses lost": {licensespringtest.DropAfter().Forever()},
		"cut request":        {licensespringtest.CutRequest(40).Forever()},
		"cut response":       {licensespringtest.CutResponse(300)},
		"all responses cut":  {licensespringtest.CutResponse(300).Forever()},
		"stalled":            {licensespringtest.StallAfter().Forever()},
		"stalled before":     {licensespringtest.StallBefore().Forever()},
		"slow":               {licensespringtest.SlowDrip(500, time.Millisecond).Forever()},
		"too large":          {licensespringtest.HugeBody(1 << 20)},
		"wrong content type": {licensespringtest.WrongContentType("text/html").Forever()},
		"redirected":         {licensespringtest.Redirect(307, "https://elsewhere.example/?key="+canaryAPIKey).Forever()},
		"see other":          {licensespringtest.Redirect(303, "/").Forever()},
		"400":                {licensespringtest.Status(400).Forever()},
		"403":                {licensespringtest.Status(403).Forever()},
		"404":                {licensespringtest.Status(404).Forever()},
		"429":                {licensespringtest.Status(429).Forever()},
		"500":                {licensespringtest.Status(500).Forever()},
		"503 and lost":       {licensespringtest.Status(503), licensespringtest.DropAfter()},
		"late":               {licensespringtest.Combine(licensespringtest.InvisibleFor(time.Minute), licensespringtest.DropAfter())},
	}
	kinds, outcomes := &canarySet{}, &canarySet{}
	t.Run("faults", func(t *testing.T) { // a group of its own, so that the sets are complete below
		for name, queue := range faults {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { testCanaryCalls(t, queue, kinds, outcomes) })
			})
		}
	})
	// These kinds are not caused by the faults.
	_, conflict := canaryErrors(t)
	kinds.add(string(conflict.Kind))
	assertErrorIsQuiet(t, conflict)
	kinds.add("invalid configuration")
	for _, err := range badConfigs() {
		require.ErrorIs(t, err, licensespring.ErrInvalidConfig)
		assertErrorIsQuiet(t, err)
	}
	assert.ElementsMatch(t, []string{
		"invalid request", "invalid configuration", "not authorized", "not found", "order exists", "order conflict", "license conflict", "rate limited",
		"redirected", "service unavailable", "bad response", "outcome unknown", "not sent",
	}, kinds.all(), "each kind of error must be checked")
	assert.Subset(t, outcomes.all(), []string{"created", "existing", "recovered", "rejected", "not sent", "unknown"})
}

type canarySet struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (s *canarySet) add(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil {
		s.seen = map[string]bool{}
	}
	s.seen[name] = true
}

func (s *canarySet) all() []string { return slices.Collect(maps.Keys(s.seen)) }

// badConfigs returns the errors of options that contain canaries.
func badConfigs() []error {
	var all []error
	for _, address := range []string{
		"https://user:" + canaryAPIKey + "@host.example", "https://host.example/?key=" + canaryAPIKey, "https://host.example/#" + canaryAPIKey,
		"http://" + canaryAPIKey + ".example", canaryAPIKey, "https://%zz" + canaryAPIKey, "ftp://" + canaryAPIKey, "https://[" + canaryAPIKey,
	} {
		_, err := licensespring.New(canaryAPIKey, licensespring.WithBaseURL(address))
		all = append(all, err)
	}
	for _, key := range []string{canaryAPIKey + "\n", " " + canaryAPIKey, canaryAPIKey + "é", strings.Replace(canaryAPIKey, ".", " ", 1)} {
		_, err := licensespring.New(key)
		all = append(all, err)
	}
	_, err := licensespring.New(canaryAPIKey, licensespring.WithUserAgent(canaryAPIKey+"\n"))
	return append(all, err)
}

func testCanaryCalls(t *testing.T, faults []licensespringtest.Fault, kinds, outcomes *canarySet) {
	text, js := &canaryBuffer{}, &canaryBuffer{}
	level := &slog.HandlerOptions{Level: slog.LevelDebug - 10, AddSource: true}
	logger := slog.New(canaryTee{slog.NewTextHandler(text, level), slog.NewJSONHandler(js, level)})
	client, s := bubbleClient(t, []licensespringtest.Option{
		licensespringtest.WithAPIKey(canaryAPIKey), licensespringtest.WithExtraMembers("bird_extra"),
	}, canaryUnlimited(), licensespring.WithLogger(logger), licensespring.WithAttemptTimeout(time.Second), licensespring.WithCallTimeout(20*time.Second), licensespring.WithMaxResponseBytes(1<<18))
	s.Inject(faults...)

	check := func(outcome licensespring.Outcome, err error) {
		if e, ok := errors.AsType[*licensespring.Error](err); ok {
			kinds.add(string(e.Kind))
			outcome = e.Outcome
		}
		outcomes.add(string(outcome))
		assertTextIsQuiet(t, err)
	}
	checkResult := func(r *licensespring.OrderResult, err error) {
		if err != nil {
			check("", err)
			return
		}
		check(r.Outcome, nil)
		assertNoCanary(t, "the warnings and attempts", fmt.Sprintf("%+v %v %+v", r.Warnings, r.Attempts, r.Attempts))
		for _, u := range r.Order.Users() {
			if password := u.InitialPassword.Reveal(); password != "" {
				assertNoForm(t, formsOf(password), "the result", fmt.Sprintf("%+v %#v %s", r, *r.Order, canaryJSON(t, r)))
				assertNoForm(t, formsOf(password), "the log", text.String()+js.String())
			}
		}
	}

	checkResult(client.CreateOrder(t.Context(), canaryOrder("calls-1")))
	checkResult(client.CreateOrder(t.Context(), canaryOrder("calls-1")))
	checkResult(client.EnsureOrder(t.Context(), canaryOrder("calls-1")))
	other := canaryOrder("calls-1")
	other.Customer.Email, other.Items[0].Note = "someone@else.example", "another"
	checkResult(client.EnsureOrder(t.Context(), other))
	keyed := licensespring.NewOrder("calls-2").Appending().AddItem("acmecad", licensespring.NewKeyLicense("CANARY-KEY1-AAAA-ZZZ9"))
	checkResult(client.CreateOrder(t.Context(), keyed))
	checkResult(client.EnsureOrder(t.Context(), keyed))
	for r := range client.EnsureOrders(t.Context(), slices.Values([]*licensespring.Order{canaryOrder("calls-1"), canaryOrder("calls-3"), nil})) {
		assertNoSecret(t, "a bulk result", fmt.Sprintf("%+v", r))
		checkResult(r.Result, r.Err)
	}
	_, err := client.GetOrder(t.Context(), 4711)
	check("", err)
	_, err = client.GetOrderByStoreID(t.Context(), "calls-1")
	check("", err)
	for _, err := range client.ListOrders(t.Context(), licensespring.OrderFilter{CustomerEmail: canaryEmail, StoreIDPrefix: "calls"}) {
		check("", err)
	}
	for name, read := range canaryReads() {
		err := read(t.Context(), client)
		check("", err)
		if err != nil {
			assertErrorIsQuiet(t, fmt.Errorf("%s: %w", name, err))
		}
	}
	_, err = client.GenerateLicenseKeys(t.Context(), "acmecad", 2)
	check("", err)
	_, err = client.AssignKeys(t.Context(), canaryOrder("calls-4"))
	check("", err)
	check("", invalidOrder(t, client))
	checkChange := func(r *licensespring.LicenseResult, err error) {
		if err != nil {
			check("", err)
			return
		}
		check(r.Outcome, nil)
		assertNoCanary(t, "the warnings and attempts", fmt.Sprintf("%+v %v %+v", r.Warnings, r.Attempts, r.Attempts))
		for _, u := range r.NewUsers {
			if password := u.InitialPassword.Reveal(); password != "" {
				assertNoForm(t, formsOf(password), "the result", fmt.Sprintf("%+v %#v %s", r, *r, canaryJSON(t, r)))
				assertNoForm(t, formsOf(password), "the log", text.String()+js.String())
			}
		}
	}
	keyBased, userBased := int64(4711), int64(4712)
	for _, l := range s.Licenses() {
		if l.Key != "" {
			keyBased = l.ID
		} else {
			userBased = l.ID
		}
	}
	state := canaryState()
	checkChange(client.UpdateLicense(t.Context(), keyBased, state.LicenseUpdate))
	checkChange(client.DisableLicense(t.Context(), keyBased))
	checkChange(client.EnsureLicense(t.Context(), keyBased, licensespring.LicenseState{Enabled: new(true)}))
	checkChange(client.EnableLicense(t.Context(), keyBased))
	checkChange(client.UpdateFeatures(t.Context(), keyBased, []licensespring.ProductFeature{{Code: "render"}, {Code: canaryExtra}}))
	checkChange(client.EnsureLicense(t.Context(), userBased, state))
	checkChange(client.AssignUser(t.Context(), userBased, licensespring.UserAssignment{Email: "canary.second@nest.example"}))
	checkChange(client.UnassignUser(t.Context(), userBased, canaryUserEmail))
	checkChange(client.SetUserPassword(t.Context(), canaryUserEmail, licensespring.NewSecret(canaryPassword)))
	checkChange(client.UpdateLicense(t.Context(), keyBased, licensespring.LicenseUpdate{Note: new(canaryNote + "\x00")}))
	for r := range client.EnsureLicenses(t.Context(), maps.All(map[int64]licensespring.LicenseState{userBased: state})) {
		assertNoSecret(t, "a bulk result", fmt.Sprintf("%+v", r))
		checkChange(r.License, r.Err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	checkResult(client.CreateOrder(over, canaryOrder("calls-5")))

	assertNoCanary(t, "the log as text", text.String())
	assertNoCanary(t, "the log as JSON", js.String())
	assert.NotContains(t, text.String(), s.URL())
	assert.NotContains(t, text.String(), "store_id=")
	assert.NotContains(t, text.String(), "license_key=")
	assert.NotEmpty(t, text.String())
}

// invalidOrder returns the error of an order in which every member is invalid
// and contains a canary.
func invalidOrder(t *testing.T, client *licensespring.Client) error {
	t.Helper()
	bad := canaryOrder(" bird-1 ")
	bad.Customer.Email = canaryEmail + "|x"
	bad.OrderType, bad.Language = canaryReference, "\xff"+canaryReference
	bad.Metadata = canaryMetadata
	bad.Extra = map[string]json.RawMessage{"": json.RawMessage(canaryExtra), canaryEmail: json.RawMessage(canaryExtra), "id": json.RawMessage(`"` + canaryExtra + `"`)}
	l := &bad.Items[0].Licenses[1]
	l.Key, l.LicenseType = bad.Items[0].Licenses[0].Key, canaryNote
	l.ConsumptionPeriod, l.PolicyCode = canaryNote, " "+canaryNote
	l.Metadata = map[string]any{canaryMetadata: func() string { return canaryMetadata }}
	l.CustomFields = []licensespring.CustomField{{Name: canaryCustom, Value: []string{canaryCustom}}, {Name: canaryCustom, Value: json.Number(canaryCustom)}}
	l.Users = []licensespring.LicenseUser{{Email: canaryEmail + " "}, {Email: "\x00" + canaryUserEmail}}
	l.ProductFeatures = []licensespring.ProductFeature{{Code: canaryExtra}, {Code: canaryExtra}, {Code: " " + canaryExtra}}
	_, err := client.CreateOrder(t.Context(), bad)
	require.ErrorIs(t, err, licensespring.ErrInvalidRequest)
	assertNoCanary(t, "what validation finds", fmt.Sprintf("%+v", bad.Check()))
	_, errJSON := json.Marshal(bad)
	require.Error(t, errJSON)
	assertErrorIsQuiet(t, errJSON)
	return err
}

// TestCanariesInReading decodes orders that cannot be read.
func TestCanariesInReading(t *testing.T) {
	t.Parallel()
	good := canaryJSON(t, canaryOrder("bird-1"))
	for _, c := range notOurs {
		quoted := canaryJSON(t, c)
		for _, doc := range []string{
			`{"id":` + quoted + `,"id":` + quoted + `}`,
			`{"id":[` + quoted + `]}`,
			`{"items":` + quoted + `}`,
			`{"items":[` + quoted + `]}`,
			`{"created":` + quoted + `,"customer":{"company":` + quoted + `,"company_name":"x"}}`,
			`{"items":[{"licenses":[{"valid_duration":` + quoted + `,"start_date":` + quoted + `,"max_activations":` + quoted + `,"is_trial":` + quoted + `,
			  "custom_fields":[{` + quoted + `:` + quoted + `}],"metadata":{` + quoted + `:1,` + quoted + `:2}}]}]}`,
			`{` + quoted + `:` + quoted + `,` + quoted + `:1}`,
			good[:len(good)/2],
		} {
			var o licensespring.Order
			if err := json.Unmarshal([]byte(doc), &o); err != nil {
				assertTextIsQuiet(t, err)
			}
			if err := o.UnmarshalJSON([]byte(doc)); err != nil {
				assertNoCanary(t, "what is wrong", fmt.Sprintf("%#v %s", err, canaryJSON(t, err)))
			}
		}
		_, err := licensespring.ParseDuration(c)
		require.Error(t, err)
		assertTextIsQuiet(t, err)
		_, err = licensespring.ParseDate(c)
		require.Error(t, err)
		assertTextIsQuiet(t, err)
	}
}

// TestCanariesInPreview: a preview contains the order, but not the management
// key, in any form.
func TestCanariesInPreview(t *testing.T) {
	t.Parallel()
	client := canaryClient(t, canaryResponse)
	preview, err := client.Preview(canaryOrder("bird-1"))
	require.NoError(t, err)
	assert.Equal(t, "Api-Key [redacted]", preview.Header.Get("Authorization"))
	assert.Contains(t, string(preview.Body), canaryEmail)
	for _, text := range []string{fmt.Sprintf("%+v", preview.Header), preview.URL, string(preview.Body), canaryJSON(t, preview)} {
		assertNoSecret(t, "a preview", text)
	}
	request, err := http.NewRequestWithContext(t.Context(), preview.Method, preview.URL, strings.NewReader(string(preview.Body)))
	require.NoError(t, err)
	request.Header = preview.Header
	dump, err := httputil.DumpRequestOut(request, true)
	require.NoError(t, err)
	assertNoSecret(t, "the dump of a preview", string(dump))
}

// TestCanariesInDump documents what a caller's transport can dump: the
// management key in one header, and nowhere else. Passwords are in the body of
// the response.
func TestCanariesInDump(t *testing.T) {
	t.Parallel()
	server := licensespringtest.NewServer(t, licensespringtest.WithAPIKey(canaryAPIKey), licensespringtest.WithExtraMembers("bird_extra"))
	var dumps []string
	client, err := licensespring.New(canaryAPIKey, canaryUnlimited(), licensespring.WithBaseURL(server.URL()), licensespring.WithHTTPClient(&http.Client{
		Transport: canaryTrip(func(r *http.Request) (*http.Response, error) {
			dump, err := httputil.DumpRequestOut(r, true)
			if err != nil {
				return nil, err
			}
			dumps = append(dumps, string(dump))
			return server.Client().Transport.RoundTrip(r)
		}),
	}))
	require.NoError(t, err)
	_, err = client.EnsureOrder(t.Context(), canaryOrder("dump-1"))
	require.NoError(t, err)
	_, err = client.EnsureOrder(t.Context(), canaryOrder("dump-1"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(dumps), 3)
	for _, dump := range dumps {
		assert.Equal(t, 1, strings.Count(dump, "\r\nAuthorization: Api-Key "+canaryAPIKey+"\r\n"))
		assertNoSecret(t, "a dump without its Authorization", strings.Replace(dump, "Authorization: Api-Key "+canaryAPIKey, "", 1))
	}
}

// canaryTee logs into two handlers.
type canaryTee [2]slog.Handler

func (h canaryTee) Enabled(context.Context, slog.Level) bool { return true }
func (h canaryTee) WithAttrs(a []slog.Attr) slog.Handler {
	return canaryTee{h[0].WithAttrs(a), h[1].WithAttrs(a)}
}

func (h canaryTee) WithGroup(name string) slog.Handler {
	return canaryTee{h[0].WithGroup(name), h[1].WithGroup(name)}
}

func (h canaryTee) Handle(ctx context.Context, r slog.Record) error {
	return errors.Join(h[0].Handle(ctx, r.Clone()), h[1].Handle(ctx, r))
}
