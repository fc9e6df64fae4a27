package licensespring

import (
	"encoding/json"
	"errors"
)

// Outcome is how a write ended. Each ends in exactly one outcome: done
// ([OutcomeCreated], [OutcomeAppended], [OutcomeRecovered], [OutcomeExisting],
// [OutcomeChanged], [OutcomeUnchanged]), without effect ([OutcomeRejected],
// [OutcomeNotSent]), or [OutcomeUnknown]. A call that only reads has no outcome: it
// is empty.
type Outcome string

// The outcomes.
const (
	// OutcomeCreated means that this call created the order.
	OutcomeCreated Outcome = "created"
	// OutcomeAppended means that this call added the licenses of an append. The
	// response does not show whether the order existed before.
	OutcomeAppended Outcome = "appended"
	// OutcomeRecovered means that the response was lost or unreadable, and that a
	// lookup found the order as it was sent. It cannot be distinguished from an
	// identical order that existed before and whose create never arrived.
	OutcomeRecovered Outcome = "recovered"
	// OutcomeExisting means that the order existed before, as given, and that
	// nothing was changed. Only EnsureOrder and EnsureOrders end so.
	OutcomeExisting Outcome = "existing"
	// OutcomeChanged means that this call changed the license, and that it was as
	// wanted when the call ended or a moment before. If a response was lost, a read
	// has shown the license as wanted.
	OutcomeChanged Outcome = "changed"
	// OutcomeUnchanged means that the license was as wanted before, and that the
	// call changed nothing.
	OutcomeUnchanged Outcome = "unchanged"
	// OutcomeRejected means that the call reached the service and created or changed
	// nothing: the service rejected the request, or a lookup that precedes it failed.
	OutcomeRejected Outcome = "rejected"
	// OutcomeNotSent means that no request of the call reached the service.
	// Nothing was created or changed.
	OutcomeNotSent Outcome = "not sent"
	// OutcomeUnknown means that the order may or may not have been created, or that
	// the license may or may not have been changed, completely or in part.
	OutcomeUnknown Outcome = "unknown"
)

// Done reports whether the order exists as given, or the license is as wanted, by
// this call or before it.
func (o Outcome) Done() bool {
	switch o {
	case OutcomeCreated, OutcomeAppended, OutcomeRecovered, OutcomeExisting, OutcomeChanged, OutcomeUnchanged:
		return true
	default:
		return false
	}
}

// OutcomeOf returns the outcome of the first [*Error] in the tree of err. It is
// empty if err is nil, comes from a read, or holds no [*Error].
func OutcomeOf(err error) Outcome {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Outcome
	}
	return ""
}

// OrderResult is the result of a call whose order exists.
type OrderResult struct {
	// Outcome is OutcomeCreated, OutcomeAppended, OutcomeRecovered or
	// OutcomeExisting.
	Outcome Outcome
	// Order is the order as stored by the service. After an append the service may
	// show the whole order or only the new licenses.
	Order *OrderRecord
	// Attempts are the requests of the call in order, lookups included.
	Attempts []Attempt
	// Warnings are the warnings of validation, followed by those about the
	// response: see [RuleValueMismatch], [RuleFeatureDropped],
	// [RuleDialectSuspected], [RuleUnreadableMember] and [RuleNoLicensesShown].
	Warnings []Finding
}

// Raw returns a copy of the response that the result was read from. It holds
// initial passwords and license keys: do not log it.
func (r *OrderResult) Raw() json.RawMessage {
	if r.Order == nil {
		return nil
	}
	return r.Order.Raw()
}

// result ends the operation with the record of the order, and warns of what the
// record shows otherwise.
func (op *operation) result(outcome Outcome, found *lookup, differences []Difference) *OrderResult {
	warnings := append([]Finding(nil), op.warnings...)
	for _, path := range found.unreadable {
		warnings = append(warnings, unreadableWarning(path))
	}
	if !found.rec.showsLicenses() {
		warnings = append(warnings, Finding{
			Rule: RuleNoLicensesShown, Severity: SeverityWarning,
			Message: "the response shows no licenses; GetOrder returns them",
		})
	}
	for _, d := range differences {
		warnings = append(warnings, d.warning())
	}
	op.succeed(outcome, len(warnings))
	return &OrderResult{Outcome: outcome, Order: found.rec, Attempts: op.attempts, Warnings: warnings}
}

// differences compares the licenses that were sent, by their paths within the
// caller's order.
func (s *submission) differences(rec *OrderRecord) []Difference {
	if s.keys != nil {
		return compareLicenses(s.whole, rec, s.keys)
	}
	return compareOrder(s.order, rec, !s.order.Append)
}

// unreadableWarning returns the warning about a member of the response.
func unreadableWarning(path string) Finding {
	return Finding{
		Path: "response." + path, Rule: RuleUnreadableMember, Severity: SeverityWarning,
		Message: "has an unexpected type and was ignored",
	}
}

func (d Difference) warning() Finding {
	f := Finding{Path: d.Path, Rule: d.Rule, Severity: SeverityWarning}
	switch d.Rule {
	case RuleFeatureDropped:
		f.Message = "the license does not have the feature; the service drops unknown codes"
	case RuleDialectSuspected:
		f.Message = "was sent and is not in the record; the service may expect the other dialect"
	case RuleNotShown:
		f.Message = "the license does not show whether it is in effect"
	default:
		f.Rule, f.Message = RuleValueMismatch, d.message()
	}
	return f
}
