package lifecycle_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/lifecycle"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

func day(month time.Month, d int) time.Time { return time.Date(2031, month, d, 10, 0, 0, 0, time.UTC) }

// monthly returns a recurring price with metadata in addition to the product.
func monthly(id string, pairs ...string) *stripehook.Price {
	p := once(id, pairs...)
	p.Interval, p.IntervalCount = "month", 1
	return p
}

func once(id string, pairs ...string) *stripehook.Price {
	metadata := map[string]string{"product_short_code": "acmecad"}
	for i := 0; i < len(pairs); i += 2 {
		metadata[pairs[i]] = pairs[i+1]
	}
	return &stripehook.Price{ID: id, Metadata: metadata}
}

// aprilInvoice returns the paid invoice of April for si_1.
func aprilInvoice() lifecycle.Invoice {
	return lifecycle.Invoice{
		ID: "in_apr", Created: day(time.April, 1), Currency: "eur", Total: 3000,
		Lines:    []lifecycle.Line{{ID: "il_apr", Item: "si_1", Quantity: 1, Amount: 3000, Start: day(time.April, 1), End: day(time.May, 1)}},
		Payments: []lifecycle.Payment{{ID: "ch_apr", Currency: "eur", Amount: 3000}},
	}
}

func mayInvoice() lifecycle.Invoice {
	inv := aprilInvoice()
	inv.ID, inv.Created = "in_may", day(time.May, 1)
	inv.Lines[0].ID, inv.Lines[0].Start, inv.Lines[0].End = "il_may", day(time.May, 1), day(time.June, 1)
	inv.Payments[0].ID = "ch_may"
	return inv
}

// subscription returns a subscription that was paid for April.
func subscription(edits ...func(*lifecycle.Subject)) lifecycle.Subject {
	s := lifecycle.Subject{
		Source: stripehook.Source{Kind: stripehook.SourceSubscription, ID: "sub_1"}, Live: true,
		Status: lifecycle.StatusActive, Created: day(time.March, 1), Currency: "eur",
		Items: []lifecycle.Item{{
			ID: "si_1", Price: monthly("price_1"), Quantity: 1, PeriodStart: day(time.April, 1), PeriodEnd: day(time.May, 1),
		}},
		Invoices: []lifecycle.Invoice{aprilInvoice()},
		Customer: stripehook.Customer{ID: "cus_1", Email: "ada@example.com"},
	}
	for _, edit := range edits {
		edit(&s)
	}
	return s
}

// payment returns a one-off payment of two licenses.
func payment(edits ...func(*lifecycle.Subject)) lifecycle.Subject {
	s := lifecycle.Subject{
		Source: stripehook.Source{Kind: stripehook.SourceSession, ID: "cs_1"}, Live: true,
		Status: lifecycle.StatusPaid, Created: day(time.April, 1), Currency: "eur",
		Invoices: []lifecycle.Invoice{{
			ID: "cs_1", Currency: "eur", Total: 6000,
			Lines:    []lifecycle.Line{{ID: "cs_1/0", Price: once("price_2", "max_activations", "3"), Quantity: 2, Amount: 6000}},
			Payments: []lifecycle.Payment{{ID: "ch_1", Currency: "eur", Amount: 6000}},
		}},
		Customer: stripehook.Customer{ID: "cus_1", Email: "ada@example.com"},
	}
	for _, edit := range edits {
		edit(&s)
	}
	return s
}

func withPrice(p *stripehook.Price) func(*lifecycle.Subject) {
	return func(s *lifecycle.Subject) { s.Items[0].Price = p }
}

func withStatus(status lifecycle.Status) func(*lifecycle.Subject) {
	return func(s *lifecycle.Subject) { s.Status = status }
}

func withQuantity(n int64) func(*lifecycle.Subject) {
	return func(s *lifecycle.Subject) { s.Items[0].Quantity = n }
}

func refunded(amount int64) func(*lifecycle.Subject) {
	return func(s *lifecycle.Subject) { s.Invoices[0].Payments[0].Refunded = amount }
}

func disputed(status string) func(*lifecycle.Subject) {
	return func(s *lifecycle.Subject) {
		s.Invoices[0].Payments[0].Disputes = []lifecycle.Dispute{{ID: "dp_1", Status: status, Amount: 1}}
	}
}

// renewed adds the paid invoice of May.
func renewed(s *lifecycle.Subject) {
	s.Invoices = append([]lifecycle.Invoice{mayInvoice()}, s.Invoices...)
	s.Items[0].PeriodStart, s.Items[0].PeriodEnd = day(time.May, 1), day(time.June, 1)
}

// license is a simple model of a license at the service.
type license struct {
	ID             int64          `json:"id"`
	Enabled        bool           `json:"enabled"`
	SubscriptionID string         `json:"subscription_id"`
	OrderStoreID   string         `json:"order_store_id"`
	LicenseType    string         `json:"license_type"`
	ValidityPeriod string         `json:"validity_period"`
	IsTrial        bool           `json:"is_trial"`
	MaxActivations int            `json:"max_activations"`
	TimeDisabled   string         `json:"time_disabled,omitzero"`
	CreatedAt      string         `json:"created_at"`
	Features       []licFeature   `json:"product_features"`
	More           map[string]any `json:"-"`
}

type licFeature struct {
	Code           string `json:"code"`
	MaxConsumption int    `json:"max_consumption"`
	ExpiryDate     string `json:"expiry_date,omitzero"`
}

// record returns the record that the SDK decodes.
func (l *license) record(t testing.TB) *licensespring.LicenseRecord {
	t.Helper()
	data, err := json.Marshal(l)
	require.NoError(t, err)
	if len(l.More) > 0 {
		var members map[string]any
		require.NoError(t, json.Unmarshal(data, &members))
		maps.Copy(members, l.More)
		data, err = json.Marshal(members)
		require.NoError(t, err)
	}
	rec := new(licensespring.LicenseRecord)
	require.NoError(t, json.Unmarshal(data, rec))
	return rec
}

// newLicense returns an enabled license of sub_1 that ends on 2031-05-05.
func newLicense(id int64, edits ...func(*license)) *license {
	l := &license{
		ID: id, Enabled: true, SubscriptionID: "sub_1", OrderStoreID: "sub_1", LicenseType: "subscription",
		ValidityPeriod: "2031-05-05", MaxActivations: 1, CreatedAt: fmt.Sprintf("2031-04-01T10:00:%02dZ", id%60),
	}
	for _, edit := range edits {
		edit(l)
	}
	return l
}

func records(t testing.TB, licenses ...*license) []*licensespring.LicenseRecord {
	t.Helper()
	var all []*licensespring.LicenseRecord
	for _, l := range licenses {
		all = append(all, l.record(t))
	}
	return all
}
