package stripehook

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/stripe/stripe-go/v85"

	"github.com/licensespring-go/licensespring"
)

// pageSize is the maximum page size of Stripe.
const pageSize = 100

// StripeLineItems fetches line items from the Stripe API. It is safe for concurrent
// use.
type StripeLineItems struct {
	backend stripe.Backend
	key     licensespring.Secret
}

// NewStripeLineItems returns a [StripeLineItems] that uses a secret or restricted
// key. The http.Client should have a timeout. An empty baseURL is that of Stripe. It
// does not retry, because the event is retried. Failed requests return an [*APIError].
func NewStripeLineItems(key licensespring.Secret, client *http.Client, baseURL string) *StripeLineItems {
	config := stripe.BackendConfig{
		HTTPClient: client,
		// The waits between retries of stripe-go cannot be canceled.
		MaxNetworkRetries: new(int64(0)),
		EnableTelemetry:   new(false),
		// The default logger writes responses to standard error.
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	}
	if baseURL != "" {
		config.URL = &baseURL
	}
	return &StripeLineItems{backend: stripe.NewBackendsWithConfig(&config).API, key: key}
}

// listParams are the parameters of a list.
type listParams struct {
	stripe.Params `form:"*"`

	Active        *bool                    `form:"active"`
	Created       *stripe.RangeQueryParams `form:"created"`
	Customer      *string                  `form:"customer"`
	Limit         *int64                   `form:"limit"`
	StartingAfter *string                  `form:"starting_after"`

	Expand []*string `form:"expand"`
}

// newListParams returns the parameters for a list of the account of an object.
func newListParams(ctx context.Context, of Source) *listParams {
	params := &listParams{Limit: new(int64(pageSize))}
	params.Context = ctx
	if of.Account != "" {
		params.SetStripeAccount(of.Account)
	}
	if of.Context != "" {
		params.SetStripeContext(of.Context)
	}
	return params
}

// linePage is one page of lines. It has the type of the lines in an event, so that a
// line is the same from both. The types of stripe-go do not distinguish an absent
// quantity from zero.
type linePage struct {
	stripe.APIResource
	lineList
}

// Lines returns all lines of a session or an invoice, page by page.
func (s *StripeLineItems) Lines(ctx context.Context, of Source) ([]Line, error) {
	params := newListParams(ctx, of)
	path := stripe.FormatURLPath("/v1/checkout/sessions/%s/line_items", of.ID)
	expand := "data.price" // expanded by default in current versions
	if of.Kind == SourceInvoice {
		path, expand = stripe.FormatURLPath("/v1/invoices/%s/lines", of.ID), "data.pricing.price_details.price"
	}
	params.Expand = []*string{&expand}
	var lines []Line
	for {
		var page linePage
		if err := s.get(ctx, path, params, &page); err != nil {
			return nil, err
		}
		for i := range page.Data {
			lines = append(lines, page.Data[i].line())
		}
		if !page.HasMore || len(page.Data) == 0 {
			return lines, nil
		}
		params.StartingAfter = &page.Data[len(page.Data)-1].ID
	}
}

// sessionPage is one page of sessions.
type sessionPage struct {
	stripe.APIResource

	HasMore bool `json:"has_more"`
	Data    []struct {
		session
		Status stripe.CheckoutSessionStatus `json:"status"`
	} `json:"data"`
}

// InvoiceSession implements [Sessions]. It reads the sessions of the customer,
// because an invoice has no reference to its session.
func (s *StripeLineItems) InvoiceSession(ctx context.Context, invoice Source, customer string) (id string, certain bool, err error) {
	params := newListParams(ctx, invoice)
	params.Customer = &customer
	candidate := ""
	for {
		var page sessionPage
		if err := s.get(ctx, "/v1/checkout/sessions", params, &page); err != nil {
			return "", false, err
		}
		for i := range page.Data {
			one := &page.Data[i]
			if one.Mode != stripe.CheckoutSessionModePayment {
				continue
			}
			if string(one.Invoice) == invoice.ID {
				return one.ID, true, nil
			}
			if one.Status == stripe.CheckoutSessionStatusComplete && one.isFree() && one.InvoiceCreation.Enabled && one.Invoice == "" {
				candidate = one.ID
			}
		}
		if !page.HasMore || len(page.Data) == 0 {
			return candidate, false, nil
		}
		params.StartingAfter = &page.Data[len(page.Data)-1].ID
	}
}

func (s *StripeLineItems) get(ctx context.Context, path string, params *listParams, page stripe.LastResponseSetter) error {
	if err := s.backend.Call(http.MethodGet, path, s.key.Reveal(), params, page); err != nil {
		return fetchError(ctx, err)
	}
	return nil
}

// sessionObject is one session.
type sessionObject struct {
	stripe.APIResource
	session
}

// SessionInvoice implements [SessionInvoices].
func (s *StripeLineItems) SessionInvoice(ctx context.Context, of Source) (string, error) {
	params := newListParams(ctx, of)
	params.Limit = nil
	var one sessionObject
	if err := s.get(ctx, stripe.FormatURLPath("/v1/checkout/sessions/%s", of.ID), params, &one); err != nil {
		return "", err
	}
	return string(one.Invoice), nil
}

// APIError is a failed request to the Stripe API. It does not contain the message of
// Stripe, which may quote the request.
type APIError struct {
	// Status is the HTTP status, or 0 if there was no valid response.
	Status int
	// RequestID is Stripe's id of the request, or empty.
	RequestID string
	// RetryAfter is the time that Stripe requests before a retry, or 0.
	RetryAfter time.Duration
}

// Error returns the status and the id of the request.
func (e *APIError) Error() string {
	if e.Status == 0 {
		return "no valid response from stripe"
	}
	text := "stripe responded with status " + strconv.Itoa(e.Status)
	if e.RequestID != "" {
		text += " (" + e.RequestID + ")"
	}
	return text
}

// isPermanent reports whether a retry fails unless the request or the permissions of
// the key change.
func (e *APIError) isPermanent() bool {
	switch e.Status {
	case http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	default:
		return e.Status >= http.StatusBadRequest && e.Status < http.StatusInternalServerError
	}
}

// fetchError returns an error without the message of Stripe, which may quote the
// request, and without the URL in errors of net/http.
func fetchError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e, ok := errors.AsType[*stripe.Error](err)
	if !ok {
		return &APIError{}
	}
	api := &APIError{Status: e.HTTPStatusCode, RequestID: e.RequestID}
	if e.LastResponse != nil {
		api.RetryAfter = parseRetryAfter(e.LastResponse.Header.Get("Retry-After"))
	}
	return api
}

// parseRetryAfter parses seconds or an HTTP date.
func parseRetryAfter(text string) time.Duration {
	if seconds, err := strconv.ParseUint(text, 10, 16); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(time.Until(at), 0)
	}
	return 0
}
