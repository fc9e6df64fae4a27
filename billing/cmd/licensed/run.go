package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
)

// The exit codes.
const (
	exitOK = iota
	exitFailed
	exitUsage
)

const usage = `usage: licensed <command> [flags]

  serve                 webhook, workers, status page and metrics
  enqueue file.jsonl    put orders into the queue, one JSON object a line (- is stdin)
  status                how the queue stands
  dead list             orders that were given up, and why
  dead retry N...       put them back into the queue (-all: all of them)
  dead discard N...     remove them for good

licensed <command> -h lists the flags of a command.
`

// environment looks up a variable, as os.Getenv does.
type environment func(string) string

// errUsage is a mistake on the command line, which was told already.
var errUsage = errors.New("usage")

// say prints. There is nothing to do about an output that is gone.
func say(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }

// run is the program. It returns the exit code.
func run(ctx context.Context, args []string, env environment, stdout, stderr io.Writer) int {
	command := ""
	if len(args) > 0 {
		command, args = args[0], args[1:]
	}
	var err error
	switch command {
	case "serve":
		err = serve(ctx, args, env, stdout, stderr)
	case "enqueue":
		err = enqueue(ctx, args, env, stdout, stderr)
	case "status":
		err = status(ctx, args, env, stdout, stderr)
	case "dead":
		err = dead(ctx, args, env, stdout, stderr)
	case "help", "-h", "--help":
		say(stdout, "%s", usage)
	default:
		say(stderr, "%s", usage)
		err = errUsage
	}
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.Is(err, errUsage):
		return exitUsage
	default:
		say(stderr, "licensed: %v\n", err)
		return exitFailed
	}
}
