package main

import (
	"context"
	"io"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const webhookPath = "/webhooks/stripe"

// publicHandler is what the world may reach.
func (a *app) publicHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(webhookPath, a.hook)
	mux.HandleFunc("GET /healthz", a.healthz)
	return mux
}

// adminHandler is what only the operator may reach.
func (a *app) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.page)
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{Registry: a.metrics.registry}))
	mux.HandleFunc("GET /api/status", func(w http.ResponseWriter, r *http.Request) { answer(w, http.StatusOK, a.view(r.Context())) })
	mux.HandleFunc("POST /api/orders", a.postOrder)
	mux.HandleFunc("GET /api/dead", a.listDead)
	mux.HandleFunc("POST /api/dead/{seq}/retry", a.retryDead)
	mux.HandleFunc("DELETE /api/dead/{seq}", a.discardDead)

	// A web page that the operator's browser has open must not be able to post
	// here (cross-origin), nor to read under a name it made point here (host).
	guarded := a.sameHost(a.authorized(http.NewCrossOriginProtection().Handler(mux)))
	// The probes of a machine have no token.
	outer := http.NewServeMux()
	outer.HandleFunc("GET /healthz", a.healthz)
	outer.Handle("/", guarded)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("X-Frame-Options", "DENY")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Cache-Control", "no-store")
		outer.ServeHTTP(w, r)
	})
}

// healthz says whether events can be taken now.
func (a *app) healthz(w http.ResponseWriter, r *http.Request) {
	if a.draining.Load() {
		http.Error(w, "draining", http.StatusServiceUnavailable)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), statsTimeout)
	defer cancel()
	if trouble := troubleOf(a.pipeline.Health(ctx)); trouble != "" {
		http.Error(w, trouble, http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "ok\n")
}
