package lifecycle

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"

	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// Named is the subject that an event names.
type Named struct {
	// Event and Type are the id and the type of the event.
	Event string `json:"event"`
	Type  string `json:"type"`
	// Live is false in Stripe's test mode.
	Live bool `json:"live"`
	// Subject is the subject. Its Kind distinguishes subscriptions from payments.
	Subject stripehook.Source `json:"subject"`
}

// EventTypes returns the types of the events that [Reader.Resolve] handles.
func EventTypes() []string {
	return []string{
		"checkout.session.completed", "checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed",
		"invoice.paid", "invoice.payment_succeeded", "invoice.payment_failed", "invoice.voided", "invoice.marked_uncollectible",
		"customer.subscription.created", "customer.subscription.updated", "customer.subscription.deleted",
		"customer.subscription.paused", "customer.subscription.resumed",
		"charge.refunded", "charge.refund.updated", "refund.created", "refund.updated", "refund.failed",
		"charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed",
		"charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated",
	}
}

// ErrNotAnEvent means that a payload is not a Stripe event, or that its object cannot be
// decoded.
var ErrNotAnEvent = errors.New("lifecycle: the payload is not a readable Stripe event")

// eventObject is an event of any API version.
type eventObject struct {
	ID       string `json:"id"`
	Object   string `json:"object"`
	Type     string `json:"type"`
	Account  string `json:"account"`
	UserID   string `json:"user_id"` // the account before 2017-05-25
	Context  string `json:"context"`
	Livemode bool   `json:"livemode"`
	Data     struct {
		Object json.RawMessage `json:"object"`
	} `json:"data"`
}

func (e *eventObject) source() stripehook.Source {
	switch {
	case e.Account != "":
		return stripehook.Source{Account: e.Account}
	case e.UserID != "":
		return stripehook.Source{Account: e.UserID}
	default:
		return stripehook.Source{Context: e.Context}
	}
}

// Resolve returns the subject that an event names. It returns [ErrNoSubject] for other
// events, also together with the id and the type. It sends requests only for charges,
// refunds and disputes.
func (r *Reader) Resolve(ctx context.Context, payload []byte) (Named, error) {
	var e eventObject
	// The error of the decoder is dropped because it may quote the payload.
	if json.Unmarshal(payload, &e) != nil || e.Object != "event" || e.ID == "" {
		return Named{}, ErrNotAnEvent
	}
	named := Named{Event: e.ID, Type: e.Type, Live: e.Livemode, Subject: e.source()}
	kind, id, err := r.resolve(ctx, &e)
	if err == nil && id == "" {
		err = ErrNoSubject
	}
	named.Subject.Kind, named.Subject.ID = kind, id
	return named, err
}

func (r *Reader) resolve(ctx context.Context, e *eventObject) (stripehook.SourceKind, string, error) {
	switch e.Type {
	case "checkout.session.completed", "checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed":
		return resolveObject(e, (*sessionObject).subject)
	case "invoice.paid", "invoice.payment_succeeded", "invoice.payment_failed", "invoice.voided", "invoice.marked_uncollectible":
		return resolveObject(e, (*invoiceObject).subject)
	case "customer.subscription.created", "customer.subscription.updated", "customer.subscription.deleted",
		"customer.subscription.paused", "customer.subscription.resumed":
		return resolveObject(e, func(s *subscriptionObject) (stripehook.SourceKind, string) {
			return stripehook.SourceSubscription, s.ID
		})
	case "charge.refunded", "charge.refund.updated", "refund.created", "refund.updated", "refund.failed",
		"charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed",
		"charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated":
		return r.resolvePayment(ctx, e)
	default:
		return "", "", ErrNoSubject
	}
}

// resolveObject returns the subject that an object names.
func resolveObject[T any](e *eventObject, subject func(*T) (stripehook.SourceKind, string)) (stripehook.SourceKind, string, error) {
	var object T
	if json.Unmarshal(e.Data.Object, &object) != nil {
		return "", "", ErrNotAnEvent
	}
	kind, id := subject(&object)
	return kind, id, nil
}

// subject returns the kind and the id of the subject that a session belongs to.
func (s *sessionObject) subject() (stripehook.SourceKind, string) {
	switch {
	case s.Mode == "subscription" || s.Subscription != "":
		return stripehook.SourceSubscription, string(s.Subscription)
	case s.Mode != "payment":
		return "", ""
	case s.Invoice != "" && !s.isFree():
		return stripehook.SourceInvoice, string(s.Invoice)
	default:
		return stripehook.SourceSession, s.ID
	}
}

// subject returns the kind and the id of the subject that an invoice belongs to.
func (i *invoiceObject) subject() (stripehook.SourceKind, string) {
	if id := i.subscription(); id != "" {
		return stripehook.SourceSubscription, id
	}
	return stripehook.SourceInvoice, i.ID
}

// paymentObject is a charge, a refund or a dispute.
type paymentObject struct {
	ID            string    `json:"id"`
	Object        string    `json:"object"`
	Charge        reference `json:"charge"`
	PaymentIntent reference `json:"payment_intent"`
	Invoice       reference `json:"invoice"` // of a charge before 2025-03-31.basil
}

// resolvePayment finds the invoice or the session of a charge, a refund or a dispute.
func (r *Reader) resolvePayment(ctx context.Context, e *eventObject) (stripehook.SourceKind, string, error) {
	of := e.source()
	var object paymentObject
	if json.Unmarshal(e.Data.Object, &object) != nil {
		return "", "", ErrNotAnEvent
	}
	if object.Object == "charge" {
		object.Charge = reference(object.ID)
	}
	if object.Invoice == "" && object.PaymentIntent == "" {
		if object.Charge == "" {
			return "", "", ErrNoSubject
		}
		charge, err := r.charge(ctx, of, string(object.Charge))
		if err != nil {
			return "", "", err
		}
		object.Invoice, object.PaymentIntent = charge.Invoice, charge.PaymentIntent
	}
	if object.Invoice == "" && object.PaymentIntent != "" {
		links, err := list(ctx, r, of, "/v1/invoice_payments",
			url.Values{"payment[type]": {"payment_intent"}, "payment[payment_intent]": {string(object.PaymentIntent)}},
			func(one *invoicePayment) string { return one.ID })
		if err != nil {
			return "", "", err
		}
		for i := range links {
			if links[i].Payment.PaymentIntent == object.PaymentIntent && links[i].Status != "canceled" {
				object.Invoice = links[i].Invoice
				break
			}
		}
	}
	if object.Invoice != "" {
		of.Kind, of.ID = stripehook.SourceInvoice, string(object.Invoice)
		inv, err := r.invoiceObject(ctx, of)
		if err != nil {
			return "", "", err
		}
		kind, id := inv.subject()
		return kind, id, nil
	}
	if object.PaymentIntent == "" {
		return "", "", ErrNoSubject
	}
	sessions, err := list(ctx, r, of, "/v1/checkout/sessions", url.Values{"payment_intent": {string(object.PaymentIntent)}},
		func(s *sessionObject) string { return s.ID })
	if err != nil {
		return "", "", err
	}
	for i := range sessions {
		if sessions[i].PaymentIntent == object.PaymentIntent {
			kind, id := sessions[i].subject()
			return kind, id, nil
		}
	}
	return "", "", ErrNoSubject
}
