package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/reconcile"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

const (
	// maxOrderBytes is the maximum size of an order in a request.
	maxOrderBytes = 16 << 20
	// maxCorrectionBytes is the maximum size of the corrections of a dead letter.
	maxCorrectionBytes = 64 << 10
	// maxDeadLetters is the maximum number of dead letters in a response.
	maxDeadLetters = 1000
)

// errorResponse is the body of an error response.
type errorResponse struct {
	Error    string                  `json:"error"`
	Findings []licensespring.Finding `json:"findings,omitzero"`
}

// actionResponse is the body of the response to an action that succeeded.
type actionResponse struct {
	OrderID string `json:"order_id,omitzero"`
	Status  string `json:"status"` // queued, ignored or discarded
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(body) // fails only if the client is disconnected
}

// writeError writes an error of the queue or of an order.
func writeError(w http.ResponseWriter, err error) {
	body, status := errorResponse{Error: err.Error()}, http.StatusServiceUnavailable
	if invalid, ok := errors.AsType[*licensespring.ValidationError](err); ok {
		body.Findings, status = invalid.Findings, http.StatusUnprocessableEntity
	}
	if _, ok := errors.AsType[*requestError](err); ok {
		status = http.StatusUnprocessableEntity
	}
	switch {
	case errors.Is(err, fulfillment.ErrTooLarge):
		status = http.StatusRequestEntityTooLarge
	case errors.Is(err, fulfillment.ErrNoDeadLetter):
		status = http.StatusNotFound
	case errors.Is(err, fulfillment.ErrNotRetryable), errors.Is(err, fulfillment.ErrStillQueued), errors.Is(err, errRepeated):
		status = http.StatusConflict
	}
	writeJSON(w, status, body)
}

func (a *app) postOrder(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxOrderBytes))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		writeError(w, fulfillment.ErrTooLarge)
		return
	}
	if err != nil {
		writeJSON(w, http.StatusBadRequest, errorResponse{Error: "the body could not be read"})
		return
	}
	if body, err = decodeText(body); err != nil {
		writeJSON(w, http.StatusUnprocessableEntity, errorResponse{Error: err.Error()})
		return
	}
	var order licensespring.Order
	if err := json.Unmarshal(body, &order); err != nil {
		if _, ok := errors.AsType[*licensespring.ValidationError](err); !ok {
			// The error of the decoder is dropped because it may quote the order.
			writeJSON(w, http.StatusUnprocessableEntity, errorResponse{Error: "the body is not an order"})
			return
		}
		writeError(w, err)
		return
	}
	if err := a.pipeline.Enqueue(r.Context(), &order); err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusAccepted, actionResponse{OrderID: order.ID, Status: "queued"})
}

// listDeadLetters responds with a page of dead letters. The parameter after is the
// last sequence number of the previous page.
func (a *app) listDeadLetters(w http.ResponseWriter, r *http.Request) {
	after, err := strconv.ParseUint(cmp.Or(r.FormValue("after"), "0"), 10, 64)
	if err != nil {
		writeJSON(w, http.StatusBadRequest, errorResponse{Error: "after must be the number of a dead letter"})
		return
	}
	list, err := a.deadLetters(r.Context(), after, maxDeadLetters)
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, list)
}

// retryRequest is the body of a request to retry a dead letter.
type retryRequest struct {
	// Set are the corrected values.
	Set []stripehook.Correction `json:"set,omitzero"`
	// Force retries an order that was retried and rejected for the same reason.
	Force bool `json:"force,omitzero"`
}

// showDeadLetter responds with a dead letter and its masked content.
func (a *app) showDeadLetter(w http.ResponseWriter, r *http.Request) {
	letter, ok := a.pathDeadLetter(w, r)
	if !ok {
		return
	}
	detail, err := a.detail(r.Context(), letter)
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, detail)
}

// retryDeadLetter enqueues the order of a dead letter, or replays its Stripe event.
func (a *app) retryDeadLetter(w http.ResponseWriter, r *http.Request) {
	letter, ok := a.pathDeadLetter(w, r)
	if !ok {
		return
	}
	var request retryRequest
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxCorrectionBytes)).Decode(&request)
	if err != nil && !errors.Is(err, io.EOF) {
		writeJSON(w, http.StatusBadRequest, errorResponse{Error: "the body is not a retry request"})
		return
	}
	if isStripeEvent(letter) {
		a.replayEvent(w, r, letter, request)
		return
	}
	switch {
	case letter.Source == reconcile.SourceOfReviews && a.reconciler != nil:
		a.retryReview(w, r, letter)
		return
	case letter.Order == nil:
		err = fulfillment.ErrNotRetryable
	case len(request.Set) > 0:
		err = a.enqueueCorrected(r.Context(), letter, request.Set)
	case letter.Repeated && !request.Force:
		err = errRepeated
	default:
		err = a.pipeline.Retry(r.Context(), letter.Seq)
	}
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, actionResponse{OrderID: letter.OrderID, Status: string(stripehook.DispositionQueued)})
}

// errRepeated prevents an endless series of retries.
var errRepeated = errors.New("a retry was rejected for the same reason: correct the cause and retry with -force, or correct the order with -set")

// enqueueCorrected enqueues a corrected order. A kill before the dead letter is removed
// does no harm, because enqueueing is idempotent.
func (a *app) enqueueCorrected(ctx context.Context, letter *fulfillment.DeadLetter, set []stripehook.Correction) error {
	order, err := correctOrder(letter.Order, set)
	if err != nil {
		if _, ok := errors.AsType[*licensespring.ValidationError](err); ok {
			return err
		}
		return &requestError{err.Error()}
	}
	if err := a.pipeline.Enqueue(ctx, order); err != nil {
		return err
	}
	return a.pipeline.Discard(ctx, letter.Seq)
}

// requestError is an error that the request caused.
type requestError struct{ text string }

// Error returns the text.
func (e *requestError) Error() string { return e.text }

// replayEvent processes the Stripe event of a dead letter again.
func (a *app) replayEvent(w http.ResponseWriter, r *http.Request, letter *fulfillment.DeadLetter, request retryRequest) {
	report, err := a.hook.Replay(r.Context(), letter.Payload, request.Set...)
	switch {
	case report.Disposition == stripehook.DispositionRejected:
		reason := report.Reason
		if reason == letter.Failure.Text {
			reason = "not corrected: " + reason
		}
		writeJSON(w, http.StatusUnprocessableEntity, errorResponse{Error: reason})
		return
	case err != nil:
		writeError(w, err)
		return
	}
	// The order is stored, so that the dead letter is obsolete.
	if err := a.pipeline.Discard(r.Context(), letter.Seq); err != nil && !errors.Is(err, fulfillment.ErrNoDeadLetter) {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, actionResponse{OrderID: report.OrderID, Status: string(report.Disposition)})
}

func (a *app) discardDeadLetter(w http.ResponseWriter, r *http.Request) {
	letter, ok := a.pathDeadLetter(w, r)
	if !ok {
		return
	}
	if err := a.pipeline.Discard(r.Context(), letter.Seq); err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, actionResponse{OrderID: letter.OrderID, Status: "discarded"})
}

// pathDeadLetter returns the dead letter with the sequence number in the path, or
// writes an error.
func (a *app) pathDeadLetter(w http.ResponseWriter, r *http.Request) (letter *fulfillment.DeadLetter, ok bool) {
	seq, err := strconv.ParseUint(r.PathValue("seq"), 10, 64)
	if err != nil {
		writeError(w, fulfillment.ErrNoDeadLetter)
		return nil, false
	}
	letter, err = a.pipeline.DeadLetter(r.Context(), seq)
	if err != nil {
		writeError(w, err)
		return nil, false
	}
	return letter, true
}
