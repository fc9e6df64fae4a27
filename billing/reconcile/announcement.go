package reconcile

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/lifecycle"
)

// The types of announcements.
const (
	// AnnounceSuspended: a license was disabled.
	AnnounceSuspended = "license.suspended"
	// AnnounceChanged: a license was enabled, extended, or got other limits or features.
	AnnounceChanged = "license.changed"
)

// LicenseChange is the body of an announcement.
type LicenseChange struct {
	// Subject is the Stripe id of the subscription or the payment, and Account that of
	// its connected account.
	Subject   string `json:"subject"`
	Account   string `json:"account,omitzero"`
	OrderID   string `json:"order_id"`
	LicenseID int64  `json:"license_id"`
	// ProductCode is the code of the product.
	ProductCode string `json:"product_code"`
	// Enabled and ValidityPeriod are what was set. They are absent if they were not.
	Enabled        *bool              `json:"enabled,omitzero"`
	ValidityPeriod licensespring.Date `json:"validity_period,omitzero"`
	// Reason is why, and Change what was changed, in words.
	Reason string `json:"reason"`
	Change string `json:"change"`
}

// WithAnnouncements announces changes of licenses in the pipeline; see
// [fulfillment.Pipeline.Announce]. The Body of an announcement is a [LicenseChange].
func WithAnnouncements() Option { return func(cfg *config) { cfg.announce = true } }

// intend records the changes that are about to be made, so that they are announced even
// if the process is killed after them.
func (j *run) intend(changes *lifecycle.Changes) {
	if !j.cfg.announce {
		return
	}
	if j.rec.Announce == nil {
		j.rec.Announce = map[int64]fulfillment.Announcement{}
	}
	for _, list := range [...][]lifecycle.Ensure{changes.Ensure, changes.Surplus} {
		for i := range list {
			e := &list[i]
			kind := AnnounceChanged
			if e.Disables() {
				kind = AnnounceSuspended
			}
			body, err := json.Marshal(LicenseChange{
				Subject: j.rec.Subject.ID, Account: j.rec.Subject.Account, OrderID: j.rec.OrderID, LicenseID: e.License, ProductCode: e.Product,
				Enabled: e.State.Enabled, ValidityPeriod: e.State.ValidityPeriod, Reason: e.Reason, Change: ChangeOf(&e.State),
			})
			if err != nil { // it cannot: all members are plain
				continue
			}
			j.rec.Announce[e.License] = fulfillment.Announcement{
				ID:      Key(j.rec.Subject) + keySeparator + strconv.FormatInt(e.License, 10) + keySeparator + strconv.Itoa(j.rec.Jobs),
				OrderID: j.rec.OrderID, Type: kind, Body: body,
			}
		}
	}
}

// announce announces the recorded changes, except for licenses that still have to be
// changed. After a kill a change may be announced twice, with the same id.
func (j *run) announce(ctx context.Context, remaining *lifecycle.Changes) error {
	isRemaining := func(id int64) bool {
		is := func(e lifecycle.Ensure) bool { return e.License == id }
		return slices.ContainsFunc(remaining.Ensure, is) || slices.ContainsFunc(remaining.Surplus, is)
	}
	for _, id := range slices.Sorted(maps.Keys(j.rec.Announce)) {
		if isRemaining(id) {
			continue
		}
		if err := j.pipeline.Announce(ctx, j.rec.Announce[id]); err != nil {
			return err
		}
		delete(j.rec.Announce, id)
	}
	return nil
}
