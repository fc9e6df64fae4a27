package audit

import (
	"context"
	"errors"
	"net/http"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/lifecycle"
	"github.com/licensespring-go/licensespring/billing/reconcile"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// findOrphans looks for enabled licenses that name a subject which Stripe does not have.
// Licenses of other orders are those of this program only if they name a subscription.
func (r *run) findOrphans(ctx context.Context) error {
	for l, err := range r.Client.ListLicenses(ctx, licensespring.LicenseFilter{Enabled: new(true)}) {
		if err != nil {
			return err
		}
		subject, ok := reconcile.SubjectOfOrder(l.OrderStoreID, r.OrderIDPrefix)
		if !ok {
			if subject, ok = reconcile.SubjectOfOrder(l.SubscriptionID, ""); !ok || subject.Kind != stripehook.SourceSubscription {
				continue
			}
		}
		exists, err := r.exists(ctx, subject)
		if err != nil {
			return err
		}
		if exists {
			continue
		}
		err = r.add(Difference{
			Kind: KindOrphan, Subject: subject.ID, Account: subject.Account, OrderID: l.OrderStoreID, License: l.ID,
			Cause:  "the license is enabled, and Stripe does not have what it was sold for",
			Change: "disable the license, or correct its subscription id",
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// exists reports whether Stripe has a subject. A subject with a record was read before.
func (r *run) exists(ctx context.Context, subject stripehook.Source) (bool, error) {
	_, err := r.Reconciler.Record(ctx, subject)
	if !errors.Is(err, reconcile.ErrUnknownSubject) {
		return true, err
	}
	_, err = r.Reconciler.Compare(ctx, subject)
	if api, ok := errors.AsType[*stripehook.APIError](err); ok && api.Status == http.StatusNotFound || errors.Is(err, lifecycle.ErrNoSubject) {
		return false, nil
	}
	if err != nil && (ctx.Err() != nil || concernsAll(err)) {
		return false, err
	}
	return true, nil // another error was reported by the comparison
}
