package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/licensespring-go/licensespring/billing/reconcile"
)

// subjects runs the subjects command with the subcommands list, show and reconcile.
func subjects(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) error {
	action := ""
	if len(args) > 0 {
		action, args = args[0], args[1:]
	}
	if action != "list" && action != "show" && action != "reconcile" {
		printf(stderr, "%s", usage)
		return errUsage
	}
	var baseURL, q string
	f := adminFlags("licensed subjects "+action, env, stderr, &baseURL)
	if action == "list" {
		f.string(&q, "q", "", "", "only the subjects of a `text`: an order, a customer, a license id or key")
	}
	if err := f.parse(args); err != nil {
		return err
	}
	if (action == "list") != (f.set.NArg() == 0) {
		return errors.New("specify the ids of subscriptions or payments, and none to list")
	}
	client, err := newAdminClient(baseURL, env)
	if err != nil {
		return err
	}
	if action == "list" {
		return client.lines(ctx, http.MethodGet, "/api/subjects?"+url.Values{"q": {q}}.Encode(), nil, func(line []byte) error {
			var rec reconcile.Record
			if err := json.Unmarshal(line, &rec); err != nil {
				return errors.New("the response is not from licensed serve")
			}
			printf(stdout, "%s\t%s\t%s\t%d licenses\n", rec.Subject.ID, rec.Status, rec.Decision, len(rec.Memory.Licenses))
			return nil
		})
	}
	for _, id := range f.set.Args() {
		path := "/api/subjects/" + url.PathEscape(id)
		if action == "reconcile" {
			var res actionResponse
			if err := client.do(ctx, http.MethodPost, path+"/reconcile", nil, &res); err != nil {
				return err
			}
			printf(stdout, "%s\t%s\n", res.Status, res.OrderID)
			continue
		}
		var rec reconcile.Record
		if err := client.do(ctx, http.MethodGet, path, nil, &rec); err != nil {
			return err
		}
		printSubject(stdout, &rec)
	}
	return nil
}

func printSubject(out io.Writer, rec *reconcile.Record) {
	printf(out, "%s\t%s\t%s\torder %s\n", rec.Subject.ID, rec.Status, rec.Decision, rec.OrderID)
	for i := range rec.History {
		e := &rec.History[i]
		printf(out, "%s  %s  %s: %s\n", e.At.UTC().Format(time.DateTime), e.Status, e.Decision, e.Reason)
		for _, s := range e.Steps {
			printf(out, "    %s\n", stepText(&s))
		}
		for _, n := range e.Notes {
			printf(out, "    %s\n", n.Text)
		}
		if e.Error != "" {
			printf(out, "    %s\n", e.Error)
		}
	}
}
