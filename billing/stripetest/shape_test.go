package stripetest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85"

	"github.com/licensespring-go/licensespring/billing/stripetest"
)

// versions are the versions with different shapes.
var versions = []stripetest.Version{
	stripetest.Version2018, "2018-11-08", "2019-10-17", "2020-08-27", stripetest.Version2022,
	"2025-02-24.acacia", stripetest.VersionBasil, stripetest.VersionNewest,
}

// objectTypes are the types of stripe-go for the member object.
var objectTypes = map[string]reflect.Type{
	"charge":            reflect.TypeFor[stripe.Charge](),
	"checkout.session":  reflect.TypeFor[stripe.CheckoutSession](),
	"customer":          reflect.TypeFor[stripe.Customer](),
	"dispute":           reflect.TypeFor[stripe.Dispute](),
	"event":             reflect.TypeFor[stripe.Event](),
	"invoice":           reflect.TypeFor[stripe.Invoice](),
	"invoice_payment":   reflect.TypeFor[stripe.InvoicePayment](),
	"item":              reflect.TypeFor[stripe.LineItem](),
	"line_item":         reflect.TypeFor[stripe.InvoiceLineItem](),
	"payment_intent":    reflect.TypeFor[stripe.PaymentIntent](),
	"plan":              reflect.TypeFor[stripe.Plan](),
	"price":             reflect.TypeFor[stripe.Price](),
	"product":           reflect.TypeFor[stripe.Product](),
	"refund":            reflect.TypeFor[stripe.Refund](),
	"subscription":      reflect.TypeFor[stripe.Subscription](),
	"subscription_item": reflect.TypeFor[stripe.SubscriptionItem](),
	"webhook_endpoint":  reflect.TypeFor[stripe.WebhookEndpoint](),
}

// enums are the values of the enumerations that stripe-go knows. A value of another
// enumeration fails the test.
var enums = map[reflect.Type][]string{}

func init() { //nolint:gochecknoinits // a generic function fills a table
	enum(stripe.SubscriptionStatusActive, stripe.SubscriptionStatusCanceled, stripe.SubscriptionStatusIncomplete, stripe.SubscriptionStatusIncompleteExpired,
		stripe.SubscriptionStatusPastDue, stripe.SubscriptionStatusPaused, stripe.SubscriptionStatusTrialing, stripe.SubscriptionStatusUnpaid)
	enum(stripe.SubscriptionCollectionMethodChargeAutomatically, stripe.SubscriptionCollectionMethodSendInvoice)
	enum(stripe.SubscriptionCancellationDetailsReasonCancellationRequested, stripe.SubscriptionCancellationDetailsReasonPaymentFailed)
	enum(stripe.SubscriptionPauseCollectionBehaviorVoid, stripe.SubscriptionPauseCollectionBehaviorKeepAsDraft, stripe.SubscriptionPauseCollectionBehaviorMarkUncollectible)
	enum(stripe.SubscriptionBillingModeTypeClassic, stripe.SubscriptionBillingModeTypeFlexible)
	enum(stripe.SubscriptionBillingModeFlexibleProrationDiscountsIncluded)
	enum(stripe.SubscriptionInvoiceSettingsIssuerTypeSelf)
	enum(stripe.SubscriptionPaymentSettingsSaveDefaultPaymentMethodOff)
	enum(stripe.SubscriptionTrialSettingsEndBehaviorMissingPaymentMethodCancel, stripe.SubscriptionTrialSettingsEndBehaviorMissingPaymentMethodCreateInvoice,
		stripe.SubscriptionTrialSettingsEndBehaviorMissingPaymentMethodPause)
	enum(stripe.InvoiceStatusDraft, stripe.InvoiceStatusOpen, stripe.InvoiceStatusPaid, stripe.InvoiceStatusUncollectible, stripe.InvoiceStatusVoid)
	enum(stripe.InvoiceBillingReasonManual, stripe.InvoiceBillingReasonSubscriptionCreate, stripe.InvoiceBillingReasonSubscriptionCycle, stripe.InvoiceBillingReasonSubscriptionUpdate)
	enum(stripe.InvoiceCollectionMethodChargeAutomatically, stripe.InvoiceCollectionMethodSendInvoice)
	enum(stripe.InvoiceIssuerTypeSelf)
	enum(stripe.InvoiceParentTypeSubscriptionDetails)
	enum(stripe.InvoiceLineItemParentTypeInvoiceItemDetails, stripe.InvoiceLineItemParentTypeSubscriptionItemDetails)
	enum(stripe.InvoiceLineItemPricingTypePriceDetails)
	enum(stripe.InvoicePaymentPaymentTypePaymentIntent)
	enum(stripe.CustomerTaxExemptNone)
	enum(stripe.CheckoutSessionModePayment, stripe.CheckoutSessionModeSubscription)
	enum(stripe.CheckoutSessionPaymentStatusNoPaymentRequired, stripe.CheckoutSessionPaymentStatusPaid, stripe.CheckoutSessionPaymentStatusUnpaid)
	enum(stripe.CheckoutSessionStatusComplete, stripe.CheckoutSessionStatusExpired, stripe.CheckoutSessionStatusOpen)
	enum(stripe.CheckoutSessionUIModeHostedPage)
	enum(stripe.CheckoutSessionCustomerDetailsTaxExemptNone)
	enum(stripe.ChargeStatusFailed, stripe.ChargeStatusPending, stripe.ChargeStatusSucceeded)
	enum(stripe.PaymentIntentStatusCanceled, stripe.PaymentIntentStatusProcessing, stripe.PaymentIntentStatusRequiresPaymentMethod, stripe.PaymentIntentStatusSucceeded)
	enum(stripe.PaymentIntentCaptureMethodAutomatic)
	enum(stripe.PaymentIntentConfirmationMethodAutomatic)
	enum(stripe.ErrorTypeCard)
	enum(stripe.ErrorCodeCardDeclined)
	enum(stripe.DeclineCodeGenericDecline)
	enum(stripe.RefundStatusFailed, stripe.RefundStatusSucceeded)
	enum(stripe.RefundFailureReasonExpiredOrCanceledCard)
	enum(stripe.DisputeStatusLost, stripe.DisputeStatusNeedsResponse, stripe.DisputeStatusWarningClosed, stripe.DisputeStatusWarningNeedsResponse, stripe.DisputeStatusWon)
	enum(stripe.DisputeReasonFraudulent)
	enum(stripe.PriceBillingSchemePerUnit)
	enum(stripe.PriceTaxBehaviorUnspecified)
	enum(stripe.PriceTypeOneTime, stripe.PriceTypeRecurring)
	enum(stripe.PriceRecurringIntervalMonth, stripe.PriceRecurringIntervalYear)
	enum(stripe.PriceRecurringUsageTypeLicensed, stripe.PriceRecurringUsageTypeMetered)
	enum(stripe.PlanBillingSchemePerUnit)
	enum(stripe.PlanIntervalMonth, stripe.PlanIntervalYear)
	enum(stripe.PlanUsageTypeLicensed, stripe.PlanUsageTypeMetered)
	enum(stripe.ProductTypeService)
	enum(stripe.CurrencyEUR)
	enum(eventTypes...)
}

func enum[T ~string](values ...T) {
	t := reflect.TypeFor[T]()
	for _, v := range values {
		enums[t] = append(enums[t], string(v))
	}
}

// eventTypes are the types of events that the server emits.
var eventTypes = []stripe.EventType{
	stripe.EventTypeChargeDisputeClosed, stripe.EventTypeChargeDisputeCreated, stripe.EventTypeChargeDisputeFundsReinstated,
	stripe.EventTypeChargeDisputeFundsWithdrawn, stripe.EventTypeChargeFailed, stripe.EventTypeChargePending,
	stripe.EventTypeChargeRefundUpdated, stripe.EventTypeChargeRefunded, stripe.EventTypeChargeSucceeded,
	stripe.EventTypeCheckoutSessionAsyncPaymentFailed, stripe.EventTypeCheckoutSessionAsyncPaymentSucceeded,
	stripe.EventTypeCheckoutSessionCompleted, stripe.EventTypeCheckoutSessionExpired, stripe.EventTypeCustomerCreated,
	stripe.EventTypeCustomerSubscriptionCreated, stripe.EventTypeCustomerSubscriptionDeleted, stripe.EventTypeCustomerSubscriptionPaused,
	stripe.EventTypeCustomerSubscriptionResumed, stripe.EventTypeCustomerSubscriptionTrialWillEnd, stripe.EventTypeCustomerSubscriptionUpdated,
	stripe.EventTypeInvoiceCreated, stripe.EventTypeInvoiceFinalized, stripe.EventTypeInvoiceMarkedUncollectible, stripe.EventTypeInvoiceOverdue,
	stripe.EventTypeInvoicePaid, stripe.EventTypeInvoicePaymentFailed, stripe.EventTypeInvoicePaymentPaid, stripe.EventTypeInvoicePaymentSucceeded,
	stripe.EventTypeInvoiceSent, stripe.EventTypeInvoiceUpdated, stripe.EventTypeInvoiceVoided, stripe.EventTypePaymentIntentCanceled,
	stripe.EventTypePaymentIntentCreated, stripe.EventTypePaymentIntentPaymentFailed, stripe.EventTypePaymentIntentProcessing,
	stripe.EventTypePaymentIntentSucceeded, stripe.EventTypeRefundCreated, stripe.EventTypeRefundFailed, stripe.EventTypeRefundUpdated,
}

// strict reports members that a type of stripe-go does not have, values of another
// type, and unknown enumerators.
type strict struct {
	t    *testing.T
	seen map[string]bool // the reported paths
}

func (s *strict) report(path, format string, args ...any) {
	if !s.seen[path] {
		s.seen[path] = true
		s.t.Errorf("%s: %s", path, fmt.Sprintf(format, args...))
	}
}

func (s *strict) check(value any, t reflect.Type, path string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch v := value.(type) {
	case nil:
	case string:
		s.checkText(v, t, path)
	case bool:
		if t.Kind() != reflect.Bool {
			s.report(path, "a boolean for %s", t)
		}
	case float64:
		if t.Kind() != reflect.Int64 && t.Kind() != reflect.Float64 {
			s.report(path, "a number for %s", t)
		}
	case []any:
		if t.Kind() != reflect.Slice {
			s.report(path, "a list for %s", t)
			return
		}
		for _, element := range v {
			s.check(element, t.Elem(), path+"[]")
		}
	case map[string]any:
		s.checkObject(v, t, path)
	}
}

func (s *strict) checkText(v string, t reflect.Type, path string) {
	_, isObject := fields(t)["id"]
	switch {
	case isObject: // a reference
	case t.Kind() == reflect.Float64: // a decimal
	case t.Kind() != reflect.String:
		s.report(path, "a text for %s", t)
	case t == reflect.TypeFor[string]():
	case !slices.Contains(enums[t], v):
		s.report(path, "%q is not a known value of %s", v, t)
	}
}

func (s *strict) checkObject(v map[string]any, t reflect.Type, path string) {
	if t.Kind() == reflect.Map {
		for name, member := range v {
			s.check(member, t.Elem(), path+"."+name)
		}
		return
	}
	if t == reflect.TypeFor[stripe.EventData]() {
		object, _ := v["object"].(map[string]any)
		kind, _ := object["object"].(string)
		require.Contains(s.t, objectTypes, kind)
		s.check(object, objectTypes[kind], kind)
		if previous, ok := v["previous_attributes"].(map[string]any); ok {
			s.check(previous, objectTypes[kind], kind+" before")
		}
		return
	}
	kind, _ := v["object"].(string)
	if kind != "" && kind != "list" && objectTypes[kind] != t {
		s.report(path+" "+kind, "a %s for %s", kind, t)
	}
	known := fields(t)
	for name, member := range v {
		field, ok := known[name]
		if !ok && (name != "object" || kind != "list") {
			s.report(path+"."+name, "%s has no such member", t)
		}
		if ok {
			s.check(member, field, path+"."+name)
		}
	}
}

// fields returns the types of the members of a struct.
func fields(t reflect.Type) map[string]reflect.Type {
	all := make(map[string]reflect.Type)
	if t.Kind() != reflect.Struct {
		return all
	}
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			maps.Copy(all, fields(f.Type))
		} else if name != "" && name != "-" {
			all[name] = f.Type
		}
	}
	return all
}

// Every object and every event has the shape of the types of stripe-go.
func TestNewestShape(t *testing.T) {
	t.Parallel()
	for _, opts := range [][]stripetest.Option{nil, {stripetest.WithFlexibleBilling()}} {
		s := newServer(t, opts...)
		playEverything(s)
		walk := &strict{t: t, seen: map[string]bool{}}
		var emitted []string
		for _, resource := range []string{
			"charges", "checkout/sessions", "customers", "disputes", "events", "invoice_payments", "invoices", "payment_intents",
			"prices", "products", "refunds", "subscriptions", "webhook_endpoints",
		} {
			objects := all(t, s, "/v1/"+resource)
			require.NotEmpty(t, objects, resource)
			for _, o := range objects {
				kind, _ := o["object"].(string)
				walk.check(o, objectTypes[kind], kind)
			}
		}
		for _, e := range s.Events() {
			emitted = append(emitted, string(e.Type))
			data, err := json.Marshal(map[string]any{"object": e.Data.Object, "previous_attributes": e.Data.PreviousAttributes})
			require.NoError(t, err)
			var decoded any
			require.NoError(t, json.Unmarshal(data, &decoded))
			walk.check(decoded, reflect.TypeFor[stripe.EventData](), "event")
		}
		var want []string
		for _, kind := range eventTypes {
			want = append(want, string(kind))
		}
		slices.Sort(emitted)
		if opts == nil {
			assert.ElementsMatch(t, want, slices.Compact(emitted), "the history has every type of event")
		}
	}
}

// all returns all objects of a list, page by page.
func all(t *testing.T, s *stripetest.Server, path string, header ...string) []map[string]any {
	t.Helper()
	var objects []map[string]any
	next := path + "?limit=7"
	if strings.HasSuffix(path, "/subscriptions") {
		next += "&status=all"
	}
	for page := next; ; {
		status, body := get(t, s, page, header...)
		require.Equal(t, 200, status, body)
		data, _ := body["data"].([]any)
		for _, o := range data {
			objects = append(objects, o.(map[string]any))
		}
		if body["has_more"] != true {
			return objects
		}
		page = next + "&starting_after=" + objects[len(objects)-1]["id"].(string)
	}
}

// TestVersions checks where each version has the members that the pipeline reads.
func TestVersions(t *testing.T) {
	t.Parallel()
	for _, v := range versions {
		t.Run(string(v), func(t *testing.T) {
			t.Parallel()
			s := newServer(t, stripetest.WithAPIVersion(v))
			playEverything(s)
			isBasil := v >= stripetest.VersionBasil
			lacks := func(o map[string]any, old bool, names ...string) {
				t.Helper()
				for _, name := range names {
					_, ok := o[name]
					assert.Equal(t, old, ok, "%s: %s", o["object"], name)
				}
			}
			check := func(o map[string]any) {
				switch o["object"] {
				case "subscription":
					lacks(o, !isBasil, "current_period_start", "current_period_end")
					lacks(o, isBasil, "billing_mode")
					lacks(o, v < "2019-10-17", "billing", "start")
					item := dig(o, "items", "data", 0)
					lacks(item, isBasil, "current_period_start", "current_period_end")
					lacks(item, true, "price", "plan")
				case "invoice":
					lacks(o, !isBasil, "subscription", "subscription_details", "charge", "payment_intent", "paid")
					lacks(o, isBasil, "parent")
					lacks(o, v < "2019-03-14", "date")
					lacks(o, v < "2018-11-08", "closed", "forgiven")
					lacks(o, true, "status", "created", "billing_reason")
					line := dig(o, "lines", "data", 0)
					lacks(line, !isBasil, "price", "plan", "proration", "type")
					lacks(line, isBasil, "pricing", "parent")
					lacks(line, v >= stripetest.VersionNewest, "quantity_decimal")
				case "charge":
					lacks(o, !isBasil, "invoice")
					lacks(o, v < stripetest.Version2022, "refunds")
				case "payment_intent":
					lacks(o, !isBasil, "invoice")
					lacks(o, v < stripetest.Version2022, "charges")
				}
			}
			for _, resource := range []string{"subscriptions", "invoices", "charges", "payment_intents"} {
				for _, o := range all(t, s, "/v1/"+resource) {
					check(o)
				}
			}
			for _, e := range s.Events() {
				assert.Equal(t, string(v), e.APIVersion)
				check(e.Data.Object)
			}
			// The newest version of the same objects.
			for _, o := range all(t, s, "/v1/subscriptions", "Stripe-Version", string(stripetest.VersionNewest)) {
				assert.NotContains(t, o, "current_period_end")
			}
		})
	}
}

// dig returns a nested object.
func dig(o map[string]any, path ...any) map[string]any {
	var value any = o
	for _, step := range path {
		switch step := step.(type) {
		case string:
			value = value.(map[string]any)[step]
		case int:
			value = value.([]any)[step]
		}
	}
	return value.(map[string]any)
}
