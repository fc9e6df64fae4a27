package stripehook_test

import (
	"context"
	"errors"
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

// printer is a queue for the examples. Programs use a fulfillment.Pipeline.
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

	// A signed event, as Stripe delivers it.
	payload := `{"id": "evt_1", "object": "event", "type": "checkout.session.completed", "livemode": true,
		"data": {"object": {"id": "cs_1", "mode": "payment", "payment_status": "paid",
			"customer_details": {"email": "ada@example.com", "name": "Ada Lovelace"},
			"line_items": {"data": [{"quantity": 2, "price": {"id": "price_1", "metadata": {
				"product_short_code": "acmecad", "license_type": "time-limited", "valid_duration": "1y"}}}]}}}}`
	p := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{
		Payload: []byte(payload), Secret: signingSecret.Reveal(), Timestamp: time.Now(),
	})
	for range 2 { // Stripe delivers events at least once
		r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/webhooks/stripe", strings.NewReader(payload))
		r.Header.Set("Stripe-Signature", p.Header)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		fmt.Print(w.Code, " ", w.Body)
	}
	// Output:
	// order stripe-cs_1: 2 x acmecad, time-limited
	// 200 queued
	// order stripe-cs_1: 2 x acmecad, time-limited
	// 200 queued
}

// New reports all invalid options at once.
func ExampleNew() {
	_, err := stripehook.New(licensespring.Secret{}, printer{},
		stripehook.WithAPIKey(licensespring.Secret{}), stripehook.WithTolerance(0))
	fmt.Println(err)
	// Output:
	// stripehook: the API key is empty
	// stripehook: the tolerance must be positive
	// stripehook: the signing secret is empty
}

// The payload of a dead letter is replayed after the metadata of the price was
// corrected.
func ExampleHandler_Replay() {
	hook, err := stripehook.New(licensespring.NewSecret("whsec_from_the_environment"), printer{})
	if err != nil {
		fmt.Println(err)
		return
	}
	letter := func(product string) []byte {
		return []byte(`{"id": "evt_1", "object": "event", "type": "checkout.session.completed", "livemode": true,
			"data": {"object": {"id": "cs_1", "mode": "payment", "payment_status": "paid",
				"line_items": {"data": [{"quantity": 1, "price": {"id": "price_1", "metadata": {
					"product_short_code": "` + product + `", "license_type": "perpetual"}}}]}}}}`)
	}
	for _, product := range []string{"", "acmecad"} {
		report, err := hook.Replay(context.Background(), letter(product))
		fmt.Println(report.Disposition, report.OrderID, errors.Is(err, licensespring.ErrInvalidRequest))
	}
	// Output:
	// rejected cs_1 true
	// order cs_1: 1 x acmecad, perpetual
	// queued cs_1 false
}
