package reconcile

import (
	"strings"

	"github.com/licensespring-go/licensespring"
)

// ChangeOf describes what a wanted state changes, in words.
func ChangeOf(s *licensespring.LicenseState) string {
	var parts []string
	switch {
	case s.Enabled == nil:
	case *s.Enabled:
		parts = append(parts, "enable")
	default:
		parts = append(parts, "disable")
	}
	if !s.ValidityPeriod.IsZero() {
		parts = append(parts, "end on "+s.ValidityPeriod.String())
	}
	if len(parts) == 0 {
		parts = append(parts, "set the values of the price")
	}
	return strings.Join(parts, ", ")
}
