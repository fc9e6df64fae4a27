// Package licensespringtest provides a fake of the LicenseSpring Management API
// for tests. The fake is an in-process HTTP server that stores orders and licenses as
// the service documents it, validates every request strictly and injects faults on
// request.
//
//	srv := licensespringtest.NewServer(t)
//	client := newClient(srv.URL(), srv.APIKey(), srv.Client())
//	…
//	order, ok := srv.Order("inv-2031-000417")
//
// # Inspection
//
// [Server.Orders] returns the orders that the server stores. A test that checks
// whether an order was created exactly once reads them instead of the client's
// result. [Server.Requests] returns the requests that the server received.
//
// # Licenses after the sale
//
// The fake also serves the endpoints that read and change licenses, their features
// and their users. [Server.License] returns a license as the server stores it, with
// the current passwords of its users. [Server.DisableLicense], [Server.SetLicense],
// [Server.AddUser] and similar methods change a license as a user of the vendor's
// platform does, for tests of changes that the client does not expect.
//
// Much of this API is undocumented. Options such as [WithRejectedRepeats] and
// [WithStaleReads] select another behavior. Test the client with and without them.
// [DelayedApply] applies a request after its client has given up.
//
// [Server.Save] writes everything that a server stores, and [Server.Load] reads it, so
// that a fake in a program of its own can be restarted.
//
// # Validation
//
// The fake shares no code with the SDK, so that one mistake cannot hide in both.
// It checks every member of a request: its name (in the [Dialect] of the server),
// its type, its range and the other members of the same object. It reports all
// findings of a request in one response, nested as the service nests them.
//
// # Faults
//
// [Server.Inject] queues faults: connections cut at an exact byte, responses lost
// after the order was stored, error statuses, redirects, oversized bodies and
// more. [NewNetwork] replaces the loopback network with an in-memory one. It can
// cut a connection at any byte in either direction. Inside a [testing/synctest]
// bubble its waits take no real time.
//
// Where the behavior of the service is undocumented, the fake chooses the
// variant that is harder for the client. A comment marks each such choice.
package licensespringtest
