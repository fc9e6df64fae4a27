package licensespring

import "encoding/json"

// OrderResult is what a call that made an order, or found it made, returns.
type OrderResult struct {
	// Outcome is Created, Appended, Recovered or Existing.
	Outcome Outcome
	// Order is the order as the service has it. After an append it is the whole
	// order, as far as the service shows it.
	Order *OrderRecord
	// Attempts is what was tried, in order, lookups included.
	Attempts []Attempt
	// Warnings are the warnings of validation and, in the same form, what the
	// record shows otherwise than it was asked for: see [RuleNotAsAsked],
	// [RuleFeatureDropped], [RuleDialectSuspected], [RuleUnreadableMember] and
	// [RuleNoLicensesShown].
	Warnings []Finding
}

// The rules of warnings about an answer, and one of reads. Like those of
// validation, their ids are stable.
const (
	// RuleNotAsAsked is a warning: the record shows another value than was
	// sent.
	RuleNotAsAsked = "not_as_asked"
	// RuleFeatureDropped is a warning: a feature that was asked for is not on
	// the license; the service drops codes it does not know without a word.
	RuleFeatureDropped = "feature_dropped"
	// RuleDialectSuspected is a warning: maintenance was asked for and is not
	// enabled, or a company was sent and not stored. The newer reference spells
	// both in another way; see [Dialect].
	RuleDialectSuspected = "dialect_suspected"
	// RuleUnreadableMember is a warning: a member of the answer has an
	// unexpected type and was passed over.
	RuleUnreadableMember = "unreadable_member"
	// RuleNoLicensesShown is a warning: the answer shows no licenses, as
	// answers in the old form do. [Client.GetOrder] with the record's ID
	// returns them.
	RuleNoLicensesShown = "no_licenses_shown"
	// RuleOutOfRange is a fault of a read: a number is not in the range that is
	// allowed for it.
	RuleOutOfRange = "out_of_range"
)

// Raw returns a copy of the answer that the result was read from. It holds
// initial passwords and license keys: do not log it.
func (r *OrderResult) Raw() json.RawMessage {
	if r.Order == nil {
		return nil
	}
	return r.Order.Raw()
}

// result is the end of a call whose order is there.
func (k *call) result(outcome Outcome, order *Order, rec *OrderRecord, odd []string) *OrderResult {
	warnings := cloneFindings(k.warnings)
	for _, path := range odd {
		warnings = append(warnings, Finding{
			Path: "response." + path, Rule: RuleUnreadableMember, Severity: Warning,
			Message: "has an unexpected type and was passed over",
		})
	}
	if !rec.showsLicenses() {
		warnings = append(warnings, Finding{
			Rule: RuleNoLicensesShown, Severity: Warning, Message: "the answer shows no licenses; get the order to see them",
		})
	}
	differences := compareOrder(order, rec, !order.Append)
	if k.part != nil && outcome != Existing {
		differences = comparePart(k.part.of, rec, k.part.keys) // by their places in the whole
	}
	for _, d := range differences {
		warnings = append(warnings, d.warning())
	}
	k.done(outcome, len(warnings))
	return &OrderResult{Outcome: outcome, Order: rec, Attempts: k.attempts, Warnings: warnings}
}

func (d Difference) warning() Finding {
	f := Finding{Path: d.Path, Rule: d.rule, Severity: Warning}
	switch d.rule {
	case RuleFeatureDropped:
		f.Message = "the license does not have the feature; the service drops codes it does not know"
	case RuleDialectSuspected:
		f.Message = "was sent and is not in the record; the service may expect the other dialect"
	default:
		f.Rule = RuleNotAsAsked
		f.Message = d.message()
	}
	return f
}

// cloneFindings copies findings, so that what is appended never lands in a slice
// that somebody else holds.
func cloneFindings(findings []Finding) []Finding {
	if len(findings) == 0 {
		return nil
	}
	return append([]Finding(nil), findings...)
}
