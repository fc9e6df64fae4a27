package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring"
)

// The environment that makes the program talk to a service other than its own.
const (
	envKey     = "LICENSESPRING_MANAGEMENT_KEY"
	envBaseURL = "LICENSESPRING_BASE_URL"
)

// settings are what the command line and the environment say.
type settings struct {
	file             string // empty: the example
	format           format
	generate         int
	from             int // leave out what is before this line
	out              string
	includePasswords bool
	dryRun           bool
	stopOnError      bool
	plan             licensespring.Plan
	planGiven        bool
	concurrency      int // 0: as the budget allows
	progress         string
	dialect          licensespring.Dialect
	faults           bool
	serve            string

	key, baseURL string
	// grace is how long orders under way may take after an interruption.
	grace time.Duration
}

// errSaid is the error of a command line whose fault was said already.
var errSaid = errors.New("the command line is wrong")

// parseSettings reads the command line. An error is flag.ErrHelp, errSaid or a
// usageError.
func parseSettings(args []string, getenv func(string) string, stdout, stderr io.Writer) (*settings, error) {
	set := &settings{
		key: getenv(envKey), baseURL: getenv(envBaseURL),
		progress: "auto",
	}
	flags := set.flags()
	flags.SetOutput(stderr)
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		usage(flags, stdout)
		return nil, err
	case err != nil: // and said by flags
		say(stderr, "With -h it says which flags there are.")
		return nil, errSaid
	case flags.NArg() > 0:
		return nil, usagef("unexpected argument %q: a file is named with -f", flags.Arg(0))
	}
	if err := set.check(); err != nil {
		return nil, err
	}
	return set, nil
}

func (s *settings) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("bulkimport", flag.ContinueOnError)
	flags.Usage = func() {} // a page of help would hide what is wrong
	flags.StringVar(&s.file, "f", "", "read orders from this `file` instead of the example; - is standard input")
	flags.Func("format", "`jsonl` or csv; without it the file's name decides", s.format.set)
	flags.IntVar(&s.generate, "generate", 0, "make `n` sample orders instead of reading a file, for a fake only")
	flags.IntVar(&s.from, "from", 0, "leave out the orders before this `line` of the input")
	flags.StringVar(&s.out, "out", "-", "add the results to this `file`; - is standard output")
	flags.BoolVar(&s.includePasswords, "include-passwords", false, "write the initial passwords of new users into the results")
	flags.BoolVar(&s.dryRun, "dry-run", false, "say what is wrong with the input; send nothing")
	flags.BoolVar(&s.stopOnError, "stop-on-error", false, "take no further order after the first one that fails")
	flags.Func("plan", "keep to the limits of this `plan`: free, business-starter, business-plus, enterprise,"+
		" a number of requests a minute, or unlimited (for a fake only)", s.setPlan)
	flags.IntVar(&s.concurrency, "concurrency", 0, "have `n` orders under way at once, up to 1000; 0 is what the plan allows")
	flags.DurationVar(&s.grace, "grace", 15*time.Second, "how long orders under way may take to end after Ctrl-C")
	flags.Func("progress", "show a progress bar: `auto` (on a terminal), on or off", s.setProgress)
	flags.Func("dialect", "spelling of the requests: `page` (the default) or current", s.setDialect)
	flags.BoolVar(&s.faults, "faults", false, "make the fake service fail in many ways")
	flags.StringVar(&s.serve, "serve", "", "run the fake service alone at this `address`, such as 127.0.0.1:8080, until Ctrl-C")
	return flags
}

func (s *settings) setPlan(name string) error {
	plans := map[string]licensespring.Plan{
		"free":             licensespring.PlanFree,
		"business-starter": licensespring.PlanBusinessStarter,
		"business-plus":    licensespring.PlanBusinessPlus,
		"enterprise":       licensespring.PlanEnterprise,
		"unlimited":        licensespring.Unlimited,
	}
	plan, known := plans[name]
	if !known {
		n, err := strconv.Atoi(name)
		if err != nil || n < 1 {
			return errors.New("want free, business-starter, business-plus, enterprise, a number above 0, or unlimited")
		}
		plan = licensespring.Plan(n)
	}
	s.plan, s.planGiven = plan, true
	return nil
}

func (s *settings) setProgress(when string) error {
	if !slices.Contains([]string{"auto", "on", "off"}, when) {
		return errors.New("want auto, on or off")
	}
	s.progress = when
	return nil
}

func (s *settings) setDialect(name string) error {
	switch name {
	case licensespring.PageDialect.String():
		s.dialect = licensespring.PageDialect
	case licensespring.CurrentDialect.String():
		s.dialect = licensespring.CurrentDialect
	default:
		return errors.New("want page or current")
	}
	return nil
}

// check finds what does not go together, all of it at once.
func (s *settings) check() error {
	var wrong []error
	say := func(is bool, format string, args ...any) {
		if is {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	say(s.key == "" && s.baseURL != "", "%s is set and %s is not: there is no key to talk to that service with", envBaseURL, envKey)
	say(s.generate < 0, "-generate %d: want a number above 0", s.generate)
	say(s.from < 0, "-from %d: want a number above 0", s.from)
	say(s.concurrency < 0 || s.concurrency > 1000, "-concurrency %d: want a number from 1 to 1000", s.concurrency)
	say(s.grace < 0, "-grace %s: want a duration that is not negative", s.grace)
	say(s.generate > 0 && s.file != "", "-generate and -f: the orders come from one or the other")
	say(s.faults && !s.ownFake(), "-faults: a service that is not this program's own fails when it wants to")
	// What is meant for a fake must not end up in somebody's account.
	say(s.generate > 0 && !s.onFake(), "-generate: sample orders are for a fake on this machine")
	say(s.file == "" && s.generate == 0 && !s.onFake(), "-f: say which orders are to be created; the example is for a fake")
	say(s.plan == licensespring.Unlimited && !s.onFake(), "-plan unlimited: only a fake on this machine has no limits")
	say(s.serve != "" && !isLocal(s.serve), "-serve %s: want an address of this machine, such as 127.0.0.1:8080", s.serve)
	say(s.serve != "" && s.dryRun, "-serve and -dry-run: one or the other")
	say(sameFile(s.file, s.out), "-out %s: results cannot be added to the input", s.out)
	if len(wrong) > 0 {
		return usageError{errors.Join(wrong...)}
	}
	return nil
}

// ownFake reports whether the service is this program's own.
func (s *settings) ownFake() bool { return s.key == "" || s.serve != "" }

// onFake reports whether the service is a fake, or a dry run needs none. One on
// this machine is taken for a fake.
func (s *settings) onFake() bool {
	if s.ownFake() || s.dryRun {
		return true
	}
	u, err := url.Parse(s.baseURL)
	return err == nil && isLocal(u.Host)
}

func sameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB) && infoA.Mode().IsRegular()
}

// isLocal reports whether an address, with or without a port, is this machine's.
func isLocal(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = strings.Trim(address, "[]")
	}
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

func usage(flags *flag.FlagSet, w io.Writer) {
	say(w, `Bulkimport creates many license orders, from JSON Lines or CSV. It can be
interrupted and run again at any time: what is there is not made twice.

Without %s it talks to a fake of the service in
its own process; with it, to the service, or to the one that
%s names.

Flags:`, envKey, envBaseURL)
	flags.SetOutput(w)
	flags.PrintDefaults()
	say(w, `
Exit codes: 0 every order is there; 1 something else went wrong; 2 the command
line, the environment, the header row or the key is wrong; 3 some lines are
wrong, or were refused; 4 some orders were not made yet, run it again; 5 some
orders may or may not have been made, run it again; 6 interrupted, run it again.`)
}
