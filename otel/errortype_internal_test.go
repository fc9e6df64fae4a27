package otellicensespring

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring"
)

// TestErrorTypeOfReasons tests reasons that a test transport cannot cause, and
// unknown ones.
func TestErrorTypeOfReasons(t *testing.T) {
	t.Parallel()
	for want, a := range map[string]licensespring.Attempt{
		"invalid_configuration": {Phase: licensespring.PhaseNotSent, Reason: "invalid request or proxy configuration"},
		"no_response":           {Phase: licensespring.PhaseSent, Reason: "no response"},
		"_OTHER":                {Phase: licensespring.PhaseSent, Reason: "unknown reason"},
		"":                      {Phase: licensespring.PhaseResponded, Status: 200, Reason: "unknown reason"},
		"502":                   {Phase: licensespring.PhaseResponded, Status: 502, Reason: "response truncated"}, // the status has precedence
	} {
		assert.Equal(t, want, errorType(a), a.Reason)
	}
}
