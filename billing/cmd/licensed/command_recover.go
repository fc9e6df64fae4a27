package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// stripeRetention is the time for which Stripe keeps events.
const stripeRetention = 30 * 24 * time.Hour

// recoverEvents runs the recover command: it reads the events of a period from
// Stripe, and offers each to a running serve, as the webhook does. It can be
// repeated, because the webhook is idempotent. Events of connected accounts are not
// among them: Stripe lists those for the connected account only.
func recoverEvents(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) error {
	var baseURL, since string
	stripe := &app{set: &settings{}}
	f := adminFlags("licensed recover", env, stderr, &baseURL)
	f.string(&since, "since", "", "", "read the events since this `time`: a date (UTC), an RFC 3339 time, or a duration before now, as in 72h")
	f.string(&stripe.set.stripeURL, "stripe-url", "STRIPE_BASE_URL", "", "`url` of the Stripe API, if it is not Stripe's")
	if err := f.parse(args); err != nil {
		return err
	}
	now := time.Now()
	from, err := parseTime(since, now)
	if err != nil {
		return fmt.Errorf("-since: %w", err)
	}
	stripe.set.stripeKey, err = readSecret(env, envStripeKey)
	if err == nil && stripe.set.stripeKey.IsZero() {
		err = fmt.Errorf("%s is not set", envStripeKey)
	}
	if err != nil {
		return err
	}
	client, err := newAdminClient(baseURL, env)
	if err != nil {
		return err
	}
	if now.Sub(from) > stripeRetention {
		printf(stderr, "licensed: Stripe keeps events for 30 days; audit older payments at Stripe\n")
	}
	return client.recoverEvents(ctx, stripe.stripeItems(), from, stdout, stderr)
}

func (c *adminClient) recoverEvents(ctx context.Context, stripe *stripehook.StripeLineItems, from time.Time, stdout, stderr io.Writer) error {
	counts := map[string]int{}
	failed := 0
	err := stripe.Events(ctx, from, func(id string, event []byte) error {
		var res actionResponse
		err := c.do(ctx, http.MethodPost, "/api/events", event, &res)
		if _, ok := errors.AsType[*adminError](err); ok {
			failed++
			printf(stderr, "%s: %v\n", id, err)
			return nil
		}
		counts[res.Status]++
		return err
	})
	for _, status := range slices.Sorted(maps.Keys(counts)) {
		printf(stdout, "%d %s\n", counts[status], status)
	}
	if failed > 0 {
		err = errors.Join(err, fmt.Errorf("%d events failed", failed))
	}
	return err
}

// postEvent offers an event that was read from Stripe to the webhook. The webhook
// cannot distinguish it from a delivery.
func (a *app) postEvent(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxOrderBytes))
	if err != nil {
		writeJSON(w, http.StatusRequestEntityTooLarge, errorResponse{Error: "the event is too large"})
		return
	}
	delivery, err := http.NewRequestWithContext(r.Context(), http.MethodPost, webhookPath, bytes.NewReader(body))
	if err != nil {
		writeJSON(w, http.StatusInternalServerError, errorResponse{Error: "the request could not be created"})
		return
	}
	now := time.Now()
	delivery.Header.Set("Stripe-Signature", fmt.Sprintf("t=%d,v1=%x", now.Unix(), webhook.ComputeSignature(now, body, a.set.webhookSecrets()[0].Reveal())))
	res := recordedResponse{header: http.Header{}, status: http.StatusOK}
	a.hook.ServeHTTP(&res, delivery)
	disposition := strings.TrimSpace(res.body.String())
	if res.status >= http.StatusMultipleChoices {
		writeJSON(w, res.status, errorResponse{Error: "the event was not stored: " + disposition})
		return
	}
	writeJSON(w, http.StatusOK, actionResponse{Status: disposition})
}

// recordedResponse is a response of the webhook.
type recordedResponse struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header returns the header.
func (r *recordedResponse) Header() http.Header { return r.header }

// WriteHeader records the status.
func (r *recordedResponse) WriteHeader(status int) { r.status = status }

// Write records a part of the body.
func (r *recordedResponse) Write(p []byte) (int, error) { return r.body.Write(p) }
