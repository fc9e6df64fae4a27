package simulation

import (
	"fmt"
	"net/http"
	"strings"

	ls "github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// attemptViolations compares the attempts that each call reports with those that
// were observed, and with the requests that the service received.
func (r *run) attemptViolations() []string {
	var found []string
	for _, c := range r.calls {
		appends := func(int) bool { return c.spec.order.Append }
		found = append(found, c.attemptViolations(r.received[c.number], appends)...)
	}
	return found
}

// attemptViolations compares the attempts that a call reports with those that were
// observed, and with the requests that the service received. Once reports whether an
// attempt must not be received twice.
func (c *callRecord) attemptViolations(received []serverRequest, once func(attempt int) bool) []string {
	var found []string
	attempts := c.attempts()
	if len(attempts) != len(c.observed) {
		return []string{fmt.Sprintf("call %d: it reports %d attempts, and there were %d", c.number, len(attempts), len(c.observed))}
	}
	for i := range attempts {
		if violation := c.compareObserved(i); violation != "" {
			found = append(found, fmt.Sprintf("call %d, attempt %d: %s", c.number, i+1, violation))
		}
	}
	for _, s := range received {
		if violation := c.compareReceived(&s); violation != "" {
			found = append(found, fmt.Sprintf("call %d, attempt %d: %s", c.number, s.attempt, violation))
		}
	}
	return append(found, c.countRequests(received, once)...)
}

// compareObserved compares an attempt with its observation.
func (c *callRecord) compareObserved(i int) string {
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
	case o.method != methodOf(a.Op):
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

// methodOf returns the HTTP method of the requests of an operation.
func methodOf(op ls.Op) string {
	switch op {
	case ls.OpUpdateLicense:
		return http.MethodPatch
	case ls.OpCreateOrder, ls.OpEnableLicense, ls.OpDisableLicense, ls.OpUpdateFeatures, ls.OpAssignUser, ls.OpUnassignUser, ls.OpSetUserPassword:
		return http.MethodPost
	default:
		return http.MethodGet
	}
}

func isWrite(e lst.Endpoint) bool { return !strings.HasPrefix(string(e), http.MethodGet) }

// countBefore counts the attempts of an operation before index i.
func (c *callRecord) countBefore(i int, op ls.Op) int {
	n := 0
	for _, a := range c.attempts()[:i] {
		if a.Op == op {
			n++
		}
	}
	return n
}

// compareReceived compares a request that the service received with its attempt.
func (c *callRecord) compareReceived(s *serverRequest) string {
	if s.attempt < 1 || s.attempt > len(c.attempts()) {
		return "the service received it, and there is no such attempt"
	}
	a, o := c.attempts()[s.attempt-1], c.observed[s.attempt-1]
	if s.send > len(o.sends) {
		return "the service received it, and there is no such send"
	}
	status := o.sends[s.send-1].status
	switch {
	case a.Phase == ls.PhaseNotSent && isWrite(s.Endpoint):
		return "not sent, and the service received it"
	case s.Changed && !mayHideEffect(status):
		return fmt.Sprintf("status %d, and it was applied", status)
	case s.Changed && !isWrite(s.Endpoint):
		return "a read was applied"
	case status != 0 && isWrite(s.Endpoint) && s.Status != status:
		return fmt.Sprintf("status %d, and the service sent %d", status, s.Status)
	}
	return ""
}

// countRequests reports responses to requests that the service did not receive, sends
// of a write that it received more than once, and writes that it must not receive
// twice and did. A repeated write must be reported as such.
func (c *callRecord) countRequests(all []serverRequest, once func(attempt int) bool) []string {
	var found []string
	received := make(map[int]int) // by attempt
	sends := make(map[tag]int)
	for _, s := range all {
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
		if o.method == http.MethodGet {
			continue
		}
		for j := range o.sends {
			if n := sends[tag{c.number, i + 1, j + 1}]; n > 1 {
				report("the service received one write %d times", n)
			}
		}
		if n > 1 && once(i) {
			report("the service received it %d times", n)
		}
		if marked := a.Reason == reasonRepeated; marked != o.repeated(once(i)) || (n > 1 && !marked) {
			report("its reason is %q, with %d sends; the service received %d", a.Reason, len(o.sends), n)
		}
	}
	return found
}

// reasonRepeated is the reason of a write that the transport repeated.
const reasonRepeated = "transport repeated the request"
