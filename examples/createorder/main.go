// Command createorder creates one license order and prints what was made.
//
// With no environment it starts a fake of the service in its own process and
// creates an order there that holds every kind of license:
//
//	go run ./examples/createorder
//
// With LICENSESPRING_MANAGEMENT_KEY it talks to the service, or to the one that
// LICENSESPRING_BASE_URL names, and says so on standard error. Other products
// are for sale there: name them with -key-product, -user-product and
// -consumption-product, or send an order of your own with -f. The built-in
// order is marked as a test order in either case.
//
//	go run ./examples/createorder -h             what else it can do
//	go run ./examples/createorder -dry-run       what would be sent
//	go run ./examples/createorder -f order.json  an order from a file, or - for standard input
//
// The summary goes to standard output, everything else to standard error. The
// exit code says what became of the order:
//
//	0  it is there: created, appended, recovered or existing (or -dry-run found no fault)
//	1  something else went wrong, such as writing the output
//	2  the command line, the environment or the order is wrong; nothing was sent
//	3  the service refused it; nothing was made
//	4  the service was not reached; nothing was made
//	5  it may or may not have been made: run it again with -ensure
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
)

// The exit codes, as above.
const (
	exitMade = iota
	exitFailed
	exitUsage
	exitRefused
	exitNotSent
	exitUnknown
)

func main() {
	// Ctrl-C ends the context, and the call with it: what was sent by then is
	// reported as unknown, and nothing is left half said.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole program. What it takes from the process stands in its
// arguments, so that a test can run it.
func run(
	ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer,
) int {
	set, code, ok := parseSettings(args, getenv, stdout, stderr)
	if !ok {
		return code
	}
	order, err := set.order(stdin)
	if err != nil {
		return report(stderr, err)
	}
	svc := set.service()
	defer svc.close()
	client, err := svc.client(set.dialect)
	if err != nil {
		return report(stderr, err)
	}

	// CreateOrder looks for faults by itself. They are asked for here because a
	// person at a terminal wants to see the warnings beside them.
	preview, err := client.Preview(order)
	if err != nil {
		printFindings(stderr, preview.Findings)
		return exitUsage
	}
	_, _ = fmt.Fprintln(stderr, svc.greeting)
	if set.dryRun {
		return printed(stderr, printPreview(stdout, preview))
	}
	create := client.CreateOrder
	if set.ensure {
		create = client.EnsureOrder
	}
	res, err := create(ctx, order)
	if err != nil {
		code := report(stderr, err)
		svc.hint(stderr, err)
		return code
	}
	return printed(stderr, printResult(stdout, res, set.showPasswords))
}

// printed is the exit code of a run whose last act was to print.
func printed(stderr io.Writer, err error) int {
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "The output could not be written:", err)
		return exitFailed
	}
	return exitMade
}
