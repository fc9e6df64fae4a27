package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// dead runs the dead command with the subcommands list, show, retry and discard.
func dead(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) error {
	action := ""
	if len(args) > 0 {
		action, args = args[0], args[1:]
	}
	var baseURL string
	var asJSON, all bool
	var request retryRequest
	f := adminFlags("licensed dead "+action, env, stderr, &baseURL)
	switch action {
	case "list", "show":
		f.bool(&asJSON, "json", "", "print JSON")
	case "retry":
		f.bool(&all, "all", "", "all dead letters")
		f.bool(&request.Force, "force", "", "retry although a retry was rejected for the same reason")
		f.set.Func("set", "corrected `path=value` of the order or the event, as in lines[0].price.metadata.product_short_code=acmecad; can be repeated", func(text string) error {
			path, value, ok := strings.Cut(text, "=")
			if !ok || path == "" {
				return errors.New("must be path=value")
			}
			request.Set = append(request.Set, stripehook.Correction{Path: path, Value: value})
			return nil
		})
	case "discard":
		f.bool(&all, "all", "", "all dead letters")
	default:
		printf(stderr, "%s", usage)
		return errUsage
	}
	numbers, err := f.parseMixed(args)
	if err != nil {
		return err
	}
	client, err := newAdminClient(baseURL, env)
	if err != nil {
		return err
	}
	switch action {
	case "list":
		return client.printDeadLetters(ctx, stdout, asJSON)
	case "show":
		return client.showDeadLetters(ctx, numbers, stdout, asJSON)
	}
	if len(request.Set) > 0 && (all || len(numbers) != 1) {
		return errors.New("-set requires the number of one dead letter")
	}
	seqs, err := client.selectDeadLetters(ctx, numbers, all)
	if err != nil {
		return err
	}
	if action == "discard" {
		return client.forEachDeadLetter(seqs, stdout, stderr, func(path string, res *actionResponse) error {
			return client.do(ctx, http.MethodDelete, path, nil, res)
		})
	}
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	return client.forEachDeadLetter(seqs, stdout, stderr, func(path string, res *actionResponse) error {
		return client.do(ctx, http.MethodPost, path+"/retry", body, res)
	})
}

// showDeadLetters prints dead letters with their masked content.
func (c *adminClient) showDeadLetters(ctx context.Context, numbers []string, out io.Writer, asJSON bool) error {
	seqs, err := c.selectDeadLetters(ctx, numbers, false)
	if err != nil {
		return err
	}
	for _, seq := range seqs {
		var detail deadLetterDetail
		if err := c.do(ctx, http.MethodGet, "/api/dead/"+strconv.FormatUint(seq, 10), nil, &detail); err != nil {
			return err
		}
		if asJSON {
			err = printJSON(out, detail)
		} else {
			err = detail.print(out)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *deadLetterDetail) print(out io.Writer) error {
	printf(out, "%d\t%s\n", d.Seq, d.OrderID)
	printf(out, "failed    %s, %d deliveries\n", d.FailedAt.UTC().Format(time.DateTime), d.Deliveries)
	if d.Source != "" {
		printf(out, "source    %s\n", d.Source)
	}
	if len(d.Findings) == 0 {
		printf(out, "reason    %s\n", d.Reason)
	}
	for _, f := range d.Findings {
		printf(out, "reason    %s\n", f)
	}
	if d.Repeated {
		printf(out, "          A retry was rejected for the same reason.\n")
	}
	if d.Event != nil {
		printInspection(out, d.Event)
	}
	if d.Order != nil {
		return printJSON(out, d.Order)
	}
	return nil
}

// printInspection prints each value with the path that -set takes.
func printInspection(out io.Writer, in *stripehook.Inspection) {
	printf(out, "event     %s %s\n", in.EventID, in.EventType)
	if in.OrderID != "" {
		printf(out, "order     %s\n", in.OrderID)
	}
	for _, name := range slices.Sorted(maps.Keys(in.Customer)) {
		printf(out, "customer.%s=%s\n", name, in.Customer[name])
	}
	if in.LinesError != "" {
		printf(out, "lines     %s\n", in.LinesError)
	}
	for i := range in.Lines {
		line := &in.Lines[i]
		path := "lines[" + strconv.Itoa(i) + "]"
		quantity := line.QuantityDecimal
		if quantity == "" {
			quantity = strconv.FormatInt(line.Quantity, 10)
		}
		printf(out, "%s.quantity=%s\n", path, quantity)
		printf(out, "%s.amount=%d\n", path, line.Amount)
		if line.Price == nil {
			continue
		}
		printf(out, "%s.price.id=%s\n", path, line.Price.ID)
		for _, name := range slices.Sorted(maps.Keys(line.Price.Metadata)) {
			printf(out, "%s.price.metadata.%s=%s\n", path, name, line.Price.Metadata[name])
		}
	}
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
