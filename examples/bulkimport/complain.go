package main

import (
	"strings"

	"github.com/licensespring-go/licensespring"
)

// complain writes what is wrong or odd with an entry for a person: a line for
// each finding, with the place it is about.
func complain(show *screen, name string, r *result) {
	for _, f := range r.Warnings {
		show.finding(name, r, f)
	}
	if r.Error == nil {
		return
	}
	if len(r.Error.Findings) == 0 {
		show.entry("%s:%d: %s: %s", name, r.Line, r.Outcome, strings.TrimPrefix(r.Error.Message, "licensespring: "))
	}
	for _, f := range r.Error.Findings {
		show.finding(name, r, f)
	}
	for _, d := range r.Error.Differences {
		show.entry("%s:%d: %s", name, r.Line, licensespring.Difference{Path: d.Path, Asked: d.Asked, Found: d.Found})
	}
}

func (s *screen) finding(name string, r *result, f finding) {
	at := f.Line
	if at == 0 {
		at = r.Line
	}
	s.entry("%s:%d: %s: %s", name, at, f.Severity, f.Finding)
}
