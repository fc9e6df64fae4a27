package fake

import (
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/licensespring-go/licensespring/licensespringtest"
)

// RandomFaults returns faults that affect about one request in fifteen, with
// failures of real services: lost requests and responses, server errors before and
// after the order is stored, and orders that are not visible at first.
func RandomFaults() []licensespringtest.Fault {
	const (
		create = licensespringtest.CreateOrder
		list   = licensespringtest.ListOrders
	)
	invisible := licensespringtest.InvisibleFor(50 * time.Millisecond)
	proxyError := licensespringtest.Body("text/html", "<h1>502 Bad Gateway</h1>")
	return []licensespringtest.Fault{
		// The order is not stored.
		withProbability(.010, licensespringtest.DropBefore(), create),
		withProbability(.005, licensespringtest.CutRequest(20), create),
		withProbability(.010, licensespringtest.Status(http.StatusServiceUnavailable), create),
		// The order is stored, and the client does not learn it.
		withProbability(.010, licensespringtest.DropAfter(), create),
		withProbability(.005, licensespringtest.DropAfter().Reset(), create),
		withProbability(.005, licensespringtest.CutResponse(300), create),
		withProbability(.005, licensespringtest.Status(http.StatusInternalServerError, licensespringtest.Stored()), create),
		withProbability(.005, licensespringtest.Status(http.StatusBadGateway, licensespringtest.Stored(), proxyError), create),
		withProbability(.005, licensespringtest.Combine(licensespringtest.DropAfter(), invisible), create),
		// The response is late, missing or a rate limit.
		withProbability(.005, licensespringtest.DelayAfter(20*time.Millisecond), create),
		withProbability(.0005, licensespringtest.StallAfter(), create),
		withProbability(.0001, licensespringtest.Status(http.StatusTooManyRequests, licensespringtest.Header("Retry-After", "1")), create),
		// The lookups that settle these failures fail as well.
		withProbability(.030, licensespringtest.DropAfter(), list),
		withProbability(.020, licensespringtest.Status(http.StatusBadGateway, proxyError), list),
	}
}

// withProbability applies a fault to a random share of the requests to an endpoint.
func withProbability(p float64, f licensespringtest.Fault, endpoint licensespringtest.Endpoint) licensespringtest.Fault {
	return f.On(endpoint).When(func(*http.Request) bool { return rand.Float64() < p }).Forever()
}
