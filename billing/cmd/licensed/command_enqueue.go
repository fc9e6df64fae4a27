package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
)

// enqueue runs the enqueue command. It continues after an invalid order, and stops
// if the server is unreachable. It can be repeated with the same file, because
// enqueueing is idempotent.
func enqueue(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) error {
	var baseURL string
	f := adminFlags("licensed enqueue", env, stderr, &baseURL)
	if err := f.parse(args); err != nil {
		return err
	}
	if f.set.NArg() != 1 {
		printf(stderr, "usage: licensed enqueue [flags] file.jsonl\n")
		return errUsage
	}
	client, err := newAdminClient(baseURL, env)
	if err != nil {
		return err
	}
	in := io.Reader(os.Stdin)
	if name := f.set.Arg(0); name != "-" {
		file, err := os.Open(name) //nolint:gosec // the file is the user's choice
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	return client.enqueueOrders(ctx, in, stdout, stderr)
}

func (c *adminClient) enqueueOrders(ctx context.Context, in io.Reader, stdout, stderr io.Writer) error {
	var queued, rejected int
	defer func() { printf(stdout, "%d queued, %d rejected\n", queued, rejected) }()
	for order, err := range readOrders(in) {
		if err != nil {
			return fmt.Errorf("%s: %w", order.position, err)
		}
		err := order.err
		if err == nil {
			var res actionResponse
			err = c.do(ctx, http.MethodPost, "/api/orders", order.json, &res)
			if e, ok := errors.AsType[*adminError](err); err != nil && (!ok || !e.isOrderError()) {
				return fmt.Errorf("%s: %w", order.position, err)
			}
		}
		if err != nil {
			rejected++
			printf(stderr, "%s: %v\n", order.position, err)
			continue
		}
		queued++
	}
	if rejected > 0 {
		return fmt.Errorf("%d orders rejected", rejected)
	}
	return nil
}
