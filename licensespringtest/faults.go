package licensespringtest

import (
	"fmt"
	"net/http"
	"time"
)

// RefuseConnection closes a connection as soon as it is accepted, before
// anything is read from it. It befalls connections, not requests: Nth, Times and
// Forever count those, On and When do not apply. A client sees its connection
// established and then gone, at times only after it has written its request; to
// have the dial itself refused use [Server.Offline], or [Line.Refuse] on a
// [Network].
func RefuseConnection() Fault {
	return Fault{name: "RefuseConnection()"}
}

// DropBefore cuts the connection when the whole request was read and before it
// is acted on. Nothing is stored.
func DropBefore() Fault {
	return Fault{name: "DropBefore()", wrap: func(handler) handler {
		return func(x *exchange) reply {
			x.readBody(-1)

			return cut(reply{}, 0)
		}
	}}
}

// DropAfter cuts the connection when the request was acted on, without a byte of
// the answer. What it asks for is stored.
func DropAfter() Fault {
	return Fault{name: "DropAfter()", wrap: func(next handler) handler {
		return func(x *exchange) reply { return cut(next(x), 0) }
	}}
}

// CutResponse acts on the request, writes exactly the first n bytes of the
// answer, status line and header included, and cuts the connection. An answer
// that is shorter gets through whole; [Request.ResponseBytes] says how long one
// was.
func CutResponse(n int64) Fault {
	return Fault{name: named("CutResponse", n), wrap: func(next handler) handler {
		return func(x *exchange) reply { return cut(next(x), n) }
	}}
}

// CutRequest reads the request's header and n bytes of its body, and cuts the
// connection. Nothing is stored, also if the body is not longer than n. To cut a
// request inside its header use [Line.CutAfter].
func CutRequest(n int64) Fault {
	return Fault{name: named("CutRequest", n), wrap: func(handler) handler {
		return func(x *exchange) reply {
			x.readBody(max(0, n))

			return cut(reply{}, 0)
		}
	}}
}

// StallBefore reads the request and then does nothing, until the client gives up
// or the server is closed. Nothing is stored.
func StallBefore() Fault {
	return Fault{name: "StallBefore()", wrap: func(handler) handler {
		return func(x *exchange) reply {
			x.readBody(-1)
			x.stall()

			return cut(reply{}, 0)
		}
	}}
}

// StallAfter acts on the request and then does nothing, until the client gives
// up or the server is closed.
func StallAfter() Fault {
	return Fault{name: "StallAfter()", wrap: func(next handler) handler {
		return func(x *exchange) reply {
			answer := next(x)
			x.stall()

			return cut(answer, 0)
		}
	}}
}

// DelayBefore acts on the request a while after it was read, whether the client
// still waits by then or not. So an order can come into being after its client
// has given up and looked for it in vain.
func DelayBefore(d time.Duration) Fault {
	return Fault{name: named("DelayBefore", d), wrap: func(next handler) handler {
		return func(x *exchange) reply {
			x.readBody(-1)
			x.pause(d)

			return next(x)
		}
	}}
}

// DelayAfter acts on the request at once and answers a while later.
func DelayAfter(d time.Duration) Fault {
	return Fault{name: named("DelayAfter", d), wrap: func(next handler) handler {
		return func(x *exchange) reply {
			answer := next(x)
			x.pause(d)

			return answer
		}
	}}
}

// SlowDrip acts on the request and writes the answer, status line and header
// included, n bytes at a time, with an interval between.
func SlowDrip(n int, interval time.Duration) Fault {
	return Fault{name: named("SlowDrip", n, interval), wrap: func(next handler) handler {
		return func(x *exchange) reply {
			answer := next(x)
			answer.drip, answer.interval = max(1, n), interval

			return answer
		}
	}}
}

// WrongContentType acts on the request and answers with another Content-Type
// than that of JSON. The body is JSON as ever.
func WrongContentType(contentType string) Fault {
	return Fault{name: named("WrongContentType", contentType), wrap: func(next handler) handler {
		return func(x *exchange) reply {
			answer := next(x)
			answer.setHeader("Content-Type", contentType)

			return answer
		}
	}}
}

// HugeBody acts on the request and answers with a body of the given size, or of
// the size it has anyway. It is the true answer after a lot of white space, so a
// decoder has to get through all of it.
func HugeBody(size int64) Fault {
	return Fault{name: named("HugeBody", size), wrap: func(next handler) handler {
		return func(x *exchange) reply {
			answer := next(x)
			answer.padTo = size

			return answer
		}
	}}
}

// GzipBomb is [HugeBody] compressed: a body that is small on its way and has the
// given size once it is unpacked, which net/http's transport does unasked.
func GzipBomb(size int64) Fault {
	return Fault{name: named("GzipBomb", size), wrap: func(next handler) handler {
		return func(x *exchange) reply {
			answer := next(x)
			answer.padTo, answer.gzip = size, true
			answer.setHeader("Content-Encoding", "gzip")

			return answer
		}
	}}
}

// InvisibleFor hides what the request makes from lookups for a while, as
// [WithLookupDelay] does for all requests.
func InvisibleFor(d time.Duration) Fault {
	return Fault{name: named("InvisibleFor", d), wrap: func(next handler) handler {
		return func(x *exchange) reply {
			x.invisibleFor = d

			return next(x)
		}
	}}
}

// Redirect answers with a redirect and does nothing else.
func Redirect(code int, location string) Fault {
	f := Status(code, Header("Location", location), Body("text/html; charset=utf-8", ""))
	f.name = named("Redirect", code, location)

	return f
}

// Custom lets a function answer. It may call next to have the request acted on
// and answered as if there was no fault, with the writer and request it is
// given or with others. The function must return when the request's context
// ends: [Server.Close] ends it, and waits.
func Custom(serve func(w http.ResponseWriter, r *http.Request, next http.Handler)) Fault {
	return Fault{name: "Custom()", wrap: func(next handler) handler {
		return func(x *exchange) reply {
			serve(x.writer, x.request, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				inner := *x
				inner.writer, inner.request = w, r
				inner.send(next(&inner))
			}))

			return reply{written: true}
		}
	}}
}

// Status answers with a status code and, unless told otherwise by options, with
// its text in the form {"detail": "…"}. Nothing is stored, unless [Stored] is
// among the options.
func Status(code int, opts ...StatusOption) Fault {
	var o statusOptions
	for _, opt := range opts {
		opt(&o)
	}
	name := named("Status", code)
	if o.stored {
		name = fmt.Sprintf("Status(%d, Stored())", code)
	}

	return Fault{name: name, wrap: func(next handler) handler {
		return func(x *exchange) reply {
			if o.stored {
				next(x)
			} else {
				x.readBody(-1)
			}
			answer := detail(code, http.StatusText(code))
			if o.hasBody {
				answer.setHeader("Content-Type", o.contentType)
				answer.body = []byte(o.body)
			}
			for _, h := range o.header {
				answer.header.Add(h[0], h[1])
			}

			return answer
		}
	}}
}

// A StatusOption changes the answer of [Status].
type StatusOption func(*statusOptions)

type statusOptions struct {
	stored      bool
	hasBody     bool
	contentType string
	body        string
	header      [][2]string
}

// Stored has the request acted on before it is answered, so that the answer is
// wrong about it.
func Stored() StatusOption {
	return func(o *statusOptions) { o.stored = true }
}

// Header adds a header to the answer, such as Retry-After in any form there is.
func Header(name, value string) StatusOption {
	return func(o *statusOptions) { o.header = append(o.header, [2]string{name, value}) }
}

// Body sets the answer's body, such as the HTML page of a proxy.
func Body(contentType, body string) StatusOption {
	return func(o *statusOptions) { o.hasBody, o.contentType, o.body = true, contentType, body }
}
