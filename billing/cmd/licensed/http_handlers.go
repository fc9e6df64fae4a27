package main

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const webhookPath = "/webhooks/stripe"

// publicHandler serves the public port.
func (a *app) publicHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(webhookPath, a.hook)
	mux.HandleFunc("GET /healthz", a.healthz)
	mux.HandleFunc("GET /readyz", a.readyz)
	mux.HandleFunc("GET /readyz/{check}", a.readyz)
	return mux
}

// adminHandler serves the admin port.
func (a *app) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.statusPage)
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{Registry: a.metrics.registry}))
	mux.HandleFunc("GET /api/status", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusOK, a.statusView(r.Context()))
	})
	mux.HandleFunc("POST /api/orders", a.postOrder)
	mux.HandleFunc("GET /api/dead", a.listDeadLetters)
	mux.HandleFunc("GET /api/dead/{seq}", a.showDeadLetter)
	mux.HandleFunc("POST /api/dead/{seq}/retry", a.retryDeadLetter)
	mux.HandleFunc("DELETE /api/dead/{seq}", a.discardDeadLetter)
	mux.HandleFunc("POST /dead/{seq}/{action}", a.requireSecret(a.deadLetterForm))
	mux.HandleFunc("POST /api/events", a.postEvent)
	mux.HandleFunc("GET /api/subjects", a.withReconciler(a.listSubjects))
	mux.HandleFunc("GET /api/subjects/{id}", a.withReconciler(a.showSubject))
	mux.HandleFunc("POST /api/subjects/{id}/reconcile", a.withReconciler(a.reconcileSubject))
	mux.HandleFunc("POST /api/audit", a.withReconciler(a.audit))
	mux.HandleFunc("GET /subjects", a.withReconciler(a.subjectsPage))
	mux.HandleFunc("GET /api/missing", a.listMissing)
	mux.HandleFunc("DELETE /api/missing", a.forgetMissing)
	mux.HandleFunc("DELETE /api/results", a.pruneResults)
	mux.HandleFunc("GET /api/results", a.requireSecret(a.listResults))
	mux.HandleFunc("GET /api/results/{id}", a.requireSecret(a.getResult))
	mux.HandleFunc("GET /search", a.requireSecret(a.searchPage))
	mux.HandleFunc("GET /api/undelivered", a.listUndelivered)
	mux.HandleFunc("POST /api/undelivered/{seq}/retry", a.retryUndelivered)
	mux.HandleFunc("DELETE /api/undelivered/{seq}", a.discardUndelivered)

	// Another web page in the operator's browser must neither post (cross-origin
	// protection) nor read by DNS rebinding (host check).
	protected := a.requireLoopbackHost(a.requireToken(http.NewCrossOriginProtection().Handler(mux)))
	outer := http.NewServeMux()
	outer.HandleFunc("GET /healthz", a.healthz) // probes have no token
	outer.HandleFunc("GET /readyz", a.readyz)
	outer.HandleFunc("GET /readyz/{check}", a.readyz)
	outer.Handle("/", protected)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("X-Frame-Options", "DENY")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Cache-Control", "no-store")
		outer.ServeHTTP(w, r)
	})
}
