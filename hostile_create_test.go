package licensespring_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// hostileResponses are responses to a create that was applied. Each is lost or
// unreadable.
func hostileResponses() map[string]string {
	all := map[string]string{
		"204":                          "HTTP/1.1 204 No Content\r\n\r\n",
		"303 to somewhere":             "HTTP/1.1 303 See Other\r\nLocation: https://internal.example/\r\nContent-Length: 0\r\n\r\n",
		"status 000":                   "HTTP/1.1 000 internal.example\r\n\r\n{\"id\": 5}",
		"status below 100":             "HTTP/1.1 099 \x1b[31m\r\n\r\n{\"id\": 5}",
		"status 999":                   "HTTP/1.1 999 internal.example\r\n\r\n{\"id\": 5}",
		"101":                          "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n{\"id\": 5}",
		"only informational responses": strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 5_000),
		"a negative length":            status200 + "Content-Length: -9\r\n\r\n{\"id\": 5}",
		"two lengths":                  status200 + "Content-Length: 9\r\nContent-Length: 8\r\n\r\n{\"id\": 5}",
		"headers without end":          status200 + "X: " + strings.Repeat("x", 100<<10),
		"a header with a NUL":          status200 + "X: \x00\r\n\r\n{\"id\": 5}",
		"not http":                     "SSH-2.0-internal.example\r\n\r\n",
		"TLS":                          "\x15\x03\x03\x00\x02\x02\x28",
		"cut before anything":          "H",
		"a list, not an order":         status200 + "\r\n[{\"id\": 5, \"store_id\": \"inv-1\"}]",
		"number out of range":          status200 + "\r\n{\"id\": 1e999, \"order_items\": []}",
		"an order, not this one":       status200 + "\r\n{\"id\": 5, \"store_id\": \"inv-2\"}",
		"this order, and another":      status200 + "\r\n{\"store_id\": \"inv-1\", \"store_id\": \"inv-2\"}", // the last one counts
	}
	for name, body := range junkBodies() {
		all["200 with "+name] = status200 + body
		all["502 with "+name] = "HTTP/1.1 502 No\r\n" + body
	}
	return all
}

// An order that was created is found by a lookup, whatever the response was.
func TestHostileResponseToCreate(t *testing.T) {
	t.Parallel()
	type create func(*licensespring.Client, context.Context, *licensespring.Order) (*licensespring.OrderResult, error)
	for name, bytes := range hostileResponses() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, create := range []create{(*licensespring.Client).CreateOrder, (*licensespring.Client).EnsureOrder} {
				for _, order := range []*licensespring.Order{anOrder("inv-1"), anAppend("inv-1", givenKey, otherKey)} {
					synctest.Test(t, func(t *testing.T) {
						client, s := tampered(t, firstCreate(bytes))
						res, err := create(client, t.Context(), order)
						require.NoError(t, err)
						assert.Contains(t, []licensespring.Outcome{licensespring.OutcomeRecovered, licensespring.OutcomeExisting}, res.Outcome)
						require.Len(t, s.Orders(), 1)
						assert.Equal(t, s.Orders()[0].ID, res.Order.ID)
						assert.Len(t, res.Order.Licenses(), s.LicenseCount(), "none is created twice")
						if order.Append {
							assert.Equal(t, 1, sentTo(s, lst.CreateOrder))
						}
					})
				}
			}
		})
	}
}

// If the lookups receive the same response, the outcome is reported as unknown,
// in time.
func TestHostileResponseToEverything(t *testing.T) {
	t.Parallel()
	for name, bytes := range hostileResponses() {
		switch name {
		case "a list, not an order", "an order, not this one", "this order, and another", "number out of range":
			continue // a lookup can read them
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, order := range []*licensespring.Order{anOrder("inv-1"), anAppend("inv-1", givenKey, otherKey)} {
				synctest.Test(t, func(t *testing.T) {
					client, s := tampered(t, always(bytes))
					start := time.Now()
					_, err := client.CreateOrder(t.Context(), order)
					assert.LessOrEqual(t, time.Since(start), licensespring.DefaultCallTimeout)
					require.ErrorIs(t, err, licensespring.ErrOutcomeUnknown)
					for _, kind := range []licensespring.ErrorKind{
						licensespring.ErrNotSent, licensespring.ErrOrderExists, licensespring.ErrInvalidRequest, licensespring.ErrRedirected, licensespring.ErrNotFound,
					} {
						require.NotErrorIs(t, err, kind)
					}
					assert.Equal(t, licensespring.OutcomeUnknown, errorOf(t, err).Outcome)
					assertTerse(t, err, "internal.example", "\x1b", "\x00")
					assert.Len(t, s.Orders(), 1)
				})
			}
			synctest.Test(t, func(t *testing.T) {
				client, _ := tampered(t, always(bytes))
				_, findErr := client.GetOrderByStoreID(t.Context(), "inv-1")
				_, getErr := client.GetOrder(t.Context(), 5)
				for _, err := range []error{findErr, getErr, drain(client.ListOrders(t.Context(), licensespring.OrderFilter{}))} {
					require.Error(t, err)
					e := errorOf(t, err)
					switch name {
					case "303 to somewhere":
						assert.Equal(t, licensespring.ErrRedirected, e.Kind)
					case "101", "status below 100":
						assert.Equal(t, licensespring.ErrUnavailable, e.Kind)
					default:
						assert.Contains(t, []licensespring.ErrorKind{licensespring.ErrBadResponse, licensespring.ErrUnavailable}, e.Kind)
					}
					assert.Empty(t, e.Outcome)
					assert.LessOrEqual(t, len(e.Attempts), licensespring.DefaultMaxAttempts)
					assertTerse(t, err, "internal.example", "\x1b", "\x00")
				}
			})
		})
	}
}

// A rejection is a rejection whatever its body is, and its status decides the
// kind.
func TestHostileRejections(t *testing.T) {
	t.Parallel()
	for name, body := range junkBodies() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for status, kind := range map[int]licensespring.ErrorKind{
				http.StatusBadRequest:   licensespring.ErrInvalidRequest,
				http.StatusForbidden:    licensespring.ErrUnauthorized,
				http.StatusConflict:     licensespring.ErrOrderExists,
				http.StatusFound:        licensespring.ErrRedirected,
				http.StatusUnauthorized: licensespring.ErrUnauthorized,
			} {
				synctest.Test(t, func(t *testing.T) {
					client, _ := tampered(t, always("HTTP/1.1 "+strconv.Itoa(status)+" No\r\n"+body))
					_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
					assertMatches(t, err, kind)
					assert.Equal(t, licensespring.OutcomeRejected, errorOf(t, err).Outcome)
					assert.Len(t, errorOf(t, err).Attempts, 1)
					assertTerse(t, err, "internal.example")

					_, err = client.GetOrder(t.Context(), 5)
					assertMatches(t, err, kind)
					assertTerse(t, err, "internal.example")
					_, err = client.GetOrderByStoreID(t.Context(), "inv-1")
					assertMatches(t, err, kind)
					assertTerse(t, err, "internal.example")
				})
			}
		})
	}
}
