// Package licensespringtest is a fake of the LicenseSpring Management API for
// tests: an in-process server which keeps orders the way the service documents
// it, is strict wherever a client could be sloppy, and fails in every way one
// asks for.
//
//	srv := licensespringtest.NewServer(t)
//	client := newClient(srv.URL(), srv.APIKey(), srv.Client())
//	…
//	order, ok := srv.Order("inv-2031-000417")
//
// # What it stands for
//
// The fake holds the truth. A test that wants to know whether an order was made
// once asks [Server.Orders], not the client; a test that wants to know what the
// client sent asks [Server.Requests].
//
// It decodes and checks requests with code of its own and shares nothing with
// the SDK, so that a mistake made in one is not made in the other as well. Every
// member of a request is checked: its name (in the [Dialect] the server was made
// with), its type, its range, and what may stand beside it. All findings of one
// request are answered together, nested the way the service nests them.
//
// # What goes wrong
//
// [Server.Inject] queues faults: connections refused or cut at an exact byte,
// answers lost after the order was stored, error statuses, redirects, bodies that
// are too large, and so on. [NewNetwork] replaces the loopback network by one in
// memory, which can be cut at any byte in either direction and which works inside
// a [testing/synctest] bubble, where no wait takes real time.
//
// Where the service's behaviour is not documented the fake takes the reading that
// is harder for the client, and the comment beside it says so.
package licensespringtest
