package audit

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/lifecycle"
	"github.com/licensespring-go/licensespring/billing/reconcile"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// Kind is the kind of a difference.
type Kind string

// The kinds of differences. The ids are stable.
const (
	// KindUnlicensed: something is paid for, and a license is missing.
	KindUnlicensed Kind = "unlicensed"
	// KindDisabled: something is paid for, and this program has disabled the license.
	KindDisabled Kind = "disabled"
	// KindUnpaid: a license is enabled, and nothing is paid for it.
	KindUnpaid Kind = "unpaid"
	// KindDuplicate: a customer has more licenses than are paid for.
	KindDuplicate Kind = "duplicate"
	// KindDate: a license ends at the wrong date.
	KindDate Kind = "wrong_date"
	// KindValues: a license has the wrong limits or features.
	KindValues Kind = "wrong_values"
	// KindReview: an operator has to decide.
	KindReview Kind = "review"
	// KindOrphan: an enabled license names a subscription or a payment that Stripe does
	// not have.
	KindOrphan Kind = "orphan"
	// KindError: the comparison failed.
	KindError Kind = "error"
)

// Difference is one difference between Stripe and LicenseSpring.
type Difference struct {
	Kind Kind `json:"kind"`
	// Subject is the id of the subscription or the payment, and Account its connected
	// account.
	Subject string `json:"subject,omitzero"`
	Account string `json:"account,omitzero"`
	// Status is the status at Stripe.
	Status lifecycle.Status `json:"status,omitzero"`
	// OrderID is the id of the order, and License that of the license.
	OrderID string `json:"order_id,omitzero"`
	License int64  `json:"license,omitzero"`
	// Cause is what was found, and Change what is proposed.
	Cause  string `json:"cause"`
	Change string `json:"change,omitzero"`
	// Fix is the result of the change, or empty if nothing was changed.
	Fix Fix `json:"fix,omitzero"`
	// Reason is why a fix failed, or empty.
	Reason string `json:"reason,omitzero"`
}

// Fix is the result of a change.
type Fix string

// The results of changes.
const (
	// FixDone: the licenses are as they are paid for.
	FixDone Fix = "done"
	// FixPending: the change was requested and is not visible yet.
	FixPending Fix = "pending"
	// FixFailed: the change failed.
	FixFailed Fix = "failed"
)

// Position is a position in an audit. The zero Position is the beginning.
type Position struct {
	// Subjects is the position in the subjects of Stripe.
	Subjects lifecycle.Cursor `json:"subjects,omitzero"`
	// Licenses reports whether all subjects were compared.
	Licenses bool `json:"licenses,omitzero"`
}

// Summary holds the counts of an audit, since its position.
type Summary struct {
	StartedAt time.Time `json:"started_at"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
	// Subjects and Licenses are the numbers of subjects and licenses that were compared.
	Subjects int `json:"subjects"`
	Licenses int `json:"licenses"`
	// Differences are the numbers of differences, by kind.
	Differences map[Kind]int `json:"differences"`
	// Fixes are the numbers of changes, by result.
	Fixes map[Fix]int `json:"fixes,omitzero"`
	// Complete reports whether the audit has reached its end. Position is where it
	// stopped otherwise.
	Complete bool     `json:"complete"`
	Position Position `json:"position,omitzero"`
}

// IsClean reports whether the books are right: the audit is complete, and each
// difference was corrected.
func (s *Summary) IsClean() bool {
	open := -s.Fixes[FixDone]
	for _, n := range s.Differences {
		open += n
	}
	return s.Complete && open == 0
}

// Subjects lists what is sold. [lifecycle.Reader] implements it.
type Subjects interface {
	Subjects(ctx context.Context, from lifecycle.Cursor, yield func(stripehook.Source, lifecycle.Cursor) error) error
}

// Reconciler compares subjects. [reconcile.Reconciler] implements it.
type Reconciler interface {
	Compare(ctx context.Context, subject stripehook.Source) (*reconcile.Comparison, error)
	Request(ctx context.Context, subject stripehook.Source) error
	Record(ctx context.Context, subject stripehook.Source) (*reconcile.Record, error)
}

// Client lists licenses. [licensespring.Client] implements it.
type Client interface {
	ListLicenses(ctx context.Context, filter licensespring.LicenseFilter) iter.Seq2[*licensespring.LicenseRecord, error]
}

// Audit compares Stripe with LicenseSpring.
type Audit struct {
	Subjects   Subjects
	Reconciler Reconciler
	Client     Client
	// OrderIDPrefix is that of [lifecycle.Config].
	OrderIDPrefix string
	// Fix requests a job for each subject with a difference that can be corrected
	// without an operator, and waits for it.
	Fix bool
	// FixTimeout is the time to wait for a job. The default is one minute.
	FixTimeout time.Duration
}

// Run audits from a position and calls report with each difference. It ends early with
// the error of ctx, of report, or of listing; the summary holds the position then.
func (a *Audit) Run(ctx context.Context, from Position, report func(Difference) error) (*Summary, error) {
	r := &run{Audit: a, report: report, summary: &Summary{
		StartedAt: time.Now().UTC(), Differences: map[Kind]int{}, Fixes: map[Fix]int{}, Position: from,
	}}
	err := r.run(ctx)
	r.summary.EndedAt = time.Now().UTC()
	if err == nil {
		r.summary.Complete, r.summary.Position = true, Position{}
	}
	return r.summary, err
}

// run is one run of an audit.
type run struct {
	*Audit

	report  func(Difference) error
	summary *Summary
}

func (r *run) run(ctx context.Context) error {
	if !r.summary.Position.Licenses {
		err := r.Subjects.Subjects(ctx, r.summary.Position.Subjects, func(subject stripehook.Source, after lifecycle.Cursor) error {
			if err := r.compare(ctx, subject); err != nil {
				return err
			}
			r.summary.Subjects++
			r.summary.Position.Subjects = after
			return nil
		})
		if err != nil {
			return err
		}
		r.summary.Position = Position{Licenses: true}
	}
	return r.findOrphans(ctx)
}

// add reports a difference.
func (r *run) add(d Difference) error {
	r.summary.Differences[d.Kind]++
	if d.Fix != "" {
		r.summary.Fixes[d.Fix]++
	}
	return r.report(d)
}

// compare reports the differences of one subject. An error of one subject does not end
// the audit unless it would be that of all.
func (r *run) compare(ctx context.Context, subject stripehook.Source) error {
	c, err := r.Reconciler.Compare(ctx, subject)
	if err != nil {
		if ctx.Err() != nil || concernsAll(err) {
			return err
		}
		return r.add(Difference{Kind: KindError, Subject: subject.ID, Account: subject.Account, Cause: err.Error()})
	}
	r.summary.Licenses += len(c.Licenses)
	differences := differencesOf(c)
	if r.Fix {
		r.fix(ctx, c, differences)
		if c.Outdated { // such as a price whose metadata was corrected without an event
			if err := r.Reconciler.Request(ctx, subject); err != nil {
				return err
			}
		}
	}
	for _, d := range differences {
		if err := r.add(d); err != nil {
			return err
		}
	}
	return nil
}

// concernsAll reports whether the comparison of other subjects would fail as well.
func concernsAll(err error) bool {
	if api, ok := errors.AsType[*stripehook.APIError](err); ok {
		return api.Status == http.StatusUnauthorized
	}
	return errors.Is(err, licensespring.ErrUnauthorized)
}

// differencesOf returns the differences of a comparison.
func differencesOf(c *reconcile.Comparison) []Difference {
	var differences []Difference
	add := func(kind Kind, license int64, cause, change string) {
		differences = append(differences, Difference{
			Kind: kind, Subject: c.Subject.ID, Account: c.Subject.Account, Status: c.Status, OrderID: c.Target.OrderID,
			License: license, Cause: cause, Change: change,
		})
	}
	for i := range c.Changes.Reviews {
		review := &c.Changes.Reviews[i]
		add(KindReview, 0, review.Reason, review.Proposal)
	}
	if c.Changes.Blocked {
		return differences
	}
	for i := range c.Changes.Ensure {
		e := &c.Changes.Ensure[i]
		kind, found := classify(e, c.Licenses)
		if found == "" && e.Enable { // it is as wanted
			continue
		}
		add(kind, e.License, e.Reason+found, reconcile.ChangeOf(&e.State))
	}
	for i := range c.Changes.Missing {
		m := &c.Changes.Missing[i]
		add(KindUnlicensed, 0, m.Reason, "order "+plural(m.Count, "license")+" of "+m.Product)
	}
	for _, o := range c.Ordered {
		if c.Late {
			add(KindUnlicensed, 0, plural(o.Count, "license")+" of "+o.Product+" in order "+o.OrderID+" cannot be found", "see the dead letter of the order")
		}
	}
	for _, n := range c.Changes.Notes {
		if n.Kind == lifecycle.NoteNotVisible {
			add(KindReview, n.License, n.Text, "if it was deleted, issue another one with the subscription id manually")
		}
	}
	for i := range c.Changes.Surplus {
		e := &c.Changes.Surplus[i]
		add(KindDuplicate, e.License, e.Reason, reconcile.ChangeOf(&e.State))
	}
	return differences
}

// classify returns the kind of a change, and what the license shows otherwise.
func classify(e *lifecycle.Ensure, licenses []*licensespring.LicenseRecord) (Kind, string) {
	var names []string
	kind := KindValues
	for _, l := range licenses {
		if l.ID != e.License {
			continue
		}
		for _, d := range e.State.Diff(l) {
			names = append(names, d.Path)
			switch {
			case d.Path == "enabled" && e.State.Enabled != nil && *e.State.Enabled:
				kind = KindDisabled
			case d.Path == "enabled":
				kind = KindUnpaid
			case d.Path == "validity_period" && kind == KindValues:
				kind = KindDate
			}
		}
	}
	if len(names) == 0 {
		return kind, ""
	}
	return kind, " (" + strings.Join(names, ", ") + ")"
}
