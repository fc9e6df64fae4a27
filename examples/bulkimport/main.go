// Command bulkimport creates many license orders from JSON Lines or CSV. It can be
// interrupted and run again at any time: existing orders are not created twice.
//
// Without configuration it starts a fake of the service in its own process and
// imports the example file, which contains errors on purpose:
//
//	go run .
//
// If LICENSESPRING_MANAGEMENT_KEY is set, it uses the service, or the address in
// LICENSESPRING_BASE_URL.
//
//	go run . -h                           lists all flags
//	go run . -f orders.csv -dry-run       validates a file without sending anything
//	go run . -generate 20000 -faults      imports many orders into a fake that injects faults
//
// README.md describes the input and how to try an interrupted import. Results go to
// standard output or to the file of -out, one JSON object per line, in the order of
// completion. All messages go to standard error. Exit codes; the first applicable
// one of 1, 2, 6, 5, 4, 3 is returned:
//
//	0  every order exists (or -dry-run found no error)
//	1  other errors, such as a failure to read the input or to write the results
//	2  invalid command line, environment, key, or form of the input, such as its header row
//	3  some orders are invalid or were rejected; they were not created
//	4  some orders have not been created yet: run the command again
//	5  some orders may or may not have been created: run the command again
//	6  interrupted: run the command again
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// The exit codes of the package documentation.
const (
	exitOK = iota
	exitFailed
	exitUsage
	exitRejected
	exitNotSent
	exitUnknown
	exitInterrupted
)

func main() {
	// The first signal cancels the context: run starts no further order and waits
	// for the orders in flight. The second signal exits immediately. The results
	// are complete up to then, and the next run settles the orders in flight.
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	ctx, _ := signal.NotifyContext(context.Background(), signals...)
	context.AfterFunc(ctx, func() {
		second := make(chan os.Signal, 1)
		signal.Notify(second, signals...)
		<-second
		os.Exit(exitInterrupted)
	})
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr))
}

// run is the program without the process state, so that tests can call it.
func run(
	ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer,
) int {
	set, err := parseSettings(args, getenv, stdout, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return reportError(stderr, err)
	case set.serve != "":
		return reportError(stderr, serve(ctx, set, stdout, stderr))
	}
	src, err := set.source(ctx, stdin)
	switch {
	case err != nil && ctx.Err() != nil: // interrupted while reading the header row
		return exitInterrupted
	case err != nil:
		return reportError(stderr, err)
	}
	defer src.close()
	svc := set.service()
	defer svc.close()
	client, err := svc.client(set)
	if err != nil {
		return reportError(stderr, err)
	}
	defer client.CloseIdleConnections()
	out, err := openResults(set.out, stdout)
	if err != nil {
		return reportError(stderr, err)
	}
	printLine(stderr, "%s", svc.greeting)

	if set.checkProducts {
		if src.products, err = readProducts(ctx, client); err != nil {
			return reportError(stderr, err)
		}
	}
	sum := &summary{dryRun: set.dryRun}
	con := newConsole(stderr, set.showsProgress(stdout, stderr), src.total)
	if set.dryRun {
		err = dryRun(ctx, client, src, out, con, sum)
	} else {
		err = newImporter(client, set, src, out, con, sum).run(ctx)
	}
	con.close()
	if errClose := out.close(); err == nil {
		err = errClose
	}
	sum.print(stderr, src.name)
	if svc.fake != nil {
		printStored(stderr, svc.fake)
	}
	if err != nil {
		return reportError(stderr, err)
	}
	sum.hint(stderr, svc)
	return sum.exitCode()
}

// usageError is an error in the command line, the environment or the input file.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// reportError writes an error, if it is not nil, and returns the exit code.
func reportError(stderr io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	if errors.Is(err, errReported) {
		return exitUsage
	}
	printLine(stderr, "%v", err)
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	return exitFailed
}

// printLine writes a message. Errors of writing a message cannot be reported.
func printLine(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
