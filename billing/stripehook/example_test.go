package stripehook_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// printer is a queue for the example; yours is a fulfillment.Pipeline.
type printer struct{}

func (printer) Enqueue(_ context.Context, order *licensespring.Order) error {
	item := order.Items[0]
	fmt.Printf("order %s: %d x %s, %s\n", order.ID, len(item.Licenses), item.ProductCode, item.Licenses[0].LicenseType)
	return nil
}

func (printer) Reject(_ context.Context, r fulfillment.Rejection) error {
	fmt.Println("dead letter:", r.ID, r.Reason)
	return nil
}

func Example() {
	signingSecret := licensespring.NewSecret("whsec_from_the_environment")
	hook, err := stripehook.New(signingSecret, printer{}, stripehook.WithIDPrefix("stripe-"))
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/webhooks/stripe", hook)

	// What Stripe sends.
	payload := `{"id": "evt_1", "object": "event", "type": "checkout.session.completed", "livemode": true,
		"data": {"object": {"id": "cs_1", "mode": "payment", "payment_status": "paid",
			"customer_details": {"email": "ada@example.com", "name": "Ada Lovelace"},
			"line_items": {"data": [{"quantity": 2, "price": {"id": "price_1", "metadata": {
				"product_short_code": "acme-cad", "license_type": "time-limited", "valid_duration": "1y"}}}]}}}}`
	p := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{
		Payload: []byte(payload), Secret: signingSecret.Reveal(), Timestamp: time.Now(),
	})
	for range 2 { // at least once
		r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/webhooks/stripe", strings.NewReader(payload))
		r.Header.Set("Stripe-Signature", p.Header)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		fmt.Print(w.Code, " ", w.Body)
	}
	// Output:
	// order stripe-cs_1: 2 x acme-cad, time-limited
	// 200 queued
	// order stripe-cs_1: 2 x acme-cad, time-limited
	// 200 queued
}
