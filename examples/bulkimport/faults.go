package main

import (
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/licensespring-go/licensespring/licensespringtest"
)

// faultMix makes about one request in fifteen go wrong, in ways that a service
// out there has, too: requests and answers are lost, servers fail before and
// after they did what they were asked to, and orders cannot be seen for a moment
// after they were made.
func faultMix() []licensespringtest.Fault {
	const (
		create = licensespringtest.CreateOrder
		list   = licensespringtest.ListOrders
	)
	invisible := licensespringtest.InvisibleFor(50 * time.Millisecond)
	proxyPage := licensespringtest.Body("text/html", "<h1>502 Bad Gateway</h1>")
	return []licensespringtest.Fault{
		// Not made.
		sometimes(.010, licensespringtest.DropBefore(), create),
		sometimes(.005, licensespringtest.CutRequest(20), create),
		sometimes(.010, licensespringtest.Status(http.StatusServiceUnavailable), create),
		// Made, and nobody is told.
		sometimes(.010, licensespringtest.DropAfter(), create),
		sometimes(.005, licensespringtest.DropAfter().Reset(), create),
		sometimes(.005, licensespringtest.CutResponse(300), create),
		sometimes(.005, licensespringtest.Status(http.StatusInternalServerError, licensespringtest.Stored()), create),
		sometimes(.005, licensespringtest.Status(http.StatusBadGateway, licensespringtest.Stored(), proxyPage), create),
		sometimes(.005, licensespringtest.Together(licensespringtest.DropAfter(), invisible), create),
		// Slow, stuck, and asked to wait.
		sometimes(.005, licensespringtest.DelayAfter(20*time.Millisecond), create),
		sometimes(.0005, licensespringtest.StallAfter(), create),
		sometimes(.0001, licensespringtest.Status(http.StatusTooManyRequests, licensespringtest.Header("Retry-After", "1")), create),
		// The lookups that settle all this fail as well.
		sometimes(.030, licensespringtest.DropAfter(), list),
		sometimes(.020, licensespringtest.Status(http.StatusBadGateway, proxyPage), list),
	}
}

// sometimes makes a fault befall a share of the requests to an endpoint.
func sometimes(share float64, f licensespringtest.Fault, endpoint licensespringtest.Endpoint) licensespringtest.Fault {
	return f.On(endpoint).When(func(*http.Request) bool { return rand.Float64() < share }).Forever()
}
