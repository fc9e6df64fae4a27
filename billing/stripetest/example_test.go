package stripetest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/stripe/stripe-go/v85"

	"github.com/licensespring-go/licensespring/billing/stripetest"
)

// A subscription starts in Checkout, is renewed, fails to be paid, recovers, and is
// canceled. The webhook reads the subscription from the API for each event about it.
func Example() {
	ctx := context.Background()
	srv := stripetest.New(
		stripetest.WithEndpoint(stripetest.Endpoint{Events: []string{"customer.subscription.updated", "customer.subscription.deleted"}}),
		stripetest.WithDelivery(stripetest.Delivery{Duplicate: 0.2}),
	)
	srv.AddPrice(stripetest.Price{ID: "price_month", UnitAmount: 2500, Interval: "month"})
	session := srv.Checkout(stripetest.Checkout{Email: "ada@example.com", Items: []stripetest.Item{{Price: "price_month"}}})

	status := ""
	webhook := func(w http.ResponseWriter, r *http.Request) {
		var event struct {
			Data struct {
				Object struct {
					ID string `json:"id"`
				} `json:"object"`
			} `json:"data"`
		}
		if err := json.NewDecoder(r.Body).Decode(&event); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		request, _ := http.NewRequestWithContext(r.Context(), http.MethodGet, srv.URL()+"/v1/subscriptions/"+event.Data.Object.ID, http.NoBody)
		request.Header.Set("Authorization", "Bearer "+srv.APIKey())
		response, err := srv.Client().Do(request)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer response.Body.Close()
		var sub stripe.Subscription
		if err := json.NewDecoder(response.Body).Decode(&sub); err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		end := time.Unix(sub.Items.Data[0].CurrentPeriodEnd, 0).UTC()
		if line := fmt.Sprintf("%s until %s", sub.Status, end.Format(time.DateOnly)); line != status {
			status = line
			fmt.Println(srv.Now().Format("2006-01-02 15:04"), line)
		}
	}

	srv.Play(ctx, 40*24*time.Hour, webhook) // a renewal
	srv.FailPayments(session.Customer.ID, 2)
	srv.Play(ctx, 30*24*time.Hour, webhook) // a failed renewal, and its retries
	srv.CancelAtPeriodEnd(session.Subscription.ID, true)
	srv.Play(ctx, 30*24*time.Hour, webhook)

	// Output:
	// 2031-01-15 10:00 active until 2031-02-15
	// 2031-02-15 10:00 active until 2031-03-15
	// 2031-03-15 10:00 active until 2031-04-15
	// 2031-03-15 11:00 past_due until 2031-04-15
	// 2031-03-17 11:00 active until 2031-04-15
	// 2031-04-15 10:00 canceled until 2031-04-15
}
