package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring"
)

const (
	stripeTimeout = 30 * time.Second
	// maxStripeResponse bounds a page of events.
	maxStripeResponse = 64 << 20
)

// stripeAPI reads from the Stripe API. stripe-go would decode events into its own
// types, and the webhook needs them unchanged.
type stripeAPI struct {
	key     licensespring.Secret
	baseURL string
	http    *http.Client
}

func newStripeAPI(key licensespring.Secret, baseURL string) *stripeAPI {
	return &stripeAPI{
		key: key, baseURL: strings.TrimRight(cmp.Or(baseURL, "https://api.stripe.com"), "/"),
		http: &http.Client{Timeout: stripeTimeout},
	}
}

// stripeError is an error response of Stripe.
type stripeError struct{ status int }

// Error describes the status.
func (e *stripeError) Error() string {
	switch e.status {
	case http.StatusUnauthorized:
		return "Stripe rejected the API key"
	case http.StatusForbidden:
		return "the Stripe API key lacks a permission"
	default:
		return fmt.Sprintf("Stripe responded with status %d", e.status)
	}
}

func (s *stripeAPI) get(ctx context.Context, path string, query url.Values, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.baseURL+path+"?"+query.Encode(), http.NoBody)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+s.key.Reveal())
	res, err := s.http.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return errors.New("no response from Stripe")
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return &stripeError{status: res.StatusCode}
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, maxStripeResponse))
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		return errors.New("the response of Stripe is incomplete")
	}
	return nil
}

// eventPage is a page of GET /v1/events.
type eventPage struct {
	Data    []json.RawMessage `json:"data"`
	HasMore bool              `json:"has_more"`
}

// events calls yield with each event since a time, newest first.
func (s *stripeAPI) events(ctx context.Context, since time.Time, yield func(id string, event []byte) error) error {
	query := url.Values{"limit": {"100"}, "created[gte]": {fmt.Sprint(since.Unix())}}
	for {
		var page eventPage
		if err := s.get(ctx, "/v1/events", query, &page); err != nil {
			return err
		}
		last := ""
		for _, event := range page.Data {
			var e struct {
				ID string `json:"id"`
			}
			if json.Unmarshal(event, &e) != nil || e.ID == "" {
				return errors.New("the response of Stripe holds no event")
			}
			last = e.ID
			if err := yield(e.ID, event); err != nil {
				return err
			}
		}
		if !page.HasMore || last == "" || last == query.Get("starting_after") {
			return nil
		}
		query.Set("starting_after", last)
	}
}
