package stripetest

import "github.com/stripe/stripe-go/v85"

// invoicePayment is the payment of an invoice by its payment intent.
type invoicePayment struct {
	identity

	invoice *invoice
}

func (s *Server) addInvoicePayment(inv *invoice) {
	inv.payment = &invoicePayment{identity: s.identify(InvoicePayments, "inpay", nil), invoice: inv}
	s.add(inv.payment)
}

func (p *invoicePayment) status() string {
	switch {
	case p.invoice.charge != nil:
		return "paid"
	case p.invoice.intent.status == stripe.PaymentIntentStatusCanceled:
		return "canceled"
	default:
		return "open"
	}
}

func (p *invoicePayment) render(s *Server, _ Version) object {
	inv, paid := p.invoice, any(nil)
	if p.status() == "paid" {
		paid = inv.intent.amount
	}
	return object{
		"id": p.id, "object": "invoice_payment", "amount_paid": paid, "amount_requested": inv.intent.amount, "created": p.created.Unix(),
		"currency": inv.currency(), "invoice": inv.id, "is_default": true, "livemode": s.isLive(),
		"payment": object{"payment_intent": inv.intent.id, "type": "payment_intent"}, "status": p.status(),
		"status_transitions": object{"canceled_at": unix(inv.intent.canceled), "paid_at": p.paidAt()},
	}
}

func (p *invoicePayment) paidAt() any {
	if p.status() != "paid" {
		return nil
	}
	return unix(p.invoice.paidAt)
}

func (inv *invoice) renderPayments(s *Server, v Version) object {
	var payments []object
	if inv.payment != nil {
		payments = append(payments, inv.payment.render(s, v))
	}
	return list("/v1/invoice_payments?invoice="+inv.id, payments, false)
}
