package lifecycle

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// Rules of findings about subjects, in addition to those of packages stripehook and
// licensespring. The ids are stable.
const (
	// RuleUnknownStatus: Stripe shows a status that this package does not know.
	RuleUnknownStatus licensespring.Rule = "unknown_status"
	// RuleUnreadable: Stripe shows a value that cannot be interpreted.
	RuleUnreadable licensespring.Rule = "unreadable"
	// RuleSubjectMetadata: a metadata value of a subscription, a session or an invoice is
	// invalid.
	RuleSubjectMetadata licensespring.Rule = "subject_metadata"
)

// derivation is a call of [Wanted].
type derivation struct {
	subject *Subject
	config  *Config
	target  Target
	found   findings // that prevent all changes
	total   int64    // licenses
}

func (d *derivation) review(id, reason, proposal string) {
	if !slices.ContainsFunc(d.target.Reviews, func(r Review) bool { return r.ID == id }) {
		d.target.Reviews = append(d.target.Reviews, Review{ID: id, Reason: reason, Proposal: proposal})
	}
}

// readMetadata reads the metadata of the subject.
func (d *derivation) readMetadata() (manual bool) {
	s := d.subject
	d.found = append(d.found, findings(s.Findings).errors()...)
	r := &reader{metadata: s.Metadata, path: "metadata"}
	r.checkKeys(subjectKeys())
	manual = oneOf(r, MetadataLifecycle, "automatic", "manual") == "manual"
	lookup := &d.target.Lookup
	if s.Source.Kind == stripehook.SourceSubscription {
		lookup.SubscriptionID = s.Source.ID
	}
	lookup.OrderIDs = append([]string{d.target.OrderID}, r.list(MetadataAdoptOrder)...)
	for _, text := range r.list(MetadataAdoptLicense) {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil || id <= 0 {
			r.add(MetadataAdoptLicense, RuleSubjectMetadata, "must be ids of licenses, separated by commas")
			break
		}
		lookup.LicenseIDs = append(lookup.LicenseIDs, id)
	}
	for i := range r.found {
		if r.found[i].Rule == stripehook.RulePriceMetadata {
			r.found[i].Rule = RuleSubjectMetadata
		}
	}
	d.found = append(d.found, r.found...)
	return manual
}

// addItem adds the entitlement of an item of a subscription.
func (d *derivation) addItem(i int) {
	s, item, path := d.subject, &d.subject.Items[i], "items["+strconv.Itoa(i)+"]"
	rules, ok := d.rules(item.Price, path, s.hasEnded())
	if !ok {
		return
	}
	if item.Price.Interval == "" {
		d.found.add(path+".price.recurring", RuleUnreadable, "is required: the price of a subscription is recurring")
	}
	c := s.coverage(item)
	if s.Status == StatusTrialing && c.until.IsZero() {
		d.found.add("trial_end", RuleUnreadable, "is required: the subscription is in a trial")
	}
	if item.Quantity < 0 {
		d.found.add(path+".quantity", stripehook.RuleQuantity, "must not be negative")
	}
	e := Entitlement{Product: rules.Product, Item: item.ID, Price: item.Price.ID, Recurring: true}
	e.Action, e.Reason = d.itemAction(&c, item.Quantity)
	if s.Status == StatusActive || s.Status == StatusPastDue {
		for n, index := range s.periodInvoices(item, &c) {
			inv := &s.Invoices[index]
			if s.Currency != "" && inv.Currency != s.Currency {
				d.found.add("invoices", RuleUnreadable, "the currency of "+inv.ID+" is not that of the subscription")
			}
			action, reason := d.paymentAction(inv, n == 0, rules.OnRefund, e.Action, e.Reason)
			if action == ActionSuspend || e.Action == ActionProvide {
				e.Action, e.Reason = action, reason
			}
		}
	}
	d.setCount(&e, &rules, item.Quantity, path)
	if !c.until.IsZero() {
		d.setPeriod(&e, &rules, &c)
	}
	e.State.Enabled = new(true)
	setLimits(&e, &rules)
	if s.Source.Kind == stripehook.SourceSubscription {
		e.Template.SubscriptionID = s.Source.ID
	}
	d.setUsers(&e, item.Price, path)
	d.add(&e)
}

// hasEnded reports whether a subscription has ended or has not begun.
func (s *Subject) hasEnded() bool {
	return s.Status == StatusCanceled || s.Status == StatusIncompleteExpired || s.Status == StatusIncomplete
}

// rules returns the rules of a price. ok is false if the price has none.
func (d *derivation) rules(price *stripehook.Price, path string, ended bool) (_ Rules, ok bool) {
	switch {
	case price == nil:
		d.found.add(path+".price", licensespring.RuleRequired, "is required")
		return Rules{}, false
	case isUnlicensed(price) && (d.config.SkipUnlicensed || ended):
		d.target.Unlicensed = append(d.target.Unlicensed, price.ID)
		return Rules{}, false
	default:
		rules, found := readRules(price, path+".price")
		d.found = append(d.found, found.errors()...)
		return rules, true
	}
}

// setCount sets the number of licenses, or the limit that the quantity means.
func (d *derivation) setCount(e *Entitlement, rules *Rules, quantity int64, path string) {
	e.Reasons = map[string]string{}
	limit := rules.limit()
	if limit == nil {
		if quantity > stripehook.MaxLicenses {
			d.found.add(path+".quantity", stripehook.RuleTooManyLicenses, "exceeds "+strconv.Itoa(stripehook.MaxLicenses)+" licenses")
			quantity = 0
		}
		e.Count = int(max(quantity, 0))
		return
	}
	unit := 1
	if *limit != nil {
		unit = **limit
	}
	if quantity < 1 {
		return // no license: a limit of zero would mean none
	}
	if unit < 1 || quantity > int64(math.MaxInt32/unit) {
		d.found.add(path+".quantity", stripehook.RuleQuantity, "exceeds the maximum of "+string(rules.Quantity))
		return
	}
	e.Count = 1
	*limit = new(unit * int(quantity))
	e.Reasons[string(rules.Quantity)] = "quantity " + strconv.FormatInt(quantity, 10) + " of " + strconv.Itoa(unit)
}

// setPeriod sets the end of a recurring entitlement. It is at least the number of slack
// days after the paid period: a day is added because it is not documented whether the
// named day counts.
func (d *derivation) setPeriod(e *Entitlement, rules *Rules, c *coverage) {
	slack := d.config.slackDays(rules)
	end := licensespring.DateOf(c.until.UTC().AddDate(0, 0, slack+1))
	e.State.ValidityPeriod = end
	e.State.IsTrial = new(c.trial)
	e.Template.ValidityPeriod = end.Time()
	e.Reasons["validity_period"] = "paid until " + c.until.UTC().Format(time.RFC3339) + " (" + c.by + "), plus " + strconv.Itoa(slack) +
		" days, plus 1 because the last day may not count"
	e.Reasons["is_trial"] = "covered by " + c.by
}

// setLimits sets the limits and the features of a plan, both of the state and of the
// license to order.
func setLimits(e *Entitlement, rules *Rules) {
	end, l := e.State.ValidityPeriod, rules.License.Clone()
	if rules.Features != nil {
		l.ProductFeatures = make([]licensespring.ProductFeature, len(rules.Features))
	}
	for i, f := range rules.Features {
		one := licensespring.ProductFeature{Code: f.Code, MaxConsumption: f.MaxConsumption}
		if f.Expires {
			one.ExpiryDate = end
		}
		l.ProductFeatures[i] = one
	}
	if e.Recurring {
		state := &e.State
		state.MaxActivations, state.AllowUnlimitedActivation = l.MaxActivations, l.AllowUnlimitedActivations
		state.MaxTransfers, state.MaxLicenseUsers, state.MaxConsumptions = l.MaxTransfers, l.MaxLicenseUsers, l.MaxConsumptions
		state.ConsumptionOptions, state.FloatingOptions, state.IsFloatingCloud = l.ConsumptionOptions, l.FloatingOptions, l.IsFloatingCloud
		state.AllowGracePeriod, state.GracePeriod, state.PreventVM = l.AllowGracePeriod, l.GracePeriod, l.PreventVM
		state.ProductFeatures = l.ProductFeatures
		l.ValidityPeriod, l.IsTrial = e.Template.ValidityPeriod, state.IsTrial
	}
	e.Template = l
}

// setUsers sets the users of the license to order.
func (d *derivation) setUsers(e *Entitlement, price *stripehook.Price, path string) {
	s := d.subject
	buyer := stripehook.Buyer{Email: s.Customer.Email, Metadata: s.Metadata, Authorization: d.config.Authorization}
	users, found := price.Users(path+".price", e.Product, buyer)
	e.Template.Users = users
	for _, f := range found {
		if f.Rule == stripehook.RuleLicenseUser {
			e.Findings = append(e.Findings, f)
		} else if f.Rule != stripehook.RuleMetadataKey { // found before
			d.found = append(d.found, f)
		}
	}
}

func (d *derivation) add(e *Entitlement) {
	if len(e.Reasons) == 0 {
		e.Reasons = nil
	}
	if e.Action == ActionProvide {
		if d.total += int64(e.Count); d.total > stripehook.MaxLicenses {
			d.found.add("", stripehook.RuleTooManyLicenses, "there are more than "+strconv.Itoa(stripehook.MaxLicenses)+" licenses")
		}
	} else {
		e.Count = 0
	}
	d.target.Entitlements = append(d.target.Entitlements, *e)
}

// addPurchases adds the entitlements of the lines that sell something once: those of a
// one-off payment, and those of the invoices of a subscription.
func (d *derivation) addPurchases() {
	s := d.subject
	subscription := s.Source.Kind == stripehook.SourceSubscription
	switch {
	case subscription:
	case s.Status == StatusPending:
		d.target.Reason = "the payment has not succeeded"
	case s.Status != StatusPaid:
		d.found.add("status", RuleUnknownStatus, "is not known")
	case len(s.Invoices) == 0 || len(s.Invoices[0].Lines) == 0:
		d.found.add("lines", licensespring.RuleRequired, "there are no lines")
	}
	for i := range s.Invoices {
		for j := range s.Invoices[i].Lines {
			l := &s.Invoices[i].Lines[j]
			path := "invoices[" + strconv.Itoa(i) + "].lines[" + strconv.Itoa(j) + "]"
			switch {
			case l.Amount < 0, subscription && !l.isPurchase():
			case subscription && isUnlicensed(l.Price):
				d.target.Unlicensed = append(d.target.Unlicensed, l.Price.ID)
				if !d.config.SkipUnlicensed && l.Amount > 0 {
					d.review("unlicensed:"+l.ID, "line "+l.ID+" of "+s.Invoices[i].ID+" was paid and has no license metadata (price "+l.Price.ID+")",
						"issue a license manually if the price is sold with one")
				}
			case l.Proration && l.Amount > 0:
				d.found.add(path, stripehook.RuleSubscriptionChange, "the line adjusts another line")
			case l.Proration:
			case l.Price == nil && d.config.SkipUnlicensed:
			default:
				d.addPurchase(&s.Invoices[i], l, path)
			}
		}
	}
}

// addPurchase adds the entitlement of a line that sells something once. An existing
// license keeps the values with which it was sold.
func (d *derivation) addPurchase(inv *Invoice, l *Line, path string) {
	rules, ok := d.rules(l.Price, path, false)
	if !ok {
		return
	}
	e := Entitlement{Product: rules.Product, Item: l.ID, Price: l.Price.ID}
	e.Action, e.Reason = d.paymentAction(inv, true, rules.OnRefund, ActionProvide, inv.ID+" is paid")
	d.setCount(&e, &rules, d.units(inv, l, path), path)
	if l.Price.Interval != "" {
		// As sold by package stripehook: one billing period.
		_, license, _ := l.Price.Unit(path)
		rules.License.ValidDuration = license.ValidDuration
	}
	e.State.Enabled = new(true)
	setLimits(&e, &rules)
	d.setUsers(&e, l.Price, path)
	if e.Count > 0 || e.Action != ActionProvide {
		d.add(&e)
	}
}

// units returns the quantity of a line. Zero units with an amount are valid only for the
// flat fee of a tiered price, beside the line of its units.
func (d *derivation) units(inv *Invoice, l *Line, path string) int64 {
	if l.Price.Metered {
		return 1
	}
	n := l.Quantity
	if l.QuantityDecimal != "" {
		whole, fraction, _ := strings.Cut(l.QuantityDecimal, ".")
		parsed, err := strconv.ParseInt(whole, 10, 64)
		if err != nil || strings.Trim(fraction, "0") != "" {
			d.found.add(path+".quantity", stripehook.RuleQuantity, "must be a whole number")
			return 0
		}
		n = parsed
	}
	switch {
	case n < 0:
		d.found.add(path+".quantity", stripehook.RuleQuantity, "must not be negative")
	case n == 0 && l.Amount > 0 && !slices.ContainsFunc(inv.Lines, func(other Line) bool {
		return other.Price != nil && other.Price.ID == l.Price.ID && other.Quantity > 0
	}):
		d.found.add(path+".quantity", stripehook.RuleQuantity, "the line has an amount, but its quantity is zero")
	}
	return n
}

// decide sets the decision.
func (d *derivation) decide(manual bool) {
	t := &d.target
	slices.Sort(t.Unlicensed)
	t.Unlicensed = slices.Compact(t.Unlicensed)
	switch {
	case manual:
		t.Decision, t.Reason, t.Entitlements, t.Reviews = DecisionKeep, MetadataLifecycle+" is manual", nil, nil
		t.Unlicensed = nil
	case len(d.found) > 0:
		t.Decision, t.Reason, t.Entitlements = DecisionReview, "the licenses cannot be determined", nil
		t.Reviews = append([]Review{{
			ID: findingsID(d.found), Reason: t.Reason, Proposal: "correct what the findings list", Findings: d.found,
		}}, t.Reviews...)
	case len(t.Entitlements) == 0 && len(t.Unlicensed) > 0 && t.Ended:
		// A price may have had metadata when the licenses were issued.
		t.Decision = DecisionConverge
		_, t.Reason = d.itemAction(&coverage{}, 0)
	case len(t.Entitlements) == 0:
		t.Decision = DecisionKeep
		if t.Reason == "" {
			t.Reason = "there is nothing with a license"
		}
	case !slices.ContainsFunc(t.Entitlements, func(e Entitlement) bool { return e.Action != ActionKeep }):
		t.Decision, t.Reason = DecisionKeep, t.Entitlements[0].Reason
	default:
		t.Decision, t.Reason = DecisionConverge, t.Entitlements[0].Reason
	}
}

// findingsID returns an id of a review that is the same for the same findings.
func findingsID(found findings) string {
	var texts []string
	for _, f := range found {
		texts = append(texts, f.Path+"="+string(f.Rule))
	}
	slices.Sort(texts)
	return "findings:" + strings.Join(slices.Compact(texts), ",")
}
