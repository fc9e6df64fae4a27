package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/licensespring-go/licensespring"
)

// class is what became of an entry, as far as whoever runs the import has to do
// something about it. Entries that are there have the name of their outcome.
type class string

// The other classes.
const (
	classValid   class = "valid"          // in a dry run
	classWrong   class = "wrong"          // found before anything was sent: the input is to be corrected
	classRefused class = "refused"        // by the service: the input or the account is to be corrected
	classNoKey   class = "not authorized" // the key is to be corrected
	classNotSent class = "not sent"       // or put off by a rate limit: to be run again
	classUnknown class = "unknown"        // to be run again
)

// class returns the class of a result.
func (r *result) class() class {
	switch {
	case r.Error == nil || r.Outcome == licensespring.Unknown:
		return class(r.Outcome)
	case r.Error.Kind == licensespring.ErrUnauthorized:
		return classNoKey
	case r.Error.Kind == licensespring.ErrRateLimited:
		return classNotSent
	case r.Error.Kind == licensespring.ErrInvalidRequest && r.Outcome == licensespring.NotSent:
		return classWrong
	default:
		return class(r.Outcome)
	}
}

// tally counts what became of the entries.
type tally struct {
	dryRun bool

	mu      sync.Mutex
	classes map[class]int
	ended   int
	failed  int
	warned  int // with warnings

	// For the goroutine of the import alone:
	interrupted bool // a signal came before the end of the input
	rest        int  // the line of the first order that was not taken then, if it is known
	took        time.Duration
}

// count counts a result, and returns how many there are and how many of them are
// failures.
func (t *tally) count(r *result) (done, failed int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.classes == nil {
		t.classes = make(map[class]int)
	}
	t.ended++
	t.classes[r.class()]++
	if r.Error != nil {
		t.failed++
	}
	if len(r.Warnings) > 0 {
		t.warned++
	}
	return t.ended, t.failed
}

// interrupt notes that an entry was not taken any more; it is nil if there was
// none yet.
func (t *tally) interrupt(e *entry) {
	t.interrupted = true
	if e != nil {
		t.rest = e.line
	}
}

// print writes what there is to say of the whole run.
func (t *tally) print(w io.Writer, name string) {
	order := [...]class{
		classValid, class(licensespring.Created), class(licensespring.Appended), class(licensespring.Recovered),
		class(licensespring.Existing), classWrong, classRefused, classNoKey, classNotSent, classUnknown,
	}
	total := 0
	var parts []string
	for _, c := range order {
		if n := t.classes[c]; n > 0 {
			total += n
			parts = append(parts, fmt.Sprintf("%d %s", n, c))
		}
	}
	took := ""
	if t.took > 0 && total > 0 {
		took = fmt.Sprintf(" in %s (%.0f a second)", t.took.Round(time.Millisecond), float64(total)/t.took.Seconds())
	}
	warned := ""
	if t.warned > 0 {
		warned = fmt.Sprintf("; %d with warnings", t.warned)
	}
	say(w, "%s: %s%s: %s%s.", name, plural(total, "order"), took, cmp.Or(strings.Join(parts, ", "), "nothing was done"), warned)
}

// exitCode returns the exit code of a run that nothing else went wrong with.
func (t *tally) exitCode() int {
	switch {
	case t.classes[classNoKey] > 0:
		return exitUsage
	case t.interrupted:
		return exitInterrupted
	case t.classes[classUnknown] > 0:
		return exitUnknown
	case t.classes[classNotSent] > 0:
		return exitNotSent
	case t.failed > 0:
		return exitRefused
	default:
		return exitDone
	}
}

// hint says what to do now, where there is something to do.
func (t *tally) hint(w io.Writer, svc *service) {
	again := "Run the same again: what is there is not made twice."
	if svc.fake != nil {
		again = "A service that lives longer than this fake would let the same command go on from here: see -serve in README.md."
	}
	switch t.exitCode() {
	case exitUsage:
		say(w, "The service does not accept the key in %s.", envKey)
	case exitInterrupted:
		say(w, "Interrupted. %s", again)
		if t.rest > 0 && svc.fake == nil && t.classes[classUnknown]+t.classes[classNotSent] == 0 {
			say(w, "An order that is there costs two requests to find out; -from %d leaves out those before.", t.rest)
		}
	case exitUnknown:
		say(w, "Some orders may or may not have been made. %s", again)
	case exitNotSent:
		say(w, "Some orders were not made yet. %s", again)
	case exitRefused:
		if !t.dryRun {
			say(w, "Correct what is wrong and run the whole input again: what is there is not made twice.")
		}
	}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
