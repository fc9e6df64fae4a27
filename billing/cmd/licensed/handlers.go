package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

const (
	webhookPath = "/webhooks/stripe"
	// maxOrder is the size of the largest order that is read.
	maxOrder = 16 << 20
	// maxLetters is how many dead letters are listed at once.
	maxLetters = 1000
)

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

// sameHost refuses requests for another name than that of this machine, if only
// this machine can reach the port.
func (a *app) sameHost(next http.Handler) http.Handler {
	if !loopback(a.set.admin) {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopback(r.Host) {
			http.Error(w, "this is for "+a.set.admin+" only", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// authorized asks for the admin token, if there is one.
func (a *app) authorized(next http.Handler) http.Handler {
	if a.set.adminToken.IsZero() {
		return next
	}
	want := sha256.Sum256([]byte(a.set.adminToken.Reveal()))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !isBearer {
			_, token, _ = r.BasicAuth()
		}
		// Of equal length, whatever was sent, so that no time tells anything.
		if got := sha256.Sum256([]byte(token)); subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			w.Header().Set("WWW-Authenticate", `Basic realm="licensed"`)
			http.Error(w, "the admin token is missing or wrong", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// healthz says whether events can be taken now.
func (a *app) healthz(w http.ResponseWriter, r *http.Request) {
	switch v := a.view(r.Context()); {
	case v.Draining:
		http.Error(w, "draining", http.StatusServiceUnavailable)
	case v.Trouble != "":
		http.Error(w, v.Trouble, http.StatusServiceUnavailable)
	default:
		_, _ = io.WriteString(w, "ok\n")
	}
}

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
	if err != nil {
		answer(w, http.StatusBadRequest, problem{Error: "the order could not be read"})
		return
	}
	var order licensespring.Order
	if err := json.Unmarshal(body, &order); err != nil {
		if _, ok := errors.AsType[*licensespring.ValidationError](err); !ok {
			err = errors.New("this is not an order") // the decoder's text may quote it
			answer(w, http.StatusUnprocessableEntity, problem{Error: err.Error()})
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

func (a *app) listDead(w http.ResponseWriter, r *http.Request) {
	list, err := a.letters(r.Context(), maxLetters)
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
