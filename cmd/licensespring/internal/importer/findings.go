package importer

import (
	"strings"

	"github.com/licensespring-go/licensespring"
)

// printResult writes the warnings and the error of a result to the console, one
// finding per line with its line of the input.
func printResult(c *console, name string, r *result) {
	for _, f := range r.Warnings {
		c.finding(name, r, f)
	}
	if r.Error == nil {
		return
	}
	if len(r.Error.Findings) == 0 {
		c.entry("%s:%d: %s: %s", name, r.Line, r.Outcome, strings.TrimPrefix(r.Error.Message, "licensespring: "))
	}
	for _, f := range r.Error.Findings {
		c.finding(name, r, f)
	}
	for _, d := range r.Error.Differences {
		c.entry("%s:%d: %s", name, r.Line, licensespring.Difference(d))
	}
}

func (c *console) finding(name string, r *result, f finding) {
	line := f.Line
	if line == 0 {
		line = r.Line
	}
	c.entry("%s:%d: %s: %s", name, line, f.Severity, f.Finding)
}
