package licensespring

import (
	"log/slog"
	"strconv"
	"time"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

// Phase is how far an attempt got.
type Phase string

// The phases, in order.
const (
	// PhaseNotSent means that the headers of the request were not written: no
	// server can have acted on it.
	PhaseNotSent Phase = "not sent"
	// PhaseSent means that the request was sent and no response arrived. The
	// service may have acted on it. A transport that does not report its progress,
	// such as a mock, counts as having sent the request.
	PhaseSent Phase = "sent"
	// PhaseResponded means that a response arrived.
	PhaseResponded Phase = "responded"
)

// Attempt is the record of one request of a call. Results and errors hold all
// attempts of their call in order, lookups included.
type Attempt struct {
	// Op is the operation of the request. It differs from that of the call if, for
	// example, a create is followed by lookups.
	Op Op
	// Number counts the attempts of one Op, from 1.
	Number int
	// Start is when the attempt began, and Took its duration, including that of
	// reading the response.
	Start time.Time
	Took  time.Duration
	// Phase is how far the attempt got.
	Phase Phase
	// Status is the HTTP status of the response, or 0 if there was none.
	Status int
	// Reason describes in a few words how the attempt ended.
	Reason string
	// Wait is the wait before the next attempt, or 0 if none followed.
	Wait time.Duration
	// Decision is "retry", "no retry" with the reason, "poll again" for a repeated
	// lookup, "read back" for a write that is repeated only if a lookup shows that it
	// is needed, or empty after a success.
	Decision string
}

// String returns the attempt on one line, as in
// "create order #1: sent, timed out, retry after 480ms".
func (a Attempt) String() string {
	s := string(a.Op) + " #" + strconv.Itoa(a.Number) + ": " + string(a.Phase)
	if a.Status != 0 {
		s += " " + strconv.Itoa(a.Status)
	}
	if a.Reason != "" {
		s += ", " + a.Reason
	}
	if a.Decision != "" {
		s += ", " + a.Decision
	}
	if a.Wait > 0 {
		s += " after " + rounded(a.Wait).String()
	}
	return s
}

// rounded shortens a duration for display.
func rounded(d time.Duration) time.Duration {
	if d < 10*time.Millisecond {
		return d.Round(time.Microsecond)
	}
	return d.Round(time.Millisecond)
}

// LogValue returns the attempt as a group of attributes.
func (a Attempt) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("op", string(a.Op)),
		slog.Int("number", a.Number),
		slog.String("phase", string(a.Phase)),
		slog.Int("status", a.Status),
		slog.String("reason", a.Reason),
		slog.String("decision", a.Decision),
		slog.Duration("took", a.Took),
		slog.Duration("wait", a.Wait),
	)
}

func newAttempt(op Op, a exchange.Attempt) Attempt {
	return Attempt{
		Op:       op,
		Number:   a.Number,
		Start:    a.Start,
		Took:     a.Took,
		Phase:    Phase(a.Phase.String()),
		Status:   a.Status,
		Reason:   a.Reason,
		Wait:     a.Wait,
		Decision: a.Decision,
	}
}
