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
	assert.Equal(t, licensespring.OutcomeCreated, res.Outcome)
	assert.Equal(t, 1, len(s.Requests())) //nolint:testifylint // no lookup before the create: only the service can decide a race

	for range 2 {
		res, err = client.EnsureOrder(t.Context(), anOrder("inv-1"))
		require.NoError(t, err)
		assert.Equal(t, licensespring.OutcomeExisting, res.Outcome)
		stored, _ := s.Order("inv-1")
		assert.Equal(t, stored.ID, res.Order.ID)
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
			"items[0].licenses[0].max_activations: want 4, got 3 [value_mismatch]",
		}},
		{"another key", func(o *licensespring.Order) { o.Items[0].Licenses[1].Key = otherKey }, []string{
			"items[0].licenses[1].key: want [redacted], got nothing [value_mismatch]", "items: want no additional licenses, got 1 additional license [value_mismatch]",
		}},
		{"another user", func(o *licensespring.Order) { o.Items[1].Licenses[0].Users[0].Email = "alan@example.com" }, []string{
			"items[1].licenses[0].users[0].email: want [redacted], got nothing [value_mismatch]",
		}},
		{"another customer", func(o *licensespring.Order) { o.Customer.Email = "alan@example.com" }, []string{
			"customer.email: want [redacted], got [redacted] [value_mismatch]",
		}},
		{"one license more", func(o *licensespring.Order) {
			o.Items[0].Licenses = append(o.Items[0].Licenses, licensespring.NewLicense())
		}, []string{"items[0].licenses[2]: want a license, got nothing [value_mismatch]"}},
		{"one license less", func(o *licensespring.Order) { o.Items[0].Licenses = o.Items[0].Licenses[:1] }, []string{
			"items: want no additional licenses, got 1 additional license [value_mismatch]",
		}},
		{"another product", func(o *licensespring.Order) {
			o.Items[0].ProductCode = "acmeapi"
			o.Items[0].Licenses[0] = licensespring.NewLicense()
		}, []string{
			"items[0].product_code: want acmeapi, got nothing [value_mismatch]",
			"items[0].licenses[0]: want a license, got nothing [value_mismatch]",
			"items[0].licenses[1].key: want [redacted], got nothing [value_mismatch]",
			"items: want no additional licenses, got 2 additional licenses [value_mismatch]",
		}},
		{"a test", func(o *licensespring.Order) { o.IsTest = true }, []string{"is_test: want true, got false [value_mismatch]"}},
		{"another type", func(o *licensespring.Order) {
			o.Items[0].Licenses[0].LicenseType = licensespring.Subscription
			o.Items[0].Licenses[0].ValidDuration = licensespring.Duration{}
		}, []string{
			"items[0].licenses[0].license_type: want subscription, got time-limited [value_mismatch]",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client, s := onLoopback(t, nil)
			createFirst(anOrder("inv-1"))(t, client, s)
			order := anOrder("inv-1")
			tt.change(order)
			res, err := client.EnsureOrder(t.Context(), order)
			assert.Nil(t, res)
			assertMatches(t, err, licensespring.ErrOrderConflict)
			assertTerse(t, err)
			e := errorOf(t, err)
			assert.Equal(t, licensespring.OpEnsureOrder, e.Op)
			assert.Equal(t, `licensespring: ensure order "inv-1": order conflict: the existing order differs; review Differences (status 409 order_id_exists)`, err.Error())
			assert.Equal(t, licensespring.OutcomeRejected, e.Outcome)
			var lines []string
			for _, d := range e.Differences {
				lines = append(lines, d.String())
			}
			assert.Equal(t, tt.want, lines)
			assert.Equal(t, 3, s.LicenseCount())
		})
	}
}

func TestEnsureOrderRejected(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	s.Inject(lst.Status(400), lst.Status(403), lst.Status(302))
	for _, kind := range []licensespring.ErrorKind{licensespring.ErrInvalidRequest, licensespring.ErrUnauthorized, licensespring.ErrRedirected} {
		_, err := client.EnsureOrder(t.Context(), anOrder("inv-1"))
		assertMatches(t, err, kind)
	}
	assert.Len(t, s.Requests(), 3) // no lookup
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
		{"lost after it was stored", nil, []lst.Fault{lst.DropAfter()}, licensespring.OutcomeRecovered, nil},
		{"lost before it was stored", nil, []lst.Fault{lst.DropBefore()}, licensespring.OutcomeCreated, nil},
		{"exists, request lost", anOrder("inv-1"), []lst.Fault{lst.DropBefore()}, licensespring.OutcomeRecovered, nil},
		{"exists, lookups fail at first", anOrder("inv-1"), []lst.Fault{lst.Status(500).On(lst.ListOrders).Times(6)}, licensespring.OutcomeExisting, nil},
		{"exists, lookups fail", anOrder("inv-1"), []lst.Fault{lst.Status(500).On(lst.ListOrders).Forever()}, licensespring.OutcomeUnknown, unknown()},
		{"exists, lookups not permitted", anOrder("inv-1"), []lst.Fault{lst.Status(403).On(lst.ListOrders).Forever()}, licensespring.OutcomeUnknown, unknown()},
		{"different, request lost", anotherOrder("inv-1"), []lst.Fault{lst.DropBefore()}, licensespring.OutcomeRejected, []licensespring.ErrorKind{licensespring.ErrOrderConflict}},
		{"different", anotherOrder("inv-1"), nil, licensespring.OutcomeRejected, []licensespring.ErrorKind{licensespring.ErrOrderConflict}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, s, _ := inMemory(t, nil)
				if tt.before != nil {
					createFirst(tt.before)(t, client, s)
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

// An id that is taken by an invisible order is not a conflict.
func TestEnsureOrderInvisible(t *testing.T) {
	t.Parallel()
	for hidden, want := range map[time.Duration]licensespring.Outcome{4 * time.Second: licensespring.OutcomeExisting, time.Hour: licensespring.OutcomeUnknown} {
		synctest.Test(t, func(t *testing.T) {
			client, _, _ := inMemory(t, []lst.Option{lst.WithLookupDelay(hidden)})
			_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
			require.NoError(t, err)
			res, err := client.EnsureOrder(t.Context(), anOrder("inv-1"))
			if want == licensespring.OutcomeExisting {
				require.NoError(t, err)
				assert.Equal(t, want, res.Outcome)
				return
			}
			assertMatches(t, err, licensespring.ErrOutcomeUnknown)
			assert.Contains(t, err.Error(), "the id is taken; order not visible yet")
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
					first := licensespring.OutcomeCreated
					if order.Append {
						first = licensespring.OutcomeAppended
					}
					assert.Equal(t, map[licensespring.Outcome]int{first: 1, licensespring.OutcomeExisting: 7}, outcomes)
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

func TestEnsureAppendRequiresKeys(t *testing.T) {
	t.Parallel()
	noLicenses := licensespring.NewOrder("inv-1").AddItem("acmecad")
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

// Existing licenses are not sent, and paths refer to the caller's order.
func TestEnsureAppendConverges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, nil)
		createFirst(anOrderWithoutKeys("inv-1"))(t, client, s)

		res, err := client.EnsureOrder(t.Context(), anAppend("inv-1", otherKey))
		require.NoError(t, err)
		assert.Equal(t, licensespring.OutcomeAppended, res.Outcome)

		order := anAppend("inv-1", givenKey, otherKey, third)
		order.Items[0].Licenses[2] = order.Items[0].Licenses[2].WithFeatures("teleport")
		res, err = client.EnsureOrder(t.Context(), order)
		require.NoError(t, err)
		assert.Equal(t, licensespring.OutcomeAppended, res.Outcome)
		assert.Subset(t, res.Order.LicenseKeys(), []string{givenKey, otherKey, third})
		require.Len(t, res.Warnings, 1)
		assert.Equal(t, "items[0].licenses[2].product_features[0].code", res.Warnings[0].Path)

		s.ResetRequests()
		res, err = client.EnsureOrder(t.Context(), order)
		require.NoError(t, err)
		assert.Equal(t, licensespring.OutcomeExisting, res.Outcome)
		assert.Zero(t, sentTo(s, lst.CreateOrder))
		assert.Equal(t, 4, s.LicenseCount())
	})
}

// Existing licenses must match the order; otherwise nothing is sent.
func TestEnsureAppendConflict(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, nil)
		createFirst(anAppend("inv-1", otherKey))(t, client, s)
		s.ResetRequests()
		for _, keys := range [][]string{{givenKey, otherKey}, {otherKey}} {
			order := anAppend("inv-1", keys...)
			order.Items[0].Licenses[len(keys)-1] = licensespring.NewKeyLicense(otherKey).WithMaxActivations(9)
			_, err := client.EnsureOrder(t.Context(), order)
			assertMatches(t, err, licensespring.ErrOrderConflict)
			e := errorOf(t, err)
			require.Len(t, e.Differences, 1)
			assert.Equal(t, "max_activations: want 9, got 1 [value_mismatch]", e.Differences[0].String()[len("items[0].licenses[0]."):])
		}
		assert.Zero(t, sentTo(s, lst.CreateOrder))
	})
}

// A test order does not match a paid order. An append cannot change that, so
// nothing is sent.
func TestEnsureOrderDistinguishesTestOrders(t *testing.T) {
	t.Parallel()
	for _, isTest := range []bool{false, true} {
		orders := map[string]*licensespring.Order{
			"plain": anAppend("inv-1", givenKey), "append, all exist": anAppend("inv-1", givenKey),
			"append, some exist": anAppend("inv-1", givenKey, otherKey), "append, none exists": anAppend("inv-1", otherKey),
		}
		orders["plain"].Append = false
		for name, order := range orders {
			t.Run(fmt.Sprintf("%s, %t", name, isTest), func(t *testing.T) {
				t.Parallel()
				client, s := onLoopback(t, nil)
				before := anAppend("inv-1", givenKey)
				before.IsTest, order.IsTest = isTest, !isTest
				createFirst(before)(t, client, s)

				_, err := client.EnsureOrder(t.Context(), order)
				assertMatches(t, err, licensespring.ErrOrderConflict)
				require.Len(t, errorOf(t, err).Differences, 1)
				assert.Equal(t, fmt.Sprintf("is_test: want %t, got %t [value_mismatch]", !isTest, isTest), errorOf(t, err).Differences[0].String())
				assert.Equal(t, 1, s.LicenseCount())

				order.IsTest = isTest
				_, err = client.EnsureOrder(t.Context(), order)
				require.NoError(t, err)
			})
		}
	}
}

// Each lookup shows what the previous one did not, and misses what it showed,
// as replicas of a database may. The call ends instead of looping.
func TestEnsureAppendEndsWhenLookupsDisagree(t *testing.T) {
	t.Parallel()
	requests := 0
	transport := transportFunc(func(req *http.Request) (*http.Response, error) {
		requests++
		if requests > 100 {
			panic("without end")
		}
		if req.Method == http.MethodPost {
			return response(req, http.StatusBadRequest, `{"items": [{"licenses": [{"key": ["License key already exists."]}]}]}`), nil
		}
		shown := [...]string{givenKey, otherKey}[requests/2%2]
		return response(req, http.StatusOK, `{"next": null, "results": [{"id": 7, "store_id": "inv-1", "order_items": [
			{"product_code": "acmecad", "licenses": [{"license_key": "`+shown+`", "license_type": "perpetual"}]}]}]}`), nil
	})
	client := newClient(t, testKey, licensespring.WithHTTPClient(&http.Client{Transport: transport}))
	_, err := client.EnsureOrder(t.Context(), anAppend("inv-1", givenKey, otherKey, third))
	assertMatches(t, err, licensespring.ErrOutcomeUnknown)
	assertTerse(t, err)
	assert.Equal(t, 3, requests, "a lookup, a create, a lookup")
}

func TestEnsureAppendSettles(t *testing.T) {
	t.Parallel()
	order := func() *licensespring.Order { return anAppend("inv-1", givenKey, otherKey, third) }
	partial := anAppend("inv-1", otherKey)
	tests := []struct {
		name     string
		service  []lst.Option
		before   *licensespring.Order
		faults   []lst.Fault
		want     licensespring.Outcome
		kinds    []licensespring.ErrorKind
		creates  int
		licenses int
	}{
		{"none exists", nil, nil, nil, licensespring.OutcomeAppended, nil, 1, 3},
		{"none exists, lost after it was stored", nil, nil, []lst.Fault{lst.DropAfter().On(lst.CreateOrder)}, licensespring.OutcomeRecovered, nil, 1, 3},
		{"one exists, lost after it was stored", nil, partial, []lst.Fault{lst.DropAfter().On(lst.CreateOrder)}, licensespring.OutcomeRecovered, nil, 1, 3},
		{"one exists, lost before it was stored", nil, partial, []lst.Fault{lst.DropBefore().On(lst.CreateOrder)}, licensespring.OutcomeAppended, nil, 2, 3},
		{"some created concurrently", nil, nil, []lst.Fault{meanwhile(partial)}, licensespring.OutcomeAppended, nil, 1, 3},
		{"all created concurrently", nil, nil, []lst.Fault{meanwhile(order())}, licensespring.OutcomeExisting, nil, 1, 3},
		{
			"all created concurrently, invisible",
			[]lst.Option{lst.WithLookupDelay(3 * time.Second)},
			nil,
			[]lst.Fault{meanwhile(order())},
			licensespring.OutcomeExisting, nil, 1, 3,
		},
		{"created concurrently, different", nil, nil, []lst.Fault{meanwhile(timeLimited(order()))}, licensespring.OutcomeRejected, []licensespring.ErrorKind{licensespring.ErrOrderConflict}, 1, 3},
		{"lookup fails", nil, nil, []lst.Fault{lst.Status(500).On(lst.ListOrders).Forever()}, licensespring.OutcomeRejected, []licensespring.ErrorKind{licensespring.ErrUnavailable}, 0, 0},
		{"lookup not permitted", nil, nil, []lst.Fault{lst.Status(403).On(lst.ListOrders)}, licensespring.OutcomeRejected, []licensespring.ErrorKind{licensespring.ErrUnauthorized}, 0, 0},
		{"lookup not found", nil, nil, []lst.Fault{lst.Status(404).On(lst.ListOrders)}, licensespring.OutcomeRejected, []licensespring.ErrorKind{licensespring.ErrBadResponse}, 0, 0},
		{
			"licenses not shown",
			[]lst.Option{lst.WithQuirks(lst.QuirkNoListItems, lst.QuirkNoRootID)},
			partial, nil,
			licensespring.OutcomeRejected,
			[]licensespring.ErrorKind{licensespring.ErrBadResponse},
			0, 1,
		},
		{"rejected", nil, nil, []lst.Fault{rejection(`{"code": "disabled_product", "message": "Product is disabled."}`)}, licensespring.OutcomeRejected, []licensespring.ErrorKind{licensespring.ErrInvalidRequest}, 1, 0},
		{"field rejected", nil, nil, []lst.Fault{rejection(`{"items": [{"licenses": [{"max_activations": ["Too many."]}]}]}`)}, licensespring.OutcomeRejected, []licensespring.ErrorKind{licensespring.ErrInvalidRequest}, 1, 0},
		{"rejected without a reason", nil, nil, []lst.Fault{rejection(``)}, licensespring.OutcomeRejected, []licensespring.ErrorKind{licensespring.ErrInvalidRequest}, 1, 0},
		{"id taken, order missing", nil, nil, []lst.Fault{lst.Status(409).On(lst.CreateOrder)}, licensespring.OutcomeRejected, []licensespring.ErrorKind{licensespring.ErrOrderExists}, 1, 0},
		{"not authorized", nil, nil, []lst.Fault{lst.Status(403).On(lst.CreateOrder)}, licensespring.OutcomeRejected, []licensespring.ErrorKind{licensespring.ErrUnauthorized}, 1, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, s, _ := inMemory(t, tt.service)
				if tt.before != nil {
					createFirst(tt.before)(t, client, s)
					s.ResetRequests()
				}
				s.Inject(tt.faults...)
				res, err := client.EnsureOrder(t.Context(), order())
				assert.Equal(t, tt.licenses, s.LicenseCount())
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
				if tt.name != "some created concurrently" { // it sends the remaining licenses
					assert.Equal(t, tt.creates, sentTo(s, lst.CreateOrder))
				}
			})
		})
	}
}

func rejection(body string) lst.Fault {
	return lst.Status(http.StatusBadRequest, jsonBody(body)).On(lst.CreateOrder)
}

func timeLimited(order *licensespring.Order) *licensespring.Order {
	for i := range order.Items[0].Licenses {
		order.Items[0].Licenses[i] = licensespring.NewKeyLicense(order.Items[0].Licenses[i].Key).TimeLimited(licensespring.Days(30))
	}
	return order
}

// The service's paths are translated from the request to the caller's order.
func TestEnsureAppendReportsPathsInWholeOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, nil)
		createFirst(anAppend("inv-1", givenKey))(t, client, s)
		order := anAppend("inv-1", givenKey).
			AddItem("acmecad", licensespring.NewKeyLicense(otherKey), licensespring.NewKeyLicense(third))
		s.Inject(rejection(`{"items": [{"licenses": [{"max_activations": ["A."]}, {"note": ["B."]}], "note": ["C."]}], "language": ["D."]}`))
		_, err := client.EnsureOrder(t.Context(), order)
		var paths []string
		for _, f := range errorOf(t, err).Fields {
			paths = append(paths, f.Path)
		}
		assert.Equal(t, []string{"items[1].licenses[0].max_activations", "items[1].licenses[1].note", "items[1].note", "language"}, paths)
	})
}

// If lookups fail, it is unknown whether the keys are taken.
func TestEnsureAppendLookupFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, nil)
		s.Inject(meanwhile(anAppend("inv-1", givenKey)), lst.Status(403).On(lst.ListOrders).Nth(2))
		_, err := client.EnsureOrder(t.Context(), anAppend("inv-1", givenKey))
		assertMatches(t, err, licensespring.ErrOutcomeUnknown)
		assertTerse(t, err)
		assert.Contains(t, err.Error(), "license keys may be taken; the API key is not permitted to read the order")
	})
}

func TestEnsureAppendContextCanceled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, []lst.Option{lst.WithLookupDelay(time.Hour)})
		createFirst(anAppend("inv-1", givenKey))(t, client, s)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		start := time.Now()
		_, err := client.EnsureOrder(ctx, anAppend("inv-1", givenKey)) // its key is taken, and the order is invisible
		assert.Equal(t, 3*time.Second, time.Since(start))
		require.ErrorIs(t, err, context.Canceled)
	})
}
