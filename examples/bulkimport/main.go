// Command bulkimport creates many license orders, from JSON Lines or CSV, and
// can be interrupted and run again at any time: what is there is not made twice.
//
// With no environment it starts a fake of the service in its own process and
// imports the example file there, in which some lines are wrong on purpose:
//
//	go run .
//
// With LICENSESPRING_MANAGEMENT_KEY it talks to the service, or to the one that
// LICENSESPRING_BASE_URL names, and says so on standard error.
//
//	go run . -h                           what else it can do
//	go run . -f orders.csv -dry-run       what is wrong with a file; nothing is sent
//	go run . -generate 20000 -faults      a larger load, with failures
//
// README.md says what the files look like, and how to see an import interrupted
// and resumed. Results go to standard output or to the file that -out names, one
// JSON object a line, as they come; everything else goes to standard error. The
// exit code says how it ended. Where several are true it is the first of 1, 2,
// 6, 5, 4, 3:
//
//	0  every order is there (or -dry-run found no fault)
//	1  something else went wrong, such as reading the input or writing the results
//	2  the command line, the environment, the header row or the key is wrong
//	3  some lines are wrong, or were refused: nothing was made of them
//	4  some orders were not made yet: run it again
//	5  some orders may or may not have been made: run it again
//	6  it was interrupted: run it again
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

// The exit codes, as above.
const (
	exitDone = iota
	exitFailed
	exitUsage
	exitRefused
	exitNotSent
	exitUnknown
	exitInterrupted
)

func main() {
	// The first Ctrl-C ends the context: run takes no further order and lets
	// those under way end. The second one does not wait for them. What they leave
	// open the next run settles; results are written by then, one by one.
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

// run is the whole program. What it takes from the process stands in its
// arguments, so that a test can run it.
func run(
	ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer,
) int {
	set, err := parseSettings(args, getenv, stdout, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitDone
	case err != nil:
		return failed(stderr, err)
	case set.serve != "":
		return failed(stderr, serve(ctx, set, stdout, stderr))
	}
	src, err := set.source(ctx, stdin)
	switch {
	case err != nil && ctx.Err() != nil: // while it waited for the header row
		return exitInterrupted
	case err != nil:
		return failed(stderr, err)
	}
	defer src.close()
	svc := set.service()
	defer svc.close()
	client, err := svc.client(set)
	if err != nil {
		return failed(stderr, err)
	}
	defer client.CloseIdleConnections()
	out, err := openResults(set.out, stdout)
	if err != nil {
		return failed(stderr, err)
	}
	say(stderr, "%s", svc.greeting)

	t := &tally{dryRun: set.dryRun}
	show := newScreen(stderr, set.showsProgress(stdout, stderr), src.total)
	if set.dryRun {
		err = dryRun(ctx, client, src, out, show, t)
	} else {
		err = newImporter(client, set, src, out, show, t).run(ctx)
	}
	show.end()
	if errClose := out.close(); err == nil {
		err = errClose
	}
	t.print(stderr, src.name)
	svc.printBooks(stderr)
	if err != nil {
		return failed(stderr, err)
	}
	t.hint(stderr, svc)
	return t.exitCode()
}

// usageError is about what the caller of the program gave it.
type usageError struct{ error }

// Unwrap returns the error itself.
func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// failed says what went wrong, if something did, and returns the exit code.
func failed(stderr io.Writer, err error) int {
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errSaid):
		return exitUsage
	case errors.As(err, &usage):
		say(stderr, "%v", err)
		return exitUsage
	default:
		say(stderr, "%v", err)
		return exitFailed
	}
}

// say writes a line for a person. If nobody can read it, nobody can be told.
func say(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
