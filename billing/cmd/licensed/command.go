package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime/debug"
)

// The exit codes.
const (
	exitOK = iota
	exitFailed
	exitUsage
)

const usage = `usage: licensed <command> [flags]

  serve                 run the webhook, workers, status page and metrics
  check                 check the configuration at Stripe and at the service
  enqueue file.jsonl    enqueue orders: one JSON object per line, or a JSON array (- for stdin)
  status                print the state of the queue
  dead list             list dead letters with their reasons
  dead show N...        print dead letters with their lines or orders; personal data is masked
  dead retry N...       enqueue the orders of dead letters again (-all: all of them;
                        -set path=value: with a corrected value)
  dead discard N...     remove dead letters permanently
  subjects list         list subscriptions and payments (-q: of a customer, order or license)
  subjects show ID      print what was seen, wanted and done for one of them
  subjects reconcile ID make its licenses as they are paid for, now
  audit                 compare all of Stripe with all licenses (-fix: and correct them)
  missing list          list orders and events that a damaged store has lost
  missing forget ID...  remove those that cannot be recovered from this list
  recover               read the events of a period from Stripe again (-since)
  backup DIR            copy the store (-store) of a stopped service
  restore DIR           copy a backup to an empty store directory (-store)
  result ID             print the result of an order with its license keys
  results list          list results (-q: of an order, subscription, customer or license)
  results export        write all results as JSON Lines
  results prune         remove results that are older than a date
  undelivered list      list notifications that the shop did not accept
  undelivered retry N   post notifications again (-all: all of them)
  undelivered discard N remove notifications permanently
  version               print the version

licensed <command> -h lists the flags of a command.
`

// environment returns the value of a variable, like os.Getenv.
type environment func(string) string

// errUsage reports invalid command line arguments. The usage was printed already.
var errUsage = errors.New("usage")

// errLogged reports a failure that was logged already.
var errLogged = errors.New("failed")

// printf ignores errors of the output, because there is nowhere to report them.
func printf(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }

// run runs a command and returns the exit code.
func run(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) int {
	command := ""
	if len(args) > 0 {
		command, args = args[0], args[1:]
	}
	var err error
	switch command {
	case "serve":
		err = serve(ctx, args, env, stdout, stderr)
	case "check":
		err = check(ctx, args, env, stdout, stderr)
	case "enqueue":
		err = enqueue(ctx, args, env, stdout, stderr)
	case "status":
		err = status(ctx, args, env, stdout, stderr)
	case "dead":
		err = dead(ctx, args, env, stdout, stderr)
	case "backup":
		err = backup(args, env, stdout, stderr)
	case "restore":
		err = restore(args, env, stdout, stderr)
	case "subjects":
		err = subjects(ctx, args, env, stdout, stderr)
	case "audit":
		err = runAudit(ctx, args, env, stdout, stderr)
	case "missing":
		err = missing(ctx, args, env, stdout, stderr)
	case "recover":
		err = recoverEvents(ctx, args, env, stdout, stderr)
	case "result":
		err = result(ctx, args, env, stdout, stderr)
	case "undelivered":
		err = undelivered(ctx, args, env, stdout, stderr)
	case "results":
		err = results(ctx, args, env, stdout, stderr)
	case "version", "--version":
		printf(stdout, "%s\n", version())
	case "help", "-h", "--help":
		printf(stdout, "%s", usage)
	default:
		printf(stderr, "%s", usage)
		err = errUsage
	}
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.Is(err, errUsage):
		return exitUsage
	case errors.Is(err, errLogged):
		return exitFailed
	default:
		printf(stderr, "licensed: %v\n", err)
		return exitFailed
	}
}

// version returns the version of the program and of Go.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "licensed (unknown version)"
	}
	return "licensed " + info.Main.Version + " " + info.GoVersion
}
