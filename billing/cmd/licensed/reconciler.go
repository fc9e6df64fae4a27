package main

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/lifecycle"
	"github.com/licensespring-go/licensespring/billing/reconcile"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// The results of jobs in metrics.
const (
	jobDone  = "done"
	jobRetry = "retry"
)

// newReconciler opens the reconciliation if there is a key of the Stripe API.
func (a *app) newReconciler(ctx context.Context) error {
	a.audits = &audits{app: a}
	if a.set.stripeKey.IsZero() {
		return nil
	}
	options := []reconcile.Option{
		reconcile.WithConfig(a.lifecycleConfig()), reconcile.WithLogger(a.logger), reconcile.WithObserver(func(r reconcile.Report) {
			a.activity.recordJob(r)
			a.metrics.recordJob(r)
		}),
	}
	if a.stripe != nil {
		options = append(options, reconcile.WithClock(a.stripe.Now))
	}
	if a.set.notifyURL != "" {
		options = append(options, reconcile.WithAnnouncements())
	}
	var err error
	a.reconciler, err = reconcile.Open(ctx, a.pipeline, a.client, lifecycle.NewReader(a.stripeItems()), options...)
	return err
}

func (a *app) lifecycleConfig() lifecycle.Config {
	return lifecycle.Config{
		OrderIDPrefix: a.set.idPrefix, SlackDays: &a.set.slackDays, SkipUnlicensed: a.set.skipUnlicensed,
		Authorization: a.catalogue.authorization,
	}
}

// runReconciler runs jobs until ctx ends and active calls return.
func (a *app) runReconciler(ctx context.Context) error {
	if a.reconciler == nil {
		<-ctx.Done()
		return nil
	}
	a.readCatalogue(ctx) // it determines the form of licenses
	return a.reconciler.Run(ctx, fulfillment.WithGracePeriod(a.set.grace))
}

func (m *metrics) recordJob(r reconcile.Report) {
	result := jobDone
	if r.Err != nil {
		result = jobRetry
	}
	m.jobs.WithLabelValues(result).Inc()
	for _, step := range r.Entry.Steps {
		outcome := string(step.Outcome)
		if step.License == 0 {
			outcome = "ordered"
		}
		m.changes.WithLabelValues(outcome).Inc()
	}
}

// jobsView describes the reconciliation.
type jobsView struct {
	Subjects  int `json:"subjects"`
	Waiting   int `json:"waiting"`
	Scheduled int `json:"scheduled"`
	// ByStatus are the numbers of subjects by their status at Stripe.
	ByStatus []namedCount `json:"by_status"`
}

func (a *app) jobsView(ctx context.Context) (*jobsView, error) {
	if a.reconciler == nil {
		return nil, nil //nolint:nilnil // there is none
	}
	stats, err := a.reconciler.Stats(ctx)
	if err != nil {
		return nil, err
	}
	v := &jobsView{Waiting: stats.Waiting, Scheduled: stats.Scheduled}
	counts := map[lifecycle.Status]int{}
	for rec, err := range a.reconciler.Records(ctx) {
		if err != nil {
			return nil, err
		}
		v.Subjects++
		counts[rec.Status]++
	}
	for status, n := range counts {
		v.ByStatus = append(v.ByStatus, namedCount{string(status), n})
	}
	slices.SortFunc(v.ByStatus, func(x, y namedCount) int { return strings.Compare(x.Name, y.Name) })
	return v, nil
}

// withReconciler rejects requests without a reconciliation.
func (a *app) withReconciler(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if a.reconciler == nil {
			writeJSON(w, http.StatusConflict, errorResponse{Error: envStripeKey + " is not set"})
			return
		}
		next(w, r)
	}
}

// subjectOf returns the subject of an id, which is a Stripe id, or a key with an account.
func subjectOf(id string) (stripehook.Source, bool) {
	if s, ok := reconcile.ParseKey(id); ok {
		return s, true
	}
	return reconcile.SubjectOf(id)
}

// requestAfterOrder requests a job for the subject of a finished order, so that it does
// not wait for its next look at the licenses.
func (a *app) requestAfterOrder(e fulfillment.Event) {
	subject, ok := reconcile.SubjectOfOrder(e.OrderID, a.set.idPrefix)
	if a.reconciler == nil || !ok || e.Disposition != fulfillment.DispositionDone {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), statsTimeout)
	defer cancel()
	if err := a.reconciler.Request(ctx, subject); err != nil {
		a.logger.LogAttrs(ctx, slog.LevelDebug, "reconciliation after an order not requested", slog.Any("error", err))
	}
}
