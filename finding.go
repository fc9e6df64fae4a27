package licensespring

import (
	"errors"
	"strconv"
)

// Severity is the severity of a [Finding].
type Severity uint8

// The severities.
const (
	// SeverityError marks a certain mistake: the service would reject the request
	// or do something other than requested. An order with an error is not sent.
	SeverityError Severity = iota + 1
	// SeverityWarning marks a probable mistake, or something that this package
	// does not know. An order with warnings is sent.
	SeverityWarning
)

// String returns "error" or "warning".
func (s Severity) String() string {
	switch s {
	case SeverityError:
		return "error"
	case SeverityWarning:
		return "warning"
	default:
		return "Severity(" + strconv.Itoa(int(s)) + ")"
	}
}

// MarshalText returns the result of [Severity.String]. The error is always nil.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText parses the output of [Severity.MarshalText].
func (s *Severity) UnmarshalText(text []byte) error {
	switch string(text) {
	case "error":
		*s = SeverityError
	case "warning":
		*s = SeverityWarning
	default:
		return errSeverity
	}
	return nil
}

var errSeverity = errors.New("licensespring: invalid severity: want error or warning")

// Finding is a mistake, or a possible one, in a request or a response. It never
// repeats text of the order, so it can be logged.
type Finding struct {
	// Path is the place, such as items[0].licenses[2].valid_duration: wire names in
	// the spelling of [DialectClassic], with indexes from 0. It is empty if the
	// finding concerns the whole. Places in a response begin with "response", as in
	// response.order_items[0].id.
	Path string `json:"path"`
	// Rule identifies what was found, as in [RuleRequired].
	Rule Rule `json:"rule"`
	// Severity is the severity of the finding.
	Severity Severity `json:"severity"`
	// Message describes the finding. The wording may change between versions.
	Message string `json:"message"`
}

// String returns the finding as "path: message [rule]".
func (f Finding) String() string {
	text := f.Message + " [" + string(f.Rule) + "]"
	if f.Path == "" {
		return text
	}
	return f.Path + ": " + text
}
