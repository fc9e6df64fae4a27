package licensespring

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
)

// Severity says how sure it is that a finding is a mistake.
type Severity uint8

const (
	// Fault is certainly wrong: the service would refuse it, or do something
	// else than was asked. An order with a fault is not sent.
	Fault Severity = iota + 1
	// Warning is probably not what was meant, or something this package does
	// not know. An order with warnings is sent.
	Warning
)

// String returns "fault" or "warning".
func (s Severity) String() string {
	switch s {
	case Fault:
		return "fault"
	case Warning:
		return "warning"
	default:
		return "Severity(" + strconv.Itoa(int(s)) + ")"
	}
}

// MarshalText returns what [Severity.String] returns. There is no error.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what [Severity.MarshalText] wrote.
func (s *Severity) UnmarshalText(text []byte) error {
	switch string(text) {
	case "fault":
		*s = Fault
	case "warning":
		*s = Warning
	default:
		return errSeverity
	}
	return nil
}

var errSeverity = errors.New("licensespring: a severity is fault or warning")

// Finding is one thing that is wrong, or odd, with a request. It says where and
// what, and never repeats a text of the order, so that it can be logged.
type Finding struct {
	// Path is where, such as items[0].licenses[2].valid_duration: the names of
	// the wire, in the page's spelling whatever the dialect, and indexes from
	// 0. It is empty if the finding is about the whole. A place in an answer
	// begins with response, as in response.order_items[0].id.
	Path string `json:"path"`
	// Rule is the stable id of the rule that is broken: one of the constants
	// whose names begin with Rule, such as [RuleRequired].
	Rule string `json:"rule"`
	// Severity says how sure it is that this is a mistake.
	Severity Severity `json:"severity"`
	// Message says what is wrong, for people. It may change between versions.
	Message string `json:"message"`
}

// String returns the finding as "path: message [rule]".
func (f Finding) String() string {
	if f.Path == "" {
		return f.Message + " [" + f.Rule + "]"
	}
	return f.Path + ": " + f.Message + " [" + f.Rule + "]"
}

// ValidationError lists everything that is certainly wrong with a request, or
// with the key and options of [New]. It matches [ErrInvalidRequest], or
// [ErrInvalidConfig] if it comes from New.
type ValidationError struct {
	// Findings are the findings of severity [Fault], at least one, in the order
	// of the document.
	Findings []Finding

	kind ErrorKind // empty: ErrInvalidRequest
}

// The number of findings that the text of an error and a log entry show. The
// rest is counted.
const (
	maxShownInText = 3
	maxShownInLog  = 20
)

// Error returns the first findings and the number of the others.
func (e *ValidationError) Error() string { return "licensespring: " + summary(e.Findings) }

// summary puts the first findings and the number of the others on one line.
func summary(findings []Finding) string {
	var b strings.Builder
	for i, f := range findings {
		if i == maxShownInText {
			fmt.Fprintf(&b, "; and %d more", len(findings)-i)
			break
		}
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(f.String())
	}
	return b.String()
}

// Is reports whether target is [ErrInvalidRequest], or, of an error that [New]
// returned, [ErrInvalidConfig].
func (e *ValidationError) Is(target error) bool { return target == cmp.Or(e.kind, ErrInvalidRequest) }

// LogValue returns the number of findings, and the path and rule of each.
func (e *ValidationError) LogValue() slog.Value {
	shown := make([]string, min(len(e.Findings), maxShownInLog))
	for i := range shown {
		f := e.Findings[i]
		shown[i] = strings.TrimPrefix(f.Path+" "+f.Rule, " ")
	}
	return slog.GroupValue(slog.Int("count", len(e.Findings)), slog.Any("findings", shown))
}
