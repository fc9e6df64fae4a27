package lifecycle

import (
	"context"
	"errors"

	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// ErrNoSubject means that an event or an object belongs to no subscription and no
// one-off purchase that can have licenses.
var ErrNoSubject = errors.New("lifecycle: no subscription and no one-off purchase")

// Reader reads subjects from the Stripe API. It is safe for concurrent use. It does not
// retry, because the job is retried; failed requests return a [*stripehook.APIError].
type Reader struct{ api *stripehook.StripeLineItems }

// NewReader returns a [Reader].
func NewReader(api *stripehook.StripeLineItems) *Reader { return &Reader{api: api} }

// Subscription reads a subscription.
func (r *Reader) Subscription(ctx context.Context, of stripehook.Source) (Subject, error) {
	return Subject{}, nil
}

// Payment reads a one-off payment: an invoice, or a Checkout session. The subject of a
// session with an invoice is that of the invoice.
func (r *Reader) Payment(ctx context.Context, of stripehook.Source) (Subject, error) {
	return Subject{}, nil
}

// Subject reads a subject of any kind.
func (r *Reader) Subject(ctx context.Context, of stripehook.Source) (Subject, error) {
	if of.Kind == stripehook.SourceSubscription {
		return r.Subscription(ctx, of)
	}
	return r.Payment(ctx, of)
}

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

// Resolve returns the subject that an event names, or [ErrNoSubject]. It sends requests
// only for charges, refunds, disputes and invoices without the id of their subscription.
func (r *Reader) Resolve(ctx context.Context, payload []byte) (Named, error) {
	return Named{}, nil
}

// Cursor is a position in the list of all subjects of an account. The zero Cursor is
// the beginning of the own account.
type Cursor struct {
	// Account and Context select a connected account or a context.
	Account string `json:"account,omitzero"`
	Context string `json:"context,omitzero"`
	// Kind and After are the last subject that was listed.
	Kind  stripehook.SourceKind `json:"kind,omitzero"`
	After string                `json:"after,omitzero"`
}

// Subjects calls yield with each subscription, in any status, and each one-off payment
// of an account, page by page, until yield returns an error. The cursor is the position
// after the subject: pass it to continue.
func (r *Reader) Subjects(ctx context.Context, from Cursor, yield func(stripehook.Source, Cursor) error) error {
	return nil
}
