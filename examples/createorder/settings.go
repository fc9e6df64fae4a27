package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/licensespring-go/licensespring"
)

// The environment that makes the program talk to a service other than its own.
const (
	envKey     = "LICENSESPRING_MANAGEMENT_KEY"
	envBaseURL = "LICENSESPRING_BASE_URL"
)

// maxFile is how much of an order's file is read. An order of this size would
// be refused by any service.
const maxFile = 16 << 20

// settings are what the command line and the environment say.
type settings struct {
	file          string
	dryRun        bool
	ensure        bool
	showPasswords bool
	dialect       licensespring.Dialect
	products      products

	key, baseURL string
}

// parseSettings reads the command line. If ok is false the program ends with
// the exit code, and everything was said.
func parseSettings(args []string, getenv func(string) string, stdout, stderr io.Writer) (set settings, code int, ok bool) {
	set.key, set.baseURL = getenv(envKey), getenv(envBaseURL)

	flags := flag.NewFlagSet("createorder", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&set.file, "f", "", "send the order in this `file` (JSON) instead of the built-in one; - is standard input")
	flags.BoolVar(&set.dryRun, "dry-run", false, "print the request and what validation says of it; send nothing")
	flags.BoolVar(&set.ensure, "ensure", false, "make sure that the order is there: safe to run any number of times")
	flags.BoolVar(&set.showPasswords, "show-passwords", false, "print the initial passwords of new users")
	flags.Func("dialect", "spelling of the request: `page` (the default) or current", func(s string) error {
		switch s {
		case licensespring.PageDialect.String():
			set.dialect = licensespring.PageDialect
		case licensespring.CurrentDialect.String():
			set.dialect = licensespring.CurrentDialect
		default:
			return errors.New("want page or current")
		}
		return nil
	})
	flags.StringVar(&set.products.keyBased, "key-product", "acme-cad", "built-in order: `code` of a key-based product")
	flags.StringVar(&set.products.userBased, "user-product", "acme-web", "built-in order: `code` of a user-based product")
	flags.StringVar(&set.products.consumption, "consumption-product", "acme-api", "built-in order: `code` of a key-based product with consumption")
	flags.StringVar(&set.products.policy, "policy", "", "built-in order: `code` of a license policy of the key-based product (the fake has one: team)")
	flags.Usage = func() {} // a page of help would hide what is wrong

	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		usage(flags, stdout)
		return set, exitMade, false
	case err != nil: // and said by flags
		_, _ = fmt.Fprintln(stderr, "With -h it says which flags there are.")
		return set, exitUsage, false
	case flags.NArg() > 0:
		_, _ = fmt.Fprintf(stderr, "Unexpected argument %q: an order's file is named with -f.\n", flags.Arg(0))
		return set, exitUsage, false
	case set.key == "" && set.baseURL != "":
		_, _ = fmt.Fprintf(stderr, "%s is set and %s is not: there is no key to talk to that service with.\n", envBaseURL, envKey)
		return set, exitUsage, false
	}
	if set.key == "" && set.products.policy == "" {
		set.products.policy = fakePolicy
	}
	return set, exitMade, true
}

func usage(flags *flag.FlagSet, w io.Writer) {
	_, _ = fmt.Fprintf(w, `Createorder creates one license order and prints what was made.

Without %s it talks to a fake of the service in
its own process; with it, to the service, or to the one that
%s names.

Flags:
`, envKey, envBaseURL)
	flags.SetOutput(w)
	flags.PrintDefaults()
	_, _ = fmt.Fprint(w, `
Exit codes: 0 the order is there; 1 something else went wrong; 2 the command
line or the order is wrong, nothing was sent; 3 the service refused it, nothing
was made; 4 the service was not reached, nothing was made; 5 it may or may not
have been made: run it again with -ensure.
`)
}

// order returns the order to create: the one in the file, or the built-in one.
func (s *settings) order(stdin io.Reader) (*licensespring.Order, error) {
	switch s.file {
	case "":
		return builtInOrder(s.products), nil
	case "-":
		return readOrder("standard input", stdin)
	}
	f, err := os.Open(s.file)
	if err != nil {
		return nil, usageError{err}
	}
	defer func() { _ = f.Close() }() // it was only read from
	return readOrder(s.file, f)
}

// readOrder reads an order from JSON. What is wrong with it is a
// [*licensespring.ValidationError], as if it had been found in an order built
// with code.
func readOrder(name string, r io.Reader) (*licensespring.Order, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	switch {
	case err != nil:
		return nil, usageError{fmt.Errorf("%s: %w", name, err)}
	case len(data) > maxFile:
		return nil, usageError{fmt.Errorf("%s: is larger than %d bytes", name, maxFile)}
	}
	var order licensespring.Order
	if err := json.Unmarshal(data, &order); err != nil {
		return nil, usageError{inFile(name, data, err)}
	}
	return &order, nil
}

// inFile says where in a file there is no JSON any more.
func inFile(name string, data []byte, err error) error {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		line := 1 + bytes.Count(data[:min(int(syntax.Offset), len(data))], []byte("\n"))
		return fmt.Errorf("%s:%d: %w", name, line, err)
	}
	return fmt.Errorf("%s: %w", name, err)
}
