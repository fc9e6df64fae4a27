package reconcile

import (
	"context"
	"slices"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/lifecycle"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// Comparison is what a job would do now.
type Comparison struct {
	// Subject identifies the subject, and Status is its status at Stripe.
	Subject stripehook.Source
	Status  lifecycle.Status
	// Target is what is wanted.
	Target lifecycle.Target
	// Changes are what is different.
	Changes lifecycle.Changes
	// Licenses are the licenses that were read.
	Licenses []*licensespring.LicenseRecord
	// Ordered are licenses that were ordered and are not known. Late reports whether that
	// was an hour ago, or the first order is a dead letter.
	Ordered []lifecycle.Pending
	Late    bool
	// Outdated reports whether the dead letters are not the present reviews. The next job
	// corrects them.
	Outdated bool
}

// Compare compares the licenses of a subject with what is paid for. It changes nothing.
func (r *Reconciler) Compare(ctx context.Context, subject stripehook.Source) (*Comparison, error) {
	state, err := r.jobs.State(ctx, Key(subject))
	if err != nil {
		return nil, err
	}
	rec, err := decodeRecord(state, subject)
	if err != nil {
		return nil, err
	}
	p, err := r.plan(ctx, rec)
	if err != nil {
		return nil, err
	}
	return &Comparison{
		Subject: subject, Status: p.status, Target: p.target, Changes: p.changes, Licenses: p.licenses,
		Ordered: p.ordered, Late: p.late, Outdated: rec.isOutdated(p.changes.Reviews),
	}, nil
}

// isOutdated reports whether the dead letters are not the reviews.
func (r *Record) isOutdated(reviews []lifecycle.Review) bool {
	return len(r.Reviews) != len(reviews) || slices.ContainsFunc(reviews, func(review lifecycle.Review) bool {
		return !slices.Contains(r.Reviews, review.ID)
	})
}
