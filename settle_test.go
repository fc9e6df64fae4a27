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

// settleCase is a create whose answer does not come, and how it ends.
type settleCase struct {
	name    string
	service []lst.Option
	options []licensespring.Option
	order   *licensespring.Order // nil: anOrder
	before  func(*testing.T, *licensespring.Client, *lst.Server)
	faults  []lst.Fault
	timeout time.Duration // of the caller's context

	want    licensespring.Outcome
	kinds   []licensespring.ErrorKind // of an error
	creates int                       // requests
	made    int                       // licenses of all orders, at the end
	why     string                    // in the text of the error
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
		assert.Equal(t, tt.made, s.LicenseCount(), "licenses")
		if tt.kinds == nil {
			require.NoError(t, err)
			assert.Equal(t, tt.want, res.Outcome)
			assert.Equal(t, "inv-1", res.Order.StoreID)
			made, ok := s.Order("inv-1")
			require.True(t, ok)
			assert.Equal(t, made.ID, res.Order.ID)
			assert.Len(t, res.Order.Licenses(), len(made.Licenses()))
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

// assertAttempts checks that a journal is in order and complete.
func assertAttempts(t *testing.T, attempts []licensespring.Attempt) {
	t.Helper()
	require.NotEmpty(t, attempts)
	seen := make(map[string]int)
	for i, a := range attempts {
		seen[a.Op]++
		assert.Equal(t, seen[a.Op], a.Number, a)
		assert.NotEmpty(t, a.Verdict, a)
		assert.NotEmpty(t, a.Reason, a)
		if i > 0 {
			before := attempts[i-1]
			assert.False(t, a.Start.Before(before.Start.Add(before.Took+before.Wait)), "%v began before %v had ended", a, before)
		}
	}
	assert.Zero(t, attempts[len(attempts)-1].Wait)
}

func unknown(more ...licensespring.ErrorKind) []licensespring.ErrorKind {
	return append(more, licensespring.ErrOutcomeUnknown)
}

func TestSettlePlain(t *testing.T) {
	t.Parallel()
	const all = 3 // licenses of anOrder
	html := lst.Body("text/html", "<html>Bad Gateway</html>")
	lookup := func(f lst.Fault) lst.Fault { return f.On(lst.ListOrders) }
	tests := []settleCase{
		// Lost before the service acted: sent again, and made by that.
		{name: "cut before it was stored", faults: []lst.Fault{lst.DropBefore()}, want: licensespring.Created, creates: 2, made: all},
		{name: "cut within the request", faults: []lst.Fault{lst.CutRequest(20)}, want: licensespring.Created, creates: 2, made: all},
		{name: "reset before it was stored", faults: []lst.Fault{lst.DropBefore().Reset()}, want: licensespring.Created, creates: 2, made: all},
		{name: "500", faults: []lst.Fault{lst.Status(500)}, want: licensespring.Created, creates: 2, made: all},
		{name: "502 with HTML", faults: []lst.Fault{lst.Status(502, html)}, want: licensespring.Created, creates: 2, made: all},
		{name: "503, 504 and a proxy's own", faults: []lst.Fault{lst.Status(503), lst.Status(504), lst.Status(520)}, want: licensespring.Created, creates: 4, made: all},
		{name: "stalled before it was stored", faults: []lst.Fault{lst.StallBefore()}, want: licensespring.Created, creates: 2, made: all},

		// Lost after it acted: the next one is told that the id is taken.
		{name: "cut after it was stored", faults: []lst.Fault{lst.DropAfter()}, want: licensespring.Recovered, creates: 2, made: all},
		{name: "cut, twice", faults: []lst.Fault{lst.DropAfter().Times(2)}, want: licensespring.Recovered, creates: 3, made: all},
		{name: "cut every time", faults: []lst.Fault{lst.DropAfter().On(lst.CreateOrder).Forever()}, want: licensespring.Recovered, creates: 4, made: all},
		{name: "reset after it was stored", faults: []lst.Fault{lst.DropAfter().Reset()}, want: licensespring.Recovered, creates: 2, made: all},
		{name: "stalled after it was stored", faults: []lst.Fault{lst.StallAfter()}, want: licensespring.Recovered, creates: 2, made: all},
		{name: "500, stored", faults: []lst.Fault{lst.Status(500, lst.Stored())}, want: licensespring.Recovered, creates: 2, made: all},
		{name: "502 with HTML, stored", faults: []lst.Fault{lst.Status(502, html, lst.Stored())}, want: licensespring.Recovered, creates: 2, made: all},
		{name: "503 with a hint, stored", faults: []lst.Fault{lst.Status(503, lst.Stored(), lst.Header("Retry-After", "20"))}, want: licensespring.Recovered, creates: 2, made: all},
		{name: "504, stored", faults: []lst.Fault{lst.Status(504, lst.Stored())}, want: licensespring.Recovered, creates: 2, made: all},
		{name: "500, stored, then 400", faults: []lst.Fault{lst.Status(500, lst.Stored()), lst.Status(400)}, want: licensespring.Recovered, creates: 2, made: all},
		{name: "500, stored, then 429 too long", faults: []lst.Fault{lst.Status(500, lst.Stored()), lst.Status(429, lst.Header("Retry-After", "1")).On(lst.CreateOrder).Forever()}, want: licensespring.Recovered, creates: 4, made: all},
		{name: "stored while the client had given up", faults: []lst.Fault{lst.DelayBefore(30100 * time.Millisecond)}, want: licensespring.Recovered, creates: 2, made: all},

		// Server errors that would come again are not sent again, and no refusal.
		{name: "501, stored", faults: []lst.Fault{lst.Status(501, lst.Stored())}, want: licensespring.Recovered, creates: 1, made: all},
		{name: "505, stored", faults: []lst.Fault{lst.Status(505, lst.Stored())}, want: licensespring.Recovered, creates: 1, made: all},
		{name: "303, stored", faults: []lst.Fault{lst.Status(303, lst.Stored())}, want: licensespring.Recovered, creates: 1, made: all},
		{name: "501", faults: []lst.Fault{lst.Status(501)}, want: licensespring.Unknown, kinds: unknownUnavailable(), creates: 1, why: "the order was not to be seen"},

		// A 2xx says that it was made: never sent again, whatever its body.
		{name: "cut in the status line", faults: []lst.Fault{lst.CutResponse(5)}, want: licensespring.Recovered, creates: 2, made: all}, // no 2xx was seen
		{name: "cut in the body", faults: []lst.Fault{lst.CutResponse(600)}, want: licensespring.Recovered, creates: 1, made: all},
		{name: "too large", faults: []lst.Fault{lst.HugeBody(licensespring.DefaultMaxResponseBytes + 1)}, want: licensespring.Recovered, creates: 1, made: all},
		{name: "too large once unpacked", faults: []lst.Fault{lst.GzipBomb(licensespring.DefaultMaxResponseBytes + 1)}, want: licensespring.Recovered, creates: 1, made: all},
		{name: "large, and not too large", faults: []lst.Fault{lst.HugeBody(licensespring.DefaultMaxResponseBytes)}, want: licensespring.Created, creates: 1, made: all},
		{name: "said to be HTML", faults: []lst.Fault{lst.WrongContentType("text/html")}, want: licensespring.Created, creates: 1, made: all}, // it is JSON all the same
		{name: "202 without a body", faults: []lst.Fault{lst.Status(202, jsonBody(""), lst.Stored())}, want: licensespring.Recovered, creates: 1, made: all},
		{name: "204", faults: []lst.Fault{lst.Status(204, lst.Stored())}, want: licensespring.Recovered, creates: 1, made: all},

		// A fresh order may be invisible for a moment.
		{name: "not seen at first", faults: []lst.Fault{lst.Together(lst.DropAfter(), lst.InvisibleFor(5*time.Second))}, want: licensespring.Recovered, creates: 2, made: all},
		{name: "never seen", faults: []lst.Fault{lst.Together(lst.DropAfter(), lst.InvisibleFor(time.Hour))}, want: licensespring.Unknown, kinds: unknown(), creates: 2, made: all, why: "the order was not to be seen"},
		{name: "no time to look again", faults: []lst.Fault{lst.Together(lst.DropAfter(), lst.InvisibleFor(time.Hour))}, timeout: 2 * time.Second, want: licensespring.Unknown, kinds: unknown(), creates: 2, made: all, why: "no time was left"},

		// Lookups meet with what lookups meet with.
		{name: "items absent in lists", service: []lst.Option{lst.WithQuirks(lst.BareLists)}, faults: []lst.Fault{lst.DropAfter()}, want: licensespring.Recovered, creates: 2, made: all},
		{name: "no id at the root", service: []lst.Option{lst.WithQuirks(lst.NoRootID)}, faults: []lst.Fault{lst.DropAfter()}, want: licensespring.Recovered, creates: 2, made: all},
		{
			name: "items nowhere", service: []lst.Option{lst.WithQuirks(lst.NoRootID, lst.BareLists)}, faults: []lst.Fault{lst.DropAfter()},
			want: licensespring.Unknown, kinds: unknown(), creates: 2, made: all, why: "only a part of the order was to be seen",
		},
		{name: "every oddity", service: []lst.Option{lst.WithQuirks(lst.ZeroDates, lst.CustomerNull, lst.NoProduct, lst.SingleUser, lst.PlainEmails)}, faults: []lst.Fault{lst.DropAfter()}, want: licensespring.Recovered, creates: 2, made: all},
		{name: "customer as a number", service: []lst.Option{lst.WithQuirks(lst.CustomerID)}, faults: []lst.Fault{lst.DropAfter()}, want: licensespring.Recovered, creates: 2, made: all},
		{name: "filter ignored", service: []lst.Option{lst.WithIgnoredFilters()}, before: others(3), faults: []lst.Fault{lst.DropAfter()}, want: licensespring.Recovered, creates: 2, made: all + 3},
		{
			name: "filter ignored, and no end of orders", faults: []lst.Fault{lst.Status(501), lookup(lst.Status(200, jsonBody(`{"next": "x", "results": [{"id": 1, "store_id": "other"}]}`))).Forever()},
			want: licensespring.Unknown, kinds: unknownUnavailable(), creates: 1, why: "could not be looked up",
		},
		{name: "lookups fail for a while", faults: []lst.Fault{lst.DropAfter(), lookup(lst.Status(500)).Times(5), lookup(lst.DropBefore())}, want: licensespring.Recovered, creates: 2, made: all},
		{name: "lookups answer nonsense for a while", faults: []lst.Fault{lst.DropAfter(), lookup(lst.Status(200, jsonBody(`{"results": 7}`))).Times(3)}, want: licensespring.Recovered, creates: 2, made: all},
		{name: "lookups are told to wait", faults: []lst.Fault{lst.DropAfter(), lookup(lst.Status(429, lst.Header("Retry-After", "30")))}, want: licensespring.Recovered, creates: 2, made: all},
		// What a lookup ends with never says that nothing was made.
		{name: "lookups fail", faults: []lst.Fault{lst.DropAfter(), lookup(lst.Status(500)).Forever()}, want: licensespring.Unknown, kinds: unknown(), creates: 2, made: all, why: "could not be looked up"},
		{name: "lookups are not authorized", faults: []lst.Fault{lst.DropAfter(), lookup(lst.Status(403)).Forever()}, want: licensespring.Unknown, kinds: unknown(), creates: 2, made: all, why: "the key may not look it up"},
		{name: "lookups go astray", faults: []lst.Fault{lst.DropAfter(), lookup(lst.Status(404)).Forever()}, want: licensespring.Unknown, kinds: unknown(), creates: 2, made: all, why: "could not be looked up"},
		{name: "lookups are redirected", faults: []lst.Fault{lst.DropAfter(), lookup(lst.Redirect(302, "/elsewhere/")).Forever()}, want: licensespring.Unknown, kinds: unknown(), creates: 2, made: all, why: "could not be looked up"},
		{name: "lookups are refused", faults: []lst.Fault{lst.DropAfter(), lookup(lst.Status(400)).Forever()}, want: licensespring.Unknown, kinds: unknown(), creates: 2, made: all, why: "could not be looked up"},
		{
			name: "lookups are limited", faults: []lst.Fault{lst.DropAfter(), lookup(lst.Status(429, lst.Header("Retry-After", "400"))).Forever()},
			want: licensespring.Unknown, kinds: unknown(licensespring.ErrRateLimited), creates: 2, made: all, why: "a rate limit was in the way",
		},
		{
			name: "lookups answer with another order", service: []lst.Option{lst.WithQuirks(lst.BareLists)},
			faults: []lst.Fault{lst.DropAfter(), lst.Status(200, jsonBody(`{"id": 5, "store_id": "inv-1"}`)).On(lst.GetOrder).Forever()},
			want:   licensespring.Unknown, kinds: unknown(), creates: 2, made: all, why: "could not be looked up",
		},

		// Somebody else's order.
		{
			name: "another order has the id", faults: []lst.Fault{lst.DropBefore(), meanwhile(anotherOrder("inv-1"))},
			want: licensespring.Refused, kinds: []licensespring.ErrorKind{licensespring.ErrOrderExists}, creates: 2, made: 1, why: "another order has the id",
		},
		{
			name: "another order has the id, and 2xx said it was ours", before: make1(anotherOrder("inv-1")),
			faults: []lst.Fault{lst.Status(200, jsonBody("{"))},
			want:   licensespring.Unknown, kinds: unknown(), creates: 1, made: 1, why: "differs from the one asked for",
		},
		{
			name: "somebody appended to ours", faults: []lst.Fault{lst.DropAfter(), meanwhile(anAppend("inv-1", otherKey))},
			want: licensespring.Unknown, kinds: unknown(), creates: 2, made: all + 1, why: "and more",
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
	return licensespring.NewOrder(id).AddItem("acme-cad", licensespring.NewLicense().TimeLimited(licensespring.Days(30)))
}

func make1(order *licensespring.Order) func(*testing.T, *licensespring.Client, *lst.Server) {
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
			_, err := client.CreateOrder(t.Context(), licensespring.NewOrder(fmt.Sprint("other-", i)).AddItem("acme-cad", licensespring.NewLicense()))
			require.NoError(t, err)
		}
	}
}

// meanwhile has the service take another order just before the request it
// befalls: that of another machine.
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

func TestSettleShowsTheDifferences(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, nil)
		make1(anotherOrder("inv-1"))(t, client, s)
		s.Inject(lst.DropBefore())
		_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
		assertMatches(t, err, licensespring.ErrOrderExists)
		e := errorOf(t, err)
		var lines []string
		for _, d := range e.Differences {
			lines = append(lines, d.String())
		}
		assert.Equal(t, []string{
			"items[0].licenses[0].max_activations: asked for 3, found 1",
			"items[0].licenses[0].valid_duration: asked for 1y, found 30d",
			"items[0].licenses[1].key: asked for [redacted], found nothing",
			"items[1].product_code: asked for acme-web, found nothing",
			"items[1].licenses[0]: asked for a license, found nothing",
		}, lines)
	})
}

// The rereads wait longer each time, and no longer than the ceiling.
func TestSettleWaitsBetweenReads(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, nil, licensespring.WithRetryWaits(time.Second, 5*time.Second))
		s.Inject(lst.Status(501))
		_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
		var waits []time.Duration
		for _, a := range errorOf(t, err).Attempts {
			if a.Op == "look up order" {
				waits = append(waits, a.Wait)
			}
		}
		assert.Equal(t, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 5 * time.Second, 5 * time.Second, 0}, waits)
	})
}

func TestSettleAppend(t *testing.T) {
	t.Parallel()
	two := func() *licensespring.Order { return anAppend("inv-1", givenKey, otherKey) }
	there := make1(anOrderWithoutKeys("inv-1"))
	partly := anAppend("inv-1", otherKey)
	differently := anAppend("inv-1", givenKey, otherKey)
	differently.Items[0].Licenses[1] = licensespring.NewKeyLicense(otherKey).TimeLimited(licensespring.Days(30))
	users := licensespring.NewOrder("inv-1").AddItem("acme-web", licensespring.NewUserLicense(userEmail))
	users.Append = true
	tests := []settleCase{
		// Lost after the headers were written: never sent again before somebody
		// has looked.
		{name: "cut after it was stored", order: two(), faults: []lst.Fault{lst.DropAfter()}, want: licensespring.Recovered, creates: 1, made: 2},
		{name: "appended, cut after it was stored", order: two(), before: there, faults: []lst.Fault{lst.DropAfter()}, want: licensespring.Recovered, creates: 1, made: 3},
		{name: "500, stored", order: two(), before: there, faults: []lst.Fault{lst.Status(500, lst.Stored())}, want: licensespring.Recovered, creates: 1, made: 3},
		{name: "stalled, stored", order: two(), before: there, faults: []lst.Fault{lst.StallAfter()}, want: licensespring.Recovered, creates: 1, made: 3},
		{name: "cut in the body", order: two(), before: there, faults: []lst.Fault{lst.CutResponse(600)}, want: licensespring.Recovered, creates: 1, made: 3},
		{name: "too large", order: two(), faults: []lst.Fault{lst.HugeBody(licensespring.DefaultMaxResponseBytes + 1)}, want: licensespring.Recovered, creates: 1, made: 2},
		{name: "not seen at first", order: two(), before: there, faults: []lst.Fault{lst.Together(lst.DropAfter(), lst.InvisibleFor(5*time.Second))}, want: licensespring.Recovered, creates: 1, made: 3},
		{name: "items absent in lists", service: []lst.Option{lst.WithQuirks(lst.BareLists)}, order: two(), before: there, faults: []lst.Fault{lst.DropAfter()}, want: licensespring.Recovered, creates: 1, made: 3},

		// Not one key to be seen: its keys guard the next one.
		{name: "cut before it was stored", order: two(), faults: []lst.Fault{lst.DropBefore()}, want: licensespring.Created, creates: 2, made: 2},
		{name: "appended, cut before it was stored", order: two(), before: there, faults: []lst.Fault{lst.DropBefore()}, want: licensespring.Appended, creates: 2, made: 3},
		{name: "not seen for long", order: two(), before: there, faults: []lst.Fault{lst.Together(lst.DropAfter(), lst.InvisibleFor(20*time.Second))}, want: licensespring.Recovered, creates: 2, made: 3}, // the second one is refused: the keys are taken
		{name: "stored when the client had given up", order: two(), before: there, faults: []lst.Fault{lst.DelayBefore(40 * time.Second)}, want: licensespring.Recovered, creates: 1, made: 3},
		{name: "refused when the client had sent it again", order: two(), before: there, faults: []lst.Fault{lst.DelayBefore(50 * time.Second)}, want: licensespring.Appended, creates: 2, made: 3},
		{name: "lost, and lost again", order: two(), before: there, faults: []lst.Fault{lst.DropBefore(), lst.DropAfter().On(lst.CreateOrder)}, want: licensespring.Recovered, creates: 2, made: 3},
		{
			name: "lost every time", order: two(), options: []licensespring.Option{licensespring.WithMaxAttempts(3)},
			faults: []lst.Fault{lst.DropBefore().On(lst.CreateOrder).Forever()},
			want:   licensespring.Unknown, kinds: unknownUnavailable(), creates: 3, why: "the order was not to be seen",
		},
		{
			name: "lost, then not authorized", order: two(), faults: []lst.Fault{lst.DropBefore(), lst.Status(403).On(lst.CreateOrder)},
			want: licensespring.Unknown, kinds: unknown(), creates: 2, why: "Forbidden",
		},
		{
			name: "lost, then refused for good", order: two(), faults: []lst.Fault{lst.DropBefore(), lst.Status(400).On(lst.CreateOrder).Forever()},
			want: licensespring.Unknown, kinds: unknown(), creates: 4, why: "the order was not to be seen",
		},
		{
			name: "no license to be seen at all", service: []lst.Option{lst.WithQuirks(lst.NoRootID, lst.BareLists)}, order: two(), before: there, faults: []lst.Fault{lst.DropAfter()},
			want: licensespring.Unknown, kinds: unknownUnavailable(), creates: 1, made: 3, why: "only a part of the order was to be seen",
		},
		{
			name: "lookups fail", order: two(), faults: []lst.Fault{lst.DropAfter(), lst.Status(500).On(lst.ListOrders).Forever()},
			want: licensespring.Unknown, kinds: unknownUnavailable(), creates: 1, made: 2, why: "could not be looked up",
		},

		// Somebody else had a hand in it.
		{
			name: "some keys are there", order: two(), before: make1(partly), faults: []lst.Fault{lst.DropBefore()},
			want: licensespring.Unknown, kinds: unknownUnavailable(), creates: 1, made: 1, why: "only a part of the order was to be seen",
		},
		{
			name: "the keys are there, on other licenses", order: two(), before: make1(differently), faults: []lst.Fault{lst.DropBefore()},
			want: licensespring.Unknown, kinds: unknownUnavailable(), creates: 1, made: 2, why: "differ from those asked for",
		},

		// Without keys nobody can tell one license from another.
		{name: "no keys, not sent", order: appendWithoutKeys("inv-1"), before: func(_ *testing.T, _ *licensespring.Client, s *lst.Server) { s.CloseConnections() }, want: licensespring.Created, creates: 1, made: 2},
		{name: "no keys, 429", order: appendWithoutKeys("inv-1"), faults: []lst.Fault{lst.Status(429)}, want: licensespring.Created, creates: 2, made: 2},
		{
			name: "no keys, cut after it was stored", order: appendWithoutKeys("inv-1"), faults: []lst.Fault{lst.DropAfter()},
			want: licensespring.Unknown, kinds: unknownUnavailable(), creates: 1, made: 2, why: "reserve keys",
		},
		{
			name: "no keys, cut before it was stored", order: appendWithoutKeys("inv-1"), faults: []lst.Fault{lst.DropBefore()},
			want: licensespring.Unknown, kinds: unknownUnavailable(), creates: 1, why: "reserve keys",
		},
		{
			name: "no keys, 503", order: appendWithoutKeys("inv-1"), faults: []lst.Fault{lst.Status(503)},
			want: licensespring.Unknown, kinds: unknownUnavailable(), creates: 1, why: "reserve keys",
		},
		{
			name: "no keys, not JSON", order: appendWithoutKeys("inv-1"), faults: []lst.Fault{lst.Status(200, jsonBody("{"), lst.Stored())},
			want: licensespring.Unknown, kinds: unknown(), creates: 1, made: 2, why: "reserve keys",
		},
		{
			name: "one key of two", order: appendOfSomeKeys("inv-1"), faults: []lst.Fault{lst.DropAfter()},
			want: licensespring.Unknown, kinds: unknownUnavailable(), creates: 1, made: 2, why: "reserve keys",
		},
		{
			name: "users", order: users, faults: []lst.Fault{lst.DropAfter()},
			want: licensespring.Unknown, kinds: unknownUnavailable(), creates: 1, made: 1, why: "reserve keys",
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
	return licensespring.NewOrder(id).AddItem("acme-cad", licensespring.NewLicense())
}

func appendOfSomeKeys(id string) *licensespring.Order {
	order := licensespring.NewOrder(id).AddItem("acme-cad", licensespring.NewKeyLicense(givenKey), licensespring.NewLicense())
	order.Append = true
	return order
}

// A lookup that could not be made because of a limit says when to come back.
func TestUnknownSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, nil)
		s.Inject(lst.Status(501), lst.Status(429, lst.Header("Retry-After", "400")).On(lst.ListOrders))
		start := time.Now()
		_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
		assertMatches(t, err, licensespring.ErrOutcomeUnknown, licensespring.ErrUnavailable, licensespring.ErrRateLimited)
		e := errorOf(t, err)
		assert.Equal(t, licensespring.LimitedByService, e.LimitedBy)
		assert.Equal(t, start.Add(400*time.Second+250*time.Millisecond), e.RetryAt)
		assert.Zero(t, time.Since(start))
	})
}
