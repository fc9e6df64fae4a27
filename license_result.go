package licensespring

import (
	"github.com/licensespring-go/licensespring/internal/exchange"
	"github.com/licensespring-go/licensespring/internal/jsonread"
)

// LicenseResult is the result of a write to a license that was done.
type LicenseResult struct {
	// Outcome is OutcomeChanged or OutcomeUnchanged.
	Outcome Outcome
	// License is the license as the last response of the call showed it. It holds only
	// the ID if the service acknowledged the change and could not be read afterwards. It
	// is nil after SetUserPassword.
	License *LicenseRecord
	// NewUsers are the users that the call assigned, with their initial passwords.
	// The service shows a password only once: deliver it.
	NewUsers []UserRecord
	// Attempts are the requests of the call in order, reads included.
	Attempts []Attempt
	// Warnings are the warnings of validation, followed by those about the record of
	// the license: see [RuleValueMismatch], [RuleFeatureDropped], [RuleNotShown],
	// [RulePasswordLost] and [RuleUnreadableMember].
	Warnings []Finding
}

// licenseRead is a license as a response shows it.
type licenseRead struct {
	rec        *LicenseRecord
	unreadable []string // paths of unreadable members
}

// licenseResult ends the operation. Differences are what the record shows
// otherwise, and shown is nil if no response showed the license.
func (op *operation) licenseResult(outcome Outcome, shown *licenseRead, differences []Difference) *LicenseResult {
	res := &LicenseResult{Outcome: outcome, NewUsers: op.newUsers, Attempts: op.attempts}
	res.Warnings = append(res.Warnings, op.warnings...)
	if shown != nil {
		res.License = shown.rec
		for _, path := range shown.unreadable {
			res.Warnings = append(res.Warnings, unreadableWarning(path))
		}
	} else if op.licenseID != 0 {
		res.License = &LicenseRecord{ID: op.licenseID}
	}
	for _, d := range differences {
		res.Warnings = append(res.Warnings, d.warning())
	}
	op.succeed(outcome, len(res.Warnings))
	return res
}

// readChanged reads the license from the response to a write that shows it.
func readChanged(id int64, resp *exchange.Response) (*licenseRead, bool) {
	if resp.Ending != exchange.OK {
		return nil, false
	}
	rec, unreadable, _ := readRecord[LicenseRecord](resp.Document)
	return &licenseRead{rec, unreadable}, rec.ID == id
}

// isMessage reports whether a response is a 2xx with a message, as those to enable,
// disable, assign and unassign are. Another object proves nothing.
func isMessage(resp *exchange.Response) bool {
	if resp.Ending != exchange.OK {
		return false
	}
	for it := resp.Document.Root().Members(); it.Next(); {
		if string(it.Name) == "message" && it.Value.Kind() == jsonread.String {
			return true
		}
	}
	return false
}

// readPassword reads the initial password from the response to an assignment. It is
// zero if the user has a password already.
func readPassword(resp *exchange.Response) Secret {
	password := ""
	for it := resp.Document.Root().Members(); it.Next(); {
		if string(it.Name) == "new_password" {
			password, _ = jsonread.Text(it.Value.Bytes())
		}
	}
	return NewSecret(password)
}
