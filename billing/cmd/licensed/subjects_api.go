package main

import (
	"bytes"
	_ "embed" // for the page
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/reconcile"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// subjectView is a subject without its memory.
type subjectView struct {
	*reconcile.Record

	// These hide the members of the record that no one has to see.
	Orders []struct{} `json:"orders,omitzero"`
	Terms  []struct{} `json:"terms,omitzero"`
}

// listSubjects responds with the subjects that match the parameter q, or with all, as
// one JSON object per line.
func (a *app) listSubjects(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/jsonl")
	encoder, controller := json.NewEncoder(w), http.NewResponseController(w)
	_ = controller.SetWriteDeadline(time.Time{})
	q := strings.TrimSpace(r.FormValue("q"))
	for rec, err := range a.reconciler.Records(r.Context()) {
		if err != nil {
			_ = encoder.Encode(errorResponse{Error: err.Error()})
			return
		}
		if q != "" && !rec.Matches(q) {
			continue
		}
		rec.History = nil
		if encoder.Encode(subjectView{Record: rec}) != nil {
			return // the client is disconnected
		}
	}
	_ = controller.Flush()
}

// pathSubject returns the subject in the path, or writes an error.
func pathSubject(w http.ResponseWriter, r *http.Request) (stripehook.Source, bool) {
	subject, ok := subjectOf(r.PathValue("id"))
	if !ok {
		writeJSON(w, http.StatusNotFound, errorResponse{Error: "the id is not that of a subscription (sub_), an invoice (in_) or a Checkout session (cs_)"})
	}
	return subject, ok
}

// showSubject responds with one subject and its history.
func (a *app) showSubject(w http.ResponseWriter, r *http.Request) {
	subject, ok := pathSubject(w, r)
	if !ok {
		return
	}
	rec, err := a.reconciler.Record(r.Context(), subject)
	switch {
	case errors.Is(err, reconcile.ErrUnknownSubject):
		writeJSON(w, http.StatusNotFound, errorResponse{Error: err.Error()})
	case err != nil:
		writeError(w, err)
	default:
		writeJSON(w, http.StatusOK, subjectView{Record: rec})
	}
}

// reconcileSubject requests a job.
func (a *app) reconcileSubject(w http.ResponseWriter, r *http.Request) {
	subject, ok := pathSubject(w, r)
	if !ok {
		return
	}
	if err := a.reconciler.Request(r.Context(), subject); err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, actionResponse{OrderID: subject.ID, Status: string(stripehook.DispositionRequested)})
}

// retryReview requests a job for the subject of a dead letter. The job removes the dead
// letter if its reason no longer exists.
func (a *app) retryReview(w http.ResponseWriter, r *http.Request, letter *fulfillment.DeadLetter) {
	subject, ok := reconcile.ParseKey(string(letter.Payload))
	if !ok {
		writeError(w, fulfillment.ErrNotRetryable)
		return
	}
	if err := a.reconciler.Request(r.Context(), subject); err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, actionResponse{OrderID: letter.OrderID, Status: string(stripehook.DispositionRequested)})
}

//go:embed subjects_page.html
var subjectsText string

var subjectsTemplate = template.Must(template.New("subjects").Funcs(template.FuncMap{
	"stamp": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") },
}).Parse(subjectsText))

// subjectsPage serves the page that finds subjects, and shows the history of one.
func (a *app) subjectsPage(w http.ResponseWriter, r *http.Request) {
	data := struct {
		Style   template.CSS
		Query   string
		Records []*reconcile.Record
		More    bool
		Error   string
	}{Style: template.CSS(pageStyle), Query: strings.TrimSpace(r.FormValue("q"))} //nolint:gosec // an embedded file
	if data.Query != "" {
		for rec, err := range a.reconciler.Records(r.Context()) {
			if err != nil {
				data.Error = queueErrorText(err)
				break
			}
			if !rec.Matches(data.Query) && string(rec.Status) != data.Query {
				continue
			}
			if data.More = len(data.Records) == maxSearchResults; data.More {
				break
			}
			data.Records = append(data.Records, rec)
		}
	}
	var page bytes.Buffer
	if err := subjectsTemplate.Execute(&page, data); err != nil {
		http.Error(w, "rendering the page failed", http.StatusInternalServerError)
		return
	}
	writePage(w, &page, "'self'")
}
