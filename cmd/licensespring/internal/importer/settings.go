package importer

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/connect"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

// settings are the values of the command line and the environment.
type settings struct {
	file             string // empty means the example
	format           format
	generate         int
	from             int // first line to import
	out              string
	includePasswords bool
	dryRun           bool
	checkProducts    bool
	stopOnError      bool
	concurrency      int // 0 means the default of the SDK
	progress         string
	faults           bool
	ownFake          bool

	// connection is the service. An import into the fake of the program uses its rate
	// limit and dialect only.
	connection *connect.Settings
	// grace is the time that orders in flight have after an interrupt.
	grace time.Duration
}

// addFlags adds the flags of the command.
func (s *settings) addFlags(flags *pflag.FlagSet) {
	flags.StringVarP(&s.file, "file", "f", "", "import the orders of this `file`; - is standard input")
	flags.Func("format", "`format` of the input: jsonl or csv (default: by the suffix of the file)", s.format.set)
	flags.BoolVar(&s.ownFake, "fake", false, "import into a fake of the service in this process; without -f, import example orders")
	flags.IntVar(&s.generate, "generate", 0, "import `n` generated sample orders; for a fake only")
	flags.IntVar(&s.from, "from", 0, "skip the orders before this `line` of the input")
	flags.StringVar(&s.out, "out", "-", "append the results to this `file`; - is standard output")
	flags.BoolVar(&s.includePasswords, "show-secrets", false, "include the initial passwords of new users in the results")
	flags.BoolVar(&s.dryRun, "dry-run", false, "validate the input without sending anything")
	flags.BoolVar(&s.checkProducts, "check-products", false, "compare each order with the products of the account before sending it")
	flags.BoolVar(&s.stopOnError, "stop-on-error", false, "start no further order after the first error")
	flags.IntVar(&s.concurrency, "concurrency", 0, "maximum number of orders in flight, 1 to 1000; 0 derives it from the rate limit")
	flags.DurationVar(&s.grace, "grace", 15*time.Second, "time that orders in flight have to complete after Ctrl-C")
	flags.Func("progress", "`when` to show a progress bar: auto (the default, on a terminal), on or off", s.setProgress)
	flags.BoolVar(&s.faults, "faults", false, "inject faults into the fake of --fake")
}

func (s *settings) setProgress(when string) error {
	if !slices.Contains([]string{"auto", "on", "off"}, when) {
		return errors.New("want auto, on or off")
	}
	s.progress = when
	return nil
}

// check reports all invalid settings and combinations.
func (s *settings) check(stdin io.Reader, stdout io.Writer) error {
	var invalid []error
	reject := func(condition bool, format string, args ...any) {
		if condition {
			invalid = append(invalid, fmt.Errorf(format, args...))
		}
	}
	reject(s.generate < 0, "--generate %d: want a positive number", s.generate)
	reject(s.from < 0, "--from %d: want a positive number", s.from)
	reject(s.concurrency < 0 || s.concurrency > 1000, "--concurrency %d: want a number from 1 to 1000", s.concurrency)
	reject(s.grace < 0, "--grace %s: want a duration that is not negative", s.grace)
	reject(s.generate > 0 && s.file != "", "--generate and -f: use one of them")
	reject(s.ownFake && s.connection.BaseURL != "", "--fake and --base-url: use one of them")
	reject(s.ownFake && s.connection.KeyFile != "", "--fake and --key-file: the fake needs no key")
	reject(s.faults && !s.ownFake, "--faults: faults can be injected into the fake of --fake only")
	// Sample data must not reach a real account.
	reject(s.generate > 0 && !s.usesFake(), "--generate: sample orders are for a fake on this machine only")
	reject(s.file == "" && s.generate == 0 && !s.ownFake, "-f: name the orders to create; the example is for --fake only")
	reject(s.connection.RateLimit.Limit == licensespring.NoRateLimit && !s.usesFake(), "--rate-limit none: only a fake on this machine has no rate limit")
	reject(sameFile(infoOf(s.file, stdin), infoOf(s.out, stdout)), "--out %s: cannot append the results to the input", s.out)
	if len(invalid) > 0 {
		return exit.With(exit.Usage, errors.Join(invalid...))
	}
	return nil
}

// usesFake reports whether nothing is sent to a real service. A service on this
// machine is assumed to be a fake.
func (s *settings) usesFake() bool {
	return s.ownFake || s.dryRun || connect.IsLocal(s.connection.Address())
}

// sameFile reports whether both are the same regular file.
func sameFile(a, b os.FileInfo) bool {
	return a != nil && b != nil && os.SameFile(a, b) && a.Mode().IsRegular()
}

// infoOf describes a file, or the standard input or output for "-". It returns nil if
// there is no such file.
func infoOf(name string, standard any) os.FileInfo {
	info, err := os.Stat(name)
	if name == "-" {
		file, ok := standard.(*os.File)
		if !ok {
			return nil
		}
		info, err = file.Stat()
	}
	if err != nil {
		return nil
	}
	return info
}
