package lifecycle

import (
	"strconv"

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
	// Ended reports whether the subject is a subscription that has ended.
	Ended bool `json:"ended,omitzero"`
	// Unlicensed are the ids of the prices that were skipped because they have no
	// license metadata.
	Unlicensed []string `json:"unlicensed,omitzero"`
}

// Lookup names the licenses that belong to a subject. [Plan] takes the licenses that
// match any of the members.
type Lookup struct {
	// SubscriptionID is the subscription id of the licenses, or empty.
	SubscriptionID string `json:"subscription_id,omitzero"`
	// OrderIDs are ids of orders: that of the subject, and those that the metadata at
	// Stripe names.
	OrderIDs []string `json:"order_ids,omitzero"` //nolint:tagliatelle // the plural of an initialism
	// LicenseIDs are ids of licenses that the metadata at Stripe names.
	LicenseIDs []int64 `json:"license_ids,omitzero"` //nolint:tagliatelle // the plural of an initialism
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
	// Recurring reports whether the entitlement follows a subscription.
	Recurring bool `json:"recurring,omitzero"`
	// State is the wanted state of each license. Its permissions are not set.
	State licensespring.LicenseState `json:"state"`
	// Template is the license to order if one is missing.
	Template licensespring.License `json:"template"`
	// Reasons are the reasons of the values of State, by the name of the member.
	Reasons map[string]string `json:"reasons,omitzero"`
	// Findings prevent that a license is ordered. They do not concern licenses that
	// exist.
	Findings []licensespring.Finding `json:"findings,omitzero"`
}

// ReviewSold begins the id of a [Review] of a purchase that would sell more licenses now
// than were delivered. The licenses that were read may be incomplete.
const ReviewSold = "sold:"

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
	d := derivation{subject: &subject, config: &config}
	d.target = Target{
		Subject:  subject.Source,
		OrderID:  stripehook.OrderID(config.OrderIDPrefix, subject.Source, subject.Source.ID),
		IsTest:   !subject.Live,
		Customer: subject.Customer.OrderCustomer(),
		Ended:    subject.hasEnded() && subject.Status != StatusIncomplete,
	}
	manual := d.readMetadata()
	for i := range subject.Items {
		d.addItem(i)
	}
	d.addPurchases()
	d.decide(manual)
	return d.target
}

// itemAction is the table of the statuses of a subscription.
func (d *derivation) itemAction(c *coverage, quantity int64) (Action, string) {
	s := d.subject
	switch s.Status {
	case StatusActive, StatusTrialing:
		switch {
		case c.until.IsZero():
			return ActionKeep, "no period is paid yet"
		case quantity == 0:
			return ActionProvide, "the quantity is 0"
		case s.PauseCollection != "":
			return ActionProvide, "the subscription is " + string(s.Status) + ", and its collection is paused: the paid period ends it"
		case s.CancelAtPeriodEnd:
			return ActionProvide, "the subscription is " + string(s.Status) + " until its period ends"
		default:
			return ActionProvide, "the subscription is " + string(s.Status)
		}
	case StatusPastDue:
		return ActionKeep, "the subscription is past due: the date of the license is the deadline"
	case StatusUnpaid, StatusPaused, StatusIncompleteExpired:
		return ActionSuspend, "the subscription is " + string(s.Status)
	case StatusCanceled:
		if s.EndedAt.IsZero() {
			return ActionSuspend, "the subscription is canceled"
		}
		return ActionSuspend, "the subscription ended on " + licensespring.DateOf(s.EndedAt).String()
	case StatusIncomplete:
		return ActionKeep, "the first payment has not succeeded"
	default:
		d.found.add("status", RuleUnknownStatus, "is not known")
		return ActionKeep, ""
	}
}

// paymentAction is the table of the payments of a period or a purchase. It returns
// the action without a refund or a dispute unless one of them changes it.
func (d *derivation) paymentAction(inv *Invoice, decisive bool, policy RefundPolicy, action Action, reason string) (Action, string) {
	switch standing := inv.standing(); {
	case standing == standingUnknown:
		d.found.add("invoices", RuleUnreadable, "the refunds or disputes of "+inv.ID+" have an unknown status, or another currency")
	case standing == standingDisputed:
		return ActionSuspend, "the payment of " + inv.ID + " is disputed"
	case standing == standingRefunded && decisive && policy == RefundDisable:
		return ActionSuspend, "the payment of " + inv.ID + " was refunded"
	case standing == standingRefunded && decisive && policy == RefundReview:
		d.review("refund:"+inv.ID, "the payment of "+inv.ID+" was refunded, and on_refund is review",
			"disable the licenses, or leave them enabled")
		return ActionKeep, "the payment of " + inv.ID + " was refunded, and on_refund is review"
	case standing == standingRefunded && decisive: // RefundKeep
	case standing == standingPartlyRefunded || standing == standingRefunded:
		d.review("partial_refund:"+inv.ID+":"+strconv.FormatInt(inv.refunded(), 10), "the payment of "+inv.ID+" was refunded in part",
			"if the refund returns seats, lower the quantity at Stripe; otherwise nothing is required")
	}
	return action, reason
}
