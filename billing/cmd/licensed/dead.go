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

// dead is the command of that name: list, retry and discard.
func dead(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) error {
	action := ""
	if len(args) > 0 {
		action, args = args[0], args[1:]
	}
	if action != "list" && action != "retry" && action != "discard" {
		say(stderr, "%s", usage)
		return errUsage
	}
	var base string
	var asJSON, all bool
	f := adminFlags("licensed dead "+action, env, stderr, &base)
	if action == "list" {
		f.bool(&asJSON, "json", "", "print JSON")
	} else {
		f.bool(&all, "all", "", "all that there are")
	}
	if err := f.parse(args); err != nil {
		return err
	}
	client, err := newAdminClient(base, env)
	if err != nil {
		return err
	}
	if action == "list" {
		return client.listDead(ctx, stdout, asJSON)
	}
	numbers, err := client.deadNumbers(ctx, f.set.Args(), all)
	if err != nil {
		return err
	}
	if action == "discard" {
		return client.eachDead(numbers, stdout, stderr, func(path string, done *accepted) error {
			return client.do(ctx, http.MethodDelete, path, nil, done)
		})
	}
	return client.eachDead(numbers, stdout, stderr, func(path string, done *accepted) error {
		return client.do(ctx, http.MethodPost, path+"/retry", nil, done)
	})
}

// letters returns all dead letters, page by page.
func (c *adminClient) letters(ctx context.Context) ([]letterView, error) {
	all := []letterView{}
	for after := uint64(0); ; after = all[len(all)-1].Seq {
		var page []letterView
		if err := c.do(ctx, http.MethodGet, "/api/dead?after="+strconv.FormatUint(after, 10), nil, &page); err != nil {
			return nil, err
		}
		// A server that knows no pages sends the first one again.
		if len(page) == 0 || page[0].Seq <= after {
			return all, nil
		}
		all = append(all, page...)
	}
}

func (c *adminClient) listDead(ctx context.Context, out io.Writer, asJSON bool) error {
	letters, err := c.letters(ctx)
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
			reason = (&refusedError{findings: l.Findings}).Error()
		}
		say(out, "%d\t%s\t%s\t%s\t%s\n", l.Seq, l.Died.UTC().Format(time.DateTime), l.OrderID, source, reason)
	}
	return nil
}

// deadNumbers are the letters that the command line names.
func (c *adminClient) deadNumbers(ctx context.Context, args []string, all bool) ([]uint64, error) {
	if all == (len(args) > 0) {
		return nil, errors.New("give the numbers of dead letters, or -all")
	}
	var numbers []uint64
	for _, arg := range args {
		n, err := strconv.ParseUint(arg, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is not the number of a dead letter", arg)
		}
		numbers = append(numbers, n)
	}
	if !all {
		return numbers, nil
	}
	letters, err := c.letters(ctx)
	if err != nil {
		return nil, err
	}
	for _, l := range letters {
		numbers = append(numbers, l.Seq)
	}
	return numbers, nil
}

// eachDead acts on letters one by one. One that is refused stops nothing.
func (c *adminClient) eachDead(numbers []uint64, stdout, stderr io.Writer, act func(path string, done *accepted) error) error {
	refused := 0
	for _, n := range numbers {
		var done accepted
		err := act("/api/dead/"+strconv.FormatUint(n, 10), &done)
		if _, ok := errors.AsType[*refusedError](err); ok {
			refused++
			say(stderr, "%d: %v\n", n, err)
			continue
		}
		if err != nil {
			return err
		}
		say(stdout, "%d\t%s\t%s\n", n, done.Done, done.OrderID)
	}
	if refused > 0 {
		return fmt.Errorf("%d of %d were not done", refused, len(numbers))
	}
	return nil
}
