package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// pruneResponse is the body of the response to DELETE /api/results.
type pruneResponse struct {
	Removed int `json:"removed"`
}

// results runs the results command with the subcommand prune.
func results(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) error {
	if len(args) == 0 || args[0] != "prune" {
		printf(stderr, "%s", usage)
		return errUsage
	}
	var baseURL, before string
	f := adminFlags("licensed results prune", env, stderr, &baseURL)
	f.string(&before, "before", "", "", "remove results that were last changed before this `time`: a date (UTC), an RFC 3339 time, or a duration before now, as in 2160h")
	if err := f.parse(args[1:]); err != nil {
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
