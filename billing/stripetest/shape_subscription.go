package stripetest

func (sub *subscription) render(s *Server, v Version) object {
	items := make([]object, len(sub.items))
	for i, item := range sub.items {
		items[i] = item.render(s, sub, v)
	}
	o := object{
		"id": sub.id, "object": "subscription", "application": nil, "application_fee_percent": nil,
		"automatic_tax": disabledTax(v), "billing_cycle_anchor": sub.anchor.Unix(), "billing_cycle_anchor_config": nil,
		"cancel_at": unix(sub.cancelAt), "cancel_at_period_end": sub.cancelAtPeriodEnd, "canceled_at": unix(sub.canceledAt),
		"cancellation_details": object{"comment": nil, "feedback": nil, "reason": nullable(string(sub.cancelReason))},
		"collection_method":    sub.collectionMethod(), "created": sub.created.Unix(), "currency": sub.items[0].price.Currency,
		"customer": sub.customer.id, "days_until_due": nil, "default_payment_method": sub.customer.defaultMethod(),
		"default_source": nil, "default_tax_rates": []object{}, "description": nil, "discounts": []string{},
		"ended_at": unix(sub.endedAt), "invoice_settings": object{"account_tax_ids": nil, "issuer": object{"type": "self"}},
		"items": list("/v1/subscription_items?subscription="+sub.id, items, false), "latest_invoice": idOf(sub.latest, sub.latest != nil),
		"livemode": s.isLive(), "metadata": metadataOf(sub.metadata), "next_pending_invoice_item_invoice": nil,
		"on_behalf_of": nil, "pause_collection": sub.paused.render(),
		"payment_settings": object{
			"payment_method_options": nil, "payment_method_types": nil, "save_default_payment_method": "off",
		},
		"pending_invoice_item_interval": nil, "pending_setup_intent": nil, "pending_update": nil, "schedule": nil,
		"start_date": sub.created.Unix(), "status": string(sub.status), "test_clock": nil, "transfer_data": nil,
		"trial_end": unix(sub.trialEnd), "trial_settings": object{"end_behavior": object{"missing_payment_method": string(sub.missing)}},
		"trial_start": unix(sub.trialStart),
	}
	if sub.sendInvoice {
		o["days_until_due"], o["default_payment_method"] = sub.daysUntilDue, nil
	}
	if v.before(basil) {
		o["current_period_start"], o["current_period_end"] = sub.periodStart.Unix(), sub.periodEnd.Unix()
		o["discount"], o["billing_thresholds"] = nil, nil
	} else {
		o["billing_mode"] = s.billingMode()
	}
	if v.before(withItems) && len(sub.items) == 1 {
		o["plan"], o["quantity"] = sub.items[0].price.renderPlan(s), sub.items[0].quantity
	}
	if v.before(withCollectionMethod) {
		o["billing"], o["start"], o["tax_percent"] = sub.collectionMethod(), sub.created.Unix(), nil
	}
	return o
}

func (s *Server) billingMode() object {
	mode := object{"flexible": nil, "type": "classic"}
	if s.cfg.flexible {
		mode = object{"flexible": object{"proration_discounts": "included"}, "type": "flexible"}
	}
	return mode
}

func (item *subscriptionItem) render(s *Server, sub *subscription, v Version) object {
	o := object{
		"id": item.id, "object": "subscription_item", "billing_thresholds": nil, "created": item.created.Unix(),
		"discounts": []string{}, "metadata": object{}, "plan": item.price.renderPlan(s), "price": item.price.render(s, v),
		"subscription": sub.id, "tax_rates": []object{},
	}
	if !item.price.Metered {
		o["quantity"] = item.quantity
	}
	if !v.before(basil) {
		o["current_period_start"], o["current_period_end"] = sub.periodStart.Unix(), sub.periodEnd.Unix()
	}
	return o
}

func (sub *subscription) collectionMethod() string {
	if sub.sendInvoice {
		return "send_invoice"
	}
	return "charge_automatically"
}

func (p *pausedCollection) render() any {
	if p == nil {
		return nil
	}
	resumesAt := unix(p.resumesAt)
	return object{"behavior": string(p.behavior), "resumes_at": resumesAt}
}

// disabledTax returns the state of automatic taxes.
func disabledTax(v Version) object {
	o := object{"enabled": false, "liability": nil}
	if !v.before(basil) {
		o["disabled_reason"] = nil
	}
	return o
}
