package simulation

import (
	"fmt"
	"time"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// A faultPlan is the set of faults of a run.
type faultPlan struct {
	lines   []lineFaults // by dial, including connections that are idle when the faults begin
	service []lst.Fault
	outages []outage
}

// lineFaults are the faults of one connection.
type lineFaults struct {
	refused   bool
	latency   time.Duration
	breakage  breakage
	direction lst.Direction
	at        offset
	reset     bool
}

// apply configures a line. Offsets do not count bytes that were sent before.
func (f *lineFaults) apply(l *lst.Line, headers, request int64) {
	l.Delay(f.latency)
	if f.refused {
		l.Refuse()
	}
	if f.reset {
		l.Reset()
	}
	at := l.Sent(f.direction) + f.at.bytes(headers, request)
	switch f.breakage {
	case cut:
		l.CutAfter(f.direction, at)
	case stalled:
		l.StallAfter(f.direction, at)
	case intact:
	}
}

type breakage string

const (
	intact  breakage = ""
	cut     breakage = "cut"
	stalled breakage = "stalled"
)

// An offset is a position in the bytes of a line. It can be relative to the end of
// a part of the request, where errors are most likely.
type offset struct {
	from reference
	n    int64
	// requests is the number of complete requests before the offset, on a line that
	// is reused.
	requests int64
}

type reference string

const (
	fromStart   reference = "the start"
	fromHeaders reference = "the end of the headers"
	fromEnd     reference = "the end of the request"
)

// bytes returns the offset in bytes for requests of the given size.
func (o offset) bytes(headers, request int64) int64 {
	n := o.n + o.requests*request
	switch o.from {
	case fromHeaders:
		n += headers
	case fromEnd:
		n += request
	case fromStart:
	}
	return max(0, n)
}

// An outage is a time during which the service does not listen. An outage without
// duration only cuts all connections, idle ones included.
type outage struct{ at, duration time.Duration }

// A faultGenerator generates random fault plans.
type faultGenerator struct {
	random

	// secrets are texts that an error response may repeat, such as keys and
	// addresses.
	secrets       []string
	maxDelay      time.Duration // of a delay
	clientTimeout time.Duration // attempt timeout of the first caller
	mode          mode
	request       func() lst.Fault // returns a fault of the service
}

// healthy returns a plan without faults. It has latency.
func (g *faultGenerator) healthy(lines int) faultPlan {
	p := faultPlan{lines: make([]lineFaults, lines)}
	slow := g.chance(70)
	for i := range p.lines {
		if slow {
			p.lines[i].latency = g.duration(50*time.Microsecond, 80*time.Millisecond)
		}
	}
	return p
}

func (g *faultGenerator) plan() faultPlan {
	p := g.healthy(20)
	g.request = g.fault
	severity := g.IntN(100)
	switch {
	case g.mode == keyless && severity >= 75: // failures that allow a retry
		if g.chance(60) {
			p.lines[0].refused, p.lines[1].refused = true, true
		} else {
			p.service = append(p.service, lst.Status(429, g.options(lst.Header("Retry-After", "1"))...).On(lst.CreateOrder))
		}
	case g.mode == mixed && severity >= 70: // the append arrives before the lookup
		p.service = append(p.service, g.loss().On(lst.CreateOrder))
	case severity < 8:
		return p
	case severity < 45: // a single fault
		if g.chance(50) {
			g.breakLine(&p.lines[g.IntN(5)])
		} else {
			p.service = append(p.service, g.fault())
		}
	case severity < 57: // late creates, with few other faults
		p.service = append(p.service, g.lateCreates())
		if g.chance(30) {
			g.several(&p, 2)
		}
	case severity < 87:
		g.several(&p, 4)
	default:
		g.several(&p, 10)
	}
	return p
}

func (g *faultGenerator) several(p *faultPlan, maximum int) {
	for range g.between(1, maximum) {
		g.breakLine(&p.lines[g.IntN(min(2*maximum+3, len(p.lines)))])
	}
	for range g.between(1, maximum) {
		p.service = append(p.service, g.request())
	}
	if g.chance(25) {
		p.outages = append(p.outages, outage{at: g.duration(time.Millisecond, 10*time.Second)})
		if g.chance(50) {
			p.outages[0].duration = g.duration(time.Millisecond, 20*time.Second)
		}
	}
}

func (g *faultGenerator) breakLine(l *lineFaults) {
	switch n := g.IntN(100); {
	case n < 18:
		l.refused = true
	case n < 26:
		l.latency = g.duration(100*time.Millisecond, 20*time.Second)
	case n < 70:
		l.breakage = cut
	default:
		l.breakage = stalled
	}
	l.reset = g.chance(35)
	l.direction = pick(g.random, lst.ToServer, lst.ToClient)
	if g.chance(30) {
		l.at.requests = int64(g.between(1, 2))
	}
	switch {
	case l.direction == lst.ToServer && g.chance(40):
		l.at.from = pick(g.random, fromStart, fromHeaders, fromEnd)
		l.at.n = int64(g.between(-1, 1))
	case l.direction == lst.ToServer:
		l.at.from, l.at.n = fromStart, int64(g.IntN(1200))
	default:
		// The header of a response has about 150 bytes, an order 500, a license 400.
		l.at.from, l.at.n = fromStart, int64(pick(g.random, g.IntN(20), g.IntN(200), g.IntN(3000)))
	}
}

// fault returns a fault of the service and the requests that it affects.
func (g *faultGenerator) fault() lst.Fault {
	var f lst.Fault
	if g.chance(65) {
		f = g.createFault().On(lst.CreateOrder)
	} else {
		f = g.lookupFault().On(lst.ListOrders, lst.GetOrder, lst.GetProduct)
	}
	return g.repeated(f)
}

// repeated sets which of the requests a fault affects.
func (g *faultGenerator) repeated(f lst.Fault) lst.Fault {
	if g.chance(25) {
		f = f.Nth(g.between(2, 3))
	}
	switch n := g.IntN(100); {
	case n < 25:
		f = f.Times(g.between(2, 4))
	case n < 30:
		f = f.Forever()
	}
	if g.chance(30) {
		f = f.Reset()
	}
	return f
}

func (g *faultGenerator) createFault() lst.Fault {
	switch n := g.IntN(100); {
	case n < 38:
		return g.failure()
	case n < 54:
		return g.delay()
	case n < 66:
		return lst.InvisibleFor(g.invisibility())
	case n < 78: // delayed, then lost and hidden
		return lst.Combine(g.loss(), g.delay(), lst.InvisibleFor(g.invisibility()))
	default:
		return g.response()
	}
}

func (g *faultGenerator) lookupFault() lst.Fault {
	switch n := g.IntN(100); {
	case n < 30:
		return g.failure()
	case n < 45:
		return lst.Status(200, lst.Body("application/json", `{"count":0,"next":null,"previous":null,"results":[]}`))
	case n < 55:
		return g.delay()
	default:
		return g.response()
	}
}

// lateCreates delays the first creates until their client has given up.
func (g *faultGenerator) lateCreates() lst.Fault {
	f := lst.DelayBefore(g.duration(g.clientTimeout, 20*g.clientTimeout))
	if g.chance(30) {
		f = lst.Combine(f, lst.InvisibleFor(g.invisibility()))
	}
	return f.On(lst.CreateOrder).Times(g.between(1, 3))
}

// loss returns a fault that loses a response completely or partly.
func (g *faultGenerator) loss() lst.Fault {
	return pick(g.random,
		lst.DropAfter(), lst.CutResponse(int64(g.IntN(2000))), lst.CutResponse(int64(g.IntN(250))), lst.StallAfter())
}

func (g *faultGenerator) failure() lst.Fault {
	return pick(g.random, g.loss(), g.loss(), lst.DropBefore(), lst.DropBefore(), lst.CutRequest(int64(g.IntN(400))),
		lst.StallBefore(), lst.DropConnection(),
		lst.SlowDrip(g.between(1, 400), g.duration(time.Millisecond, 2*time.Second)))
}

// delay returns a fault that delays a request or its response.
func (g *faultGenerator) delay() lst.Fault {
	delay := g.duration(time.Millisecond, g.maxDelay)
	if g.chance(75) {
		return lst.DelayBefore(delay)
	}
	return lst.DelayAfter(delay)
}

func (g *faultGenerator) invisibility() time.Duration {
	return g.duration(time.Millisecond, g.maxDelay)
}

// response returns a fault that replaces the response.
func (g *faultGenerator) response() lst.Fault { return g.replaced(g.IntN(100)) }

// Numbers of replaced responses.
const (
	replacedStatuses = 78 // those below have a status other than 2xx
	replacedBodies   = 88 // those below have a status of 2xx and a body that the service does not send
)

// replaced returns the fault with a number below 100 that replaces the response.
func (g *faultGenerator) replaced(n int) lst.Fault {
	switch {
	case n < 25:
		return lst.Status(429, g.options(g.retryAfter())...)
	case n < 60:
		options := g.options(g.retryAfter())
		if g.chance(50) {
			options = append(options, lst.Stored())
		}
		return lst.Status(pick(g.random, 500, 502, 503, 503, 504, 504, 520, 501, 505, 408, 460, 499), options...)
	case n < 68:
		if g.chance(30) { // applied, with a redirect to the result
			return lst.Status(303, g.options(lst.Header("Location", "http://elsewhere.example/"), lst.Stored())...)
		}
		return lst.Redirect(pick(g.random, 301, 302, 303, 307, 308), "http://elsewhere.example/orders/?store_id=1")
	case n < replacedStatuses:
		return lst.Status(pick(g.random, 400, 401, 403, 404, 413, 415, 421, 422, 425), g.options()...)
	case n < replacedBodies: // the response of a proxy, with or without the service behind it
		options := []lst.StatusOption{injected()}
		if g.chance(50) {
			options = append(options, lst.Stored())
		}
		options = append(options, pick(g.random,
			lst.Body("text/html", "<html>Welcome</html>"), lst.Body("application/json", "{}"),
			lst.Body("application/json", `{"message":"welcome"}`), lst.Body("text/plain", "")))
		return lst.Status(pick(g.random, 200, 200, 201, 202, 204), options...)
	case n < 92:
		return lst.HugeBody(maxBody + int64(g.between(-1, 1000)))
	case n < 95:
		return lst.GzipBomb(maxBody + int64(g.between(-1, 1000)))
	default:
		return lst.WrongContentType("text/html")
	}
}

// options adds a body to a response, often one that contains a secret.
func (g *faultGenerator) options(more ...lst.StatusOption) []lst.StatusOption {
	options := append([]lst.StatusOption{injected()}, more...)
	text := pick(g.random, g.secrets...)
	switch g.IntN(5) {
	case 0:
		options = append(options, lst.Body("text/html", "<html><body>"+text+" failed</body></html>"))
	case 1:
		options = append(options, lst.Body("application/json", fmt.Sprintf(`{"code":"some_code","message":"%s is invalid"}`, text)))
	case 2:
		options = append(options, lst.Body("application/json", fmt.Sprintf(`{"items":[{"licenses":[{"key":["%s exists"]}]}]}`, text)))
	case 3:
		options = append(options, lst.Body("text/plain", ""))
	}
	return options
}

// injected marks a response that does not come from the service.
func injected() lst.StatusOption { return lst.Header(headerInjected, "1") }

const headerInjected = "X-Sim-Injected"

// retryAfter returns a Retry-After header in a valid or an invalid form.
func (g *faultGenerator) retryAfter() lst.StatusOption {
	at := bubbleEpoch.Add(g.duration(time.Second, 10*time.Minute))
	return lst.Header("Retry-After", pick(g.random,
		"", "", "0", "1", "2", "1.5", fmt.Sprint(g.between(1, 40)), "120", "400", "3600",
		"9223372036854775807", "99999999999999999999999", "-5", "soon",
		at.Format("Mon, 02 Jan 2006 15:04:05 GMT"), at.Format("Monday, 02-Jan-06 15:04:05 GMT"), at.Format(time.ANSIC)))
}

// bubbleEpoch is the initial time of a synctest bubble.
var bubbleEpoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// maxBody is the maximum response size of all clients of a run. It is small, so that
// larger bodies are cheap.
const maxBody = 48 << 10
