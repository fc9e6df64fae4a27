package lifecycle

import (
	"context"
	"net/url"
	"strconv"

	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// Payment reads a one-off payment: an invoice, or a Checkout session. The subject of a
// paid session with an invoice is the invoice, and that of a free one is the session.
func (r *Reader) Payment(ctx context.Context, of stripehook.Source) (Subject, error) {
	if of.Kind == stripehook.SourceInvoice {
		return r.invoiceSubject(ctx, of)
	}
	session, err := r.session(ctx, of)
	if err != nil {
		return Subject{}, err
	}
	if session.Mode != "payment" {
		return Subject{}, ErrNoSubject
	}
	if session.Invoice != "" && !session.isFree() {
		of.Kind, of.ID = stripehook.SourceInvoice, string(session.Invoice)
		return r.invoiceSubject(ctx, of)
	}
	return r.sessionSubject(ctx, of, session)
}

func (r *Reader) session(ctx context.Context, of stripehook.Source) (*sessionObject, error) {
	var session sessionObject
	if err := r.api.Read(ctx, of, "/v1/checkout/sessions/"+url.PathEscape(of.ID), nil, &session); err != nil {
		return nil, err
	}
	if session.ID != of.ID {
		return nil, errUnexpected()
	}
	return &session, nil
}

func (r *Reader) sessionSubject(ctx context.Context, of stripehook.Source, session *sessionObject) (Subject, error) {
	of.Kind, of.ID = stripehook.SourceSession, session.ID
	s := Subject{
		Source: of, Live: session.Livemode, Status: StatusPending, Created: session.Created.Time, Currency: session.Currency,
		Customer: session.customer(), Metadata: session.Metadata,
	}
	switch {
	case session.Status == "expired", session.Status == "open", session.PaymentStatus == "unpaid":
		return s, nil
	case session.PaymentStatus == "paid" && session.InvoiceCreation.Enabled && session.Invoice == "" && !session.isFree():
		return s, nil // the invoice, which is the subject, does not exist yet
	case session.PaymentStatus == "paid", session.PaymentStatus == "no_payment_required":
		s.Status = StatusPaid
	default:
		s.Status = Status(session.PaymentStatus)
		return s, nil
	}
	lines, err := r.api.Lines(ctx, of)
	if err != nil {
		return Subject{}, err
	}
	inv := Invoice{ID: session.ID, Created: session.Created.Time, Currency: session.Currency, Total: session.AmountTotal}
	for i, l := range lines {
		inv.Lines = append(inv.Lines, Line{
			// The lines of a session have a fixed order.
			ID: session.ID + "/" + strconv.Itoa(i), Price: l.Price, Quantity: l.Quantity, QuantityDecimal: l.QuantityDecimal, Amount: l.Amount,
		})
	}
	if session.PaymentIntent != "" {
		if inv.Payments, err = r.intentPayments(ctx, of, string(session.PaymentIntent)); err != nil {
			return Subject{}, err
		}
	}
	s.Invoices = []Invoice{inv}
	return s, nil
}

func (r *Reader) invoiceObject(ctx context.Context, of stripehook.Source) (*invoiceObject, error) {
	var inv invoiceObject
	if err := r.api.Read(ctx, of, "/v1/invoices/"+url.PathEscape(of.ID), nil, &inv); err != nil {
		return nil, err
	}
	if inv.ID != of.ID {
		return nil, errUnexpected()
	}
	return &inv, nil
}

func (r *Reader) invoiceSubject(ctx context.Context, of stripehook.Source) (Subject, error) {
	inv, err := r.invoiceObject(ctx, of)
	if err != nil {
		return Subject{}, err
	}
	if inv.subscription() != "" {
		return Subject{}, ErrNoSubject
	}
	s := Subject{
		Source: of, Live: inv.Livemode, Status: StatusPending, Created: inv.Created.Time, Currency: inv.Currency,
		Customer: inv.customer(), Metadata: inv.Metadata,
	}
	if !inv.isPaid() {
		switch inv.Status {
		case "draft", "open", "uncollectible", "void", "":
		default:
			s.Status = Status(inv.Status)
		}
		return s, nil
	}
	s.Status = StatusPaid
	if inv.AmountPaid == 0 && inv.Customer != "" {
		// The licenses of a session that costs nothing belong to the session.
		id, certain, err := r.api.InvoiceSession(ctx, of, string(inv.Customer))
		switch {
		case err != nil:
			return Subject{}, err
		case id != "" && certain:
			of.Kind, of.ID = stripehook.SourceSession, id
			session, err := r.session(ctx, of)
			if err != nil {
				return Subject{}, err
			}
			if session.isFree() {
				return r.sessionSubject(ctx, of, session)
			}
		case id != "":
			s.unreadable("invoices", "the invoice costs nothing and may belong to a Checkout session")
		}
	}
	read, err := r.invoice(ctx, of, inv, false, &s)
	if err != nil {
		return Subject{}, err
	}
	if read.Payments, err = r.invoicePayments(ctx, of, inv); err != nil {
		return Subject{}, err
	}
	s.Invoices = []Invoice{read}
	return s, nil
}
