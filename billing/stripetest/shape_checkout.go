package stripetest

import "github.com/stripe/stripe-go/v85"

func (one *session) render(s *Server, v Version) object {
	mode := "payment"
	if one.isSubscription() {
		mode = "subscription"
	}
	o := object{
		"id": one.id, "object": "checkout.session", "after_expiration": nil, "allow_promotion_codes": nil,
		"amount_subtotal": one.total(), "amount_total": one.total(), "automatic_tax": sessionTax(),
		"billing_address_collection": nil, "cancel_url": nil, "client_reference_id": nil, "consent": nil, "consent_collection": nil,
		"created": one.created.Unix(), "currency": one.lines[0].price.Currency, "custom_fields": []object{}, "custom_text": object{},
		"customer": idOf(one.customer, one.customer != nil), "customer_creation": nil, "customer_details": one.renderDetails(),
		"customer_email": nil, "expires_at": one.expiresAt.Unix(), "invoice": idOf(one.invoice, one.invoice != nil),
		"invoice_creation": one.renderInvoiceCreation(), "livemode": s.isLive(), "locale": nil, "metadata": metadataOf(one.metadata),
		"mode": mode, "payment_intent": idOf(one.intent, one.intent != nil), "payment_link": nil, "payment_method_collection": nil,
		"payment_method_options": object{}, "payment_method_types": []string{"card"}, "payment_status": string(one.payment),
		"phone_number_collection": object{"enabled": true}, "recovered_from": nil, "setup_intent": nil, "shipping_address_collection": nil,
		"shipping_cost": nil, "shipping_options": []object{}, "status": string(one.status), "submit_type": nil,
		"subscription": idOf(one.subscription, one.subscription != nil), "success_url": "https://shop.example.com/thanks",
		"total_details": object{"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0}, "ui_mode": "hosted_page", "url": nil,
	}
	if one.status == stripe.CheckoutSessionStatusOpen {
		o["url"] = "https://checkout.stripe.com/c/pay/" + one.id
	}
	if v.before(dahlia) {
		o["ui_mode"] = "hosted"
	}
	if v.before(basil) {
		o["shipping_details"] = nil
	} else {
		o["collected_information"] = nil
	}
	return o
}

func sessionTax() object {
	return object{"enabled": false, "liability": nil, "provider": nil, "status": nil}
}

// renderDetails returns what the customer has entered. It is null while the session is
// open.
func (one *session) renderDetails() any {
	if one.status != stripe.CheckoutSessionStatusComplete {
		return nil
	}
	email, name, phone := one.Email, one.Name, one.Phone
	if c := one.customer; c != nil {
		email, name, phone = first(email, c.Email), first(name, c.Name), first(phone, c.Phone)
	}
	return object{
		"address": nil, "business_name": nullable(one.Company), "email": nullable(email), "individual_name": nil,
		"name": nullable(name), "phone": nullable(phone), "tax_exempt": "none", "tax_ids": []object{},
	}
}

func (one *session) renderInvoiceCreation() any {
	if one.isSubscription() {
		return nil
	}
	return object{"enabled": one.InvoiceCreation, "invoice_data": object{
		"account_tax_ids": nil, "custom_fields": nil, "description": nil, "footer": nil, "issuer": nil, "metadata": object{},
		"rendering_options": nil,
	}}
}

func (one *session) renderLines(s *Server, v Version) []object {
	lines := make([]object, len(one.lines))
	for i, l := range one.lines {
		amount := one.amount(l)
		lines[i] = object{
			"id": l.id, "object": "item", "amount_discount": 0, "amount_subtotal": amount, "amount_tax": 0, "amount_total": amount,
			"currency": l.price.Currency, "description": l.price.product.id, "price": l.price.render(s, v), "quantity": l.quantity,
		}
		if l.price.Metered {
			lines[i]["quantity"] = nil
		}
		if !v.before(dahlia) {
			lines[i]["adjustable_quantity"], lines[i]["metadata"] = nil, object{}
		}
	}
	return lines
}
