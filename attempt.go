package licensespring

import (
	"log/slog"
	"strconv"
	"time"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

// Phase says how far an attempt got.
type Phase string

// The phases, in order.
const (
	// PhaseNotSent means that the request's headers were never written: no
	// server can have acted on it.
	PhaseNotSent Phase = "not sent"
	// PhaseSent means that the request was on its way and no answer came. The
	// service may have acted on it. A transport that does not tell how far it
	// got (a mock, for one) counts as having sent.
	PhaseSent Phase = "sent"
	// PhaseAnswered means that a status came back.
	PhaseAnswered Phase = "answered"
)

// Attempt is the record of one request of a call. Results and errors carry all
// of theirs, in order, the lookups that settled an outcome included.
type Attempt struct {
	// Op is what the attempt was for: "create order", "look up order", …
	Op string
	// Number counts the attempts of one Op, from 1.
	Number int
	// Start is when the attempt began and Took how long it lasted, the reading
	// of the answer included.
	Start time.Time
	Took  time.Duration
	// Phase is how far it got.
	Phase Phase
	// Status is the HTTP status of the answer, or 0 if none came.
	Status int
	// Reason says in a few words how it ended.
	Reason string
	// Wait is the pause before the next attempt, or 0 if none followed.
	Wait time.Duration
	// Verdict says why the request was sent again, or why it was not.
	Verdict string
}

// String returns the attempt in one line, as in
// "create order #1: sent, timed out, sent again after 480ms".
func (a Attempt) String() string {
	s := a.Op + " #" + strconv.Itoa(a.Number) + ": " + string(a.Phase)
	if a.Status != 0 {
		s += " " + strconv.Itoa(a.Status)
	}
	if a.Reason != "" && a.Reason != string(a.Phase) {
		s += ", " + a.Reason
	}
	if a.Verdict != "" && a.Verdict != a.Reason {
		s += ", " + a.Verdict
	}
	if a.Wait > 0 {
		s += " after " + rounded(a.Wait).String()
	}
	return s
}

// rounded keeps a duration short without making nothing of it.
func rounded(d time.Duration) time.Duration {
	if d < 10*time.Millisecond {
		return d.Round(time.Microsecond)
	}
	return d.Round(time.Millisecond)
}

// LogValue returns the attempt as a group of attributes.
func (a Attempt) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("op", a.Op),
		slog.Int("number", a.Number),
		slog.String("phase", string(a.Phase)),
		slog.Int("status", a.Status),
		slog.String("reason", a.Reason),
		slog.String("verdict", a.Verdict),
		slog.Duration("took", a.Took),
		slog.Duration("wait", a.Wait),
	)
}

func newAttempt(op string, a exchange.Attempt) Attempt {
	return Attempt{
		Op:      op,
		Number:  a.Number,
		Start:   a.Start,
		Took:    a.Took,
		Phase:   Phase(a.Phase.String()),
		Status:  a.Status,
		Reason:  a.Reason,
		Wait:    a.Wait,
		Verdict: a.Verdict,
	}
}
