package stripehook

import (
	"encoding/json"
	"errors"

	"github.com/stripe/stripe-go/v85"
)

// event holds the members of a Stripe event that the handler reads.
type event struct {
	id, kind string
	// account is the connected account, or empty.
	account string
	live    bool
	object  json.RawMessage
}

// The types of the handled events.
const (
	sessionCompleted             = string(stripe.EventTypeCheckoutSessionCompleted)
	sessionAsyncPaymentSucceeded = string(stripe.EventTypeCheckoutSessionAsyncPaymentSucceeded)
	invoicePaid                  = string(stripe.EventTypeInvoicePaid)
)

func newEvent(e *stripe.Event) event {
	ev := event{id: e.ID, kind: string(e.Type), account: e.Account, live: e.Livemode}
	if e.Data != nil {
		ev.object = e.Data.Raw
	}
	return ev
}

var (
	errNotAnEvent            = errors.New("the payload is not a Stripe event")
	errUnreadable            = errors.New("the object of the event cannot be decoded")
	errNoID                  = errors.New("the object of the event has no id")
	errNoInvoiceSubscription = errors.New("the invoice belongs to a subscription but has no subscription id")
	errNoSessionSubscription = errors.New("the session starts a subscription but has no subscription id")
	errSubscriptionChange    = errors.New("the subscription changed within its billing period: determine the required licenses manually")
	errSessionMode           = errors.New("the session has an unknown mode")
	errPaymentStatus         = errors.New("the session has an unknown payment status")
	errNotPaid               = errors.New("the event reports a paid invoice, but the status of the invoice is not paid")
)

func parseEvent(payload []byte) (event, error) {
	var e stripe.Event
	// The error of the decoder is dropped because it may quote the payload.
	if err := json.Unmarshal(payload, &e); err != nil || e.Object != "event" || e.ID == "" {
		return event{}, errNotAnEvent
	}
	return newEvent(&e), nil
}

// purchase describes what an event reports as bought.
type purchase struct {
	// id is the Stripe id from which the order id is derived.
	id string
	// ignoreReason is set if the event requires no order.
	ignoreReason string
	// err is set if an order may be required but cannot be derived.
	err error
	// firstInvoice is set for the first invoice of a subscription.
	firstInvoice bool

	source   Source
	live     bool
	customer customer
	lines    *lineList
}

// purchase decodes the object of an event.
func (e *event) purchase(renewals bool) (purchase, error) {
	var p purchase
	switch e.kind {
	case sessionCompleted, sessionAsyncPaymentSucceeded:
		var s session
		if err := json.Unmarshal(e.object, &s); err != nil {
			return p, errUnreadable
		}
		if s.ID == "" {
			return p, errNoID
		}
		p = s.purchase()
		p.source = Source{Kind: SourceSession, ID: s.ID, Account: e.account}
	case invoicePaid:
		var i invoice
		if err := json.Unmarshal(e.object, &i); err != nil {
			return p, errUnreadable
		}
		if i.ID == "" {
			return p, errNoID
		}
		p = i.purchase(renewals)
		p.source = Source{Kind: SourceInvoice, ID: i.ID, Account: e.account}
	default:
		return purchase{ignoreReason: "unhandled event type"}, nil
	}
	p.live = e.live
	return p, nil
}

// reference is a member that contains an id, or the whole object if it was
// expanded.
type reference string

// UnmarshalJSON decodes the id in either form.
func (r *reference) UnmarshalJSON(data []byte) error {
	var id string
	if json.Unmarshal(data, &id) == nil { // including null
		*r = reference(id)
		return nil
	}
	var object struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(data, &object); err != nil {
		return err
	}
	*r = reference(object.ID)
	return nil
}
