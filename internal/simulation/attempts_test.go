package simulation

import (
	"fmt"
	"net/http"

	ls "github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// attempts checks the journal that each call hands out against what was seen of
// it from outside, and against what the service got.
func (r *run) attempts() []string {
	var wrong []string
	for _, c := range r.calls {
		journal := c.attempts()
		if len(journal) != len(c.seen) {
			wrong = append(wrong, fmt.Sprintf("call %d: the journal has %d attempts, and there were %d", c.number, len(journal), len(c.seen)))
			continue
		}
		for i := range journal {
			if how := c.differs(i); how != "" {
				wrong = append(wrong, fmt.Sprintf("call %d, attempt %d: %s", c.number, i+1, how))
			}
		}
		for _, e := range r.effects[c.number] {
			if how := c.contradicts(&e); how != "" {
				wrong = append(wrong, fmt.Sprintf("call %d, attempt %d: %s", c.number, e.attempt, how))
			}
		}
		wrong = append(wrong, r.unheard(c)...)
	}
	return wrong
}

// differs compares an attempt with what the witness saw.
func (c *call) differs(i int) string {
	a, s := c.attempts()[i], c.seen[i]
	switch {
	case a.Status != s.status:
		return fmt.Sprintf("status %d, and it was %d", a.Status, s.status)
	case (a.Phase == ls.PhaseAnswered) != (s.status != 0):
		return fmt.Sprintf("%s, and the status was %d", a.Phase, s.status)
	case a.Start.After(s.start):
		return "the journal has it later than it was"
	case s.start.After(c.end):
		return "it was sent when the call had ended"
	case (a.Op == "create order") != (s.method == http.MethodPost):
		return a.Op + " by " + s.method
	case a.Number != 1+c.countBefore(i, a.Op):
		return fmt.Sprintf("it has the number %d", a.Number)
	}
	if i == 0 {
		return ""
	}
	before := c.attempts()[i-1]
	earliest := before.Start.Add(before.Took)
	switch {
	case a.Start.Before(earliest.Add(before.Wait)):
		return "it began within the wait"
	case before.Verdict == sentAgain && a.Op != before.Op:
		return "it is not the one that was to be sent again"
	case c.seen[i-1].status == http.StatusTooManyRequests &&
		a.Start.Before(c.seen[i-1].back) && a.Start.Before(earliest.Add(longestPause)):
		return "it came before the time the service had named"
	}
	return ""
}

// sentAgain is the verdict on an attempt that the same request follows.
const sentAgain = "sent again"

// countBefore counts the attempts of one kind before the one at i.
func (c *call) countBefore(i int, op string) int {
	n := 0
	for _, a := range c.attempts()[:i] {
		if a.Op == op {
			n++
		}
	}
	return n
}

// contradicts compares a request that the service got with its attempt.
func (c *call) contradicts(e *effect) string {
	if e.attempt < 1 || e.attempt > len(c.attempts()) {
		return "the service got it, and there is no such attempt"
	}
	a, s := c.attempts()[e.attempt-1], c.seen[e.attempt-1]
	switch {
	case a.Phase == ls.PhaseNotSent && e.Endpoint == lst.CreateOrder:
		return "not sent, and the service got it"
	case e.Changed && s.status >= 300 && s.status < 500 && s.status != http.StatusSeeOther:
		return fmt.Sprintf("answered %d, and it acted", s.status)
	case e.Changed && e.Endpoint != lst.CreateOrder:
		return "a read acted"
	case a.Status != 0 && e.Endpoint == lst.CreateOrder && e.Status != a.Status:
		return fmt.Sprintf("status %d, and the service answered %d", a.Status, e.Status)
	}
	return ""
}

// unheard finds answers that nobody gave, and creates that net/http has sent
// twice by itself.
func (r *run) unheard(c *call) []string {
	var wrong []string
	got := make(map[int]int)
	for _, e := range r.effects[c.number] {
		got[e.attempt]++
	}
	for i, a := range c.attempts() {
		n := got[i+1]
		if a.Phase == ls.PhaseAnswered && n == 0 {
			wrong = append(wrong, fmt.Sprintf("call %d, attempt %d: answered, and the service did not get it", c.number, i+1))
		}
		if n > 1 && c.seen[i].method == http.MethodPost {
			wrong = append(wrong, fmt.Sprintf("call %d, attempt %d: the service got one create %d times", c.number, i+1, n))
		}
	}
	return wrong
}
