package simulation

import (
	"fmt"
	"time"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// weather is everything that goes wrong until it clears.
type weather struct {
	lines   []lineWeather // by dial; those that were made before are the idle ones
	faults  []lst.Fault
	outages []outage
}

// lineWeather is what befalls one connection.
type lineWeather struct {
	refused   bool
	latency   time.Duration
	breaks    breakage
	direction lst.Direction
	at        offset
	reset     bool
}

type breakage string

const (
	whole  breakage = ""
	cut    breakage = "cut"
	stalls breakage = "stalls"
)

// offset is a number of bytes on a line. Some are told as a distance from where
// something ends, for that is where mistakes live.
type offset struct {
	from mark
	n    int64
	// after is how many whole requests come before, on a line that is reused.
	after int64
}

type mark string

const (
	fromStart   mark = "the start"
	fromHeaders mark = "the end of the headers"
	fromEnd     mark = "the end of the request"
)

// bytes is the offset in bytes, where requests are as long as the one given.
func (o offset) bytes(headers, request int64) int64 {
	n := o.n + o.after*request
	switch o.from {
	case fromHeaders:
		n += headers
	case fromEnd:
		n += request
	case fromStart:
	}
	return max(0, n)
}

// outage is a time in which nobody listens. With none it is the moment at which
// all connections are cut, idle ones too.
type outage struct{ at, lasts time.Duration }

// weatherDice draws weather.
type weatherDice struct {
	dice

	// heard are texts that a service may repeat in its errors, though it should
	// not: keys, addresses.
	heard    []string
	longest  time.Duration // of a delay
	patience time.Duration // how long the first caller waits for an answer
	mode     mode
}

func (d *weatherDice) weather() weather {
	w := weather{lines: make([]lineWeather, 20)}
	slow := d.chance(70)
	for i := range w.lines {
		if slow {
			w.lines[i].latency = d.span(50*time.Microsecond, 80*time.Millisecond)
		}
	}
	severity := d.IntN(100)
	switch {
	case d.mode == bare && severity >= 75: // what alone may be sent again
		if d.chance(60) {
			w.lines[0].refused, w.lines[1].refused = true, true
		} else {
			w.faults = append(w.faults, lst.Status(429, d.options(lst.Header("Retry-After", "1"))...).On(lst.CreateOrder))
		}
	case d.mode == mixed && severity >= 70: // the one who appends comes before the look
		w.faults = append(w.faults, d.loss().On(lst.CreateOrder))
	case severity < 8:
		return w
	case severity < 45: // one thing, to see it clearly
		if d.chance(50) {
			d.line(&w.lines[d.IntN(5)])
		} else {
			w.faults = append(w.faults, d.fault())
		}
	case severity < 57: // the first requests come late, and perhaps little else
		w.faults = append(w.faults, d.tooLate())
		if d.chance(30) {
			d.several(&w, 2)
		}
	case severity < 87:
		d.several(&w, 4)
	default:
		d.several(&w, 10)
	}
	return w
}

func (d *weatherDice) several(w *weather, most int) {
	for range d.between(1, most) {
		d.line(&w.lines[d.IntN(min(2*most+3, len(w.lines)))])
	}
	for range d.between(1, most) {
		w.faults = append(w.faults, d.fault())
	}
	if d.chance(25) {
		w.outages = append(w.outages, outage{at: d.span(time.Millisecond, 10*time.Second)})
		if d.chance(50) {
			w.outages[0].lasts = d.span(time.Millisecond, 20*time.Second)
		}
	}
}

func (d *weatherDice) line(l *lineWeather) {
	switch n := d.IntN(100); {
	case n < 18:
		l.refused = true
	case n < 26:
		l.latency = d.span(100*time.Millisecond, 20*time.Second)
	case n < 70:
		l.breaks = cut
	default:
		l.breaks = stalls
	}
	l.reset = d.chance(35)
	l.direction = pick(d.dice, lst.ToServer, lst.ToClient)
	if d.chance(30) {
		l.at.after = int64(d.between(1, 2))
	}
	switch {
	case l.direction == lst.ToServer && d.chance(40):
		l.at.from = pick(d.dice, fromStart, fromHeaders, fromEnd)
		l.at.n = int64(d.between(-1, 1))
	case l.direction == lst.ToServer:
		l.at.from, l.at.n = fromStart, int64(d.IntN(1200))
	default:
		// An answer's head is some 150 bytes, an order 500 and a license 400.
		l.at.from, l.at.n = fromStart, int64(pick(d.dice, d.IntN(20), d.IntN(200), d.IntN(3000)))
	}
}

// fault draws one thing that goes wrong in the service, and with which requests.
func (d *weatherDice) fault() lst.Fault {
	var f lst.Fault
	if d.chance(65) {
		f = d.createFault().On(lst.CreateOrder)
	} else {
		f = d.lookupFault().On(lst.ListOrders, lst.GetOrder)
	}
	if d.chance(25) {
		f = f.Nth(d.between(2, 3))
	}
	switch n := d.IntN(100); {
	case n < 25:
		f = f.Times(d.between(2, 4))
	case n < 30:
		f = f.Forever()
	}
	if d.chance(30) {
		f = f.Reset()
	}
	return f
}

func (d *weatherDice) createFault() lst.Fault {
	switch n := d.IntN(100); {
	case n < 38:
		return d.lost()
	case n < 54:
		return d.late()
	case n < 66:
		return lst.InvisibleFor(d.invisible())
	case n < 78: // it takes its time, and then it is lost or hidden besides
		return lst.Together(d.loss(), d.late(), lst.InvisibleFor(d.invisible()))
	default:
		return d.answer()
	}
}

func (d *weatherDice) lookupFault() lst.Fault {
	switch n := d.IntN(100); {
	case n < 30:
		return d.lost()
	case n < 45:
		return lst.Status(200, lst.Body("application/json", `{"count":0,"next":null,"previous":null,"results":[]}`))
	case n < 55:
		return d.late()
	default:
		return d.answer()
	}
}

// tooLate has the first requests acted upon when their client has given them up.
func (d *weatherDice) tooLate() lst.Fault {
	f := lst.DelayBefore(d.span(d.patience, 20*d.patience))
	if d.chance(30) {
		f = lst.Together(f, lst.InvisibleFor(d.invisible()))
	}
	return f.On(lst.CreateOrder).Times(d.between(1, 3))
}

// loss is a way in which an answer does not arrive whole.
func (d *weatherDice) loss() lst.Fault {
	return pick(d.dice,
		lst.DropAfter(), lst.CutResponse(int64(d.IntN(2000))), lst.CutResponse(int64(d.IntN(250))), lst.StallAfter())
}

func (d *weatherDice) lost() lst.Fault {
	return pick(d.dice, d.loss(), d.loss(), lst.DropBefore(), lst.DropBefore(), lst.CutRequest(int64(d.IntN(400))),
		lst.StallBefore(), lst.RefuseConnection(),
		lst.SlowDrip(d.between(1, 400), d.span(time.Millisecond, 2*time.Second)))
}

// late is a way in which something happens, or is heard of, later than it may.
func (d *weatherDice) late() lst.Fault {
	delay := d.span(time.Millisecond, d.longest)
	if d.chance(75) {
		return lst.DelayBefore(delay)
	}
	return lst.DelayAfter(delay)
}

func (d *weatherDice) invisible() time.Duration { return d.span(time.Millisecond, d.longest) }

// answer draws an answer that the service itself would not have given.
func (d *weatherDice) answer() lst.Fault {
	switch n := d.IntN(100); {
	case n < 25:
		return lst.Status(429, d.options(d.retryAfter())...)
	case n < 60:
		options := d.options(d.retryAfter())
		if d.chance(50) {
			options = append(options, lst.Stored())
		}
		return lst.Status(pick(d.dice, 500, 502, 503, 503, 504, 504, 520, 501, 505), options...)
	case n < 68:
		if d.chance(30) { // "done; see over there"
			return lst.Status(303, d.options(lst.Header("Location", "http://elsewhere.example/"), lst.Stored())...)
		}
		return lst.Redirect(pick(d.dice, 301, 302, 303, 307, 308), "http://elsewhere.example/orders/?store_id=1")
	case n < 78:
		return lst.Status(pick(d.dice, 400, 401, 403, 404, 408, 413, 415, 422), d.options()...)
	case n < 88: // a proxy's welcome, with or without the service behind it
		options := []lst.StatusOption{injected()}
		if d.chance(50) {
			options = append(options, lst.Stored())
		}
		options = append(options, pick(d.dice,
			lst.Body("text/html", "<html>Welcome</html>"), lst.Body("application/json", "{}"),
			lst.Body("application/json", `{"message":"welcome"}`), lst.Body("text/plain", "")))
		return lst.Status(pick(d.dice, 200, 200, 201, 202, 204), options...)
	case n < 92:
		return lst.HugeBody(maxBody + int64(d.between(-1, 1000)))
	case n < 95:
		return lst.GzipBomb(maxBody + int64(d.between(-1, 1000)))
	default:
		return lst.WrongContentType("text/html")
	}
}

// options adds a body to an answer, mostly one that tells what it should not.
func (d *weatherDice) options(more ...lst.StatusOption) []lst.StatusOption {
	options := append([]lst.StatusOption{injected()}, more...)
	said := pick(d.dice, d.heard...)
	switch d.IntN(5) {
	case 0:
		options = append(options, lst.Body("text/html", "<html><body>"+said+" went wrong</body></html>"))
	case 1:
		options = append(options, lst.Body("application/json", fmt.Sprintf(`{"code":"some_code","message":"%s is no good"}`, said)))
	case 2:
		options = append(options, lst.Body("application/json", fmt.Sprintf(`{"items":[{"licenses":[{"key":["%s exists"]}]}]}`, said)))
	case 3:
		options = append(options, lst.Body("text/plain", ""))
	}
	return options
}

// injected marks an answer that the service itself did not give.
func injected() lst.StatusOption { return lst.Header(headerInjected, "1") }

const headerInjected = "X-Sim-Injected"

// retryAfter is the header in any form there is, and in some there is not.
func (d *weatherDice) retryAfter() lst.StatusOption {
	at := bubbleEpoch.Add(d.span(time.Second, 10*time.Minute))
	return lst.Header("Retry-After", pick(d.dice,
		"", "", "0", "1", "2", "1.5", fmt.Sprint(d.between(1, 40)), "120", "400", "3600",
		"9223372036854775807", "99999999999999999999999", "-5", "soon",
		at.Format("Mon, 02 Jan 2006 15:04:05 GMT"), at.Format("Monday, 02-Jan-06 15:04:05 GMT"), at.Format(time.ANSIC)))
}

// bubbleEpoch is when time begins in a bubble.
var bubbleEpoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// maxBody is the limit of an answer that all clients of a run have: small, so
// that a body above it costs little.
const maxBody = 48 << 10
