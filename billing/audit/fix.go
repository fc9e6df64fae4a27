package audit

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/licensespring-go/licensespring/billing/reconcile"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// fixPollInterval is the interval at which the result of a job is read.
const fixPollInterval = 200 * time.Millisecond

// fix requests a job for a subject with differences that can be corrected, waits for
// it, and sets the results.
func (r *run) fix(ctx context.Context, c *reconcile.Comparison, differences []Difference) {
	fixable := 0
	for i := range differences {
		if differences[i].Kind != KindReview {
			fixable++
		}
	}
	if fixable == 0 {
		return
	}
	result, reason := r.reconcile(ctx, c.Subject)
	for i := range differences {
		if differences[i].Kind != KindReview {
			differences[i].Fix, differences[i].Reason = result, reason
		}
	}
}

// reconcile requests a job of a subject, waits for it, and compares again.
func (r *run) reconcile(ctx context.Context, subject stripehook.Source) (Fix, string) {
	before, err := r.record(ctx, subject)
	if err == nil {
		err = r.Reconciler.Request(ctx, subject)
	}
	if err != nil {
		return FixFailed, err.Error()
	}
	waitCtx, cancel := context.WithTimeout(ctx, cmp.Or(r.FixTimeout, time.Minute))
	defer cancel()
	for {
		rec, err := r.record(ctx, subject)
		switch {
		case err != nil:
			return FixFailed, err.Error()
		case rec.Jobs > before.Jobs && !rec.IsPending() && rec.LastError() == "":
			return r.result(ctx, subject)
		case waitCtx.Err() != nil && rec.LastError() != "":
			return FixFailed, rec.LastError()
		case waitCtx.Err() != nil:
			return FixPending, "the job is not done; audit again later"
		}
		timer := time.NewTimer(fixPollInterval)
		select {
		case <-waitCtx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// record returns the record of a subject, or an empty one.
func (r *run) record(ctx context.Context, subject stripehook.Source) (*reconcile.Record, error) {
	rec, err := r.Reconciler.Record(ctx, subject)
	if errors.Is(err, reconcile.ErrUnknownSubject) {
		return &reconcile.Record{}, nil
	}
	return rec, err
}

// result compares a subject after its job.
func (r *run) result(ctx context.Context, subject stripehook.Source) (Fix, string) {
	c, err := r.Reconciler.Compare(ctx, subject)
	switch {
	case err != nil:
		return FixFailed, err.Error()
	case c.Changes.Blocked:
		return FixFailed, "an operator has to decide"
	case c.Changes.IsEmpty():
		return FixDone, ""
	default:
		return FixPending, "the licenses do not show the change yet; audit again later"
	}
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
