package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// dead runs the dead command with the subcommands list, retry and discard.
func dead(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) error {
	action := ""
	if len(args) > 0 {
		action, args = args[0], args[1:]
	}
	if action != "list" && action != "retry" && action != "discard" {
		printf(stderr, "%s", usage)
		return errUsage
	}
	var baseURL string
	var asJSON, all bool
	f := adminFlags("licensed dead "+action, env, stderr, &baseURL)
	if action == "list" {
		f.bool(&asJSON, "json", "", "print JSON")
	} else {
		f.bool(&all, "all", "", "all dead letters")
	}
	if err := f.parse(args); err != nil {
		return err
	}
	client, err := newAdminClient(baseURL, env)
	if err != nil {
		return err
	}
	if action == "list" {
		return client.printDeadLetters(ctx, stdout, asJSON)
	}
	seqs, err := client.selectDeadLetters(ctx, f.set.Args(), all)
	if err != nil {
		return err
	}
	if action == "discard" {
		return client.forEachDeadLetter(seqs, stdout, stderr, func(path string, res *actionResponse) error {
			return client.do(ctx, http.MethodDelete, path, nil, res)
		})
	}
	return client.forEachDeadLetter(seqs, stdout, stderr, func(path string, res *actionResponse) error {
		return client.do(ctx, http.MethodPost, path+"/retry", nil, res)
	})
}

// deadLetters returns the dead letters of all pages.
func (c *adminClient) deadLetters(ctx context.Context) ([]deadLetterView, error) {
	all := []deadLetterView{}
	for after := uint64(0); ; after = all[len(all)-1].Seq {
		var page []deadLetterView
		if err := c.do(ctx, http.MethodGet, "/api/dead?after="+strconv.FormatUint(after, 10), nil, &page); err != nil {
			return nil, err
		}
		// A server that ignores the parameter returns the first page again.
		if len(page) == 0 || page[0].Seq <= after {
			return all, nil
		}
		all = append(all, page...)
	}
}

func (c *adminClient) printDeadLetters(ctx context.Context, out io.Writer, asJSON bool) error {
	letters, err := c.deadLetters(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(out, letters)
	}
	for _, l := range letters {
		source := l.Source
		if source == "" {
			source = "queue"
		}
		reason := l.Reason
		if len(l.Findings) > 0 {
			reason = findingsText(l.Findings)
		}
		printf(out, "%d\t%s\t%s\t%s\t%s\n", l.Seq, l.FailedAt.UTC().Format(time.DateTime), l.OrderID, source, reason)
	}
	return nil
}

// selectDeadLetters returns the sequence numbers of the command line.
func (c *adminClient) selectDeadLetters(ctx context.Context, args []string, all bool) ([]uint64, error) {
	if all == (len(args) > 0) {
		return nil, errors.New("specify the numbers of dead letters or -all")
	}
	var seqs []uint64
	for _, arg := range args {
		n, err := strconv.ParseUint(arg, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is not the number of a dead letter", arg)
		}
		seqs = append(seqs, n)
	}
	if !all {
		return seqs, nil
	}
	letters, err := c.deadLetters(ctx)
	if err != nil {
		return nil, err
	}
	for _, l := range letters {
		seqs = append(seqs, l.Seq)
	}
	return seqs, nil
}

// forEachDeadLetter calls act for each dead letter. It continues after an error
// response, and stops after other errors.
func (c *adminClient) forEachDeadLetter(seqs []uint64, stdout, stderr io.Writer, act func(path string, res *actionResponse) error) error {
	failed := 0
	for _, seq := range seqs {
		var res actionResponse
		err := act("/api/dead/"+strconv.FormatUint(seq, 10), &res)
		if _, ok := errors.AsType[*adminError](err); ok {
			failed++
			printf(stderr, "%d: %v\n", seq, err)
			continue
		}
		if err != nil {
			return err
		}
		printf(stdout, "%d\t%s\t%s\n", seq, res.Status, res.OrderID)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d failed", failed, len(seqs))
	}
	return nil
}
