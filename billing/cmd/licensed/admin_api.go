package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

const (
	// maxOrderBytes is the maximum size of an order in a request.
	maxOrderBytes = 16 << 20
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
	switch {
	case errors.Is(err, fulfillment.ErrTooLarge):
		status = http.StatusRequestEntityTooLarge
	case errors.Is(err, fulfillment.ErrNoDeadLetter):
		status = http.StatusNotFound
	case errors.Is(err, fulfillment.ErrNotRetryable), errors.Is(err, fulfillment.ErrStillQueued):
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

// retryDeadLetter enqueues the order of a dead letter, or replays its Stripe event.
func (a *app) retryDeadLetter(w http.ResponseWriter, r *http.Request) {
	seq, ok := pathSeq(w, r)
	if !ok {
		return
	}
	letter, err := a.pipeline.DeadLetter(r.Context(), seq)
	if err != nil {
		writeError(w, err)
		return
	}
	if letter.Order != nil || !strings.HasPrefix(letter.Source, "stripe ") {
		if err := a.pipeline.Retry(r.Context(), seq); err != nil {
			writeError(w, err)
			return
		}
		writeJSON(w, http.StatusOK, actionResponse{OrderID: letter.OrderID, Status: string(stripehook.DispositionQueued)})
		return
	}
	report, err := a.hook.Replay(r.Context(), letter.Payload)
	switch {
	case report.Disposition == stripehook.DispositionRejected:
		writeJSON(w, http.StatusUnprocessableEntity, errorResponse{Error: report.Reason})
		return
	case err != nil:
		writeError(w, err)
		return
	}
	// The order is stored, so that the dead letter is obsolete.
	if err := a.pipeline.Discard(r.Context(), seq); err != nil && !errors.Is(err, fulfillment.ErrNoDeadLetter) {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, actionResponse{OrderID: report.OrderID, Status: string(report.Disposition)})
}

func (a *app) discardDeadLetter(w http.ResponseWriter, r *http.Request) {
	seq, ok := pathSeq(w, r)
	if !ok {
		return
	}
	letter, err := a.pipeline.DeadLetter(r.Context(), seq)
	if err == nil {
		err = a.pipeline.Discard(r.Context(), seq)
	}
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, actionResponse{OrderID: letter.OrderID, Status: "discarded"})
}

// pathSeq returns the sequence number in the path, or writes an error.
func pathSeq(w http.ResponseWriter, r *http.Request) (seq uint64, ok bool) {
	seq, err := strconv.ParseUint(r.PathValue("seq"), 10, 64)
	if err != nil {
		writeJSON(w, http.StatusNotFound, errorResponse{Error: fulfillment.ErrNoDeadLetter.Error()})
	}
	return seq, err == nil
}
