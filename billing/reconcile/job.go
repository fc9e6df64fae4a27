package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/lifecycle"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// Report describes one job, for metrics and logs.
type Report struct {
	// Subject identifies the subject.
	Subject stripehook.Source
	// Entry is the entry of the history.
	Entry Entry
	// Attempt is the number of jobs of the subject that failed before, since the last
	// request.
	Attempt int
	// Duration is the duration of the job.
	Duration time.Duration
	// Err is the error for which the job is repeated, or nil.
	Err error
}

// reconcile is one job.
func (r *Reconciler) reconcile(ctx context.Context, subject stripehook.Source, attempt int) error {
	start := time.Now()
	state, err := r.jobs.State(ctx, Key(subject))
	if err != nil {
		return err
	}
	rec, err := decodeRecord(state, subject)
	if err != nil {
		return err
	}
	j := &run{Reconciler: r, state: state, rec: rec, touched: map[int64]bool{}, entry: Entry{At: r.cfg.now().UTC().Truncate(time.Second)}}
	err = j.run(ctx)
	if err != nil {
		j.entry.Error = err.Error()
		if attempt+1 >= maxAttempts && isPermanent(err) {
			err = j.giveUp(ctx, err)
		}
	}
	wait := rec.IsPending() || j.unseen
	switch {
	case !wait:
		rec.Looks = 0
	case err == nil:
		rec.Looks++
	}
	rec.add(j.entry)
	// After a failure the changes before it are part of the history as well.
	saveErr := j.save(context.WithoutCancel(ctx))
	if errors.Is(saveErr, fulfillment.ErrStateChanged) {
		saveErr = errors.Join(saveErr, j.keepDisabled(context.WithoutCancel(ctx)))
	}
	report := Report{Subject: subject, Entry: j.entry, Attempt: attempt, Duration: time.Since(start), Err: errors.Join(err, saveErr)}
	r.log(ctx, report)
	r.cfg.observe(report)
	switch {
	case saveErr != nil:
		return saveErr
	case err != nil:
		return retryOf(err)
	case wait:
		pause := min(r.cfg.orderWait<<min(rec.Looks-1, maxDoublings), maxOrderWait)
		return &fulfillment.RetryError{Err: errOrdered, At: time.Now().Add(pause)}
	default:
		return nil
	}
}

const (
	// maxOrderWait bounds the wait for ordered licenses, whose order may be a dead
	// letter.
	maxOrderWait = time.Hour
	maxDoublings = 16
	// maxUnseenLooks is the number of looks in lists for a license that has to be disabled,
	// before it is looked for by its id.
	maxUnseenLooks = 3
	// maxAttempts is the number of attempts after which a permanent error becomes a
	// review.
	maxAttempts = 6
)

// errOrdered is the reason to run a job again whose licenses were not all found.
var errOrdered = errors.New("reconcile: not all licenses are visible yet")

func (r *Reconciler) log(ctx context.Context, report Report) {
	level := slog.LevelDebug
	switch {
	case report.Err != nil:
		level = slog.LevelWarn
	case len(report.Entry.Steps) > 0:
		level = slog.LevelInfo
	}
	attrs := []slog.Attr{
		slog.String("subject", report.Subject.ID), slog.String("status", string(report.Entry.Status)),
		slog.String("decision", string(report.Entry.Decision)), slog.Int("changes", len(report.Entry.Steps)),
		slog.Duration("duration", report.Duration),
	}
	if report.Err != nil {
		attrs = append(attrs, slog.Int("attempt", report.Attempt), slog.Any("error", report.Err))
	}
	r.cfg.logger.LogAttrs(ctx, level, "reconciled", attrs...)
}

// retryOf returns the error that determines the retry of a job.
func retryOf(err error) error {
	if err == nil {
		return nil
	}
	retry := &fulfillment.RetryError{Err: err}
	if api, ok := errors.AsType[*stripehook.APIError](err); ok {
		retry.Pause = api.Status == http.StatusUnauthorized || api.Status == http.StatusTooManyRequests
		if api.RetryAfter > 0 {
			retry.Pause, retry.At = true, time.Now().Add(api.RetryAfter)
		}
		if !retry.Pause && (api.Status == 0 || api.Status >= http.StatusInternalServerError) {
			return err // several in a row pause the worker
		}
		return retry
	}
	e, ok := errors.AsType[*licensespring.Error](err)
	switch {
	case !ok:
		return err
	case e.Kind == licensespring.ErrUnauthorized, e.Kind == licensespring.ErrRateLimited:
		retry.Pause, retry.At = true, e.RetryAt
		return retry
	case e.Kind == licensespring.ErrUnavailable, e.Outcome == licensespring.OutcomeUnknown:
		return err
	default: // only this subject is affected
		return retry
	}
}

// isPermanent reports whether an error remains unless someone changes something.
func isPermanent(err error) bool {
	if api, ok := errors.AsType[*stripehook.APIError](err); ok {
		return api.Status == http.StatusBadRequest || api.Status == http.StatusForbidden || api.Status == http.StatusNotFound
	}
	if _, ok := errors.AsType[*licensespring.ValidationError](err); ok {
		return true
	}
	e, ok := errors.AsType[*licensespring.Error](err)
	return ok && (errors.Is(e, licensespring.ErrInvalidRequest) || errors.Is(e, licensespring.ErrNotFound) ||
		errors.Is(e, licensespring.ErrLicenseConflict) || errors.Is(e, licensespring.ErrBadResponse))
}

// run is one job while it runs.
type run struct {
	*Reconciler

	state *fulfillment.JobState
	rec   *Record
	entry Entry
	// touched are the licenses that were changed, or may have been, and whether they were
	// disabled.
	touched map[int64]bool
	// unseen is set if a license that has to be disabled was not found.
	unseen bool
}

// giveUp makes a dead letter of a permanent error. The next event of the subject, or a
// retry of the dead letter, requests another job.
func (j *run) giveUp(ctx context.Context, cause error) error {
	ctx = context.WithoutCancel(ctx)
	if err := j.intendReviews(ctx, failedReview); err != nil {
		return err
	}
	err := j.pipeline.Reject(ctx, fulfillment.Rejection{
		ID: j.letterID(failedReview), Reason: "the licenses cannot be reconciled: " + cause.Error(),
		Source: SourceOfReviews, Payload: []byte(Key(j.rec.Subject)), Err: cause,
	})
	if err == nil && !slices.Contains(j.rec.Reviews, failedReview) {
		j.rec.Reviews = append(j.rec.Reviews, failedReview)
	}
	return err
}

// failedReview is the id of the review of a job that failed.
const failedReview = "failed"

// letterID returns the id of the dead letter of a review. The id of a review is unique
// only within its subject.
func (j *run) letterID(review string) string { return Key(j.rec.Subject) + keySeparator + review }

// intendReviews stores the ids of new reviews before their dead letters: after a kill in
// between, the next job knows which dead letters it may have to remove.
func (j *run) intendReviews(ctx context.Context, ids ...string) error {
	isNew := false
	for _, id := range ids {
		if !slices.Contains(j.rec.Reviews, id) && !slices.Contains(j.rec.Rejecting, id) {
			j.rec.Rejecting = append(j.rec.Rejecting, id)
			isNew = true
		}
	}
	if !isNew {
		return nil
	}
	return j.save(ctx)
}

// save stores the record.
func (j *run) save(ctx context.Context) error {
	data, err := json.Marshal(j.rec)
	if err != nil {
		return err
	}
	j.state.Data = data
	return j.jobs.SaveState(ctx, j.state)
}

func (j *run) run(ctx context.Context) error {
	p, err := j.plan(ctx, j.rec)
	if errors.Is(err, lifecycle.ErrNoSubject) {
		j.entry.Reason = "it belongs to another subject"
		return j.report(ctx, nil)
	}
	if err != nil {
		return err
	}
	if p.subject != j.rec.Subject {
		// The subject of a session is its invoice, once that exists.
		j.entry.Reason = "it belongs to " + p.subject.ID
		if err := j.report(ctx, nil); err != nil {
			return err
		}
		return j.Request(ctx, p.subject)
	}
	j.rec.Status, j.rec.Decision, j.rec.OrderID = p.status, p.target.Decision, p.target.OrderID
	j.entry.Status, j.entry.Decision, j.entry.Reason, j.entry.Notes = p.status, p.target.Decision, p.target.Reason, p.changes.Notes
	if err := j.report(ctx, p.changes.Reviews); err != nil {
		return err
	}
	if err := j.announce(ctx, &p.changes); err != nil { // those of a job that was interrupted
		return err
	}
	if p.changes.Blocked {
		return j.repeatOrders(ctx)
	}
	if err := j.lookForUnseen(ctx, p); err != nil {
		return err
	}
	j.intend(&p.changes)
	before := j.rec.Memory
	j.rec.Memory = p.changes.Intent(before)
	j.rec.Memory.Pending = j.rec.pending()
	if !p.changes.IsEmpty() {
		if err := j.save(ctx); err != nil {
			return err
		}
	}
	err = j.apply(ctx, p)
	j.forgetIntents(&p.changes, before)
	switch {
	case errors.Is(err, fulfillment.ErrStateChanged): // another machine knows better which orders are pending
		return err
	case err == nil:
		j.rec.Memory = p.changes.Done(j.rec.Memory)
		err = j.announce(ctx, &lifecycle.Changes{})
	}
	repeatErr := j.repeatOrders(ctx)
	if repeatErr == nil {
		repeatErr = j.discardObsolete(ctx)
	}
	return errors.Join(err, repeatErr)
}

// lookForUnseen reads licenses by their ids that have to be disabled and were not in lists.
// Those that exist are disabled, and those that do not are forgotten.
func (j *run) lookForUnseen(ctx context.Context, p *plan) error {
	for _, unseen := range p.changes.Unseen {
		if j.rec.Looks < maxUnseenLooks {
			j.unseen = true
			continue
		}
		shown, err := j.client.GetLicense(ctx, unseen.License)
		switch {
		case errors.Is(err, licensespring.ErrNotFound):
			if unseen.Surplus {
				delete(j.rec.Memory.Licenses, unseen.License)
			}
		case err != nil:
			return err
		case shown.Enabled == nil || *shown.Enabled:
			p.changes.Surplus = append(p.changes.Surplus, lifecycle.Ensure{
				License: unseen.License, Product: unseen.Product, State: licensespring.LicenseState{Enabled: new(false)},
				Reason: "nothing is paid for the license",
			})
		}
	}
	return nil
}

// plan is what a job saw, and what it has to change.
type plan struct {
	subject  stripehook.Source
	status   lifecycle.Status
	target   lifecycle.Target
	licenses []*licensespring.LicenseRecord
	changes  lifecycle.Changes
	// ordered are the licenses that were ordered and are not known. They are late if that
	// was long ago, or if the order is a dead letter.
	ordered []lifecycle.Pending
	late    bool
	// obsolete are dead letters to discard after new orders were given to the pipeline.
	obsolete []*fulfillment.DeadLetter
}

// plan reads the subject and its licenses, and derives the changes. It changes nothing
// but the record.
func (r *Reconciler) plan(ctx context.Context, rec *Record) (*plan, error) {
	subject, err := r.reader.Subject(ctx, rec.Subject)
	if err != nil {
		return nil, err
	}
	p := &plan{subject: subject.Source, status: subject.Status, target: lifecycle.Wanted(subject, r.cfg.lifecycle)}
	if p.subject != rec.Subject {
		return p, nil
	}
	if p.licenses, err = r.readLicenses(ctx, &p.target, rec); err != nil {
		return nil, err
	}
	rec.learnDisabled(p.licenses)
	rec.find(p.licenses)
	rec.Terms = termsOf(subject.Customer.Email, p.licenses)
	p.changes = lifecycle.Plan(p.target, p.licenses, rec.Memory)
	if err := r.replaceRejected(ctx, p, rec); err != nil {
		return nil, err
	}
	if err := r.checkFirstOrder(ctx, p, rec); err != nil {
		return nil, err
	}
	for _, n := range p.changes.Notes {
		if n.Kind == lifecycle.NoteForeign {
			delete(rec.Memory.Licenses, n.License)
		}
	}
	p.ordered = append(p.ordered, rec.Memory.Pending...)
	p.late = p.late || rec.pendingFor(r.cfg.now()) >= maxOrderWait
	return p, nil
}

// report makes dead letters of new reviews, and removes those of earlier ones.
func (j *run) report(ctx context.Context, reviews []lifecycle.Review) error {
	var ids []string
	for _, review := range reviews {
		ids = append(ids, review.ID)
	}
	if err := j.intendReviews(ctx, ids...); err != nil {
		return err
	}
	for _, review := range reviews {
		if slices.Contains(j.rec.Reviews, review.ID) {
			continue
		}
		reason := review.Reason
		if review.Proposal != "" {
			reason += ": " + review.Proposal
		}
		rejection := fulfillment.Rejection{
			ID: j.letterID(review.ID), Reason: reason, Source: SourceOfReviews, Payload: []byte(Key(j.rec.Subject)),
		}
		if len(review.Findings) > 0 {
			rejection.Err = &licensespring.ValidationError{Findings: review.Findings}
		}
		if err := j.pipeline.Reject(ctx, rejection); err != nil {
			return err
		}
	}
	for _, id := range slices.Concat(j.rec.Reviews, j.rec.Rejecting) {
		if slices.Contains(ids, id) {
			continue
		}
		if err := j.pipeline.DiscardRejection(ctx, j.letterID(id)); err != nil {
			return err
		}
	}
	j.rec.Reviews, j.rec.Rejecting = ids, nil
	return nil
}

// SourceOfReviews is the source of the dead letters of reviews. Their payload is the
// key of the subject.
const SourceOfReviews = "reconcile"
