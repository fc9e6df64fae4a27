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
	if s.send > len(o.sends) {
		return "the service received it, and there is no such send"
	}
	status := o.sends[s.send-1].status
	switch {
	case a.Phase == ls.PhaseNotSent && s.Endpoint == lst.CreateOrder:
		return "not sent, and the service received it"
	case s.Changed && !mayHideEffect(status):
		return fmt.Sprintf("status %d, and it was applied", status)
	case s.Changed && s.Endpoint != lst.CreateOrder:
		return "a read was applied"
	case status != 0 && s.Endpoint == lst.CreateOrder && s.Status != status:
		return fmt.Sprintf("status %d, and the service sent %d", status, s.Status)
	}
	return ""
}

// countRequests reports responses to requests that the service did not receive, sends
// of a create that it received more than once, and appends that it received more than
// once for one attempt. A repeated create must be reported as such.
func (r *run) countRequests(c *call) []string {
	var found []string
	received := make(map[int]int) // by attempt
	sends := make(map[tag]int)
	for _, s := range r.received[c.number] {
		received[s.attempt]++
		sends[s.tag]++
	}
	for i, a := range c.attempts() {
		report := func(format string, args ...any) {
			found = append(found, fmt.Sprintf("call %d, attempt %d: %s", c.number, i+1, fmt.Sprintf(format, args...)))
		}
		o, n := c.observed[i], received[i+1]
		if a.Phase == ls.PhaseResponded && n == 0 {
			report("it has a response, and the service did not receive it")
		}
		if o.method != http.MethodPost {
			continue
		}
		for j := range o.sends {
			if n := sends[tag{c.number, i + 1, j + 1}]; n > 1 {
				report("the service received one create %d times", n)
			}
		}
		if n > 1 && c.spec.order.Append {
			report("the service received the append %d times", n)
		}
		if marked := a.Reason == reasonRepeated; marked != o.repeated(c.spec.order.Append) || (n > 1 && !marked) {
			report("its reason is %q, with %d sends; the service received %d", a.Reason, len(o.sends), n)
		}
	}
	return found
}

// reasonRepeated is the reason of a write that the transport repeated.
const reasonRepeated = "transport repeated the request"
