package lifecycle

import (
	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// Decision is what happens to the licenses of a subject.
type Decision string

// The decisions.
const (
	// DecisionConverge: make the licenses as the entitlements want them.
	DecisionConverge Decision = "converge"
	// DecisionKeep: leave all licenses as they are, and order none.
	DecisionKeep Decision = "keep"
	// DecisionReview: leave all licenses as they are until an operator has corrected
	// what the reviews list.
	DecisionReview Decision = "review"
)

// Action is what happens to the licenses of one entitlement.
type Action string

// The actions.
const (
	// ActionProvide: the licenses exist, are enabled, and have the State.
	ActionProvide Action = "provide"
	// ActionSuspend: the licenses that exist are disabled. None is ordered.
	ActionSuspend Action = "suspend"
	// ActionKeep: the licenses stay as they are. None is ordered.
	ActionKeep Action = "keep"
)

// Target is what the licenses of a subject should be.
type Target struct {
	// Subject identifies the subscription or the payment.
	Subject stripehook.Source `json:"subject"`
	// Decision is what happens, and Reason is why.
	Decision Decision `json:"decision"`
	Reason   string   `json:"reason"`
	// Entitlements are the licenses of each item. They are empty for DecisionReview.
	Entitlements []Entitlement `json:"entitlements,omitzero"`
	// Reviews are what an operator must look at. They do not prevent the changes unless
	// the Decision is DecisionReview. Report a Review once: its ID stays the same.
	Reviews []Review `json:"reviews,omitzero"`
	// OrderID is the id of the first order of the subject.
	OrderID string `json:"order_id"`
	// IsTest reports whether the order is a test order.
	IsTest bool `json:"is_test,omitzero"`
	// Customer is the customer of the order, or nil.
	Customer *licensespring.Customer `json:"customer,omitzero"`
	// Lookup names the licenses to read for [Plan].
	Lookup Lookup `json:"lookup"`
}

// Lookup names the licenses that belong to a subject. [Plan] takes the licenses that
// match any of the members.
type Lookup struct {
	// SubscriptionID is the subscription id of the licenses, or empty.
	SubscriptionID string `json:"subscription_id,omitzero"`
	// OrderIDs are ids of orders: that of the subject, and those that the metadata at
	// Stripe names.
	OrderIDs []string `json:"order_ids,omitzero"`
	// LicenseIDs are ids of licenses that the metadata at Stripe names.
	LicenseIDs []int64 `json:"license_ids,omitzero"`
}

// Entitlement is what a customer is entitled to because of one item of a subscription,
// or one line of a one-off purchase.
type Entitlement struct {
	// Product is the code of the product.
	Product string `json:"product"`
	// Item is the Stripe id of the subscription item or of the line.
	Item string `json:"item"`
	// Price is the Stripe id of the price.
	Price string `json:"price"`
	// Action is what happens to the licenses, and Reason is why.
	Action Action `json:"action"`
	Reason string `json:"reason"`
	// Count is the number of licenses of ActionProvide.
	Count int `json:"count,omitzero"`
	// State is the wanted state of each license. Its permissions are not set.
	State licensespring.LicenseState `json:"state"`
	// Template is the license to order if one is missing.
	Template licensespring.License `json:"template"`
	// Reasons are the reasons of the values of State, by the name of the member.
	Reasons map[string]string `json:"reasons,omitzero"`
}

// Review is something that an operator must look at.
type Review struct {
	// ID identifies the review. It is the same each time for the same reason.
	ID string `json:"id"`
	// Reason is what was found.
	Reason string `json:"reason"`
	// Proposal is what the operator can do.
	Proposal string `json:"proposal,omitzero"`
	// Findings list invalid metadata and what could not be interpreted.
	Findings []licensespring.Finding `json:"findings,omitzero"`
}

// Wanted returns what the licenses of a subject should be. It is a pure function: the
// only clock is that of Stripe, in the values of the subject.
func Wanted(subject Subject, config Config) Target {
	return Target{}
}
