package stripehook

import (
	"encoding/json"
	"errors"

	"github.com/stripe/stripe-go/v85"
)

// delivery is what of an event matters, before its object is read.
type delivery struct {
	id, kind string
	// account is the connected account the event is from, empty for one's own.
	account string
	live    bool
	object  json.RawMessage
}

// The events that are acted on.
const (
	sessionCompleted = string(stripe.EventTypeCheckoutSessionCompleted)
	sessionPaidLater = string(stripe.EventTypeCheckoutSessionAsyncPaymentSucceeded)
	invoicePaid      = string(stripe.EventTypeInvoicePaid)
)

func newDelivery(event *stripe.Event) delivery {
	d := delivery{id: event.ID, kind: string(event.Type), account: event.Account, live: event.Livemode}
	if event.Data != nil {
		d.object = event.Data.Raw
	}
	return d
}

var (
	errNotAnEvent    = errors.New("this is not a stripe event")
	errUnreadable    = errors.New("the object of the event cannot be read")
	errNoID          = errors.New("the object of the event has no id")
	errNoInvoiceSub  = errors.New("the invoice is of a subscription and does not say of which")
	errNoSessionSub  = errors.New("the session began a subscription and does not say which")
	errSubscription  = errors.New("a subscription was changed and paid for in the middle of its period: see which licenses are due")
	errSessionMode   = errors.New("the session has a mode that is not known")
	errPaymentStatus = errors.New("the session has a payment status that is not known")
	errNotPaid       = errors.New("the invoice is said to be paid, and its status is another")
)

func parseDelivery(payload []byte) (delivery, error) {
	var event stripe.Event
	// Never the decoder's own text, which may quote the payload.
	if err := json.Unmarshal(payload, &event); err != nil || event.Object != "event" || event.ID == "" {
		return delivery{}, errNotAnEvent
	}
	return newDelivery(&event), nil
}

// purchase is what an event says was bought, or why it says nothing of it.
type purchase struct {
	// id is the id of what was bought; the order has it, too.
	id string
	// none says why there is no order to make, if there is none.
	none string
	// trouble says why no order can be made although one may be due.
	trouble error
	// first says that it is the first invoice of a subscription.
	first bool

	source   Source
	live     bool
	customer customer
	lines    *lineList
}

// purchase reads the object of an event.
func (d *delivery) purchase(renewals bool) (purchase, error) {
	var p purchase
	switch d.kind {
	case sessionCompleted, sessionPaidLater:
		var s session
		if err := json.Unmarshal(d.object, &s); err != nil {
			return p, errUnreadable
		}
		if s.ID == "" {
			return p, errNoID
		}
		p = s.purchase()
		p.source = Source{Kind: SessionSource, ID: s.ID, Account: d.account}
	case invoicePaid:
		var i invoice
		if err := json.Unmarshal(d.object, &i); err != nil {
			return p, errUnreadable
		}
		if i.ID == "" {
			return p, errNoID
		}
		p = i.purchase(renewals)
		p.source = Source{Kind: InvoiceSource, ID: i.ID, Account: d.account}
	default:
		return purchase{none: "not an event that is acted on"}, nil
	}
	p.live = d.live
	return p, nil
}

// ref is a member that holds an id, or the whole object if it was expanded.
type ref string

// UnmarshalJSON reads the id in either form.
func (r *ref) UnmarshalJSON(data []byte) error {
	var id string
	if json.Unmarshal(data, &id) == nil { // a null as well
		*r = ref(id)
		return nil
	}
	var object struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(data, &object); err != nil {
		return err
	}
	*r = ref(object.ID)
	return nil
}
