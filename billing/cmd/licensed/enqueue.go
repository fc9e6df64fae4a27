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

// enqueue is the command of that name. An order that is wrong stops nothing; a
// server that is gone does. The same file can be given again: an order that is
// queued or made already stays what it is.
func enqueue(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) error {
	var base string
	f := adminFlags("licensed enqueue", env, stderr, &base)
	if err := f.parse(args); err != nil {
		return err
	}
	if f.set.NArg() != 1 {
		say(stderr, "usage: licensed enqueue [flags] file.jsonl\n")
		return errUsage
	}
	client, err := newAdminClient(base, env)
	if err != nil {
		return err
	}
	in := io.Reader(os.Stdin)
	if name := f.set.Arg(0); name != "-" {
		file, err := os.Open(name) //nolint:gosec // the user's own file
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	return client.enqueue(ctx, in, stdout, stderr)
}

func (c *adminClient) enqueue(ctx context.Context, in io.Reader, stdout, stderr io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxOrder)
	var queued, refused, number int
	defer func() { say(stdout, "%d queued, %d refused\n", queued, refused) }()
	for lines.Scan() {
		number++
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		var done accepted
		err := c.do(ctx, http.MethodPost, "/api/orders", line, &done)
		if no, ok := errors.AsType[*refusedError](err); ok && no.isOrders() {
			refused++
			say(stderr, "line %d: %v\n", number, err)
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
	if refused > 0 {
		return fmt.Errorf("%d orders were refused", refused)
	}
	return nil
}
