package main

import (
	"strconv"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
)

// resultView is a result in the API, in notifications and on the search page.
type resultView struct {
	OrderID     string                  `json:"order_id"`
	ServiceID   int64                   `json:"service_id,omitzero"`
	Outcome     licensespring.Outcome   `json:"outcome,omitzero"`
	EnqueuedAt  time.Time               `json:"enqueued_at,omitzero"`
	CompletedAt time.Time               `json:"completed_at,omitzero"`
	Customer    *customerView           `json:"customer,omitzero"`
	Licenses    []licenseView           `json:"licenses,omitzero"`
	Warnings    []licensespring.Finding `json:"warnings,omitzero"`
}

type customerView struct {
	Email     string `json:"email,omitzero"`
	FirstName string `json:"first_name,omitzero"`
	LastName  string `json:"last_name,omitzero"`
	Company   string `json:"company,omitzero"`
}

type licenseView struct {
	ID             int64                     `json:"id"`
	LicenseKey     string                    `json:"license_key,omitzero"`
	ProductCode    string                    `json:"product_code,omitzero"`
	ProductName    string                    `json:"product_name,omitzero"`
	LicenseType    licensespring.LicenseType `json:"license_type,omitzero"`
	MaxActivations *int                      `json:"max_activations,omitzero"`
	ValidityPeriod time.Time                 `json:"validity_period,omitzero"`
	SubscriptionID string                    `json:"subscription_id,omitzero"`
	Users          []userView                `json:"users,omitzero"`
}

type userView struct {
	Email string `json:"email"`
	// InitialPassword is only set in notifications that are configured to hold it.
	InitialPassword string `json:"initial_password,omitzero"`
}

// newResultView returns a view of a result. It holds no licenses if the record of the
// order was too large to be stored.
func newResultView(r *fulfillment.Result, passwords bool) resultView {
	v := resultView{
		OrderID: r.OrderID, ServiceID: r.ServiceID, Outcome: r.Outcome, EnqueuedAt: r.EnqueuedAt, CompletedAt: r.CompletedAt,
		Warnings: r.Warnings,
	}
	if r.Order == nil {
		return v
	}
	if c := r.Order.Customer; c != nil {
		v.Customer = &customerView{c.Email, c.FirstName, c.LastName, c.Company}
	}
	for i := range r.Order.OrderItems {
		item := &r.Order.OrderItems[i]
		for j := range item.Licenses {
			v.Licenses = append(v.Licenses, newLicenseView(item, &item.Licenses[j], passwords))
		}
	}
	return v
}

func newLicenseView(item *licensespring.ItemRecord, l *licensespring.LicenseRecord, passwords bool) licenseView {
	v := licenseView{
		ID: l.ID, LicenseKey: l.LicenseKey, ProductCode: item.ProductCode, ProductName: item.ProductName, LicenseType: l.LicenseType,
		MaxActivations: l.MaxActivations, ValidityPeriod: l.ValidityPeriod, SubscriptionID: l.SubscriptionID,
	}
	for i := range l.LicenseUsers {
		user := userView{Email: l.LicenseUsers[i].Email}
		if passwords {
			user.InitialPassword = l.LicenseUsers[i].InitialPassword.Reveal()
		}
		v.Users = append(v.Users, user)
	}
	return v
}

// matches reports whether a result belongs to an order, a subscription, a customer or
// a license. An order id may be a prefix; the other texts are compared as a whole,
// regardless of their case.
func (v *resultView) matches(text string) bool {
	same := func(s string) bool { return s != "" && strings.EqualFold(s, text) }
	if strings.HasPrefix(v.OrderID, text) || v.Customer != nil && same(v.Customer.Email) || same(strconv.FormatInt(v.ServiceID, 10)) {
		return true
	}
	for i := range v.Licenses {
		l := &v.Licenses[i]
		if same(l.LicenseKey) || same(l.SubscriptionID) || same(strconv.FormatInt(l.ID, 10)) {
			return true
		}
		for _, u := range l.Users {
			if same(u.Email) {
				return true
			}
		}
	}
	return false
}
