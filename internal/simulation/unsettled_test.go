package simulation

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	ls "github.com/licensespring-go/licensespring"
)

// unjustified says why a call should not have ended unknown, or nothing. Only
// these are reasons not to know:
//
//   - no attempt to make the order can have been lost: then there is nothing to
//     be in doubt of, but for an id or keys that are taken by what nobody sees;
//   - an append without keys, which nothing can settle, was lost;
//   - the time was over, or too short for another look;
//   - the looks failed, or showed nothing, as many as are promised;
//   - what was shown is another order, and it cannot be told whose.
func (r *run) unjustified(c *call) string {
	var doubtful []int
	for i := range c.seen {
		if c.mayHaveActed(i) {
			doubtful = append(doubtful, i)
		}
	}
	if len(doubtful) == 0 && !c.idTaken() && !c.keysTaken() {
		return "no attempt may have acted"
	}
	if !c.asked.ensurable() {
		// Never a blind re-send: what is in doubt is the last thing that was sent.
		if len(doubtful) != 1 || doubtful[0] != len(c.seen)-1 {
			return "sent again although it may have acted"
		}
		return ""
	}
	if why := r.couldNotSee(c); why == "" {
		return "it had the time and was shown the order"
	}
	return ""
}

// mayHaveActed reports whether the service may have made something of an
// attempt, for all that can be known without looking into the service. Whether a
// request was written only the SDK knows; that it does is checked elsewhere.
func (c *call) mayHaveActed(i int) bool {
	s := c.seen[i]
	switch {
	case s.method != http.MethodPost:
		return false
	case s.status == 0:
		return i >= len(c.attempts()) || c.attempts()[i].Phase != ls.PhaseNotSent
	case s.status < 300, s.status == http.StatusSeeOther:
		return true
	default:
		return s.status >= 500
	}
}

func (c *call) idTaken() bool {
	return slices.ContainsFunc(c.seen, func(s *sighting) bool {
		return s.method == http.MethodPost && s.status == http.StatusConflict
	})
}

// keysTaken reports whether an append may have been refused because its keys are
// taken. How the service says that is not documented.
func (c *call) keysTaken() bool {
	return c.isKeyed() && c.op == ensure && slices.ContainsFunc(c.seen, func(s *sighting) bool {
		return s.method == http.MethodPost && s.status >= 400 && s.status < 500 && s.status != http.StatusTooManyRequests
	})
}

// couldNotSee says why the call could not find the order, or nothing if it had
// what it takes.
func (r *run) couldNotSee(c *call) string {
	looks := c.looks()
	for _, s := range looks {
		if c.wasShown(s) {
			return r.whyNotSettled(c, s)
		}
	}
	last := c.seen[len(c.seen)-1]
	left := c.over.Sub(c.end)
	switch {
	case !c.over.IsZero() && left <= c.process.plan.waitMax:
		return "there was no time"
	case c.e != nil && c.e.Is(ls.ErrRateLimited) && !c.fitsIn(c.e.RetryAt):
		return "a rate limit was in the way"
	case last.status >= 300 && last.status < 500 && last.status != http.StatusTooManyRequests && last.method == http.MethodGet:
		return "the look was refused"
	case !c.over.IsZero() && last.back.Sub(c.end) >= left:
		return "the service asked for a wait longer than the time"
	case c.asked.order.Append && c.reads() >= settleReads && (last.method == http.MethodPost || !last.whole()):
		return "the last look, or what was sent again, did not get through"
	}
	rounds := 1
	if c.asked.order.Append {
		rounds = max(1, c.process.plan.attempts)
	}
	if c.reads() >= settleReads*rounds || c.sawParts(looks) {
		return "it was not shown"
	}
	return ""
}

// fitsIn reports whether there was the time to wait until then.
func (c *call) fitsIn(t time.Time) bool {
	return t.Sub(c.end) <= longestPause && (c.over.IsZero() || t.Before(c.over))
}

// longestPause is the longest wait that the SDK sits through at all.
const longestPause = 5 * time.Minute

// whyNotSettled says why an order that was shown did not settle the call. What
// is there must be somebody else's: but who appended to an order, and who was
// given the same keys, only the callers know.
func (r *run) whyNotSettled(c *call, s *sighting) string {
	if c.held == nil || c.asked.is(c.held, r.shown) {
		return ""
	}
	_, licenses := c.keysShown(s)
	switch {
	case r.lastCreate(c).status < 300:
		return "the answer said that it was made, and it is another one"
	case c.asked.order.Append:
		return "other licenses have the keys"
	case licenses > len(c.asked.wants) && c.asked.sameHead(c.held, r.shown) && c.asked.partOf(c.held, r.shown):
		return "there is more than was asked for"
	}
	return ""
}

// whole reports whether the answer is what was asked for: it came, to its end and
// within the limit, and it is a list or an order.
func (s *sighting) whole() bool {
	if s.status != http.StatusOK || !s.complete || len(s.body) > maxBody {
		return false
	}
	p := s.read()
	return p.Results != nil || p.StoreID != ""
}

// read reads the body, once.
func (s *sighting) read() *page {
	if s.page == nil {
		s.page = new(page)
		if json.Unmarshal(s.body, s.page) != nil {
			*s.page = page{}
		}
	}
	return s.page
}

// looks are the attempts to find the order that were answered as they should.
func (c *call) looks() []*sighting {
	return slices.DeleteFunc(slices.Clone(c.seen), func(s *sighting) bool {
		return s.method != http.MethodGet || !s.whole()
	})
}

// reads counts looks as the SDK does: however often one was tried, and whether
// it took one request or more, it is one. Each begins with a list.
func (c *call) reads() int {
	n := 0
	for i := range c.attempts() {
		again := i > 0 && c.attempts()[i-1].Verdict == sentAgain
		if !again && i < len(c.seen) && strings.HasSuffix(c.seen[i].path, "/orders/") {
			n++
		}
	}
	return n
}

func (c *call) attempts() []ls.Attempt {
	switch {
	case c.result != nil:
		return c.result.Attempts
	case c.e != nil:
		return c.e.Attempts
	default:
		return nil
	}
}

// page is a list of orders, or an order.
type page struct {
	Results []record `json:"results"`
	record
}

// record is as much of the service's record as it takes to see an order.
type record struct {
	StoreID string `json:"store_id"`
	Items   []struct {
		Licenses []struct {
			Key   string `json:"license_key"`
			Order string `json:"order_store_id"`
		} `json:"licenses"`
	} `json:"order_items"`
}

// wasShown reports whether an answer showed the order with the id: of a plain
// one its items, of an append the keys of all its licenses.
func (c *call) wasShown(s *sighting) bool {
	n, total := c.keysShown(s)
	if !c.asked.order.Append {
		return total > 0
	}
	return n == len(c.asked.wants)
}

func (c *call) sawParts(looks []*sighting) bool {
	if !c.asked.order.Append || len(looks) == 0 {
		return false
	}
	n, _ := c.keysShown(looks[len(looks)-1])
	return n > 0 && n < len(c.asked.wants)
}

// keysShown counts the keys asked for that an answer shows, and all licenses.
func (c *call) keysShown(s *sighting) (keys, licenses int) {
	p := s.read()
	for _, rec := range slices.Concat(p.Results, []record{p.record}) {
		if rec.StoreID != c.asked.order.ID {
			continue
		}
		for _, item := range rec.Items {
			for _, l := range item.Licenses {
				licenses++
				if l.Key != "" && slices.ContainsFunc(c.asked.wants, func(w want) bool { return w.key == l.Key }) {
					keys++
				}
			}
		}
	}
	return keys, licenses
}
