package lifecycle

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// Cursor is a position in the list of all subjects of an account. The zero Cursor is
// the beginning of the own account.
type Cursor struct {
	// Account and Context select a connected account or a context.
	Account string `json:"account,omitzero"`
	Context string `json:"context,omitzero"`
	// Kind and After are the last object that was listed.
	Kind  stripehook.SourceKind `json:"kind,omitzero"`
	After string                `json:"after,omitzero"`
}

// Subjects calls yield with each subscription, in any status, and each completed one-off
// payment of an account, page by page, newest first, until yield returns an error. The
// cursor is the position after the subject: pass it to continue. A free payment with an
// invoice is listed twice; the Source of its [Subject] is the same.
func (r *Reader) Subjects(ctx context.Context, from Cursor, yield func(stripehook.Source, Cursor) error) error {
	kinds := []stripehook.SourceKind{stripehook.SourceSubscription, stripehook.SourceInvoice, stripehook.SourceSession}
	if from.Kind != "" {
		first := slices.Index(kinds, from.Kind)
		if first < 0 {
			return ErrNoSubject
		}
		kinds = kinds[first:]
	}
	for _, kind := range kinds {
		if kind != from.Kind {
			from.Kind, from.After = kind, ""
		}
		var err error
		switch kind {
		case stripehook.SourceSubscription:
			err = walk(ctx, r, from, "/v1/subscriptions", url.Values{"status": {"all"}}, func(s *subscriptionObject) (string, bool) {
				return s.ID, true
			}, yield)
		case stripehook.SourceInvoice:
			err = walk(ctx, r, from, "/v1/invoices", url.Values{"status": {"paid"}}, func(i *invoiceObject) (string, bool) {
				return i.ID, i.isPaid() && i.subscription() == ""
			}, yield)
		default:
			err = walk(ctx, r, from, "/v1/checkout/sessions", url.Values{"status": {"complete"}}, func(s *sessionObject) (string, bool) {
				subject, _ := s.subject()
				return s.ID, s.Status != "open" && s.Status != "expired" && subject == stripehook.SourceSession
			}, yield)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// walk lists the objects of one kind after a cursor.
func walk[T any](ctx context.Context, r *Reader, from Cursor, path string, query url.Values, id func(*T) (string, bool),
	yield func(stripehook.Source, Cursor) error,
) error {
	query.Set("limit", strconv.Itoa(pageSize))
	of := stripehook.Source{Account: from.Account, Context: from.Context}
	for {
		if from.After != "" {
			query.Set("starting_after", from.After)
		}
		var one page[T]
		if err := r.api.Read(ctx, of, path, query, &one); err != nil {
			return err
		}
		if one.Object != "list" {
			return errUnexpected()
		}
		before := from.After
		for i := range one.Data {
			name, isSubject := id(&one.Data[i])
			from.After = name
			if !isSubject {
				continue
			}
			of.Kind, of.ID = from.Kind, name
			if err := yield(of, from); err != nil {
				return err
			}
		}
		if !one.HasMore {
			return nil
		}
		if from.After == before || from.After == "" {
			return errUnexpected() // a page that does not advance
		}
	}
}
