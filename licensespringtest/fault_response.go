package licensespringtest

import (
	"fmt"
	"net/http"
)

// Status responds with a status code. By default the body is the text of the code
// in the form {"detail": "…"}. Nothing is stored without the option [Stored].
func Status(code int, opts ...StatusOption) Fault {
	var o statusOptions
	for _, opt := range opts {
		opt(&o)
	}
	name := callText("Status", code)
	if o.stored {
		name = fmt.Sprintf("Status(%d, Stored())", code)
	}

	return Fault{name: name, wrap: func(next handler) handler {
		return func(x *exchange) response {
			if o.stored {
				next(x)
			} else {
				x.readBody(-1)
			}
			resp := detailError(code, http.StatusText(code))
			if o.hasBody {
				resp.setHeader("Content-Type", o.contentType)
				resp.body = []byte(o.body)
			}
			for _, h := range o.header {
				resp.header.Add(h[0], h[1])
			}

			return resp
		}
	}}
}

// A StatusOption modifies the response of [Status].
type StatusOption func(*statusOptions)

type statusOptions struct {
	stored      bool
	hasBody     bool
	contentType string
	body        string
	header      [][2]string
}

// Stored makes the server apply the request before it responds, so that the
// response does not match what is stored.
func Stored() StatusOption {
	return func(o *statusOptions) { o.stored = true }
}

// Header adds a header field to the response, such as Retry-After.
func Header(name, value string) StatusOption {
	return func(o *statusOptions) { o.header = append(o.header, [2]string{name, value}) }
}

// Body sets the body of the response, such as the HTML page of a proxy.
func Body(contentType, body string) StatusOption {
	return func(o *statusOptions) { o.hasBody, o.contentType, o.body = true, contentType, body }
}

// Redirect responds with a redirect. Nothing is stored.
func Redirect(code int, location string) Fault {
	f := Status(code, Header("Location", location), Body("text/html; charset=utf-8", ""))
	f.name = callText("Redirect", code, location)

	return f
}

// WrongContentType applies the request and sends the JSON response with another
// Content-Type.
func WrongContentType(contentType string) Fault {
	return Fault{name: callText("WrongContentType", contentType), wrap: func(next handler) handler {
		return func(x *exchange) response {
			resp := next(x)
			resp.setHeader("Content-Type", contentType)

			return resp
		}
	}}
}

// HugeBody applies the request and pads the body of the response to at least size
// bytes. White space precedes the JSON value, so a decoder must read all of it.
func HugeBody(size int64) Fault {
	return Fault{name: callText("HugeBody", size), wrap: func(next handler) handler {
		return func(x *exchange) response {
			resp := next(x)
			resp.padTo = size

			return resp
		}
	}}
}

// GzipBomb is like [HugeBody] with a compressed body: it is small on the wire and
// has the given size after decompression. The transport of net/http decompresses
// it by default.
func GzipBomb(size int64) Fault {
	return Fault{name: callText("GzipBomb", size), wrap: func(next handler) handler {
		return func(x *exchange) response {
			resp := next(x)
			resp.padTo, resp.gzip = size, true
			resp.setHeader("Content-Encoding", "gzip")

			return resp
		}
	}}
}

// Custom calls serve to respond to the request. Serve may call next, with its own
// arguments or others, to let the server apply the request and respond normally.
// Serve must return when the request's context ends: [Server.Close] ends the
// context and waits.
func Custom(serve func(w http.ResponseWriter, r *http.Request, next http.Handler)) Fault {
	return Fault{name: "Custom()", wrap: func(next handler) handler {
		return func(x *exchange) response {
			serve(x.writer, x.request, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				inner := *x
				inner.writer, inner.request = w, r
				inner.send(next(&inner))
			}))

			return response{written: true}
		}
	}}
}
