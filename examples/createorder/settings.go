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

// The environment variables that select a service instead of the fake.
const (
	envKey     = "LICENSESPRING_MANAGEMENT_KEY"
	envBaseURL = "LICENSESPRING_BASE_URL"
)

// maxFile is the maximum size of an order file in bytes.
const maxFile = 16 << 20

// settings are the values of the command line and the environment.
type settings struct {
	file          string
	dryRun        bool
	ensure        bool
	showPasswords bool
	dialect       licensespring.Dialect
	products      products

	key, baseURL string
}

// parseSettings parses the command line. If ok is false, the program must exit with
// the code; parseSettings has written the reason.
func parseSettings(args []string, getenv func(string) string, stdout, stderr io.Writer) (set settings, code int, ok bool) {
	set.key, set.baseURL = getenv(envKey), getenv(envBaseURL)

	flags := flag.NewFlagSet("createorder", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&set.file, "f", "", "send the order in this `file` (JSON) instead of the built-in one; - is standard input")
	flags.BoolVar(&set.dryRun, "dry-run", false, "print the request and the findings of the validation without sending it")
	flags.BoolVar(&set.ensure, "ensure", false, "succeed if an order with the same content exists; safe to repeat")
	flags.BoolVar(&set.showPasswords, "show-passwords", false, "print the initial passwords of new users")
	flags.Func("dialect", "`dialect` of the request: classic (the default) or current", func(s string) error {
		switch s {
		case licensespring.DialectClassic.String():
			set.dialect = licensespring.DialectClassic
		case licensespring.DialectCurrent.String():
			set.dialect = licensespring.DialectCurrent
		default:
			return errors.New("want classic or current")
		}
		return nil
	})
	flags.StringVar(&set.products.keyBased, "key-product", "acmecad", "built-in order: `code` of a key-based product")
	flags.StringVar(&set.products.userBased, "user-product", "acmeweb", "built-in order: `code` of a user-based product")
	flags.StringVar(&set.products.consumption, "consumption-product", "acmeapi", "built-in order: `code` of a key-based product with consumption")
	flags.StringVar(&set.products.policy, "policy", "", "built-in order: `code` of a license policy of the key-based product (the fake has one: team)")
	flags.Usage = func() {} // the full help would hide the error

	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		printUsage(flags, stdout)
		return set, exitOK, false
	case err != nil: // flags has written it
		_, _ = fmt.Fprintln(stderr, "Run with -h for a list of flags.")
		return set, exitUsage, false
	case flags.NArg() > 0:
		_, _ = fmt.Fprintf(stderr, "Unexpected argument %q: use -f for an order file.\n", flags.Arg(0))
		return set, exitUsage, false
	case set.key == "" && set.baseURL != "":
		_, _ = fmt.Fprintf(stderr, "%s is set and %s is not: set both, or neither to use the fake.\n", envBaseURL, envKey)
		return set, exitUsage, false
	}
	if set.key == "" && set.products.policy == "" {
		set.products.policy = fakePolicy
	}
	return set, exitOK, true
}

func printUsage(flags *flag.FlagSet, w io.Writer) {
	_, _ = fmt.Fprintf(w, `Createorder creates one license order and prints the result.

Without %s it uses a fake of the service in its own
process. With the key it uses the service, or the address in
%s.

Flags:
`, envKey, envBaseURL)
	flags.SetOutput(w)
	flags.PrintDefaults()
	_, _ = fmt.Fprint(w, `
Exit codes: 0 the order exists; 1 other errors; 2 invalid command line or order,
nothing was sent; 3 the service rejected the order, nothing was created; 4 the
service was not reached, nothing was created; 5 the order may or may not have
been created, run the command again with -ensure.
`)
}

// order returns the order of the file, or the built-in order.
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
	defer func() { _ = f.Close() }() // read only
	return readOrder(s.file, f)
}

// readOrder reads an order from JSON. The error wraps a
// [*licensespring.ValidationError] if a member has a wrong type or value.
func readOrder(name string, r io.Reader) (*licensespring.Order, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	switch {
	case err != nil:
		return nil, usageError{fmt.Errorf("%s: %w", name, err)}
	case len(data) > maxFile:
		return nil, usageError{fmt.Errorf("%s: larger than %d bytes", name, maxFile)}
	}
	data, err = decodeText(data)
	if err == nil {
		err = checkDocument(data)
	}
	if err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", name, err)}
	}
	if json.Valid(data) {
		data = wholeNumbers(data)
	}
	var order licensespring.Order
	if err := json.Unmarshal(data, &order); err != nil {
		return nil, usageError{inFile(name, data, err)}
	}
	return &order, nil
}

// inFile adds the name of the file, and the line of a JSON syntax error.
func inFile(name string, data []byte, err error) error {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		before := data[:min(int(syntax.Offset), len(data))]
		line := 1 + bytes.Count(before, []byte("\n")) + bytes.Count(before, []byte("\r")) - bytes.Count(before, []byte("\r\n"))
		return fmt.Errorf("%s:%d: %w", name, line, err)
	}
	return fmt.Errorf("%s: %w", name, err)
}
