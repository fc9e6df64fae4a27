package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/licensespring-go/licensespring/billing/fulfillment"
)

// missingView is an order or an event that the store has lost.
type missingView struct {
	OrderID    string    `json:"order_id"`
	AcceptedAt time.Time `json:"accepted_at"`
	Queue      string    `json:"queue,omitempty"`
}

// missing runs the missing command with the subcommands list and forget.
func missing(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) error {
	action := ""
	if len(args) > 0 {
		action, args = args[0], args[1:]
	}
	if action != "list" && action != "forget" {
		printf(stderr, "%s", usage)
		return errUsage
	}
	var baseURL string
	f := adminFlags("licensed missing "+action, env, stderr, &baseURL)
	if err := f.parse(args); err != nil {
		return err
	}
	if (action == "forget") != (f.set.NArg() > 0) {
		return errors.New("specify ids to forget, and none to list")
	}
	client, err := newAdminClient(baseURL, env)
	if err != nil {
		return err
	}
	if action == "list" {
		var list []missingView
		err := client.do(ctx, http.MethodGet, "/api/missing", nil, &list)
		for _, m := range list {
			printf(stdout, "%s\t%s\t%s\n", m.AcceptedAt.UTC().Format(time.DateTime), cmp.Or(m.Queue, "order"), m.OrderID)
		}
		return err
	}
	for _, id := range f.set.Args() {
		var res actionResponse
		if err := client.do(ctx, http.MethodDelete, "/api/missing?"+url.Values{"order": {id}}.Encode(), nil, &res); err != nil {
			return err
		}
		printf(stdout, "%s\t%s\n", res.Status, res.OrderID)
	}
	return nil
}

func (a *app) listMissing(w http.ResponseWriter, _ *http.Request) {
	list := []missingView{}
	for _, m := range a.pipeline.Missing() {
		list = append(list, missingView(m))
	}
	writeJSON(w, http.StatusOK, list)
}

func (a *app) forgetMissing(w http.ResponseWriter, r *http.Request) {
	id := r.FormValue("order")
	switch err := a.pipeline.Forget(r.Context(), id); {
	case errors.Is(err, fulfillment.ErrNotMissing):
		writeJSON(w, http.StatusNotFound, errorResponse{Error: err.Error()})
	case err != nil:
		writeError(w, err)
	default:
		writeJSON(w, http.StatusOK, actionResponse{OrderID: id, Status: "forgotten"})
	}
}
