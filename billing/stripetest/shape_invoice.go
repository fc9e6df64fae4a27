package stripetest

import (
	"strconv"

	"github.com/stripe/stripe-go/v85"
)

func (inv *invoice) render(s *Server, v Version) object {
	total, due := inv.total(), inv.amountDue()
	method := "charge_automatically"
	if inv.sendsInvoice() {
		method = "send_invoice"
	}
	o := object{
		"id": inv.id, "object": "invoice", "account_country": "DE", "account_name": "Acme", "account_tax_ids": nil,
		"amount_due": due, "amount_paid": inv.amountPaid, "amount_remaining": due - inv.amountPaid, "amount_shipping": 0,
		"application": nil, "attempt_count": inv.attemptCount, "attempted": inv.attemptCount > 0 || inv.status == stripe.InvoiceStatusPaid,
		"auto_advance": inv.autoAdvance && inv.isUnpaid(), "automatic_tax": invoiceTax(v), "automatically_finalizes_at": inv.finalizesAt(),
		"billing_reason": string(inv.reason), "collection_method": method, "created": inv.created.Unix(), "currency": inv.currency(),
		"custom_fields": nil, "customer": inv.customer.id, "customer_address": nil, "customer_email": nullable(inv.customer.Email),
		"customer_name": nullable(inv.customer.Name), "customer_phone": nullable(inv.customer.Phone), "customer_shipping": nil,
		"customer_tax_exempt": "none", "customer_tax_ids": []object{}, "default_payment_method": nil, "default_source": nil,
		"default_tax_rates": []object{}, "description": nil, "discounts": []string{}, "due_date": unix(inv.dueDate),
		"effective_at": unix(inv.finalizedAt), "ending_balance": nil, "footer": nil, "from_invoice": nil,
		"hosted_invoice_url": nil, "invoice_pdf": nil, "issuer": object{"type": "self"}, "last_finalization_error": nil,
		"latest_revision": nil, "lines": inv.renderLineList(s, v), "livemode": s.isLive(), "metadata": metadataOf(inv.metadata),
		"next_payment_attempt": unix(inv.nextAttempt), "number": nil, "on_behalf_of": nil,
		"payment_settings": object{"default_mandate": nil, "payment_method_options": nil, "payment_method_types": nil},
		"period_end":       inv.periodEnd.Unix(), "period_start": inv.periodStart.Unix(), "post_payment_credit_notes_amount": 0,
		"pre_payment_credit_notes_amount": 0, "receipt_number": nil, "rendering": nil, "shipping_cost": nil, "shipping_details": nil,
		"starting_balance": inv.starting, "statement_descriptor": nil, "status": string(inv.status), "status_transitions": object{
			"finalized_at": unix(inv.finalizedAt), "marked_uncollectible_at": unix(inv.uncollectibles),
			"paid_at": unix(inv.paidAt), "voided_at": unix(inv.voidedAt),
		}, "subtotal": total, "subtotal_excluding_tax": total, "test_clock": nil, "total": total, "total_discount_amounts": []object{},
		"total_excluding_tax": total, "total_pretax_credit_amounts": []object{}, "webhooks_delivered_at": unix(inv.created),
	}
	if !inv.finalizedAt.IsZero() {
		o["number"], o["ending_balance"] = inv.number, inv.ending
	}
	if inv.status == stripe.InvoiceStatusDraft && inv.autoAdvance {
		o["next_payment_attempt"] = inv.finalizesAt()
	}
	inv.renderParent(v, o)
	if v.before(withCollectionMethod) {
		o["billing"], o["tax_percent"] = method, nil
	}
	if v.before(withCreated) {
		o["date"] = inv.created.Unix()
	}
	if v.before(withoutClosed) {
		o["closed"] = !inv.isUnpaid() || !inv.autoAdvance
		o["forgiven"] = inv.status == stripe.InvoiceStatusUncollectible
	}
	return o
}

// renderParent sets the members of the subscription and of payments.
func (inv *invoice) renderParent(v Version, o object) {
	sub := idOf(inv.subscription, inv.subscription != nil)
	if v.before(basil) {
		o["application_fee_amount"], o["discount"], o["quote"], o["tax"], o["transfer_data"] = nil, nil, nil, nil, nil
		o["charge"] = nil
		if inv.intent != nil && inv.intent.latest() != nil {
			o["charge"] = inv.intent.latest().id
		}
		o["paid"], o["paid_out_of_band"] = inv.status == stripe.InvoiceStatusPaid, inv.paidOutOfBand
		o["payment_intent"] = idOf(inv.intent, inv.intent != nil)
		o["subscription"], o["total_tax_amounts"], o["subscription_details"] = sub, []object{}, object{"metadata": nil}
		if sub != nil {
			o["subscription_details"] = object{"metadata": metadataOf(inv.details)}
		}
		return
	}
	o["amount_overpaid"], o["total_taxes"], o["parent"] = 0, []object{}, nil
	if sub != nil {
		o["parent"] = object{
			"quote_details": nil, "subscription_details": object{"metadata": metadataOf(inv.details), "subscription": sub},
			"type": "subscription_details",
		}
	}
}

func invoiceTax(v Version) object {
	o := disabledTax(v)
	o["provider"], o["status"] = nil, nil
	return o
}

// finalizesAt returns the time at which a draft is finalized.
func (inv *invoice) finalizesAt() any {
	if inv.status != stripe.InvoiceStatusDraft || !inv.autoAdvance {
		return nil
	}
	return inv.created.Add(draftTime).Unix()
}

// renderLineList returns the lines in an invoice, which contains ten of them.
func (inv *invoice) renderLineList(s *Server, v Version) object {
	const most = 10
	lines := inv.renderLines(s, v)
	o := list("/v1/invoices/"+inv.id+"/lines", lines[:min(len(lines), most)], len(lines) > most)
	if v.before(basil) {
		o["total_count"] = len(lines)
	}
	return o
}

func (inv *invoice) renderLines(s *Server, v Version) []object {
	lines := make([]object, len(inv.lines))
	for i, line := range inv.lines {
		lines[i] = line.render(s, inv, v)
	}
	return lines
}

func (l *invoiceLine) render(s *Server, inv *invoice, v Version) object {
	o := object{
		"id": l.id, "object": "line_item", "amount": l.amount, "currency": l.price.Currency, "description": l.description(),
		"discount_amounts": []object{}, "discountable": !l.proration, "discounts": []string{}, "invoice": inv.id,
		"livemode": s.isLive(), "metadata": object{}, "period": object{"start": l.start.Unix(), "end": l.end.Unix()},
		"pretax_credit_amounts": []object{}, "quantity": l.quantity,
	}
	if l.subscription != nil {
		o["metadata"] = metadataOf(l.subscription.metadata)
	}
	if v.before(basil) {
		l.renderOld(s, v, o)
		return o
	}
	o["subscription"] = idOf(l.subscription, l.subscription != nil)
	o["subtotal"], o["taxes"] = l.amount, []object{}
	o["pricing"] = object{
		"price_details": object{"price": l.price.id, "product": l.price.product.id}, "type": "price_details",
		"unit_amount_decimal": l.price.decimal(),
	}
	o["parent"] = l.renderParent()
	if !v.before(dahlia) {
		o["quantity_decimal"] = strconv.FormatInt(l.quantity, 10)
	}
	return o
}

func (l *invoiceLine) renderParent() object {
	details := object{"proration": l.proration, "proration_details": nil, "subscription": nil}
	if l.proration {
		details["proration_details"] = object{"credited_items": nil}
	}
	if l.subscription == nil {
		details["invoice_item"] = l.itemID
		return object{"invoice_item_details": details, "subscription_item_details": nil, "type": "invoice_item_details"}
	}
	details["subscription"], details["subscription_item"] = l.subscription.id, l.item.id
	details["invoice_item"] = l.invoiceItem()
	return object{"invoice_item_details": nil, "subscription_item_details": details, "type": "subscription_item_details"}
}

// renderOld sets the members of a line that basil moved or removed.
func (l *invoiceLine) renderOld(s *Server, v Version, o object) {
	o["amount_excluding_tax"], o["unit_amount_excluding_tax"] = l.amount, l.price.decimal()
	o["plan"], o["price"] = l.price.renderPlan(s), l.price.render(s, v)
	o["proration"], o["proration_details"] = l.proration, object{"credited_items": nil}
	o["tax_amounts"], o["tax_rates"] = []object{}, []object{}
	o["type"], o["subscription"] = "invoiceitem", nil
	if item := l.invoiceItem(); item != nil {
		o["invoice_item"] = item
	}
	if l.subscription == nil {
		return
	}
	o["subscription"], o["subscription_item"] = l.subscription.id, l.item.id
	if l.invoiceItem() == nil {
		o["type"] = "subscription"
	}
}

// invoiceItem returns the id of the invoice item of the line: null for the line of a
// billing period.
func (l *invoiceLine) invoiceItem() any {
	if l.subscription == nil || l.isChange {
		return l.itemID
	}
	return nil
}

func (l *invoiceLine) description() string {
	text := strconv.FormatInt(l.quantity, 10) + " × " + l.price.product.id
	switch {
	case l.proration && l.amount < 0:
		return "Unused time on " + text
	case l.proration:
		return "Remaining time on " + text
	default:
		return text
	}
}
