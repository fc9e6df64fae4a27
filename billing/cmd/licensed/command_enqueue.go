package main

import (
	"bufio"
	"bytes"
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
	return client.enqueueLines(ctx, in, stdout, stderr)
}

func (c *adminClient) enqueueLines(ctx context.Context, in io.Reader, stdout, stderr io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxOrderBytes)
	var queued, rejected, number int
	defer func() { printf(stdout, "%d queued, %d rejected\n", queued, rejected) }()
	for lines.Scan() {
		number++
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		var res actionResponse
		err := c.do(ctx, http.MethodPost, "/api/orders", line, &res)
		if e, ok := errors.AsType[*adminError](err); ok && e.isOrderError() {
			rejected++
			printf(stderr, "line %d: %v\n", number, err)
			continue
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		queued++
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("line %d: %w", number+1, err)
	}
	if rejected > 0 {
		return fmt.Errorf("%d orders rejected", rejected)
	}
	return nil
}
