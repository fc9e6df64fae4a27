package licensespring_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// settleCase is a create with faults, and its outcome.
type settleCase struct {
	name    string
	service []lst.Option
	options []licensespring.Option
	order   *licensespring.Order // nil: anOrder
	before  func(*testing.T, *licensespring.Client, *lst.Server)
	faults  []lst.Fault
	timeout time.Duration // of the caller's context

	want     licensespring.Outcome
	kinds    []licensespring.ErrorKind // of an error
	creates  int                       // requests
	licenses int                       // licenses of all orders, at the end
	why      string                    // in the text of the error
}

func (tt *settleCase) run(t *testing.T) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, append(tt.service, lst.WithStrictFaults()), tt.options...)
		order := tt.order
		if order == nil {
			order = anOrder("inv-1")
		}
		if tt.before != nil {
			tt.before(t, client, s)
			s.ResetRequests()
		}
		s.Inject(tt.faults...)
		ctx := t.Context()
		if tt.timeout > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, tt.timeout)
			defer cancel()
		}
		start := time.Now()
		res, err := client.CreateOrder(ctx, order)
		assert.LessOrEqual(t, time.Since(start), licensespring.DefaultCallTimeout)
		assert.Equal(t, tt.creates, sentTo(s, lst.CreateOrder), "requests")
		assert.Equal(t, tt.licenses, s.LicenseCount(), "licenses")
		if tt.kinds == nil {
			require.NoError(t, err)
			assert.Equal(t, tt.want, res.Outcome)
			assert.Equal(t, "inv-1", res.Order.StoreID)
			stored, ok := s.Order("inv-1")
			require.True(t, ok)
			assert.Equal(t, stored.ID, res.Order.ID)
			assert.Len(t, res.Order.Licenses(), len(stored.Licenses()))
			assert.Empty(t, res.Warnings)
			assertAttempts(t, res.Attempts)
			return
		}
		assert.Nil(t, res)
		assertMatches(t, err, tt.kinds...)
		assertTerse(t, err)
		assert.Contains(t, err.Error(), tt.why)
		e := errorOf(t, err)
		assert.Equal(t, tt.want, e.Outcome)
		assertAttempts(t, e.Attempts)
	})
}

// assertAttempts checks that attempts are complete and in order.
func assertAttempts(t *testing.T, attempts []licensespring.Attempt) {
	t.Helper()
	require.NotEmpty(t, attempts)
	counts := make(map[licensespring.Op]int)
	for i, a := range attempts {
		counts[a.Op]++
		assert.Equal(t, counts[a.Op], a.Number, a)
		assert.Equal(t, a.Reason == "ok" && a.Wait == 0, a.Decision == "", a)
		assert.NotEmpty(t, a.Reason, a)
		if i > 0 {
			before := attempts[i-1]
			assert.False(t, a.Start.Before(before.Start.Add(before.Took+before.Wait)), "%v began before %v had ended", a, before)
		}
	}
	assert.Zero(t, attempts[len(attempts)-1].Wait)
}

func unknown() []licensespring.ErrorKind {
	return []licensespring.ErrorKind{licensespring.ErrOutcomeUnknown}
}

func TestSettlePlain(t *testing.T) {
	t.Parallel()
	const all = 3 // licenses of anOrder
	html := lst.Body("text/html", "<html>Bad Gateway</html>")
	lookup := func(f lst.Fault) lst.Fault { return f.On(lst.ListOrders) }
	tests := []settleCase{
		// Lost before the service acted: a retry creates the order.
		{name: "cut before it was stored", faults: []lst.Fault{lst.DropBefore()}, want: licensespring.OutcomeCreated, creates: 2, licenses: all},
		{name: "cut within the request", faults: []lst.Fault{lst.CutRequest(20)}, want: licensespring.OutcomeCreated, creates: 2, licenses: all},
		{name: "reset before it was stored", faults: []lst.Fault{lst.DropBefore().Reset()}, want: licensespring.OutcomeCreated, creates: 2, licenses: all},
		{name: "500", faults: []lst.Fault{lst.Status(500)}, want: licensespring.OutcomeCreated, creates: 2, licenses: all},
		{name: "502 with HTML", faults: []lst.Fault{lst.Status(502, html)}, want: licensespring.OutcomeCreated, creates: 2, licenses: all},
		{name: "503, 504 and a proxy's own", faults: []lst.Fault{lst.Status(503), lst.Status(504), lst.Status(520)}, want: licensespring.OutcomeCreated, creates: 4, licenses: all},
		{name: "stalled before it was stored", faults: []lst.Fault{lst.StallBefore()}, want: licensespring.OutcomeCreated, creates: 2, licenses: all},

		// Lost after the service acted: the retry is rejected because the id is
		// taken.
		{name: "cut after it was stored", faults: []lst.Fault{lst.DropAfter()}, want: licensespring.OutcomeRecovered, creates: 2, licenses: all},
		{name: "cut, twice", faults: []lst.Fault{lst.DropAfter().Times(2)}, want: licensespring.OutcomeRecovered, creates: 3, licenses: all},
		{name: "cut every time", faults: []lst.Fault{lst.DropAfter().On(lst.CreateOrder).Forever()}, want: licensespring.OutcomeRecovered, creates: 4, licenses: all},
		{name: "reset after it was stored", faults: []lst.Fault{lst.DropAfter().Reset()}, want: licensespring.OutcomeRecovered, creates: 2, licenses: all},
		{name: "stalled after it was stored", faults: []lst.Fault{lst.StallAfter()}, want: licensespring.OutcomeRecovered, creates: 2, licenses: all},
		{name: "500, stored", faults: []lst.Fault{lst.Status(500, lst.Stored())}, want: licensespring.OutcomeRecovered, creates: 2, licenses: all},
		{name: "502 with HTML, stored", faults: []lst.Fault{lst.Status(502, html, lst.Stored())}, want: licensespring.OutcomeRecovered, creates: 2, licenses: all},
		{name: "503 with a hint, stored", faults: []lst.Fault{lst.Status(503, lst.Stored(), lst.Header("Retry-After", "20"))}, want: licensespring.OutcomeRecovered, creates: 2, licenses: all},
		{name: "504, stored", faults: []lst.Fault{lst.Status(504, lst.Stored())}, want: licensespring.OutcomeRecovered, creates: 2, licenses: all},
		{name: "500, stored, then 400", faults: []lst.Fault{lst.Status(500, lst.Stored()), lst.Status(400)}, want: licensespring.OutcomeRecovered, creates: 2, licenses: all},
		{name: "500, stored, then 429 too long", faults: []lst.Fault{lst.Status(500, lst.Stored()), lst.Status(429, lst.Header("Retry-After", "1")).On(lst.CreateOrder).Forever()}, want: licensespring.OutcomeRecovered, creates: 4, licenses: all},
		{name: "stored after the attempt timeout", faults: []lst.Fault{lst.DelayBefore(30100 * time.Millisecond)}, want: licensespring.OutcomeRecovered, creates: 2, licenses: all},

		// Permanent server errors are not retried and are not rejections.
		{name: "501, stored", faults: []lst.Fault{lst.Status(501, lst.Stored())}, want: licensespring.OutcomeRecovered, creates: 1, licenses: all},
		{name: "505, stored", faults: []lst.Fault{lst.Status(505, lst.Stored())}, want: licensespring.OutcomeRecovered, creates: 1, licenses: all},
		{name: "303, stored", faults: []lst.Fault{lst.Status(303, lst.Stored())}, want: licensespring.OutcomeRecovered, creates: 1, licenses: all},
		{name: "501", faults: []lst.Fault{lst.Status(501)}, want: licensespring.OutcomeUnknown, kinds: unknown(), creates: 1, why: "order not visible yet"},

		// A 2xx means that the order was created: it is never retried, whatever
		// its body.
		{name: "cut in the status line", faults: []lst.Fault{lst.CutResponse(5)}, want: licensespring.OutcomeRecovered, creates: 2, licenses: all}, // the status was not received
		{name: "cut in the body", faults: []lst.Fault{lst.CutResponse(600)}, want: licensespring.OutcomeRecovered, creates: 1, licenses: all},
		{name: "too large", faults: []lst.Fault{lst.HugeBody(licensespring.DefaultMaxResponseBytes + 1)}, want: licensespring.OutcomeRecovered, creates: 1, licenses: all},
		{name: "too large once unpacked", faults: []lst.Fault{lst.GzipBomb(licensespring.DefaultMaxResponseBytes + 1)}, want: licensespring.OutcomeRecovered, creates: 1, licenses: all},
		{name: "large, and not too large", faults: []lst.Fault{lst.HugeBody(licensespring.DefaultMaxResponseBytes)}, want: licensespring.OutcomeCreated, creates: 1, licenses: all},
		{name: "JSON with content type HTML", faults: []lst.Fault{lst.WrongContentType("text/html")}, want: licensespring.OutcomeCreated, creates: 1, licenses: all}, // the body is JSON
		{name: "202 without a body", faults: []lst.Fault{lst.Status(202, jsonBody(""), lst.Stored())}, want: licensespring.OutcomeRecovered, creates: 1, licenses: all},
		{name: "204", faults: []lst.Fault{lst.Status(204, lst.Stored())}, want: licensespring.OutcomeRecovered, creates: 1, licenses: all},

		// A new order may be invisible for a moment.
		{name: "invisible at first", faults: []lst.Fault{lst.Combine(lst.DropAfter(), lst.InvisibleFor(5*time.Second))}, want: licensespring.OutcomeRecovered, creates: 2, licenses: all},
		{name: "always invisible", faults: []lst.Fault{lst.Combine(lst.DropAfter(), lst.InvisibleFor(time.Hour))}, want: licensespring.OutcomeUnknown, kinds: unknown(), creates: 2, licenses: all, why: "order not visible yet"},
		{name: "no time for another lookup", faults: []lst.Fault{lst.Combine(lst.DropAfter(), lst.InvisibleFor(time.Hour))}, timeout: 2 * time.Second, want: licensespring.OutcomeUnknown, kinds: unknown(), creates: 2, licenses: all, why: "no time left for another lookup"},

		// Faults during lookups.
		{name: "items absent in lists", service: []lst.Option{lst.WithQuirks(lst.QuirkNoListItems)}, faults: []lst.Fault{lst.DropAfter()}, want: licensespring.OutcomeRecovered, creates: 2, licenses: all},
		{name: "no id at the root", service: []lst.Option{lst.WithQuirks(lst.QuirkNoRootID)}, faults: []lst.Fault{lst.DropAfter()}, want: licensespring.OutcomeRecovered, creates: 2, licenses: all},
		{
			name: "items never shown", service: []lst.Option{lst.WithQuirks(lst.QuirkNoRootID, lst.QuirkNoListItems)}, faults: []lst.Fault{lst.DropAfter()},
			want: licensespring.OutcomeUnknown, kinds: unknown(), creates: 2, licenses: all, why: "order only partly visible",
		},
		{name: "many quirks", service: []lst.Option{lst.WithQuirks(lst.QuirkZeroDates, lst.QuirkCustomerNull, lst.QuirkNoProduct, lst.QuirkSingleUser, lst.QuirkPlainEmails)}, faults: []lst.Fault{lst.DropAfter()}, want: licensespring.OutcomeRecovered, creates: 2, licenses: all},
		{name: "customer as a number", service: []lst.Option{lst.WithQuirks(lst.QuirkCustomerID)}, faults: []lst.Fault{lst.DropAfter()}, want: licensespring.OutcomeRecovered, creates: 2, licenses: all},
		{name: "filter ignored", service: []lst.Option{lst.WithIgnoredFilters()}, before: others(3), faults: []lst.Fault{lst.DropAfter()}, want: licensespring.OutcomeRecovered, creates: 2, licenses: all + 3},
		{
			name: "filter ignored, endless list", faults: []lst.Fault{lst.Status(501), lookup(lst.Status(200, jsonBody(`{"next": "x", "results": [{"id": 1, "store_id": "other"}]}`))).Forever()},
			want: licensespring.OutcomeUnknown, kinds: unknown(), creates: 1, why: "lookup failed",
		},
		{name: "lookups fail at first", faults: []lst.Fault{lst.DropAfter(), lookup(lst.Status(500)).Times(5), lookup(lst.DropBefore())}, want: licensespring.OutcomeRecovered, creates: 2, licenses: all},
		{name: "lookups return invalid lists at first", faults: []lst.Fault{lst.DropAfter(), lookup(lst.Status(200, jsonBody(`{"results": 7}`))).Times(3)}, want: licensespring.OutcomeRecovered, creates: 2, licenses: all},
		{name: "lookups are rate limited at first", faults: []lst.Fault{lst.DropAfter(), lookup(lst.Status(429, lst.Header("Retry-After", "30")))}, want: licensespring.OutcomeRecovered, creates: 2, licenses: all},
		// A failed lookup never proves that nothing was created.
		{name: "lookups fail", faults: []lst.Fault{lst.DropAfter(), lookup(lst.Status(500)).Forever()}, want: licensespring.OutcomeUnknown, kinds: unknown(), creates: 2, licenses: all, why: "lookup failed"},
		{name: "lookups are not authorized", faults: []lst.Fault{lst.DropAfter(), lookup(lst.Status(403)).Forever()}, want: licensespring.OutcomeUnknown, kinds: unknown(), creates: 2, licenses: all, why: "the API key is not permitted to read the order"},
		{name: "lookups are not found", faults: []lst.Fault{lst.DropAfter(), lookup(lst.Status(404)).Forever()}, want: licensespring.OutcomeUnknown, kinds: unknown(), creates: 2, licenses: all, why: "lookup failed"},
		{name: "lookups are redirected", faults: []lst.Fault{lst.DropAfter(), lookup(lst.Redirect(302, "/elsewhere/")).Forever()}, want: licensespring.OutcomeUnknown, kinds: unknown(), creates: 2, licenses: all, why: "lookup failed"},
		{name: "lookups are rejected", faults: []lst.Fault{lst.DropAfter(), lookup(lst.Status(400)).Forever()}, want: licensespring.OutcomeUnknown, kinds: unknown(), creates: 2, licenses: all, why: "lookup failed"},
		{
			name: "lookups are limited", faults: []lst.Fault{lst.DropAfter(), lookup(lst.Status(429, lst.Header("Retry-After", "400"))).Forever()},
			want: licensespring.OutcomeUnknown, kinds: unknown(), creates: 2, licenses: all, why: "rate limited during lookup",
		},
		{
			name: "lookups return another order", service: []lst.Option{lst.WithQuirks(lst.QuirkNoListItems)},
			faults: []lst.Fault{lst.DropAfter(), lst.Status(200, jsonBody(`{"id": 5, "store_id": "inv-1"}`)).On(lst.GetOrder).Forever()},
			want:   licensespring.OutcomeUnknown, kinds: unknown(), creates: 2, licenses: all, why: "lookup failed",
		},

		// The id belongs to another order.
		{
			name: "another order has the id", faults: []lst.Fault{lst.DropBefore(), meanwhile(anotherOrder("inv-1"))},
			want: licensespring.OutcomeRejected, kinds: []licensespring.ErrorKind{licensespring.ErrOrderExists}, creates: 2, licenses: 1, why: "the existing order differs",
		},
		{
			name: "another order has the id, after a 2xx", before: createFirst(anotherOrder("inv-1")),
			faults: []lst.Fault{lst.Status(200, jsonBody("{"))},
			want:   licensespring.OutcomeUnknown, kinds: unknown(), creates: 1, licenses: 1, why: "an order with this id exists and differs from the one sent",
		},
		{
			name: "another client appended", faults: []lst.Fault{lst.DropAfter(), meanwhile(anAppend("inv-1", otherKey))},
			want: licensespring.OutcomeUnknown, kinds: unknown(), creates: 2, licenses: all + 1, why: "the order holds what was sent and additional licenses",
		},
	}
	for i := range tests {
		t.Run(tests[i].name, func(t *testing.T) {
			t.Parallel()
			tests[i].run(t)
		})
	}
}

func anotherOrder(id string) *licensespring.Order {
	return licensespring.NewOrder(id).AddItem("acmecad", licensespring.NewLicense().TimeLimited(licensespring.Days(30)))
}

func createFirst(order *licensespring.Order) func(*testing.T, *licensespring.Client, *lst.Server) {
	return func(t *testing.T, client *licensespring.Client, _ *lst.Server) {
		t.Helper()
		_, err := client.CreateOrder(t.Context(), order)
		require.NoError(t, err)
	}
}

func others(n int) func(*testing.T, *licensespring.Client, *lst.Server) {
	return func(t *testing.T, client *licensespring.Client, _ *lst.Server) {
		t.Helper()
		for i := range n {
			_, err := client.CreateOrder(t.Context(), licensespring.NewOrder(fmt.Sprint("other-", i)).AddItem("acmecad", licensespring.NewLicense()))
			require.NoError(t, err)
		}
	}
}

// meanwhile has another client create an order just before the request.
func meanwhile(order *licensespring.Order) lst.Fault {
	return lst.Custom(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		client, err := licensespring.New(lst.DefaultAPIKey, licensespring.WithHTTPClient(&http.Client{
			Transport: transportFunc(func(req *http.Request) (*http.Response, error) { return serve(next, req), nil }),
		}))
		if err == nil {
			_, err = client.CreateOrder(r.Context(), order)
		}
		if err != nil {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		next.ServeHTTP(w, r)
	}).On(lst.CreateOrder)
}

func TestSettleReportsDifferences(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, nil)
		createFirst(anotherOrder("inv-1"))(t, client, s)
		s.Inject(lst.DropBefore())
		_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
		assertMatches(t, err, licensespring.ErrOrderExists)
		e := errorOf(t, err)
		var lines []string
		for _, d := range e.Differences {
			lines = append(lines, d.String())
		}
		assert.Equal(t, []string{
			"items[0].licenses[0].max_activations: want 3, got 1 [value_mismatch]",
			"items[0].licenses[0].valid_duration: want 1y, got 30d [value_mismatch]",
			"items[0].licenses[1].key: want [redacted], got nothing [value_mismatch]",
			"items[1].product_code: want acmeweb, got nothing [value_mismatch]",
			"items[1].licenses[0]: want a license, got nothing [value_mismatch]",
		}, lines)
	})
}

// The waits between lookups double up to the maximum.
func TestSettleWaitsBetweenLookups(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, nil, licensespring.WithRetryWaits(time.Second, 5*time.Second))
		s.Inject(lst.Status(501))
		_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
		var waits []time.Duration
		for _, a := range errorOf(t, err).Attempts {
			if a.Op == licensespring.OpLookUpOrder {
				waits = append(waits, a.Wait)
			}
		}
		assert.Equal(t, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 5 * time.Second, 5 * time.Second, 0}, waits)
	})
}

func TestSettleAppend(t *testing.T) {
	t.Parallel()
	two := func() *licensespring.Order { return anAppend("inv-1", givenKey, otherKey) }
	existing := createFirst(anOrderWithoutKeys("inv-1"))
	partly := anAppend("inv-1", otherKey)
	differently := anAppend("inv-1", givenKey, otherKey)
	differently.Items[0].Licenses[1] = licensespring.NewKeyLicense(otherKey).TimeLimited(licensespring.Days(30))
	users := licensespring.NewOrder("inv-1").AddItem("acmeweb", licensespring.NewUserLicense(userEmail))
	users.Append = true
	tests := []settleCase{
		// Ambiguous: the append is never retried before a lookup.
		{name: "cut after it was stored", order: two(), faults: []lst.Fault{lst.DropAfter()}, want: licensespring.OutcomeRecovered, creates: 1, licenses: 2},
		{name: "appended, cut after it was stored", order: two(), before: existing, faults: []lst.Fault{lst.DropAfter()}, want: licensespring.OutcomeRecovered, creates: 1, licenses: 3},
		{name: "500, stored", order: two(), before: existing, faults: []lst.Fault{lst.Status(500, lst.Stored())}, want: licensespring.OutcomeRecovered, creates: 1, licenses: 3},
		{name: "stalled, stored", order: two(), before: existing, faults: []lst.Fault{lst.StallAfter()}, want: licensespring.OutcomeRecovered, creates: 1, licenses: 3},
		{name: "cut in the body", order: two(), before: existing, faults: []lst.Fault{lst.CutResponse(600)}, want: licensespring.OutcomeRecovered, creates: 1, licenses: 3},
		{name: "too large", order: two(), faults: []lst.Fault{lst.HugeBody(licensespring.DefaultMaxResponseBytes + 1)}, want: licensespring.OutcomeRecovered, creates: 1, licenses: 2},
		{name: "invisible at first", order: two(), before: existing, faults: []lst.Fault{lst.Combine(lst.DropAfter(), lst.InvisibleFor(5*time.Second))}, want: licensespring.OutcomeRecovered, creates: 1, licenses: 3},
		{name: "items absent in lists", service: []lst.Option{lst.WithQuirks(lst.QuirkNoListItems)}, order: two(), before: existing, faults: []lst.Fault{lst.DropAfter()}, want: licensespring.OutcomeRecovered, creates: 1, licenses: 3},

		// No key is visible: the keys protect the new request.
		{name: "cut before it was stored", order: two(), faults: []lst.Fault{lst.DropBefore()}, want: licensespring.OutcomeAppended, creates: 2, licenses: 2},
		{name: "appended, cut before it was stored", order: two(), before: existing, faults: []lst.Fault{lst.DropBefore()}, want: licensespring.OutcomeAppended, creates: 2, licenses: 3},
		{name: "invisible for long", order: two(), before: existing, faults: []lst.Fault{lst.Combine(lst.DropAfter(), lst.InvisibleFor(20*time.Second))}, want: licensespring.OutcomeRecovered, creates: 2, licenses: 3}, // the second one is rejected: the keys are taken
		{name: "stored after the attempt timeout", order: two(), before: existing, faults: []lst.Fault{lst.DelayBefore(40 * time.Second)}, want: licensespring.OutcomeRecovered, creates: 1, licenses: 3},
		{name: "rejected after a retry", order: two(), before: existing, faults: []lst.Fault{lst.DelayBefore(50 * time.Second)}, want: licensespring.OutcomeAppended, creates: 2, licenses: 3},
		{name: "lost, and lost again", order: two(), before: existing, faults: []lst.Fault{lst.DropBefore(), lst.DropAfter().On(lst.CreateOrder)}, want: licensespring.OutcomeRecovered, creates: 2, licenses: 3},
		{
			name: "lost every time", order: two(), options: []licensespring.Option{licensespring.WithMaxAttempts(3)},
			faults: []lst.Fault{lst.DropBefore().On(lst.CreateOrder).Forever()},
			want:   licensespring.OutcomeUnknown, kinds: unknown(), creates: 3, why: "order not visible yet",
		},
		{
			name: "lost, then not authorized", order: two(), faults: []lst.Fault{lst.DropBefore(), lst.Status(403).On(lst.CreateOrder)},
			want: licensespring.OutcomeUnknown, kinds: unknown(), creates: 2, why: "Forbidden",
		},
		{
			name: "lost, then rejected", order: two(), faults: []lst.Fault{lst.DropBefore(), lst.Status(400).On(lst.CreateOrder).Forever()},
			want: licensespring.OutcomeUnknown, kinds: unknown(), creates: 4, why: "order not visible yet",
		},
		{
			name: "no license visible", service: []lst.Option{lst.WithQuirks(lst.QuirkNoRootID, lst.QuirkNoListItems)}, order: two(), before: existing, faults: []lst.Fault{lst.DropAfter()},
			want: licensespring.OutcomeUnknown, kinds: unknown(), creates: 1, licenses: 3, why: "order only partly visible",
		},
		{
			name: "lookups fail", order: two(), faults: []lst.Fault{lst.DropAfter(), lst.Status(500).On(lst.ListOrders).Forever()},
			want: licensespring.OutcomeUnknown, kinds: unknown(), creates: 1, licenses: 2, why: "lookup failed",
		},

		// Another client used the keys.
		{
			name: "some keys exist", order: two(), before: createFirst(partly), faults: []lst.Fault{lst.DropBefore()},
			want: licensespring.OutcomeUnknown, kinds: unknown(), creates: 1, licenses: 1, why: "order only partly visible",
		},
		{
			name: "the keys exist on other licenses", order: two(), before: createFirst(differently), faults: []lst.Fault{lst.DropBefore()},
			want: licensespring.OutcomeUnknown, kinds: unknown(), creates: 1, licenses: 2, why: "licenses with these keys exist and differ from those sent",
		},

		// Licenses without keys cannot be recognized.
		{name: "no keys, not sent", order: appendWithoutKeys("inv-1"), before: func(_ *testing.T, _ *licensespring.Client, s *lst.Server) { s.CloseConnections() }, want: licensespring.OutcomeAppended, creates: 1, licenses: 2},
		{name: "no keys, 429", order: appendWithoutKeys("inv-1"), faults: []lst.Fault{lst.Status(429)}, want: licensespring.OutcomeAppended, creates: 2, licenses: 2},
		{
			name: "no keys, cut after it was stored", order: appendWithoutKeys("inv-1"), faults: []lst.Fault{lst.DropAfter()},
			want: licensespring.OutcomeUnknown, kinds: unknown(), creates: 1, licenses: 2, why: "licenses without keys cannot be looked up; use AssignKeys before an append",
		},
		{
			name: "no keys, cut before it was stored", order: appendWithoutKeys("inv-1"), faults: []lst.Fault{lst.DropBefore()},
			want: licensespring.OutcomeUnknown, kinds: unknown(), creates: 1, why: "licenses without keys cannot be looked up; use AssignKeys before an append",
		},
		{
			name: "no keys, 503", order: appendWithoutKeys("inv-1"), faults: []lst.Fault{lst.Status(503)},
			want: licensespring.OutcomeUnknown, kinds: unknown(), creates: 1, why: "licenses without keys cannot be looked up; use AssignKeys before an append",
		},
		{
			name: "no keys, not JSON", order: appendWithoutKeys("inv-1"), faults: []lst.Fault{lst.Status(200, jsonBody("{"), lst.Stored())},
			want: licensespring.OutcomeUnknown, kinds: unknown(), creates: 1, licenses: 2, why: "licenses without keys cannot be looked up; use AssignKeys before an append",
		},
		{
			name: "one key of two", order: appendOfSomeKeys("inv-1"), faults: []lst.Fault{lst.DropAfter()},
			want: licensespring.OutcomeUnknown, kinds: unknown(), creates: 1, licenses: 2, why: "licenses without keys cannot be looked up; use AssignKeys before an append",
		},
		{
			name: "users", order: users, faults: []lst.Fault{lst.DropAfter()},
			want: licensespring.OutcomeUnknown, kinds: unknown(), creates: 1, licenses: 1, why: "licenses without keys cannot be looked up; use AssignKeys before an append",
		},
	}
	for i := range tests {
		t.Run(tests[i].name, func(t *testing.T) {
			t.Parallel()
			tests[i].run(t)
		})
	}
}

func anOrderWithoutKeys(id string) *licensespring.Order {
	return licensespring.NewOrder(id).AddItem("acmecad", licensespring.NewLicense())
}

func appendOfSomeKeys(id string) *licensespring.Order {
	order := licensespring.NewOrder(id).AddItem("acmecad", licensespring.NewKeyLicense(givenKey), licensespring.NewLicense())
	order.Append = true
	return order
}

// If the lookup is rate limited, the error contains RetryAt.
func TestUnknownHasRetryAt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, nil)
		s.Inject(lst.Status(501), lst.Status(429, lst.Header("Retry-After", "400")).On(lst.ListOrders))
		start := time.Now()
		_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
		assertMatches(t, err, licensespring.ErrOutcomeUnknown)
		e := errorOf(t, err)
		assert.Equal(t, licensespring.RateLimitSourceService, e.RateLimitSource)
		assert.Equal(t, start.Add(400*time.Second+250*time.Millisecond), e.RetryAt)
		assert.Zero(t, time.Since(start))
	})
}
