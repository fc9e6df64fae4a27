package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/lifecycle"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// maxEntries is the number of entries of a history. Entries that repeat the last one
// are not added, so that they are years of a usual subscription.
const maxEntries = 100

// Record is what is stored of a subject.
type Record struct {
	// Subject identifies the subscription or the payment.
	Subject stripehook.Source `json:"subject"`
	// OrderID is the id of the first order.
	OrderID string `json:"order_id,omitzero"`
	// Status is the status at Stripe, and Decision what was derived from it, at the
	// last job.
	Status   lifecycle.Status   `json:"status,omitzero"`
	Decision lifecycle.Decision `json:"decision,omitzero"`
	// CheckedAt is the time of the last job, and Jobs the number of jobs.
	CheckedAt time.Time `json:"checked_at,omitzero"`
	Jobs      int       `json:"jobs,omitzero"`
	// Memory is what the program remembers.
	Memory lifecycle.Memory `json:"memory"`
	// Orders are the orders whose licenses are not known yet, with their license keys.
	Orders []PendingOrder `json:"orders,omitzero"`
	// Obsolete are the numbers of dead letters whose orders were replaced.
	Obsolete []uint64 `json:"obsolete,omitzero"`
	// WaitingSince is the time since which the pipeline has the first order, and its
	// licenses are not known. It is zero otherwise.
	WaitingSince time.Time `json:"waiting_since,omitzero"`
	// Looks is the number of jobs since the last order that ended without an error, while
	// licenses are not known yet.
	Looks int `json:"looks,omitzero"`
	// Terms are hashes of the customer's address and the license keys, for
	// [Record.Matches].
	Terms []string `json:"terms,omitzero"`
	// Announce are the announcements of changes that are not announced yet, by license.
	Announce map[int64]fulfillment.Announcement `json:"announce,omitzero"`
	// Reviews are the ids of the reviews that are dead letters, and Rejecting those that
	// may be.
	Reviews   []string `json:"reviews,omitzero"`
	Rejecting []string `json:"rejecting,omitzero"`
	// History is what was seen, wanted and done, oldest first.
	History []Entry `json:"history,omitzero"`
}

// Entry is one entry of a history.
type Entry struct {
	// At is the time of the job, and Last that of the last job with the same result.
	At   time.Time `json:"at"`
	Last time.Time `json:"last,omitzero"`
	// Status is the status at Stripe.
	Status lifecycle.Status `json:"status,omitzero"`
	// Decision is what was derived from it, and Reason why.
	Decision lifecycle.Decision `json:"decision,omitzero"`
	Reason   string             `json:"reason,omitzero"`
	// Steps are what was done.
	Steps []Step `json:"steps,omitzero"`
	// Notes describe what was left as it is.
	Notes []lifecycle.Note `json:"notes,omitzero"`
	// Error is the error that ended the job, or empty.
	Error string `json:"error,omitzero"`
}

// Step is one change.
type Step struct {
	// License is the id of the license, or 0 for an order.
	License int64 `json:"license,omitzero"`
	// OrderID is the id of the order, and Count the number of ordered licenses.
	OrderID string `json:"order_id,omitzero"`
	Count   int    `json:"count,omitzero"`
	// Reason is why it was necessary.
	Reason string `json:"reason"`
	// Change is what was changed.
	Change string `json:"change,omitzero"`
	// Outcome is its outcome. It is empty for an order, whose outcome is that of the
	// pipeline.
	Outcome licensespring.Outcome `json:"outcome,omitzero"`
	// Error is the error, or empty.
	Error string `json:"error,omitzero"`
}

// sameAs reports whether an entry repeats another one.
func (e *Entry) sameAs(other *Entry) bool {
	return len(e.Steps) == 0 && len(other.Steps) == 0 && e.Status == other.Status && e.Decision == other.Decision &&
		e.Reason == other.Reason && e.Error == other.Error && slices.Equal(e.Notes, other.Notes)
}

// add adds an entry to the history.
func (r *Record) add(e Entry) {
	r.CheckedAt = e.At
	r.Jobs++
	if n := len(r.History); n > 0 && e.sameAs(&r.History[n-1]) {
		r.History[n-1].Last = e.At
		return
	}
	r.History = append(r.History, e)
	if n := len(r.History); n > maxEntries {
		r.History = slices.Delete(r.History, 0, n-maxEntries)
	}
}

// LastError returns the error of the last job, or an empty text.
func (r *Record) LastError() string {
	if n := len(r.History); n > 0 {
		return r.History[n-1].Error
	}
	return ""
}

// ErrUnknownSubject means that no job of the subject has run.
var ErrUnknownSubject = errors.New("reconcile: no such subject")

// Record returns what is stored of a subject, or [ErrUnknownSubject].
func (r *Reconciler) Record(ctx context.Context, subject stripehook.Source) (*Record, error) {
	s, err := r.jobs.State(ctx, Key(subject))
	if err != nil {
		return nil, err
	}
	if s.Data == nil {
		return nil, ErrUnknownSubject
	}
	return decodeRecord(s, subject)
}

// Records yields what is stored of all subjects, in no particular order. The sequence
// ends after the first error.
func (r *Reconciler) Records(ctx context.Context) iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		for s, err := range r.jobs.States(ctx) {
			var rec *Record
			if err == nil {
				subject, _ := ParseKey(s.Key)
				rec, err = decodeRecord(s, subject)
			}
			if !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

func decodeRecord(s *fulfillment.JobState, subject stripehook.Source) (*Record, error) {
	rec := &Record{Subject: subject}
	if s.Data == nil {
		return rec, nil
	}
	if err := json.Unmarshal(s.Data, rec); err != nil {
		return nil, fmt.Errorf("reconcile: the record of a subject cannot be read: %w", err)
	}
	return rec, nil
}
