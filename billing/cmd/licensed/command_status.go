package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// status runs the status command.
func status(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) error {
	var baseURL string
	var asJSON bool
	f := adminFlags("licensed status", env, stderr, &baseURL)
	f.bool(&asJSON, "json", "", "print JSON")
	if err := f.parse(args); err != nil {
		return err
	}
	client, err := newAdminClient(baseURL, env)
	if err != nil {
		return err
	}
	var v statusView
	if err := client.do(ctx, http.MethodGet, "/api/status", nil, &v); err != nil {
		return err
	}
	if asJSON {
		return printJSON(stdout, v)
	}
	v.print(stdout)
	return nil
}

func printJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

func (v *statusView) print(out io.Writer) {
	state := "running"
	switch {
	case v.Draining:
		state = "draining"
	case v.QueueError != "":
		state = v.QueueError
	}
	printf(out, "%s, up %s, service %s", state, v.Now.Sub(v.Started).Round(time.Second), v.Service)
	if v.Fake {
		printf(out, " (fake)")
	}
	printf(out, "\ninbox     %d (%d paid sessions wait for their invoice)\n", v.Inbox.Events, v.Inbox.ExpectedInvoices)
	printf(out, "queue     %d (%d waiting, %d in flight)\n", v.Queue.Depth, v.Queue.Waiting, v.Queue.InFlight)
	printf(out, "done      %d\ndead      %d\n", v.Queue.Done, v.Queue.Dead)
	if v.Jobs != nil {
		printf(out, "subjects  %d (%d jobs waiting, %d scheduled)\n", v.Jobs.Subjects, v.Jobs.Waiting, v.Jobs.Scheduled)
	}
	if v.Audit != nil {
		printf(out, "audit     %s\n", auditText(v.Audit))
	}
	for _, c := range v.Checks {
		if c.Error != "" {
			printf(out, "not ready %s: %s\n", c.Name, c.Error)
		}
	}
	if v.Queue.Missing > 0 {
		printf(out, "missing   %d (the store is damaged: licensed missing list)\n", v.Queue.Missing)
	}
	printf(out, "requests  %d in the last minute, limit %d\n", v.Rate.LastMinute, v.Rate.PerMinute)
	if len(v.Failures) > 0 {
		printf(out, "recent failures\n")
	}
	for _, f := range v.Failures {
		printf(out, "  %s %s %s %s: %s\n", f.At.UTC().Format(time.DateTime), f.Source, f.Disposition, f.OrderID, f.Reason)
	}
}
