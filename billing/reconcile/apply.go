package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/lifecycle"
)

// apply makes the changes in their order, until one fails.
func (j *run) apply(ctx context.Context, p *plan) error {
	changes := &p.changes
	for i := range changes.Ensure {
		if err := j.ensure(ctx, &changes.Ensure[i]); err != nil {
			return err
		}
	}
	if err := j.orderAll(ctx, &p.target, changes.Missing); err != nil {
		return err
	}
	for i := range changes.Surplus {
		if err := j.ensure(ctx, &changes.Surplus[i]); err != nil {
			return err
		}
	}
	return nil
}

// ensure makes one license as it is wanted.
func (j *run) ensure(ctx context.Context, change *lifecycle.Ensure) error {
	step := Step{License: change.License, Reason: change.Reason}
	res, err := j.client.EnsureLicense(ctx, change.License, change.State)
	if err == nil {
		step.Outcome = res.Outcome
		j.rememberDisabled(res.License)
	} else {
		step.Outcome, step.Error = licensespring.OutcomeOf(err), err.Error()
	}
	j.entry.Steps = append(j.entry.Steps, step)
	return err
}

// rememberDisabled records when the service disabled a license, which distinguishes it
// from a later change by a person.
func (j *run) rememberDisabled(shown *licensespring.LicenseRecord) {
	if shown == nil {
		return
	}
	if known, ok := j.rec.Memory.Licenses[shown.ID]; ok && known.Disabled != "" && !shown.TimeDisabled.IsZero() {
		known.TimeDisabled = shown.TimeDisabled
		j.rec.Memory.Licenses[shown.ID] = known
	}
}

// orderAll orders missing licenses: those of the first order together, and each of the
// others by itself.
func (j *run) orderAll(ctx context.Context, target *lifecycle.Target, missing []lifecycle.Missing) error {
	var first []lifecycle.Missing
	for _, m := range missing {
		if !m.Append {
			first = append(first, m)
		}
	}
	if len(first) > 0 {
		state, err := j.pipeline.OrderState(ctx, target.OrderID)
		if err != nil {
			return err
		}
		// The event of the purchase may have led to the order already, with the same id.
		if state != fulfillment.OrderUnknown {
			j.rec.Waiting = true
			return nil
		}
		if err := j.order(ctx, newOrder(target, first), first); err != nil {
			return err
		}
	}
	for _, m := range missing {
		if !m.Append {
			continue
		}
		one := []lifecycle.Missing{m}
		order := newOrder(target, one)
		if len(m.License.Users) > 0 {
			// Licenses with users have no keys, by which an append could be recognized.
			j.rec.Ordered++
			order.ID, order.Append = fmt.Sprintf("%s-%d", target.OrderID, j.rec.Ordered+1), false
		} else {
			order.Append = true
			var err error
			if order, err = j.client.AssignKeys(ctx, order); err != nil {
				return err
			}
		}
		if err := j.order(ctx, order, one); err != nil {
			return err
		}
	}
	return nil
}

// order stores an order with its license keys, for repeatOrders: after a kill the same
// order is given to the pipeline again.
func (j *run) order(ctx context.Context, order *licensespring.Order, missing []lifecycle.Missing) error {
	if err := order.Validate(); err != nil {
		return err
	}
	body, err := order.MarshalJSON()
	if err != nil {
		return err
	}
	j.rec.Orders = append(j.rec.Orders, PendingOrder{Missing: missing, Order: json.RawMessage(body), RequestedAt: j.entry.At})
	for _, m := range missing {
		j.rec.Memory.Pending = append(j.rec.Memory.Pending, lifecycle.Pending{
			OrderID: m.OrderID, Product: m.Product, Item: m.Item, Count: m.Count,
		})
		j.entry.Steps = append(j.entry.Steps, Step{OrderID: order.ID, Count: m.Count, Reason: m.Reason})
	}
	return j.save(ctx)
}

// newOrder returns the order of missing licenses.
func newOrder(target *lifecycle.Target, missing []lifecycle.Missing) *licensespring.Order {
	order := &licensespring.Order{ID: target.OrderID, IsTest: target.IsTest, Customer: target.Customer}
	for i := range missing {
		m := &missing[i]
		licenses := make([]licensespring.License, m.Count)
		for k := range licenses {
			licenses[k] = m.License.Clone()
		}
		order.Items = append(order.Items, licensespring.OrderItem{ProductCode: m.Product, Licenses: licenses})
	}
	return order
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
