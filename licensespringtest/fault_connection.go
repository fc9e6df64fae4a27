package licensespringtest

// DropConnection closes a connection immediately after accepting it, before
// reading from it. The fault affects connections instead of requests: Nth, Times
// and Forever count connections, and On and When have no effect. The client's dial
// succeeds. To make the dial fail, use [Server.Offline], or [Line.Refuse] on a
// [Network].
func DropConnection() Fault {
	return Fault{name: "DropConnection()"}
}

// DropBefore cuts the connection after reading the whole request and before
// applying it. Nothing is stored.
func DropBefore() Fault {
	return Fault{name: "DropBefore()", wrap: func(handler) handler {
		return func(x *exchange) response {
			x.readBody(-1)

			return cutAt(response{}, 0)
		}
	}}
}

// DropAfter applies the request and cuts the connection without a byte of the
// response.
func DropAfter() Fault {
	return Fault{name: "DropAfter()", wrap: func(next handler) handler {
		return func(x *exchange) response { return cutAt(next(x), 0) }
	}}
}

// CutResponse applies the request and cuts the connection after exactly n bytes of
// the response, including the status line and the header. A shorter response is
// sent completely. [Request.ResponseBytes] reports the length of a response.
func CutResponse(n int64) Fault {
	return Fault{name: callText("CutResponse", n), wrap: func(next handler) handler {
		return func(x *exchange) response { return cutAt(next(x), n) }
	}}
}

// CutRequest reads the request's header and at most n bytes of its body, and cuts
// the connection. Nothing is stored, even if the body is shorter than n bytes. To
// cut a request within its header, use [Line.CutAfter].
func CutRequest(n int64) Fault {
	return Fault{name: callText("CutRequest", n), wrap: func(handler) handler {
		return func(x *exchange) response {
			x.readBody(max(0, n))

			return cutAt(response{}, 0)
		}
	}}
}
