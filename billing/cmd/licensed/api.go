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
	// maxOrder is the size of the largest order that is read.
	maxOrder = 16 << 20
	// maxLetters is how many dead letters are listed at once.
	maxLetters = 1000
)

// problem is the answer to a request that failed.
type problem struct {
	Error    string                  `json:"error"`
	Findings []licensespring.Finding `json:"findings,omitzero"`
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(body) // the peer is gone, then
}

// fail answers with an error of the queue or of an order.
func fail(w http.ResponseWriter, err error) {
	p, status := problem{Error: err.Error()}, http.StatusServiceUnavailable
	if wrong, ok := errors.AsType[*licensespring.ValidationError](err); ok {
		p.Findings, status = wrong.Findings, http.StatusUnprocessableEntity
	}
	switch {
	case errors.Is(err, fulfillment.ErrTooLarge):
		status = http.StatusRequestEntityTooLarge
	case errors.Is(err, fulfillment.ErrNoDeadLetter):
		status = http.StatusNotFound
	case errors.Is(err, fulfillment.ErrNotRetryable), errors.Is(err, fulfillment.ErrStillQueued):
		status = http.StatusConflict
	}
	answer(w, status, p)
}

// accepted is the answer to what was done.
type accepted struct {
	OrderID string `json:"order_id,omitzero"`
	Done    string `json:"done"`
}

func (a *app) postOrder(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxOrder))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		fail(w, fulfillment.ErrTooLarge)
		return
	}
	if err != nil {
		answer(w, http.StatusBadRequest, problem{Error: "the order could not be read"})
		return
	}
	var order licensespring.Order
	if err := json.Unmarshal(body, &order); err != nil {
		if _, ok := errors.AsType[*licensespring.ValidationError](err); !ok {
			// Not the decoder's text, which may quote it.
			answer(w, http.StatusUnprocessableEntity, problem{Error: "this is not an order"})
			return
		}
		fail(w, err)
		return
	}
	if err := a.pipeline.Enqueue(r.Context(), &order); err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusAccepted, accepted{OrderID: order.ID, Done: "queued"})
}

// listDead lists the dead letters page by page: with after, those behind the one
// of that number.
func (a *app) listDead(w http.ResponseWriter, r *http.Request) {
	after, err := strconv.ParseUint(cmp.Or(r.FormValue("after"), "0"), 10, 64)
	if err != nil {
		answer(w, http.StatusBadRequest, problem{Error: "after is not the number of a dead letter"})
		return
	}
	list, err := a.letters(r.Context(), after, maxLetters)
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, list)
}

// retryDead puts an order back into the queue, or reads a rejected event of
// Stripe's once more.
func (a *app) retryDead(w http.ResponseWriter, r *http.Request) {
	seq, ok := sequence(w, r)
	if !ok {
		return
	}
	letter, err := a.pipeline.DeadLetter(r.Context(), seq)
	if err != nil {
		fail(w, err)
		return
	}
	if letter.Order != nil || !strings.HasPrefix(letter.Source, "stripe ") {
		if err := a.pipeline.Retry(r.Context(), seq); err != nil {
			fail(w, err)
			return
		}
		answer(w, http.StatusOK, accepted{OrderID: letter.OrderID, Done: string(stripehook.Queued)})
		return
	}
	report, err := a.hook.Redo(r.Context(), letter.Payload)
	switch {
	case report.Disposition == stripehook.Rejected:
		answer(w, http.StatusUnprocessableEntity, problem{Error: report.Reason})
		return
	case err != nil:
		fail(w, err)
		return
	}
	// The order is stored: the letter is not needed any more.
	if err := a.pipeline.Discard(r.Context(), seq); err != nil && !errors.Is(err, fulfillment.ErrNoDeadLetter) {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, accepted{OrderID: report.OrderID, Done: string(report.Disposition)})
}

func (a *app) discardDead(w http.ResponseWriter, r *http.Request) {
	seq, ok := sequence(w, r)
	if !ok {
		return
	}
	letter, err := a.pipeline.DeadLetter(r.Context(), seq)
	if err == nil {
		err = a.pipeline.Discard(r.Context(), seq)
	}
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, accepted{OrderID: letter.OrderID, Done: "discarded"})
}

func sequence(w http.ResponseWriter, r *http.Request) (uint64, bool) {
	seq, err := strconv.ParseUint(r.PathValue("seq"), 10, 64)
	if err != nil {
		answer(w, http.StatusNotFound, problem{Error: fulfillment.ErrNoDeadLetter.Error()})
	}
	return seq, err == nil
}
