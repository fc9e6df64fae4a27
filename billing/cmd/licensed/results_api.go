package main

import (
	"bytes"
	_ "embed" // for the page
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring/billing/fulfillment"
)

// requireSecret rejects requests for license keys unless the admin port has a token:
// every user of the machine can reach a loopback address.
func (a *app) requireSecret(next http.HandlerFunc) http.HandlerFunc {
	if a.hasSecret() {
		return next
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusForbidden, errorResponse{Error: "set " + envAdminToken + ": results hold license keys"})
	}
}

// hasSecret reports whether only the operator can reach the admin port.
func (a *app) hasSecret() bool { return !a.set.adminToken.IsZero() || a.set.fake }

// getResult responds with the result of one order.
func (a *app) getResult(w http.ResponseWriter, r *http.Request) {
	result, err := a.pipeline.Result(r.Context(), r.PathValue("id"))
	if errors.Is(err, fulfillment.ErrNoResult) {
		writeJSON(w, http.StatusNotFound, errorResponse{Error: "no result for this order: it is queued, a dead letter, or unknown"})
		return
	}
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, newResultView(result, false))
}

// listResults responds with the results that match the parameter q, or with all, as
// one JSON object per line. An error ends the stream with an object that has an error.
func (a *app) listResults(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/jsonl")
	encoder, controller := json.NewEncoder(w), http.NewResponseController(w)
	_ = controller.SetWriteDeadline(time.Time{}) // an export may take long
	q := strings.TrimSpace(r.FormValue("q"))
	for result, err := range a.pipeline.Results(r.Context()) {
		if err != nil {
			_ = encoder.Encode(errorResponse{Error: err.Error()})
			return
		}
		if v := newResultView(result, false); q == "" || v.matches(q) {
			if encoder.Encode(v) != nil {
				return // the client is disconnected
			}
		}
	}
	_ = controller.Flush()
}

//go:embed search_page.html
var searchText string

var searchTemplate = template.Must(template.New("search").Parse(searchText))

// maxSearchResults is the maximum number of results on the search page.
const maxSearchResults = 50

// searchPage serves the page that finds results by order, subscription, customer or
// license.
func (a *app) searchPage(w http.ResponseWriter, r *http.Request) {
	data := struct {
		Style   template.CSS
		Query   string
		Results []resultView
		More    bool
		Error   string
	}{Style: template.CSS(pageStyle), Query: strings.TrimSpace(r.FormValue("q"))} //nolint:gosec // an embedded file
	if data.Query != "" {
		for result, err := range a.pipeline.Results(r.Context()) {
			if err != nil {
				data.Error = queueErrorText(err)
				break
			}
			v := newResultView(result, false)
			if !v.matches(data.Query) {
				continue
			}
			if len(data.Results) == maxSearchResults {
				data.More = true
				break
			}
			data.Results = append(data.Results, v)
		}
	}
	var page bytes.Buffer
	if err := searchTemplate.Execute(&page, data); err != nil {
		http.Error(w, "rendering the page failed", http.StatusInternalServerError)
		return
	}
	writePage(w, &page, "'self'")
}

// listUndelivered responds with the undelivered notifications.
func (a *app) listUndelivered(w http.ResponseWriter, r *http.Request) {
	list := []*fulfillment.Undelivered{}
	for u, err := range a.pipeline.Undelivered(r.Context()) {
		if err != nil {
			writeError(w, err)
			return
		}
		list = append(list, u)
	}
	writeJSON(w, http.StatusOK, list)
}

// retryUndelivered posts an undelivered notification again.
func (a *app) retryUndelivered(w http.ResponseWriter, r *http.Request) {
	seq, ok := undeliveredSeq(w, r)
	if !ok {
		return
	}
	if a.notifier == nil {
		writeJSON(w, http.StatusConflict, errorResponse{Error: "no endpoint is configured: set -notify-url"})
		return
	}
	switch err := a.pipeline.RetryNotice(r.Context(), seq, a.notifier.deliver); {
	case errors.Is(err, fulfillment.ErrNoUndelivered):
		writeJSON(w, http.StatusNotFound, errorResponse{Error: err.Error()})
	case err != nil:
		writeJSON(w, http.StatusBadGateway, errorResponse{Error: err.Error()})
	default:
		writeJSON(w, http.StatusOK, actionResponse{Status: "delivered"})
	}
}

func (a *app) discardUndelivered(w http.ResponseWriter, r *http.Request) {
	seq, ok := undeliveredSeq(w, r)
	if !ok {
		return
	}
	if err := a.pipeline.DiscardNotice(r.Context(), seq); err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, actionResponse{Status: "discarded"})
}

// undeliveredSeq returns the sequence number in the path, or writes an error.
func undeliveredSeq(w http.ResponseWriter, r *http.Request) (seq uint64, ok bool) {
	seq, err := strconv.ParseUint(r.PathValue("seq"), 10, 64)
	if err != nil {
		writeJSON(w, http.StatusNotFound, errorResponse{Error: fulfillment.ErrNoUndelivered.Error()})
	}
	return seq, err == nil
}
