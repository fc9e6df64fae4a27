package stripetest

import (
	"github.com/stripe/stripe-go/v85"
)

func (p *paymentIntent) render(s *Server, v Version) object {
	received := int64(0)
	if p.status == stripe.PaymentIntentStatusSucceeded {
		received = p.amount
	}
	o := object{
		"id": p.id, "object": "payment_intent", "amount": p.amount, "amount_capturable": 0, "amount_received": received,
		"application": nil, "application_fee_amount": nil, "automatic_payment_methods": nil, "canceled_at": unix(p.canceled),
		"cancellation_reason": nil, "capture_method": "automatic", "client_secret": p.id + "_secret_stripetest",
		"confirmation_method": "automatic", "created": p.created.Unix(), "currency": p.currency,
		"customer": idOf(p.customer, p.customer != nil), "description": nil, "last_payment_error": p.lastError(), "latest_charge": nil,
		"livemode": s.isLive(), "metadata": metadataOf(p.metadata), "next_action": nil, "on_behalf_of": nil, "payment_method": nil,
		"payment_method_configuration_details": nil, "payment_method_options": object{}, "payment_method_types": []string{"card"},
		"processing": nil, "receipt_email": nil, "review": nil, "setup_future_usage": nil, "shipping": nil, "source": nil,
		"statement_descriptor": nil, "statement_descriptor_suffix": nil, "status": string(p.status), "transfer_data": nil,
		"transfer_group": nil,
	}
	if c := p.latest(); c != nil {
		o["latest_charge"] = c.id
	}
	if v.before(basil) {
		o["invoice"] = idOf(p.invoice, p.invoice != nil)
	}
	if v.before(withLatestCharge) {
		charges := make([]object, len(p.charges))
		for i, c := range p.charges {
			charges[len(charges)-1-i] = c.render(s, v)
		}
		o["charges"] = list("/v1/charges?payment_intent="+p.id, charges, false)
	}
	return o
}

func (p *paymentIntent) lastError() any {
	if c := p.latest(); c == nil || c.status != stripe.ChargeStatusFailed {
		return nil
	}
	return object{"type": "card_error", "code": "card_declined", "decline_code": "generic_decline", "message": "Your card was declined."}
}

func (c *charge) render(s *Server, v Version) object {
	p := c.intent
	paid := c.status == stripe.ChargeStatusSucceeded
	captured := int64(0)
	if paid {
		captured = p.amount
	}
	o := object{
		"id": c.id, "object": "charge", "amount": p.amount, "amount_captured": captured, "amount_refunded": c.refunded,
		"application": nil, "application_fee": nil, "application_fee_amount": nil, "balance_transaction": nil,
		"billing_details": object{"address": nil, "email": nil, "name": nil, "phone": nil, "tax_id": nil}, "calculated_statement_descriptor": nil,
		"captured": c.status != stripe.ChargeStatusFailed, "created": c.created.Unix(), "currency": p.currency,
		"customer": idOf(p.customer, p.customer != nil), "description": nil, "disputed": c.dispute != nil, "failure_balance_transaction": nil,
		"failure_code": nil, "failure_message": nil, "fraud_details": object{}, "livemode": s.isLive(), "metadata": metadataOf(c.metadata),
		"on_behalf_of": nil, "outcome": nil, "paid": c.status != stripe.ChargeStatusFailed, "payment_intent": p.id, "payment_method": nil,
		"payment_method_details": nil, "receipt_email": nil, "receipt_number": nil, "receipt_url": nil,
		"refunded": c.refunded > 0 && c.refunded == p.amount, "review": nil, "shipping": nil, "source": nil, "source_transfer": nil,
		"statement_descriptor": nil, "statement_descriptor_suffix": nil, "status": string(c.status), "transfer_data": nil, "transfer_group": nil,
	}
	if c.status == stripe.ChargeStatusFailed {
		o["failure_code"], o["failure_message"] = "card_declined", "Your card was declined."
	}
	if v.before(basil) {
		o["invoice"] = idOf(p.invoice, p.invoice != nil)
	}
	if v.before(withLatestCharge) {
		o["refunds"] = c.renderRefunds(s, v)
		o["dispute"] = idOf(c.dispute, c.dispute != nil)
	}
	return o
}

func (c *charge) renderRefunds(s *Server, v Version) object {
	refunds := make([]object, len(c.refunds))
	for i, r := range c.refunds {
		refunds[len(refunds)-1-i] = r.render(s, v)
	}
	return list("/v1/charges/"+c.id+"/refunds", refunds, false)
}

func (r *refund) render(*Server, Version) object {
	o := object{
		"id": r.id, "object": "refund", "amount": r.amount, "balance_transaction": nil, "charge": r.charge.id,
		"created": r.created.Unix(), "currency": r.charge.intent.currency, "destination_details": nil, "metadata": metadataOf(r.metadata),
		"payment_intent": r.charge.intent.id, "reason": nil, "receipt_number": nil, "source_transfer_reversal": nil,
		"status": string(r.status), "transfer_reversal": nil,
	}
	if r.status == stripe.RefundStatusFailed {
		o["failure_reason"] = "expired_or_canceled_card"
	}
	return o
}

func (d *dispute) render(s *Server, _ Version) object {
	return object{
		"id": d.id, "object": "dispute", "amount": d.charge.intent.amount, "balance_transactions": []object{}, "charge": d.charge.id,
		"created": d.created.Unix(), "currency": d.charge.intent.currency, "enhanced_eligibility_types": []string{},
		"evidence": object{}, "evidence_details": object{
			"due_by": unix(d.dueBy), "enhanced_eligibility": object{}, "has_evidence": false, "past_due": false, "submission_count": 0,
		},
		"is_charge_refundable": d.inquiry, "livemode": s.isLive(), "metadata": metadataOf(d.metadata),
		"payment_intent": d.charge.intent.id, "reason": "fraudulent", "status": string(d.status),
	}
}
