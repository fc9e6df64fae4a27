package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// pruneResponse is the body of the response to DELETE /api/results.
type pruneResponse struct {
	Removed int `json:"removed"`
}

// results runs the results command with the subcommands list, export and prune.
func results(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) error {
	action := ""
	if len(args) > 0 {
		action = args[0]
	}
	switch action {
	case "list", "export":
		return listResults(ctx, action, args[1:], env, stdout, stderr)
	case "prune":
		return pruneResults(ctx, args[1:], env, stdout, stderr)
	default:
		printf(stderr, "%s", usage)
		return errUsage
	}
}

// result runs the result command.
func result(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) error {
	var baseURL string
	var asJSON bool
	f := adminFlags("licensed result", env, stderr, &baseURL)
	f.bool(&asJSON, "json", "", "print JSON")
	if err := f.parse(args); err != nil {
		return err
	}
	if f.set.NArg() != 1 {
		return errors.New("specify the id of an order")
	}
	client, err := newAdminClient(baseURL, env)
	if err != nil {
		return err
	}
	var v resultView
	if err := client.do(ctx, http.MethodGet, "/api/results/"+url.PathEscape(f.set.Arg(0)), nil, &v); err != nil {
		return err
	}
	if asJSON {
		return printJSON(stdout, v)
	}
	v.print(stdout)
	return nil
}

// listResults prints results: list as text, and export as JSON Lines.
func listResults(ctx context.Context, action string, args []string, env environment, stdout, stderr io.Writer) error {
	var baseURL, text string
	f := adminFlags("licensed results "+action, env, stderr, &baseURL)
	f.string(&text, "q", "", "", "only those of this `text`: an order id or its beginning, a subscription, an e-mail address, or a license key")
	if err := f.parse(args); err != nil {
		return err
	}
	client, err := newAdminClient(baseURL, env)
	if err != nil {
		return err
	}
	return client.lines(ctx, http.MethodGet, "/api/results?"+url.Values{"q": {text}}.Encode(), nil, func(line []byte) error {
		if action == "export" {
			_, err := stdout.Write(append(line, '\n'))
			return err
		}
		var v resultView
		if err := json.Unmarshal(line, &v); err != nil {
			return errors.New("the response is not from licensed serve")
		}
		v.print(stdout)
		return nil
	})
}

// print prints a result with one line for each license.
func (v *resultView) print(out io.Writer) {
	email := ""
	if v.Customer != nil {
		email = v.Customer.Email
	}
	printf(out, "%s\t%s\t%s\t%s\n", v.OrderID, v.CompletedAt.UTC().Format(time.DateTime), v.Outcome, email)
	for i := range v.Licenses {
		l := &v.Licenses[i]
		holder := l.LicenseKey
		for _, u := range l.Users {
			holder = strings.TrimSpace(holder + " " + u.Email)
		}
		printf(out, "\t%d\t%s\t%s\t%s\n", l.ID, l.ProductCode, l.LicenseType, holder)
	}
}

// pruneResults removes old results.
func pruneResults(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) error {
	var baseURL, before string
	f := adminFlags("licensed results prune", env, stderr, &baseURL)
	f.string(&before, "before", "", "", "remove results that were last changed before this `time`: a date (UTC), an RFC 3339 time, or a duration before now, as in 2160h")
	if err := f.parse(args); err != nil {
		return err
	}
	limit, err := parseTime(before, time.Now())
	if err != nil {
		return fmt.Errorf("-before: %w", err)
	}
	client, err := newAdminClient(baseURL, env)
	if err != nil {
		return err
	}
	var res pruneResponse
	query := url.Values{"before": {limit.Format(time.RFC3339Nano)}}
	if err := client.do(ctx, http.MethodDelete, "/api/results?"+query.Encode(), nil, &res); err != nil {
		return err
	}
	printf(stdout, "%d results removed\n", res.Removed)
	return nil
}

// parseTime parses a date, a time, or a duration before now.
func parseTime(text string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return now.Add(-d), nil
	}
	for _, layout := range [...]string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a date, an RFC 3339 time or a duration", text)
}

// pruneResults removes the results before the time in the query.
func (a *app) pruneResults(w http.ResponseWriter, r *http.Request) {
	before, err := time.Parse(time.RFC3339, r.FormValue("before"))
	if err != nil {
		writeJSON(w, http.StatusBadRequest, errorResponse{Error: "before must be an RFC 3339 time"})
		return
	}
	removed, err := a.pipeline.PruneResults(r.Context(), before)
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, pruneResponse{Removed: removed})
}
