package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// status is the command of that name.
func status(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) error {
	var base string
	var asJSON bool
	f := adminFlags("licensed status", env, stderr, &base)
	f.bool(&asJSON, "json", "", "print JSON")
	if err := f.parse(args); err != nil {
		return err
	}
	client, err := newAdminClient(base, env)
	if err != nil {
		return err
	}
	var v view
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

func (v *view) print(out io.Writer) {
	state := "running"
	switch {
	case v.Draining:
		state = "draining"
	case v.Trouble != "":
		state = v.Trouble
	}
	say(out, "%s for %s, orders go to %s", state, v.Now.Sub(v.Started).Round(time.Second), v.Service)
	if v.Fake {
		say(out, " (a fake)")
	}
	say(out, "\nqueue     %d (%d waiting, %d begun)\n", v.Queue.Depth, v.Queue.Waiting, v.Queue.Begun)
	say(out, "done      %d\ndead      %d\n", v.Queue.Done, v.Queue.Dead)
	say(out, "requests  %d in the last minute, of %d\n", v.Rate.LastMinute, v.Rate.PerMinute)
	if len(v.Failures) > 0 {
		say(out, "last failures\n")
	}
	for _, f := range v.Failures {
		say(out, "  %s %s %s %s: %s\n", f.At.UTC().Format(time.DateTime), f.Where, f.Ending, f.OrderID, f.Reason)
	}
}
