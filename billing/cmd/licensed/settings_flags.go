package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"
)

// envFlags is a set of flags whose defaults can be set by environment variables.
type envFlags struct {
	set  *flag.FlagSet
	env  environment
	errs []error
}

func newEnvFlags(name string, env environment, out io.Writer) *envFlags {
	f := &envFlags{set: flag.NewFlagSet(name, flag.ContinueOnError), env: env}
	f.set.SetOutput(out)
	return f
}

// setFromEnv sets a declared flag to the value of its environment variable.
func (f *envFlags) setFromEnv(name, variable string) {
	value := ""
	if variable != "" {
		value = strings.TrimRight(f.env(variable), lineBreaks)
	}
	if value == "" {
		return
	}
	if err := f.set.Set(name, value); err != nil {
		f.errs = append(f.errs, fmt.Errorf("%s: %w", variable, err))
	}
}

func usageWithVariable(usage, variable string) string {
	if variable == "" {
		return usage
	}
	return usage + " (" + variable + ")"
}

func (f *envFlags) string(p *string, name, variable, value, usage string) {
	f.set.StringVar(p, name, value, usageWithVariable(usage, variable))
	f.setFromEnv(name, variable)
}

func (f *envFlags) int(p *int, name, variable string, value int, usage string) {
	f.set.IntVar(p, name, value, usageWithVariable(usage, variable))
	f.setFromEnv(name, variable)
}

func (f *envFlags) bool(p *bool, name, variable, usage string) {
	f.set.BoolVar(p, name, false, usageWithVariable(usage, variable))
	f.setFromEnv(name, variable)
}

func (f *envFlags) duration(p *time.Duration, name, variable string, value time.Duration, usage string) {
	f.set.DurationVar(p, name, value, usageWithVariable(usage, variable))
	f.setFromEnv(name, variable)
}

// isReported reports whether the flag package has printed the error already.
func isReported(err error) bool { return errors.Is(err, errUsage) || errors.Is(err, flag.ErrHelp) }

// parse parses the command line. The flag package prints errors of its own.
func (f *envFlags) parse(args []string) error {
	if err := f.set.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	return errors.Join(f.errs...)
}

// parseMixed parses a command line whose flags may follow other arguments, and returns
// those.
func (f *envFlags) parseMixed(args []string) (others []string, err error) {
	for {
		if err := f.parse(args); err != nil {
			return nil, err
		}
		if f.set.NArg() == 0 {
			return others, nil
		}
		others, args = append(others, f.set.Arg(0)), f.set.Args()[1:]
	}
}
