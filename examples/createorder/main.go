// Command createorder creates one license order and prints the result.
//
// Without configuration it starts a fake of the service in its own process and
// creates an order with every kind of license:
//
//	go run ./examples/createorder
//
// If LICENSESPRING_MANAGEMENT_KEY is set, it sends the order to the service, or to
// the address in LICENSESPRING_BASE_URL. The products of an account have other
// codes: set them with -key-product, -user-product and -consumption-product, or
// send an order from a file with -f. The built-in order is marked as a test order.
//
//	go run ./examples/createorder -h             lists all flags
//	go run ./examples/createorder -dry-run       prints the request without sending it
//	go run ./examples/createorder -f order.json  sends an order from a file, - is standard input
//
// The result goes to standard output, all messages go to standard error. Exit
// codes:
//
//	0  the order exists: created, appended, recovered or existing (or -dry-run found no error)
//	1  other errors, such as a failed write to standard output
//	2  invalid command line, environment or order; nothing was sent
//	3  the service rejected the order; nothing was created
//	4  the service was not reached; nothing was created
//	5  the order may or may not have been created: run the command again with -ensure
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
)

// The exit codes of the package documentation.
const (
	exitOK = iota
	exitFailed
	exitUsage
	exitRejected
	exitNotSent
	exitUnknown
)

func main() {
	// An interrupt cancels the call. If the request was sent, its outcome is
	// reported as unknown.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program without the process state, so that tests can call it.
func run(
	ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer,
) int {
	set, code, ok := parseSettings(args, getenv, stdout, stderr)
	if !ok {
		return code
	}
	order, err := set.order(stdin)
	if err != nil {
		return reportError(stderr, err)
	}
	svc := set.service()
	defer svc.close()
	client, err := svc.client(set.dialect)
	if err != nil {
		return reportError(stderr, err)
	}

	// CreateOrder validates the order as well. Preview also returns the warnings.
	preview, err := client.Preview(order)
	if err != nil {
		printFindings(stderr, preview.Findings)
		return exitUsage
	}
	_, _ = fmt.Fprintln(stderr, svc.greeting)
	if set.dryRun {
		return reportWrite(stderr, printPreview(stdout, preview))
	}
	create := client.CreateOrder
	if set.ensure {
		create = client.EnsureOrder
	}
	res, err := create(ctx, order)
	if err != nil {
		code := reportError(stderr, err)
		svc.hint(stderr, err)
		return code
	}
	return reportWrite(stderr, printResult(stdout, res, set.showPasswords))
}

// reportWrite reports an error of writing to standard output, if any, and returns
// the exit code.
func reportWrite(stderr io.Writer, err error) int {
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "Cannot write the output:", err)
		return exitFailed
	}
	return exitOK
}
