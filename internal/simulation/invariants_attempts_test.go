package simulation

import (
	"fmt"
	"net/http"

	ls "github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// attemptViolations compares the attempts that each call reports with those that
// were observed, and with the requests that the service received.
func (r *run) attemptViolations() []string {
	var found []string
	for _, c := range r.calls {
		attempts := c.attempts()
		if len(attempts) != len(c.observed) {
			found = append(found, fmt.Sprintf("call %d: it reports %d attempts, and there were %d", c.number, len(attempts), len(c.observed)))
			continue
		}
		for i := range attempts {
			if violation := c.compareObserved(i); violation != "" {
				found = append(found, fmt.Sprintf("call %d, attempt %d: %s", c.number, i+1, violation))
			}
		}
		for _, s := range r.received[c.number] {
			if violation := c.compareReceived(&s); violation != "" {
				found = append(found, fmt.Sprintf("call %d, attempt %d: %s", c.number, s.attempt, violation))
			}
		}
		found = append(found, r.countRequests(c)...)
	}
	return found
}

// compareObserved compares an attempt with its observation.
func (c *call) compareObserved(i int) string {
	a, o := c.attempts()[i], c.observed[i]
	switch {
	case a.Status != o.status:
		return fmt.Sprintf("status %d, and it was %d", a.Status, o.status)
	case (a.Phase == ls.PhaseResponded) != (o.status != 0):
		return fmt.Sprintf("%s, and the status was %d", a.Phase, o.status)
	case a.Start.After(o.start):
		return "it started before its Start"
	case o.start.After(c.end):
		return "it was sent after the end of the call"
	case (a.Op == ls.OpCreateOrder) != (o.method == http.MethodPost):
		return string(a.Op) + " with method " + o.method
	case a.Number != 1+c.countBefore(i, a.Op):
		return fmt.Sprintf("its Number is %d", a.Number)
	}
	if i == 0 {
		return ""
	}
	before := c.attempts()[i-1]
	earliest := before.Start.Add(before.Took)
	switch {
	case a.Start.Before(earliest.Add(before.Wait)):
		return "it started during the wait"
	case before.Decision == retried && a.Op != before.Op:
		return "it is not the retry of the attempt before"
	case c.observed[i-1].status == http.StatusTooManyRequests &&
		a.Start.Before(c.observed[i-1].retryAt) && a.Start.Before(earliest.Add(maxWait)):
		return "it started before the time in Retry-After"
	}
	return ""
}

// retried is the decision of an attempt that is followed by a retry.
const retried = "retry"

// countBefore counts the attempts of an operation before index i.
func (c *call) countBefore(i int, op ls.Op) int {
	n := 0
	for _, a := range c.attempts()[:i] {
		if a.Op == op {
			n++
		}
	}
	return n
}

// compareReceived compares a request that the service received with its attempt.
func (c *call) compareReceived(s *serverRequest) string {
	if s.attempt < 1 || s.attempt > len(c.attempts()) {
		return "the service received it, and there is no such attempt"
	}
	a, o := c.attempts()[s.attempt-1], c.observed[s.attempt-1]
	switch {
	case a.Phase == ls.PhaseNotSent && s.Endpoint == lst.CreateOrder:
		return "not sent, and the service received it"
	case s.Changed && !o.mayHideEffect():
		return fmt.Sprintf("status %d, and it was applied", o.status)
	case s.Changed && s.Endpoint != lst.CreateOrder:
		return "a read was applied"
	case a.Status != 0 && s.Endpoint == lst.CreateOrder && s.Status != a.Status:
		return fmt.Sprintf("status %d, and the service sent %d", a.Status, s.Status)
	}
	return ""
}

// countRequests reports responses to requests that the service did not receive, and
// creates that it received more than once for one attempt.
func (r *run) countRequests(c *call) []string {
	var found []string
	received := make(map[int]int)
	for _, s := range r.received[c.number] {
		received[s.attempt]++
	}
	for i, a := range c.attempts() {
		n := received[i+1]
		if a.Phase == ls.PhaseResponded && n == 0 {
			found = append(found, fmt.Sprintf("call %d, attempt %d: it has a response, and the service did not receive it", c.number, i+1))
		}
		if n > 1 && c.observed[i].method == http.MethodPost {
			found = append(found, fmt.Sprintf("call %d, attempt %d: the service received one create %d times", c.number, i+1, n))
		}
	}
	return found
}
