package main

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // for the page and its style
	"encoding/base64"
	"encoding/json"
	"html/template"
	"net/http"
	"time"
)

//go:embed status_page.html
var pageText string

//go:embed status_page.css
var pageStyle string

const (
	// maxPageDeadLetters is the maximum number of dead letters on the page.
	maxPageDeadLetters = 20
	// highUsagePercent is the share of the rate limit that the page highlights.
	highUsagePercent = 80
)

// pageData is the input of the template, which escapes it.
type pageData struct {
	statusView
	Style           template.CSS
	DeadLetters     []deadLetterView
	MoreDeadLetters int // not listed
	// Forms reports whether the page has buttons: they require the token.
	Forms          bool
	UsagePercent   int
	HighUsage      bool
	EventCounts    []namedCount
	DeliveryCounts []namedCount
}

type namedCount struct {
	Name string
	N    int
}

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"auditText": auditText,
	"clock":     func(t time.Time) string { return t.UTC().Format("15:04:05") },
	"stamp":     func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") },
	"since":     func(now, then time.Time) string { return now.Sub(then).Round(time.Second).String() },
	"age": func(seconds float64) string {
		return time.Duration(seconds * float64(time.Second)).Round(time.Second).String()
	},
}).Parse(pageText))

// statusPage serves the status page. The page has no script and loads nothing. The
// browser reloads it every few seconds.
func (a *app) statusPage(w http.ResponseWriter, r *http.Request) {
	data := pageData{statusView: a.statusView(r.Context()), Style: template.CSS(pageStyle)} //nolint:gosec // an embedded file
	data.DeadLetters, _ = a.deadLetters(r.Context(), 0, maxPageDeadLetters)                 // MoreDeadLetters shows missing ones
	data.MoreDeadLetters = max(data.Queue.Dead-len(data.DeadLetters), 0)
	data.Forms = a.hasSecret()
	if data.Rate.PerMinute > 0 {
		data.UsagePercent = min(100, data.Rate.LastMinute*100/data.Rate.PerMinute)
	}
	data.HighUsage = data.UsagePercent >= highUsagePercent
	for _, d := range eventDispositions {
		data.EventCounts = append(data.EventCounts, namedCount{string(d), data.Events[d]})
	}
	for _, d := range deliveryDispositions {
		data.DeliveryCounts = append(data.DeliveryCounts, namedCount{string(d), data.Deliveries[d]})
	}
	var page bytes.Buffer
	if err := pageTemplate.Execute(&page, data); err != nil {
		http.Error(w, "rendering the page failed", http.StatusInternalServerError)
		return
	}
	forms := "'none'"
	if data.Forms {
		forms = "'self'"
	}
	writePage(w, &page, forms)
}

// writePage writes a page. If a value bypasses the escaping, the browser still runs
// and loads nothing. Forms names where its forms may lead.
func writePage(w http.ResponseWriter, page *bytes.Buffer, forms string) {
	style := sha256.Sum256([]byte(pageStyle))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action "+forms+"; frame-ancestors 'none'; style-src 'sha256-"+
		base64.StdEncoding.EncodeToString(style[:])+"'")
	_, _ = page.WriteTo(w)
}

// deadLetterForm retries or discards a dead letter for a button of the page.
func (a *app) deadLetterForm(w http.ResponseWriter, r *http.Request) {
	res := recordedResponse{header: http.Header{}, status: http.StatusOK}
	r.Body = http.NoBody
	switch r.PathValue("action") {
	case "retry":
		a.retryDeadLetter(&res, r)
	case "discard":
		a.discardDeadLetter(&res, r)
	default:
		http.NotFound(w, r)
		return
	}
	if res.status < http.StatusMultipleChoices {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	var failed errorResponse
	_ = json.Unmarshal(res.body.Bytes(), &failed) // of this program
	http.Error(w, (&adminError{message: failed.Error, findings: failed.Findings}).Error(), res.status)
}
