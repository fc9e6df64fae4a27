package lifecycle

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// ErrNoSubject means that an event or an object belongs to no subscription and no
// one-off purchase that can have licenses.
var ErrNoSubject = errors.New("lifecycle: no subscription and no one-off purchase")

const (
	// pageSize is the maximum page size of Stripe.
	pageSize = 100
	// maxPages bounds the pages of one list of a subject.
	maxPages = 20
)

// Reader reads subjects from the Stripe API. It is safe for concurrent use. It does not
// retry, because the job is retried; failed requests return a [*stripehook.APIError].
// The package documentation lists the permissions of the key.
type Reader struct{ api *stripehook.StripeLineItems }

// NewReader returns a [Reader].
func NewReader(api *stripehook.StripeLineItems) *Reader { return &Reader{api: api} }

// Subject reads a subject of any kind.
func (r *Reader) Subject(ctx context.Context, of stripehook.Source) (Subject, error) {
	if of.Kind == stripehook.SourceSubscription {
		return r.Subscription(ctx, of)
	}
	return r.Payment(ctx, of)
}

// Permissions reads an object of each kind that the reader fetches.
func (r *Reader) Permissions(ctx context.Context) []stripehook.Permission {
	var permissions []stripehook.Permission
	for _, one := range [...]struct{ resource, path string }{
		{"charges", "/v1/charges"},
		{"checkout sessions", "/v1/checkout/sessions"},
		{"disputes", "/v1/disputes"},
		{"invoice payments", "/v1/invoice_payments"},
		{"invoices", "/v1/invoices"},
		{"prices", "/v1/prices"},
		{"subscriptions", "/v1/subscriptions"},
	} {
		var into struct{}
		err := r.api.Read(ctx, stripehook.Source{}, one.path, url.Values{"limit": {"1"}}, &into)
		permissions = append(permissions, stripehook.Permission{Resource: one.resource, Err: err})
	}
	return permissions
}

// errTooMany means that a list exceeds the bound.
var errTooMany = errors.New("lifecycle: too many objects")

// errUnexpected is an object of another type than the requested one.
func errUnexpected() error { return &stripehook.APIError{} }

// list reads all pages of a list.
func list[T any](ctx context.Context, r *Reader, of stripehook.Source, path string, query url.Values, id func(*T) string) ([]T, error) {
	query.Set("limit", strconv.Itoa(pageSize))
	var all []T
	for range maxPages {
		var one page[T]
		if err := r.api.Read(ctx, of, path, query, &one); err != nil {
			return nil, err
		}
		if one.Object != "list" {
			return nil, errUnexpected()
		}
		all = append(all, one.Data...)
		if !one.HasMore || len(one.Data) == 0 {
			return all, nil
		}
		query.Set("starting_after", id(&one.Data[len(one.Data)-1]))
	}
	return nil, errTooMany
}

// Subscription reads a subscription, its paid invoices, and the refunds and disputes of
// those that matter.
func (r *Reader) Subscription(ctx context.Context, of stripehook.Source) (Subject, error) {
	var one subscriptionObject
	if err := r.api.Read(ctx, of, "/v1/subscriptions/"+url.PathEscape(of.ID), nil, &one); err != nil {
		return Subject{}, err
	}
	if one.ID != of.ID || one.Status == "" {
		return Subject{}, errUnexpected()
	}
	if one.Items.HasMore {
		items, err := list(ctx, r, of, "/v1/subscription_items", url.Values{"subscription": {of.ID}}, func(i *itemObject) string { return i.ID })
		if err != nil {
			return Subject{}, err
		}
		one.Items.Data = items
	}
	of.Kind = stripehook.SourceSubscription
	s := one.subject(of)
	invoices, err := list(ctx, r, of, "/v1/invoices", url.Values{"subscription": {of.ID}, "status": {"paid"}},
		func(i *invoiceObject) string { return i.ID })
	if errors.Is(err, errTooMany) {
		s.unreadable("invoices", "there are too many")
		return s, nil
	}
	if err != nil {
		return Subject{}, err
	}
	payments := paymentReader{reader: r, of: of}
	for i := range invoices {
		inv := &invoices[i]
		if !inv.isPaid() || inv.subscription() != of.ID {
			continue // a filter that Stripe ignored
		}
		read, err := r.invoice(ctx, of, inv, true, &s)
		if err != nil {
			return Subject{}, err
		}
		if s.Customer.Email == "" {
			s.Customer = inv.customer() // the newest
		}
		s.Invoices = append(s.Invoices, read)
		payments.objects = append(payments.objects, inv)
	}
	if s.Customer.Email == "" && !s.hasEnded() {
		if err := r.sessionCustomer(ctx, of, &s); err != nil {
			return Subject{}, err
		}
	}
	if s.Customer.ID == "" {
		s.Customer.ID = string(one.Customer)
	}
	err = payments.read(ctx, &s)
	return s, err
}

// subject returns the subject without its invoices.
func (o *subscriptionObject) subject(of stripehook.Source) Subject {
	s := Subject{
		Source: of, Live: o.Livemode, Status: o.Status, Created: o.Created.Time, Currency: o.Currency,
		TrialEnd: o.TrialEnd.Time, CancelAtPeriodEnd: o.CancelAtPeriodEnd, EndedAt: o.EndedAt.Time,
		PauseCollection: o.PauseCollection.Behavior, Metadata: o.Metadata,
	}
	for _, i := range o.Items.Data {
		item := Item{ID: i.ID, PeriodStart: i.CurrentPeriodStart.Time, PeriodEnd: i.CurrentPeriodEnd.Time}
		if item.PeriodStart.IsZero() {
			item.PeriodStart = o.CurrentPeriodStart.Time
		}
		if item.PeriodEnd.IsZero() {
			item.PeriodEnd = o.CurrentPeriodEnd.Time
		}
		if i.Price != nil {
			item.Price = i.Price.price()
		}
		switch {
		case i.Quantity != nil:
			item.Quantity = *i.Quantity
		case item.Price != nil && !item.Price.Metered:
			s.unreadable("items", "an item has no quantity")
		}
		if item.Price != nil && item.Price.Metered {
			item.Quantity = 1
		}
		s.Items = append(s.Items, item)
	}
	if s.Metadata == nil {
		s.Metadata = map[string]string{}
	}
	return s
}

func (s *Subject) unreadable(path, message string) {
	s.Findings = append(s.Findings, licensespring.Finding{
		Path: path, Rule: RuleUnreadable, Severity: licensespring.SeverityError, Message: message,
	})
}

// sessionCustomer reads the customer from the Checkout session of a subscription without
// an invoice.
func (r *Reader) sessionCustomer(ctx context.Context, of stripehook.Source, s *Subject) error {
	sessions, err := list(ctx, r, of, "/v1/checkout/sessions", url.Values{"subscription": {of.ID}}, func(o *sessionObject) string { return o.ID })
	if err != nil {
		return err
	}
	for i := range sessions {
		if string(sessions[i].Subscription) != of.ID {
			continue
		}
		s.Customer = sessions[i].customer()
		metadata := maps.Clone(sessions[i].Metadata)
		if metadata == nil {
			metadata = map[string]string{}
		}
		maps.Copy(metadata, s.Metadata)
		s.Metadata = metadata
		break
	}
	return nil
}

// invoice reads the lines of an invoice, with the prices of lines that bill no
// subscription item.
func (r *Reader) invoice(ctx context.Context, of stripehook.Source, inv *invoiceObject, subscription bool, s *Subject) (Invoice, error) {
	read := Invoice{ID: inv.ID, Created: inv.Created.Time, Currency: inv.Currency, Total: inv.Total, Credited: inv.PostPaymentCreditNotesAmount}
	lines := inv.Lines.Data
	isPlain := func(l lineObject) bool { return l.line().Item != "" }
	if inv.Lines.HasMore || !subscription || slices.ContainsFunc(lines, func(l lineObject) bool { return !isPlain(l) && l.needsPrice() }) {
		var err error
		lines, err = list(ctx, r, of, "/v1/invoices/"+url.PathEscape(inv.ID)+"/lines",
			url.Values{"expand[]": {"data.pricing.price_details.price"}}, func(l *lineObject) string { return l.ID })
		if err != nil {
			return Invoice{}, err
		}
	}
	for i := range lines {
		line := lines[i].line()
		switch {
		case line.Item == "" && lines[i].isOfSubscription():
			s.unreadable("invoices", "a line of "+inv.ID+" does not show its subscription item")
		case line.Item == "" && line.Price != nil && line.Price.Metadata == nil && line.Amount >= 0 && !line.Proration:
			s.unreadable("invoices", "a line of "+inv.ID+" does not show the metadata of its price")
		}
		read.Lines = append(read.Lines, line)
	}
	return read, nil
}

// needsPrice reports whether the price of the line must be fetched.
func (l *lineObject) needsPrice() bool {
	line := l.line()
	return line.Price != nil && line.Price.Metadata == nil && !line.Proration && line.Amount >= 0
}
