package licensespring

import (
	"context"
	"errors"

	"github.com/licensespring-go/licensespring/internal/redact"
)

// UpdateLicense sets values of the license with the ID that the service assigned.
//
// A nil error means that the service accepted the update: the Outcome of the result is
// [OutcomeChanged]. If the responses to all attempts were lost, a read has shown the
// values as they were sent. The Warnings of the result list what the license shows
// otherwise, such as a limit that the service capped or a value that it ignored. The
// error matches
//
//   - [ErrInvalidRequest] if the update is invalid. If it was found to be before
//     sending, errors.As finds a [*ValidationError] with all findings.
//   - [ErrNotFound] if there is no such license. One that was created a moment ago
//     may not be visible yet.
//   - [ErrUnauthorized], [ErrRateLimited], [ErrRedirected] or [ErrUnavailable] if the
//     update was rejected or could not be sent.
//   - [ErrNotSent], in addition to one of the above, if no attempt reached the
//     service.
//   - [ErrOutcomeUnknown], and no other kind, if the update may have been applied.
//     The Differences of the [*Error] list what the license showed otherwise.
//
// An update is retried after a lost response only if a repetition has the same
// effect; see [LicenseUpdate]. The service has no versions: the last write wins.
// [Client.EnsureLicense] reads the license before it changes it.
func (c *Client) UpdateLicense(ctx context.Context, id int64, update LicenseUpdate) (*LicenseResult, error) {
	return c.writeLicense(ctx, updateWrite(id, &update), func(rec *LicenseRecord, settle bool) []Difference {
		if !settle {
			return compareLicense(&update, rec, new(*bool)).differences
		}
		// A duration or an extra member may show the value of an earlier update.
		shown := update
		shown.MaintenanceDuration, shown.Extra = Duration{}, nil
		cmp := compareLicense(&shown, rec, new(*bool))
		if update.Metadata != nil && len(rec.Metadata) > len(update.Metadata) {
			cmp.report("metadata", redact.Mark, redact.Mark, RuleValueMismatch) // it would have been replaced
		}
		if !update.MaintenanceDuration.IsZero() {
			cmp.report("maintenance_duration", update.MaintenanceDuration.String(), "", RuleNotShown)
		}
		for _, name := range sortedNames(update.Extra) {
			cmp.report(shownName(name), redact.Mark, "", RuleNotShown)
		}
		return cmp.differences
	})
}

// UpdateFeatures replaces all features of a license by those of the list. Features
// that are not in the list are removed; an empty list removes all, and nil is
// invalid. The counters of consumption features stay as they are. The service drops
// unknown feature codes silently: the result has a warning with [RuleFeatureDropped]
// for each. Outcome and errors are those of [Client.UpdateLicense].
func (c *Client) UpdateFeatures(ctx context.Context, id int64, features []ProductFeature) (*LicenseResult, error) {
	return c.writeLicense(ctx, featuresWrite(id, features), func(rec *LicenseRecord, _ bool) []Difference {
		cmp := &comparer{strict: true}
		cmp.featureSet(features, rec)
		return cmp.differences
	})
}

// EnableLicense enables a license, with the status that it had when it was disabled,
// and reads it. The Outcome of the result is [OutcomeChanged], or [OutcomeUnchanged] if
// the service rejected the request because the license was enabled. If the service
// acknowledges the request and reads show the license disabled, the error is
// [ErrOutcomeUnknown]. Other errors are those of [Client.UpdateLicense].
//
// A license can also be disabled in the vendor's platform, by hand. Enable only what
// your own program has disabled.
func (c *Client) EnableLicense(ctx context.Context, id int64) (*LicenseResult, error) {
	return c.writeLicense(ctx, enableWrite(id, true), enabledDifference(true))
}

// DisableLicense disables a license: it can be neither activated nor checked until it
// is enabled again, and keeps its values. A device that is offline learns of it at
// its next check. Outcome and errors are those of [Client.EnableLicense].
func (c *Client) DisableLicense(ctx context.Context, id int64) (*LicenseResult, error) {
	return c.writeLicense(ctx, enableWrite(id, false), enabledDifference(false))
}

func enabledDifference(want bool) func(*LicenseRecord, bool) []Difference {
	return func(rec *LicenseRecord, _ bool) []Difference {
		return compareLicense(&LicenseUpdate{}, rec, new(new(want))).differences
	}
}

// writeLicense sends one write to a license and finds out how it ended:
//
//	last response               an attempt is ambiguous   then
//	2xx that shows the license  any                       changed
//	2xx with a message          any                       read and compare
//	other                       yes                       read several times and compare
//	4xx that may mean "so       no                        read once and compare
//	already"
//	other                       no                        rejected or not sent
//
// Compare returns how a record differs from what was sent. Settle requires that the
// record proves it.
func (c *Client) writeLicense(
	ctx context.Context, w *licenseWrite, compare func(rec *LicenseRecord, settle bool) []Difference,
) (*LicenseResult, error) {
	op := c.beginCall(ctx, CallStarted{Op: w.op, LicenseID: w.id})
	defer op.finish()

	req, err := op.prepareWrite(w)
	if err != nil {
		return nil, op.invalid(err)
	}
	resp := op.write(w, req)
	if shown, ok := readChanged(w.id, resp); ok {
		return op.licenseResult(OutcomeChanged, shown, shownDifferences(compare(shown.rec, false))), nil
	}
	e := op.writeError(resp)
	settled := func(rec *LicenseRecord) []Difference { return compare(rec, true) }
	switch {
	case w.showsMessage() && isMessage(resp):
		shown, differences, err := op.pollLicense(w.id, settled)
		switch {
		case shown == nil: // the acknowledgment is all that is known
			return op.licenseResult(OutcomeChanged, nil, compare(&LicenseRecord{}, true)), nil
		case err == nil && len(shownDifferences(differences)) == 0:
			return op.licenseResult(OutcomeChanged, shown, differences), nil
		}
		e.Differences = differences
		return nil, op.unknown(e, "the service acknowledged the request; "+unsettledLicense("", differences, err), err)
	case e.Outcome == OutcomeUnknown:
		shown, differences, err := op.pollLicense(w.id, settled)
		if err != nil || len(differences) > 0 {
			e.Differences = differences
			return nil, op.unknown(e, unsettledLicense(e.detail, differences, err), err)
		}
		return op.licenseResult(OutcomeChanged, shown, nil), nil
	case w.showsMessage() && mayBeSo(resp):
		rec, unreadable, err := op.getLicense(w.id, 0)
		if err == nil && len(settled(rec)) == 0 {
			return op.licenseResult(OutcomeUnchanged, &licenseRead{rec, unreadable}, nil), nil
		}
		e.addCauses(op.ctx.Err())
	}
	return nil, op.fail(e)
}

// showsMessage reports whether the response to a write is a message and not the
// license.
func (w *licenseWrite) showsMessage() bool {
	return w.op != OpUpdateLicense && w.op != OpUpdateFeatures
}

// shownDifferences returns the differences to members that the record shows. That it
// does not show others is no reason for a warning if the write was acknowledged.
func shownDifferences(differences []Difference) []Difference {
	var shown []Difference
	for _, d := range differences {
		if d.Rule != RuleNotShown {
			shown = append(shown, d)
		}
	}
	return shown
}

// pollLicense reads the license until it shows no differences. The waits between the
// reads double. It returns the last record with its differences, and the error of the
// last read, or the reason why the reads ended early.
func (op *operation) pollLicense(id int64, compare func(*LicenseRecord) []Difference) (*licenseRead, []Difference, error) {
	var (
		shown       *licenseRead
		differences []Difference
		last        error
	)
	wait := op.client.cfg.waitMin
	for n := range maxPolls {
		if n > 0 {
			if err := op.pause(wait); err != nil {
				return shown, differences, errors.Join(last, err)
			}
			wait = min(2*wait, op.client.cfg.waitMax)
		}
		rec, unreadable, err := op.getLicense(id, pollAttempts)
		switch {
		case err == nil:
			shown, differences, last = &licenseRead{rec, unreadable}, compare(rec), nil
			if len(shownDifferences(differences)) == 0 {
				return shown, differences, nil // what is not shown will not be shown later
			}
		case op.mayReadLater(err):
			last = err
		default:
			return shown, differences, err
		}
		if op.ctx.Err() != nil {
			return shown, differences, errors.Join(last, op.ctx.Err())
		}
	}
	return shown, differences, last
}

// mayReadLater reports whether a read that failed may succeed later. A license may
// be invisible for a moment.
func (op *operation) mayReadLater(err error) bool {
	return errors.Is(err, ErrUnavailable) || errors.Is(err, ErrBadResponse) || errors.Is(err, ErrNotFound) || op.canWaitOut(err)
}

// unsettledLicense returns the detail of an error whose outcome stays unknown: how
// the write ended, and why the reads did not settle it.
func unsettledLicense(detail string, differences []Difference, err error) string {
	reason := "the license shows other values; see Differences"
	switch {
	case err == nil && len(shownDifferences(differences)) == 0:
		reason = "the license does not show whether it took effect; see Differences"
	case err == nil:
	case errors.Is(err, ErrNotFound):
		reason = "the license is not visible"
	default:
		reason = unsettledReason("", err)
	}
	if detail == "" || detail == detailContext {
		return reason
	}
	return detail + "; " + reason
}
