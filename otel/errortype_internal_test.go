package otellicensespring

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring"
)

// What a transport in a test cannot bring about: a request that is wrong before
// any connection is asked for, and reasons of tomorrow.
func TestErrorTypeOfReasons(t *testing.T) {
	t.Parallel()
	for want, a := range map[string]licensespring.Attempt{
		"cannot_be_sent": {Phase: licensespring.PhaseNotSent, Reason: "the request cannot be sent as it is"},
		"_OTHER":         {Phase: licensespring.PhaseSent, Reason: "a reason of tomorrow"},
		"":               {Phase: licensespring.PhaseAnswered, Status: 200, Reason: "a reason of tomorrow"},
		"502":            {Phase: licensespring.PhaseAnswered, Status: 502, Reason: "the answer was cut short"}, // the status comes first
	} {
		assert.Equal(t, want, errorType(a), a.Reason)
	}
}
