package importer

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/connect"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

// class groups results by what the user of the program has to do. The class of an
// entry without an error is its outcome.
type class string

// The classes of entries with an error, and that of a dry run.
const (
	classValid        class = "valid"          // in a dry run
	classInvalid      class = "invalid"        // found before sending: correct the input
	classRejected     class = "rejected"       // by the service: correct the input or the account
	classUnauthorized class = "not authorized" // correct the key
	classConflict     class = "conflict"       // the id belongs to another order: review both
	classNotSent      class = "not sent"       // or rate limited, or not available: run the import again
	classFailed       class = "failed"         // an invalid response to a lookup; not sent
	classUnknown      class = "unknown"        // run the import again
)

// class returns the class of a result. The outcome decides first: an error with an
// unknown outcome is in no other class, whatever its kind is.
func (r *result) class() class {
	if r.Error == nil {
		return class(r.Outcome)
	}
	switch r.Outcome {
	case licensespring.OutcomeNotSent:
		switch r.Error.Kind {
		case licensespring.ErrInvalidRequest:
			return classInvalid
		case licensespring.ErrUnauthorized:
			return classUnauthorized
		case licensespring.ErrBadResponse:
			return classFailed
		default:
			return classNotSent
		}
	case licensespring.OutcomeRejected:
		switch r.Error.Kind {
		case licensespring.ErrUnauthorized:
			return classUnauthorized
		case licensespring.ErrRateLimited, licensespring.ErrUnavailable:
			return classNotSent
		case licensespring.ErrBadResponse:
			return classFailed
		case licensespring.ErrOrderConflict, licensespring.ErrOrderExists:
			return classConflict
		default:
			return classRejected
		}
	default:
		return classUnknown
	}
}

// summary counts the results of a run.
type summary struct {
	dryRun bool
	total  int // number of entries to import, 0 if unknown

	mu      sync.Mutex
	classes map[class]int
	done    int
	failed  int
	warned  int // results with warnings

	// Only the goroutine of the import uses these fields.
	interrupted bool // before the end of the input
	nextLine    int  // line of the first order that was not started, 0 if unknown
	stopped     bool // perhaps before the end of the input
	elapsed     time.Duration
}

// add counts a result and returns the number of results and of failures.
func (s *summary) add(r *result) (done, failed int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.classes == nil {
		s.classes = make(map[class]int)
	}
	s.done++
	s.classes[r.class()]++
	if r.Error != nil {
		s.failed++
	}
	if len(r.Warnings) > 0 {
		s.warned++
	}
	return s.done, s.failed
}

// interrupt records that the import stopped before an entry, which is nil if it has
// not been read.
func (s *summary) interrupt(e *entry) {
	s.interrupted = true
	if e != nil {
		s.nextLine = e.line
	}
}

// print writes the counts of the run.
func (s *summary) print(w io.Writer, name string) {
	order := [...]class{
		classValid, class(licensespring.OutcomeCreated), class(licensespring.OutcomeAppended), class(licensespring.OutcomeRecovered),
		class(licensespring.OutcomeExisting), classInvalid, classRejected, classConflict, classUnauthorized, classNotSent, classFailed, classUnknown,
	}
	total := 0
	var counts []string
	for _, c := range order {
		if n := s.classes[c]; n > 0 {
			total += n
			counts = append(counts, fmt.Sprintf("%d %s", n, c))
		}
	}
	warned := ""
	if s.warned > 0 {
		warned = fmt.Sprintf("; %d with warnings", s.warned)
	}
	switch {
	case s.total > total:
		counts = append(counts, fmt.Sprintf("%d not started", s.total-total))
	case s.total == 0 && s.stopped:
		warned += "; any further orders were not started"
	}
	elapsed := ""
	if s.elapsed > 0 && total > 0 {
		elapsed = fmt.Sprintf(" in %s (%.0f per second)", s.elapsed.Round(time.Millisecond), float64(total)/s.elapsed.Seconds())
	}
	printLine(w, "%s: %s%s: %s%s.", name, plural(total, "order"), elapsed, cmp.Or(strings.Join(counts, ", "), "no result"), warned)
}

// exitCode returns the exit code of a run without other errors.
func (s *summary) exitCode() int {
	switch {
	case s.classes[classFailed] > 0:
		return exit.Failed
	case s.classes[classUnauthorized] > 0:
		return exit.Usage
	case s.interrupted:
		return exit.Interrupted
	case s.classes[classUnknown] > 0:
		return exit.Unknown
	case s.classes[classNotSent] > 0:
		return exit.NotSent
	case s.classes[classConflict] > 0:
		return exit.Conflict
	case s.failed > 0:
		return exit.Rejected
	default:
		return exit.Done
	}
}

// hintStopped writes what to do next after an error of the input or the results.
func (s *summary) hintStopped(w io.Writer, svc *service) {
	if !s.dryRun {
		printLine(w, "The import stopped early. %s", svc.repeat())
	}
}

// hint writes what to do next.
func (s *summary) hint(w io.Writer, svc *service) {
	repeat := svc.repeat()
	switch s.exitCode() {
	case exit.Failed:
		printLine(w, "The responses to some lookups were invalid: these orders were not created. %s", repeat)
	case exit.Usage:
		printLine(w, "The service rejected the key: check %s or the key file.", connect.EnvKey)
	case exit.Interrupted:
		printLine(w, "Interrupted. %s", repeat)
		if s.nextLine > 0 && svc.fake == nil && s.failed == 0 { // --from would skip the failed orders
			printLine(w, "An existing order costs two requests; --from %d skips the orders of this run.", s.nextLine)
		}
	case exit.Unknown:
		printLine(w, "Some orders may or may not have been created. %s", repeat)
	case exit.NotSent:
		printLine(w, "Some orders have not been created yet. %s", repeat)
	case exit.Conflict:
		printLine(w, "The ids of some orders belong to other orders. Review the differences, and use other ids for new orders.")
	case exit.Rejected:
		if !s.dryRun {
			printLine(w, "Correct the input and run the whole import again: existing orders are not created twice.")
		}
	}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
