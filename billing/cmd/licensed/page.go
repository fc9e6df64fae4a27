package main

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page is in the program
	"encoding/base64"
	"html/template"
	"net/http"
	"time"

	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

// pageLetters is how many dead letters the page lists.
const pageLetters = 20

// pageData is what the template sees. It escapes all of it.
type pageData struct {
	view
	Style   template.CSS
	Letters []letterView
	More    int // letters that are not listed
	Percent int
	Hot     bool
	Hooks   []count
	Ends    []count
}

type count struct {
	Name string
	N    int
}

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"clock": func(t time.Time) string { return t.UTC().Format("15:04:05") },
	"stamp": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") },
	"since": func(now, then time.Time) string { return now.Sub(then).Round(time.Second).String() },
	"age": func(seconds float64) string {
		return time.Duration(seconds * float64(time.Second)).Round(time.Second).String()
	},
}).Parse(pageText))

// page is for a person. It has no script and loads nothing; the browser asks for
// it again every few seconds.
func (a *app) page(w http.ResponseWriter, r *http.Request) {
	data := pageData{view: a.view(r.Context()), Style: template.CSS(pageStyle)} //nolint:gosec // our own file
	data.Letters, _ = a.letters(r.Context(), 0, pageLetters)                    // what is missing is said by More
	data.More = max(data.Queue.Dead-len(data.Letters), 0)
	if data.Rate.PerMinute > 0 {
		data.Percent = min(100, data.Rate.LastMinute*100/data.Rate.PerMinute)
	}
	const hot = 80
	data.Hot = data.Percent >= hot
	for _, d := range [...]stripehook.Disposition{
		stripehook.Queued, stripehook.Ignored, stripehook.Rejected, stripehook.Refused, stripehook.Failed,
	} {
		data.Hooks = append(data.Hooks, count{string(d), data.Webhook[d]})
	}
	for _, e := range [...]fulfillment.Ending{fulfillment.Done, fulfillment.Later, fulfillment.Dead} {
		data.Ends = append(data.Ends, count{string(e), data.Deliveries[e]})
	}
	var page bytes.Buffer
	if err := pageTemplate.Execute(&page, data); err != nil {
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	style := sha256.Sum256([]byte(pageStyle))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	// Should anything ever get past the escaping, the browser still runs and
	// loads nothing.
	w.Header().Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; style-src 'sha256-"+
		base64.StdEncoding.EncodeToString(style[:])+"'")
	_, _ = page.WriteTo(w)
}
