package lifecycle

import (
	"context"
	"net/url"

	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// paymentReader reads the payments of the invoices of a subject that matter.
type paymentReader struct {
	reader  *Reader
	of      stripehook.Source
	objects []*invoiceObject // of the invoices of the subject
	done    map[int]bool
}

// read reads payments until a refund or a dispute makes no other invoice matter.
func (p *paymentReader) read(ctx context.Context, s *Subject) error {
	p.done = map[int]bool{}
	for again := true; again; {
		again = false
		for _, i := range s.decisiveInvoices() {
			if p.done[i] {
				continue
			}
			p.done[i], again = true, true
			payments, err := p.reader.invoicePayments(ctx, p.of, p.objects[i])
			if err != nil {
				return err
			}
			s.Invoices[i].Payments = payments
		}
	}
	return nil
}

// invoicePayments reads the payments of an invoice.
func (r *Reader) invoicePayments(ctx context.Context, of stripehook.Source, inv *invoiceObject) ([]Payment, error) {
	switch {
	case inv.PaymentIntent != "":
		return r.intentPayments(ctx, of, string(inv.PaymentIntent))
	case inv.Charge != "":
		return r.chargePayment(ctx, of, string(inv.Charge))
	case inv.AmountPaid == 0, inv.Paid != nil:
		return nil, nil // paid from the balance, or outside Stripe
	}
	links, err := list(ctx, r, of, "/v1/invoice_payments", url.Values{"invoice": {inv.ID}, "status": {"paid"}},
		func(one *invoicePayment) string { return one.ID })
	if err != nil {
		return nil, err
	}
	var payments []Payment
	for i := range links {
		link := &links[i]
		if string(link.Invoice) != inv.ID || link.Status != "paid" {
			continue
		}
		var one []Payment
		switch {
		case link.Payment.PaymentIntent != "":
			one, err = r.intentPayments(ctx, of, string(link.Payment.PaymentIntent))
		case link.Payment.Charge != "":
			one, err = r.chargePayment(ctx, of, string(link.Payment.Charge))
		}
		if err != nil {
			return nil, err
		}
		payments = append(payments, one...)
	}
	return payments, nil
}

// intentPayments reads the successful charges of a payment intent.
func (r *Reader) intentPayments(ctx context.Context, of stripehook.Source, intent string) ([]Payment, error) {
	charges, err := list(ctx, r, of, "/v1/charges", url.Values{"payment_intent": {intent}}, func(c *chargeObject) string { return c.ID })
	if err != nil {
		return nil, err
	}
	var payments []Payment
	for i := range charges {
		c := &charges[i]
		if !c.succeeded() || string(c.PaymentIntent) != intent {
			continue
		}
		payment, err := r.payment(ctx, of, c)
		if err != nil {
			return nil, err
		}
		payments = append(payments, payment)
	}
	return payments, nil
}

// chargePayment reads a charge without a payment intent.
func (r *Reader) chargePayment(ctx context.Context, of stripehook.Source, id string) ([]Payment, error) {
	charge, err := r.charge(ctx, of, id)
	if err != nil || !charge.succeeded() {
		return nil, err
	}
	payment, err := r.payment(ctx, of, &charge)
	return []Payment{payment}, err
}

func (r *Reader) charge(ctx context.Context, of stripehook.Source, id string) (chargeObject, error) {
	var charge chargeObject
	err := r.api.Read(ctx, of, "/v1/charges/"+url.PathEscape(id), nil, &charge)
	if err == nil && charge.ID != id {
		err = errUnexpected()
	}
	return charge, err
}

// payment reads the disputes of a charge.
func (r *Reader) payment(ctx context.Context, of stripehook.Source, c *chargeObject) (Payment, error) {
	payment := Payment{ID: c.ID, Currency: c.Currency, Amount: c.Amount, Refunded: c.AmountRefunded}
	if c.AmountCaptured != nil {
		// The rest of the authorized amount was released, which counts as refunded.
		payment.Amount = *c.AmountCaptured
		payment.Refunded -= min(payment.Refunded, c.Amount-*c.AmountCaptured)
	}
	if !c.Disputed && c.Dispute == "" {
		return payment, nil
	}
	disputes, err := list(ctx, r, of, "/v1/disputes", url.Values{"charge": {c.ID}}, func(d *disputeObject) string { return d.ID })
	if err != nil {
		return Payment{}, err
	}
	if len(disputes) == 0 {
		payment.Disputes = []Dispute{{}} // with an unknown status
	}
	for _, d := range disputes {
		payment.Disputes = append(payment.Disputes, Dispute(d))
	}
	return payment, nil
}
