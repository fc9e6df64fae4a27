package lifecycle_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/lifecycle"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// exampleSubscription is a subscription to three seats that was paid for April.
func exampleSubscription() lifecycle.Subject {
	start, end := time.Date(2031, 4, 1, 10, 0, 0, 0, time.UTC), time.Date(2031, 5, 1, 10, 0, 0, 0, time.UTC)
	price := &stripehook.Price{
		ID: "price_team", Interval: "month", IntervalCount: 1,
		Metadata: map[string]string{"product_short_code": "acmecad", "max_activations": "2", "slack_days": "5"},
	}
	return lifecycle.Subject{
		Source:   stripehook.Source{Kind: stripehook.SourceSubscription, ID: "sub_417"},
		Live:     true,
		Status:   lifecycle.StatusActive,
		Currency: "eur",
		Items:    []lifecycle.Item{{ID: "si_1", Price: price, Quantity: 3, PeriodStart: start, PeriodEnd: end}},
		Invoices: []lifecycle.Invoice{{
			ID: "in_1", Currency: "eur", Total: 9000,
			Lines:    []lifecycle.Line{{ID: "il_1", Item: "si_1", Quantity: 3, Amount: 9000, Start: start, End: end}},
			Payments: []lifecycle.Payment{{ID: "ch_1", Currency: "eur", Amount: 9000}},
		}},
	}
}

func ExampleWanted() {
	subject := exampleSubscription()
	show := func(target lifecycle.Target) {
		e := target.Entitlements[0]
		fmt.Printf("%s: %s, %d licenses of %s: %s\n", target.Decision, e.Action, e.Count, e.Product, e.Reason)
	}
	target := lifecycle.Wanted(subject, lifecycle.Config{})
	show(target)
	fmt.Println("until", target.Entitlements[0].State.ValidityPeriod)
	fmt.Println(target.Entitlements[0].Reasons["validity_period"])

	subject.Status = lifecycle.StatusPastDue
	show(lifecycle.Wanted(subject, lifecycle.Config{}))

	subject.Invoices[0].Payments[0].Refunded = 9000
	show(lifecycle.Wanted(subject, lifecycle.Config{}))
	// Output:
	// converge: provide, 3 licenses of acmecad: the subscription is active
	// until 2031-05-07
	// paid until 2031-05-01T10:00:00Z (invoice in_1), plus 5 days, plus 1 because the last day may not count
	// keep: keep, 0 licenses of acmecad: the subscription is past due: the date of the license is the deadline
	// converge: suspend, 0 licenses of acmecad: the payment of in_1 was refunded
}

func ExamplePlan() {
	// The service has one license of March, and one that was disabled manually.
	var licenses []*licensespring.LicenseRecord
	err := json.Unmarshal([]byte(`[
		{"id": 21, "order_store_id": "sub_417", "enabled": true, "validity_period": "2031-04-06", "is_trial": false, "max_activations": 2},
		{"id": 22, "order_store_id": "sub_417", "enabled": false, "validity_period": "2031-04-06", "is_trial": false, "max_activations": 2}
	]`), &licenses)
	if err != nil {
		fmt.Println(err)
		return
	}
	memory := lifecycle.Memory{Licenses: map[int64]lifecycle.Remembered{
		21: {Product: "acmecad", Item: "si_1", Price: "price_team"},
		22: {Product: "acmecad", Item: "si_1", Price: "price_team"},
	}}
	target := lifecycle.Wanted(exampleSubscription(), lifecycle.Config{})
	changes := lifecycle.Plan(target, licenses, memory)
	for _, e := range changes.Ensure {
		fmt.Println("ensure", e.License, "until", e.State.ValidityPeriod)
	}
	for _, m := range changes.Missing {
		fmt.Println("order", m.Count, "more, append to", m.OrderID, m.Append)
	}
	for _, n := range changes.Notes {
		fmt.Println(n.License, n.Text)
	}
	// Output:
	// ensure 21 until 2031-05-07
	// order 1 more, append to sub_417 true
	// 22 left alone: it was disabled manually
}
