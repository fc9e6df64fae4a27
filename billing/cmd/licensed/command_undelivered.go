package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/licensespring-go/licensespring/billing/fulfillment"
)

// undelivered runs the undelivered command with the subcommands list, retry and
// discard.
func undelivered(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) error {
	action := ""
	if len(args) > 0 {
		action, args = args[0], args[1:]
	}
	methods := map[string]string{"list": http.MethodGet, "retry": http.MethodPost, "discard": http.MethodDelete}
	if methods[action] == "" {
		printf(stderr, "%s", usage)
		return errUsage
	}
	var baseURL string
	var asJSON, all bool
	f := adminFlags("licensed undelivered "+action, env, stderr, &baseURL)
	if action == "list" {
		f.bool(&asJSON, "json", "", "print JSON")
	} else {
		f.bool(&all, "all", "", "all undelivered notifications")
	}
	if err := f.parse(args); err != nil {
		return err
	}
	client, err := newAdminClient(baseURL, env)
	if err != nil {
		return err
	}
	if action != "list" && all == (f.set.NArg() > 0) {
		return errors.New("specify the numbers of notifications or -all")
	}
	var list []*fulfillment.Undelivered
	if action == "list" || all {
		if err := client.do(ctx, http.MethodGet, "/api/undelivered", nil, &list); err != nil {
			return err
		}
	}
	if action == "list" {
		return printUndelivered(stdout, list, asJSON)
	}
	seqs := f.set.Args()
	for _, u := range list {
		seqs = append(seqs, strconv.FormatUint(u.Seq, 10))
	}
	failed := 0
	for _, seq := range seqs {
		path := "/api/undelivered/" + seq
		if action == "retry" {
			path += "/retry"
		}
		var res actionResponse
		switch err := client.do(ctx, methods[action], path, nil, &res); {
		case err != nil:
			failed++
			printf(stderr, "%s: %v\n", seq, err)
		default:
			printf(stdout, "%s\t%s\n", seq, res.Status)
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d failed", failed, len(seqs))
	}
	return nil
}

func printUndelivered(out io.Writer, list []*fulfillment.Undelivered, asJSON bool) error {
	if asJSON {
		return printJSON(out, list)
	}
	for _, u := range list {
		printf(out, "%d\t%s\t%s\t%d deliveries\t%s\n", u.Seq, u.FailedAt.UTC().Format(time.DateTime), u.OrderID, u.Deliveries, u.Reason)
	}
	return nil
}
