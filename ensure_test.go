package licensespring_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestEnsureOrder(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	res, err := client.EnsureOrder(t.Context(), anOrder("inv-1"))
	require.NoError(t, err)
	assert.Equal(t, licensespring.Created, res.Outcome)
	assert.Equal(t, 1, len(s.Requests())) //nolint:testifylint // no lookup before: only the service can decide a race

	for range 2 {
		res, err = client.EnsureOrder(t.Context(), anOrder("inv-1"))
		require.NoError(t, err)
		assert.Equal(t, licensespring.Existing, res.Outcome)
		made, _ := s.Order("inv-1")
		assert.Equal(t, made.ID, res.Order.ID)
		assert.Len(t, res.Order.Licenses(), 3)
		assert.Empty(t, res.Warnings)
		assertAttempts(t, res.Attempts)
	}
	assert.Len(t, s.Orders(), 1)
	assert.Equal(t, 3, s.LicenseCount())
}

func TestEnsureOrderConflict(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*licensespring.Order)
		want   []string
	}{
		{"another number", func(o *licensespring.Order) { o.Items[0].Licenses[0].MaxActivations = new(4) }, []string{
			"items[0].licenses[0].max_activations: asked for 4, found 3",
		}},
		{"another key", func(o *licensespring.Order) { o.Items[0].Licenses[1].Key = otherKey }, []string{
			"items[0].licenses[1].key: asked for [redacted], found nothing", "items: asked for 3 licenses, found 3 licenses",
		}},
		{"another user", func(o *licensespring.Order) { o.Items[1].Licenses[0].Users[0].Email = "alan@example.com" }, []string{
			"items[1].licenses[0].users[0].email: asked for [redacted], found nothing",
		}},
		{"another customer", func(o *licensespring.Order) { o.Customer.Email = "alan@example.com" }, []string{
			"customer.email: asked for [redacted], found [redacted]",
		}},
		{"one license more", func(o *licensespring.Order) {
			o.Items[0].Licenses = append(o.Items[0].Licenses, licensespring.NewLicense())
		}, []string{"items[0].licenses[2]: asked for a license, found nothing"}},
		{"one license less", func(o *licensespring.Order) { o.Items[0].Licenses = o.Items[0].Licenses[:1] }, []string{
			"items: asked for 2 licenses, found 3 licenses",
		}},
		{"another product", func(o *licensespring.Order) {
			o.Items[0].ProductCode = "acme-api"
			o.Items[0].Licenses[0] = licensespring.NewLicense()
		}, []string{
			"items[0].product_code: asked for acme-api, found nothing",
			"items[0].licenses[0]: asked for a license, found nothing",
			"items[0].licenses[1].key: asked for [redacted], found nothing",
			"items: asked for 3 licenses, found 3 licenses",
		}},
		{"a test", func(o *licensespring.Order) { o.IsTest = true }, []string{"is_test: asked for true, found false"}},
		{"another type", func(o *licensespring.Order) {
			o.Items[0].Licenses[0].LicenseType = licensespring.Subscription
			o.Items[0].Licenses[0].ValidDuration = licensespring.Duration{}
		}, []string{
			"items[0].licenses[0].license_type: asked for subscription, found time-limited",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client, s := onLoopback(t, nil)
			make1(anOrder("inv-1"))(t, client, s)
			order := anOrder("inv-1")
			tt.change(order)
			res, err := client.EnsureOrder(t.Context(), order)
			assert.Nil(t, res)
			assertMatches(t, err, licensespring.ErrOrderConflict)
			assertTerse(t, err)
			e := errorOf(t, err)
			assert.Equal(t, "ensure order", e.Op)
			assert.Equal(t, licensespring.Refused, e.Outcome)
			var lines []string
			for _, d := range e.Differences {
				lines = append(lines, d.String())
			}
			assert.Equal(t, tt.want, lines)
			assert.Equal(t, 3, s.LicenseCount())
		})
	}
}

func TestEnsureOrderRefused(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	s.Inject(lst.Status(400), lst.Status(403), lst.Status(302))
	for _, kind := range []licensespring.ErrorKind{licensespring.ErrInvalidRequest, licensespring.ErrUnauthorized, licensespring.ErrRedirected} {
		_, err := client.EnsureOrder(t.Context(), anOrder("inv-1"))
		assertMatches(t, err, kind)
	}
	assert.Len(t, s.Requests(), 3) // nothing is looked up
}

func TestEnsureOrderSettles(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		before *licensespring.Order
		faults []lst.Fault
		want   licensespring.Outcome
		kinds  []licensespring.ErrorKind
	}{
		{"lost after it was stored", nil, []lst.Fault{lst.DropAfter()}, licensespring.Recovered, nil},
		{"lost before it was stored", nil, []lst.Fault{lst.DropBefore()}, licensespring.Created, nil},
		{"there before, and lost", anOrder("inv-1"), []lst.Fault{lst.DropBefore()}, licensespring.Recovered, nil},
		{"there before, lookups fail for a while", anOrder("inv-1"), []lst.Fault{lst.Status(500).On(lst.ListOrders).Times(6)}, licensespring.Existing, nil},
		{"there before, lookups fail", anOrder("inv-1"), []lst.Fault{lst.Status(500).On(lst.ListOrders).Forever()}, licensespring.Unknown, unknown()},
		{"there before, lookups not allowed", anOrder("inv-1"), []lst.Fault{lst.Status(403).On(lst.ListOrders).Forever()}, licensespring.Unknown, unknown()},
		{"another one, and lost", anotherOrder("inv-1"), []lst.Fault{lst.DropBefore()}, licensespring.Refused, []licensespring.ErrorKind{licensespring.ErrOrderConflict}},
		{"another one", anotherOrder("inv-1"), nil, licensespring.Refused, []licensespring.ErrorKind{licensespring.ErrOrderConflict}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, s, _ := inMemory(t, nil)
				if tt.before != nil {
					make1(tt.before)(t, client, s)
				}
				s.Inject(tt.faults...)
				res, err := client.EnsureOrder(t.Context(), anOrder("inv-1"))
				assert.Len(t, s.Orders(), 1)
				if tt.kinds == nil {
					require.NoError(t, err)
					assert.Equal(t, tt.want, res.Outcome)
					return
				}
				assertMatches(t, err, tt.kinds...)
				assertTerse(t, err)
				assert.Equal(t, tt.want, errorOf(t, err).Outcome)
			})
		})
	}
}

// An id that is taken by an order nobody can see is no reason to call it another.
func TestEnsureOrderOfAnInvisibleOne(t *testing.T) {
	t.Parallel()
	for hidden, want := range map[time.Duration]licensespring.Outcome{4 * time.Second: licensespring.Existing, time.Hour: licensespring.Unknown} {
		synctest.Test(t, func(t *testing.T) {
			client, _, _ := inMemory(t, []lst.Option{lst.WithLookupDelay(hidden)})
			_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
			require.NoError(t, err)
			res, err := client.EnsureOrder(t.Context(), anOrder("inv-1"))
			if want == licensespring.Existing {
				require.NoError(t, err)
				assert.Equal(t, want, res.Outcome)
				return
			}
			assertMatches(t, err, licensespring.ErrOutcomeUnknown)
			assert.Contains(t, err.Error(), "the id is taken; the order was not to be seen")
		})
	}
}

func TestEnsureOrderConcurrently(t *testing.T) {
	t.Parallel()
	for name, order := range map[string]*licensespring.Order{"plain": anOrder("inv-1"), "append": anAppend("inv-1", givenKey, otherKey)} {
		for _, delay := range []time.Duration{0, 3 * time.Second} {
			t.Run(name+" "+delay.String(), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					client, s, _ := inMemory(t, []lst.Option{lst.WithLookupDelay(delay)})
					outcomes := make(map[licensespring.Outcome]int)
					var (
						mu  sync.Mutex
						all sync.WaitGroup
					)
					for range 8 {
						all.Go(func() {
							res, err := client.EnsureOrder(t.Context(), order)
							if assert.NoError(t, err) {
								mu.Lock()
								outcomes[res.Outcome]++
								mu.Unlock()
							}
						})
					}
					all.Wait()
					assert.Equal(t, map[licensespring.Outcome]int{licensespring.Created: 1, licensespring.Existing: 7}, outcomes)
					assert.Len(t, s.Orders(), 1)
					licenses := 0
					for _, item := range order.Items {
						licenses += len(item.Licenses)
					}
					assert.Equal(t, licenses, s.LicenseCount())
				})
			})
		}
	}
}

func TestEnsureAppendTakesKeys(t *testing.T) {
	t.Parallel()
	noLicenses := licensespring.NewOrder("inv-1").AddItem("acme-cad")
	noLicenses.Append = true
	for name, order := range map[string]*licensespring.Order{
		"none": appendWithoutKeys("inv-1"), "one of two": appendOfSomeKeys("inv-1"), "no licenses": noLicenses,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, s := onLoopback(t, nil)
			_, err := client.EnsureOrder(t.Context(), order)
			assertMatches(t, err, licensespring.ErrInvalidRequest, licensespring.ErrNotSent)
			var invalid *licensespring.ValidationError
			require.ErrorAs(t, err, &invalid)
			require.Len(t, invalid.Findings, 1)
			assert.Equal(t, "items", invalid.Findings[0].Path)
			assert.Equal(t, licensespring.RuleAppendWithoutKeys, invalid.Findings[0].Rule)
			assert.Empty(t, s.Requests())
		})
	}
}

// third is a key besides givenKey and otherKey.
const third = "QQ2C-WW3N-EE4S-RR5G"

// Licenses that are there already are not sent again, and where something is
// said of a license it is by its place in the order as the caller has it.
func TestEnsureAppendConverges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, nil)
		make1(anOrderWithoutKeys("inv-1"))(t, client, s)

		res, err := client.EnsureOrder(t.Context(), anAppend("inv-1", otherKey))
		require.NoError(t, err)
		assert.Equal(t, licensespring.Appended, res.Outcome)

		order := anAppend("inv-1", givenKey, otherKey, third)
		order.Items[0].Licenses[2] = order.Items[0].Licenses[2].WithFeatures("teleport")
		res, err = client.EnsureOrder(t.Context(), order)
		require.NoError(t, err)
		assert.Equal(t, licensespring.Appended, res.Outcome)
		assert.Subset(t, res.Order.LicenseKeys(), []string{givenKey, otherKey, third})
		require.Len(t, res.Warnings, 1)
		assert.Equal(t, "items[0].licenses[2].product_features[0].code", res.Warnings[0].Path)

		s.ResetRequests()
		res, err = client.EnsureOrder(t.Context(), order)
		require.NoError(t, err)
		assert.Equal(t, licensespring.Existing, res.Outcome)
		assert.Zero(t, sentTo(s, lst.CreateOrder))
		assert.Equal(t, 4, s.LicenseCount())
	})
}

// What is there must be as asked for, and then nothing is sent at all.
func TestEnsureAppendConflict(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, nil)
		make1(anAppend("inv-1", otherKey))(t, client, s)
		s.ResetRequests()
		for _, keys := range [][]string{{givenKey, otherKey}, {otherKey}} {
			order := anAppend("inv-1", keys...)
			order.Items[0].Licenses[len(keys)-1] = licensespring.NewKeyLicense(otherKey).WithMaxActivations(9)
			_, err := client.EnsureOrder(t.Context(), order)
			assertMatches(t, err, licensespring.ErrOrderConflict)
			e := errorOf(t, err)
			require.Len(t, e.Differences, 1)
			assert.Equal(t, "max_activations: asked for 9, found 1", e.Differences[0].String()[len("items[0].licenses[0]."):])
		}
		assert.Zero(t, sentTo(s, lst.CreateOrder))
	})
}

// Nobody who has paid gets test licenses, and no test gets real ones. An append
// cannot make one of the other, so that nothing is sent.
func TestEnsureOrderTellsTestOrders(t *testing.T) {
	t.Parallel()
	for _, isTest := range []bool{false, true} {
		asked := map[string]*licensespring.Order{
			"plain": anAppend("inv-1", givenKey), "append, all there": anAppend("inv-1", givenKey),
			"append, some there": anAppend("inv-1", givenKey, otherKey), "append, none there": anAppend("inv-1", otherKey),
		}
		asked["plain"].Append = false
		for name, order := range asked {
			t.Run(fmt.Sprintf("%s, %t", name, isTest), func(t *testing.T) {
				t.Parallel()
				client, s := onLoopback(t, nil)
				before := anAppend("inv-1", givenKey)
				before.IsTest, order.IsTest = isTest, !isTest
				make1(before)(t, client, s)

				_, err := client.EnsureOrder(t.Context(), order)
				assertMatches(t, err, licensespring.ErrOrderConflict)
				require.Len(t, errorOf(t, err).Differences, 1)
				assert.Equal(t, fmt.Sprintf("is_test: asked for %t, found %t", !isTest, isTest), errorOf(t, err).Differences[0].String())
				assert.Equal(t, 1, s.LicenseCount())

				order.IsTest = isTest
				_, err = client.EnsureOrder(t.Context(), order)
				require.NoError(t, err)
			})
		}
	}
}

// Each look finds what the one before did not, and misses what that one found:
// copies of a database that are not of one age. Nothing is gained by going on.
func TestEnsureAppendEndsWhereLooksDisagree(t *testing.T) {
	t.Parallel()
	requests := 0
	transport := transportFunc(func(req *http.Request) (*http.Response, error) {
		requests++
		if requests > 100 {
			panic("without end")
		}
		if req.Method == http.MethodPost {
			return answer(req, http.StatusBadRequest, `{"items": [{"licenses": [{"key": ["License key already exists."]}]}]}`), nil
		}
		shown := [...]string{givenKey, otherKey}[requests/2%2]
		return answer(req, http.StatusOK, `{"next": null, "results": [{"id": 7, "store_id": "inv-1", "order_items": [
			{"product_code": "acme-cad", "licenses": [{"license_key": "`+shown+`", "license_type": "perpetual"}]}]}]}`), nil
	})
	client := newClient(t, testKey, licensespring.WithHTTPClient(&http.Client{Transport: transport}))
	_, err := client.EnsureOrder(t.Context(), anAppend("inv-1", givenKey, otherKey, third))
	assertMatches(t, err, licensespring.ErrOutcomeUnknown)
	assertTerse(t, err)
	assert.Equal(t, 3, requests, "looked up, sent, looked up")
}

func TestEnsureAppendSettles(t *testing.T) {
	t.Parallel()
	order := func() *licensespring.Order { return anAppend("inv-1", givenKey, otherKey, third) }
	part := anAppend("inv-1", otherKey)
	tests := []struct {
		name    string
		service []lst.Option
		before  *licensespring.Order
		faults  []lst.Fault
		want    licensespring.Outcome
		kinds   []licensespring.ErrorKind
		creates int
		made    int
	}{
		{"none there", nil, nil, nil, licensespring.Created, nil, 1, 3},
		{"none there, lost after it was stored", nil, nil, []lst.Fault{lst.DropAfter().On(lst.CreateOrder)}, licensespring.Recovered, nil, 1, 3},
		{"one there, lost after it was stored", nil, part, []lst.Fault{lst.DropAfter().On(lst.CreateOrder)}, licensespring.Recovered, nil, 1, 3},
		{"one there, lost before it was stored", nil, part, []lst.Fault{lst.DropBefore().On(lst.CreateOrder)}, licensespring.Appended, nil, 2, 3},
		{"some made by another meanwhile", nil, nil, []lst.Fault{meanwhile(part)}, licensespring.Appended, nil, 1, 3},
		{"all made by another meanwhile", nil, nil, []lst.Fault{meanwhile(order())}, licensespring.Existing, nil, 1, 3},
		{
			"all made by another meanwhile, and invisible",
			[]lst.Option{lst.WithLookupDelay(3 * time.Second)},
			nil,
			[]lst.Fault{meanwhile(order())},
			licensespring.Existing, nil, 1, 3,
		},
		{"another's, differently", nil, nil, []lst.Fault{meanwhile(timeLimited(order()))}, licensespring.Refused, []licensespring.ErrorKind{licensespring.ErrOrderConflict}, 1, 3},
		{"lookup fails", nil, nil, []lst.Fault{lst.Status(500).On(lst.ListOrders).Forever()}, licensespring.NotSent, []licensespring.ErrorKind{licensespring.ErrUnavailable, licensespring.ErrNotSent}, 0, 0},
		{"lookup not allowed", nil, nil, []lst.Fault{lst.Status(403).On(lst.ListOrders)}, licensespring.NotSent, []licensespring.ErrorKind{licensespring.ErrUnauthorized, licensespring.ErrNotSent}, 0, 0},
		{"lookup goes astray", nil, nil, []lst.Fault{lst.Status(404).On(lst.ListOrders)}, licensespring.NotSent, []licensespring.ErrorKind{licensespring.ErrBadResponse, licensespring.ErrNotSent}, 0, 0},
		{
			"no license to be seen",
			[]lst.Option{lst.WithQuirks(lst.BareLists, lst.NoRootID)},
			part, nil,
			licensespring.NotSent,
			[]licensespring.ErrorKind{licensespring.ErrBadResponse, licensespring.ErrNotSent},
			0, 1,
		},
		{"refused", nil, nil, []lst.Fault{refusal(`{"code": "disabled_product", "message": "Product is disabled."}`)}, licensespring.Refused, []licensespring.ErrorKind{licensespring.ErrInvalidRequest}, 1, 0},
		{"refused for a field", nil, nil, []lst.Fault{refusal(`{"items": [{"licenses": [{"max_activations": ["Too many."]}]}]}`)}, licensespring.Refused, []licensespring.ErrorKind{licensespring.ErrInvalidRequest}, 1, 0},
		{"refused without a word", nil, nil, []lst.Fault{refusal(``)}, licensespring.Refused, []licensespring.ErrorKind{licensespring.ErrInvalidRequest}, 1, 0},
		{"said to be there, and is not", nil, nil, []lst.Fault{lst.Status(409).On(lst.CreateOrder)}, licensespring.Refused, []licensespring.ErrorKind{licensespring.ErrOrderExists}, 1, 0},
		{"not authorized", nil, nil, []lst.Fault{lst.Status(403).On(lst.CreateOrder)}, licensespring.Refused, []licensespring.ErrorKind{licensespring.ErrUnauthorized}, 1, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, s, _ := inMemory(t, tt.service)
				if tt.before != nil {
					make1(tt.before)(t, client, s)
					s.ResetRequests()
				}
				s.Inject(tt.faults...)
				res, err := client.EnsureOrder(t.Context(), order())
				assert.Equal(t, tt.made, s.LicenseCount())
				if tt.kinds == nil {
					require.NoError(t, err)
					assert.Equal(t, tt.want, res.Outcome)
					assert.Empty(t, res.Warnings)
					assert.ElementsMatch(t, []string{givenKey, otherKey, third}, res.Order.LicenseKeys())
					assertAttempts(t, res.Attempts)
				} else {
					assertMatches(t, err, tt.kinds...)
					assertTerse(t, err)
					assert.Equal(t, tt.want, errorOf(t, err).Outcome)
				}
				if tt.name != "some made by another meanwhile" { // it sends the rest
					assert.Equal(t, tt.creates, sentTo(s, lst.CreateOrder))
				}
			})
		})
	}
}

func refusal(body string) lst.Fault {
	return lst.Status(http.StatusBadRequest, jsonBody(body)).On(lst.CreateOrder)
}

func timeLimited(order *licensespring.Order) *licensespring.Order {
	for i := range order.Items[0].Licenses {
		order.Items[0].Licenses[i] = licensespring.NewKeyLicense(order.Items[0].Licenses[i].Key).TimeLimited(licensespring.Days(30))
	}
	return order
}

// What the service says of the part that was sent is told by its place in the
// whole.
func TestEnsureAppendNamesPlacesInTheWhole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, nil)
		make1(anAppend("inv-1", givenKey))(t, client, s)
		order := anAppend("inv-1", givenKey).
			AddItem("acme-cad", licensespring.NewKeyLicense(otherKey), licensespring.NewKeyLicense(third))
		s.Inject(refusal(`{"items": [{"licenses": [{"max_activations": ["A."]}, {"note": ["B."]}], "note": ["C."]}], "language": ["D."]}`))
		_, err := client.EnsureOrder(t.Context(), order)
		var paths []string
		for _, f := range errorOf(t, err).Fields {
			paths = append(paths, f.Path)
		}
		assert.Equal(t, []string{"items[1].licenses[0].max_activations", "items[1].licenses[1].note", "items[1].note", "language"}, paths)
	})
}

// Nobody can say whether its keys are taken where lookups end with an error.
func TestEnsureAppendThatCannotLookAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, nil)
		s.Inject(meanwhile(anAppend("inv-1", givenKey)), lst.Status(403).On(lst.ListOrders).Nth(2))
		_, err := client.EnsureOrder(t.Context(), anAppend("inv-1", givenKey))
		assertMatches(t, err, licensespring.ErrOutcomeUnknown)
		assertTerse(t, err)
		assert.Contains(t, err.Error(), "its keys may be taken; the key may not look it up")
	})
}

func TestEnsureAppendWhenTheContextEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, []lst.Option{lst.WithLookupDelay(time.Hour)})
		make1(anAppend("inv-1", givenKey))(t, client, s)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		start := time.Now()
		_, err := client.EnsureOrder(ctx, anAppend("inv-1", givenKey)) // its key is taken, and not to be seen
		assert.Equal(t, 3*time.Second, time.Since(start))
		require.ErrorIs(t, err, context.Canceled)
	})
}
