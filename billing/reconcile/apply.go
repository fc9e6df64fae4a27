package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/lifecycle"
)

// apply makes the changes in their order, until one fails. A license that cannot be changed
// does not keep the others from being changed.
func (j *run) apply(ctx context.Context, p *plan) error {
	permanent, err := j.ensureAll(ctx, p.changes.Ensure)
	if err == nil && len(p.changes.Missing) > 0 {
		err = j.orderAll(ctx, p)
	}
	if err == nil {
		var more error
		more, err = j.ensureAll(ctx, p.changes.Surplus)
		permanent = errors.Join(permanent, more)
	}
	return errors.Join(permanent, err)
}

// ensureAll makes licenses as they are wanted. It returns the permanent errors, after which
// it continues, and the error that ended it.
func (j *run) ensureAll(ctx context.Context, changes []lifecycle.Ensure) (permanent, err error) {
	for i := range changes {
		err := j.ensure(ctx, &changes[i])
		if err != nil && !isPermanent(err) {
			return permanent, err
		}
		permanent = errors.Join(permanent, err)
	}
	return permanent, nil
}

// ensure makes one license as it is wanted.
func (j *run) ensure(ctx context.Context, change *lifecycle.Ensure) error {
	step := Step{License: change.License, Reason: change.Reason, Change: ChangeOf(&change.State)}
	if change.Enable {
		if isManual, err := j.wasDisabledManually(ctx, change.License); isManual || err != nil {
			return err
		}
	}
	res, err := j.client.EnsureLicense(ctx, change.License, change.State)
	if err == nil && change.Enable {
		var enabled *licensespring.LicenseResult
		if enabled, err = j.client.EnableLicense(ctx, change.License); err == nil && enabled.Outcome == licensespring.OutcomeChanged {
			res = enabled
		}
	}
	if err == nil {
		step.Outcome = res.Outcome
		if step.Outcome == licensespring.OutcomeChanged {
			j.rememberDisabled(res.License)
		}
	} else {
		step.Outcome, step.Error = licensespring.OutcomeOf(err), err.Error()
	}
	switch step.Outcome {
	case licensespring.OutcomeNotSent, licensespring.OutcomeRejected, licensespring.OutcomeUnchanged:
	default:
		j.touched[change.License] = change.Disables()
	}
	j.entry.Steps = append(j.entry.Steps, step)
	return err
}

// wasDisabledManually reports whether a license that this program has disabled was disabled
// again manually, although a list shows it enabled, and forgets its own disable then.
func (j *run) wasDisabledManually(ctx context.Context, id int64) (bool, error) {
	shown, err := j.client.GetLicense(ctx, id)
	if err != nil {
		return false, err
	}
	known := j.rec.Memory.Licenses[id]
	isManual := known.IsDisabledManually(shown)
	if isManual {
		known.Disabled, known.TimeDisabled = "", time.Time{}
		j.rec.Memory.Licenses[id] = known
	}
	return isManual, nil
}

// forgetIntents restores what was remembered of the licenses that were to be disabled and
// that this program certainly has not disabled: it was not tried, it failed, or the
// license was disabled already. If one is disabled at the next job, this was done
// manually.
func (j *run) forgetIntents(changes *lifecycle.Changes, before lifecycle.Memory) {
	for _, list := range [...][]lifecycle.Ensure{changes.Ensure, changes.Surplus} {
		for i := range list {
			known, ok := j.rec.Memory.Licenses[list[i].License]
			if !ok || !list[i].Disables() || j.touched[list[i].License] {
				continue
			}
			known.Disabled = before.Licenses[list[i].License].Disabled
			known.TimeDisabled = before.Licenses[list[i].License].TimeDisabled
			j.rec.Memory.Licenses[list[i].License] = known
		}
	}
}

// keepDisabled adds the licenses that this job has disabled, or may have, to a record that
// another machine has saved meanwhile. Otherwise the next job would take that for a manual
// change.
func (j *run) keepDisabled(ctx context.Context) error {
	if len(j.touched) == 0 {
		return nil
	}
	for {
		state, err := j.jobs.State(ctx, Key(j.rec.Subject))
		if err != nil {
			return err
		}
		saved, err := decodeRecord(state, j.rec.Subject)
		if err != nil {
			return err
		}
		for id, disabled := range j.touched {
			if known, ok := saved.Memory.Licenses[id]; ok && disabled {
				known.Disabled, known.TimeDisabled = j.rec.Memory.Licenses[id].Disabled, j.rec.Memory.Licenses[id].TimeDisabled
				saved.Memory.Licenses[id] = known
			}
		}
		again := &run{Reconciler: j.Reconciler, state: state, rec: saved}
		if err := again.save(ctx); !errors.Is(err, fulfillment.ErrStateChanged) {
			return err
		}
	}
}

// rememberDisabled records when the service disabled a license, which distinguishes it
// from a later change by an administrator.
func (j *run) rememberDisabled(shown *licensespring.LicenseRecord) {
	if shown == nil {
		return
	}
	if known, ok := j.rec.Memory.Licenses[shown.ID]; ok && known.Disabled != "" && !shown.TimeDisabled.IsZero() {
		known.TimeDisabled = shown.TimeDisabled
		j.rec.Memory.Licenses[shown.ID] = known
	}
}

// orderAll stores the orders of the missing licenses with their keys, for repeatOrders:
// after a kill the same orders are given to the pipeline again.
func (j *run) orderAll(ctx context.Context, p *plan) (err error) {
	orders, obsolete := j.rec.Orders, j.rec.Obsolete
	defer func() {
		if err != nil { // an order that is not stored must not be given to the pipeline
			j.rec.Orders, j.rec.Obsolete = orders, obsolete
			j.rec.Memory.Pending = j.rec.pending()
		}
	}()
	for _, order := range p.changes.Orders(&p.target) {
		missing := missingOf(&p.changes, order.ID)
		if order.Append {
			keyed, err := j.client.AssignKeys(ctx, &order)
			if err != nil {
				return err
			}
			order = *keyed
		}
		if err := order.Validate(); err != nil {
			return err
		}
		body, err := order.MarshalJSON()
		if err != nil {
			return err
		}
		j.rec.Looks = 0
		j.rec.Orders = append(j.rec.Orders, PendingOrder{Missing: missing, Order: body, RequestedAt: j.entry.At})
		for _, m := range missing {
			j.entry.Steps = append(j.entry.Steps, Step{OrderID: order.ID, Count: m.Count, Reason: m.Reason, Change: "order"})
		}
	}
	for _, letter := range p.obsolete {
		j.rec.Obsolete = append(j.rec.Obsolete, letter.Seq)
	}
	j.rec.Memory.Pending = j.rec.pending()
	return j.save(ctx)
}

func missingOf(changes *lifecycle.Changes, orderID string) []lifecycle.Missing {
	var missing []lifecycle.Missing
	for _, m := range changes.Missing {
		if m.OrderID == orderID {
			missing = append(missing, m)
		}
	}
	return missing
}

// repeatOrders gives all orders to the pipeline whose licenses are not known yet. It is
// idempotent.
func (j *run) repeatOrders(ctx context.Context) error {
	var errs []error
	for _, pending := range j.rec.Orders {
		order := &licensespring.Order{}
		err := json.Unmarshal(pending.Order, order)
		if err == nil {
			err = j.pipeline.Enqueue(ctx, order)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
