package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"time"
)

// envFlags are flags that can be given in the environment as well.
type envFlags struct {
	set    *flag.FlagSet
	env    environment
	faults []error
}

func newEnvFlags(name string, env environment, out io.Writer) *envFlags {
	f := &envFlags{set: flag.NewFlagSet(name, flag.ContinueOnError), env: env}
	f.set.SetOutput(out)
	return f
}

// fromEnv sets a flag that was just declared from the environment.
func (f *envFlags) fromEnv(name, variable string) {
	value := ""
	if variable != "" {
		value = f.env(variable)
	}
	if value == "" {
		return
	}
	if err := f.set.Set(name, value); err != nil {
		f.faults = append(f.faults, fmt.Errorf("%s: %w", variable, err))
	}
}

func also(usage, variable string) string {
	if variable == "" {
		return usage
	}
	return usage + " (" + variable + ")"
}

func (f *envFlags) string(p *string, name, variable, value, usage string) {
	f.set.StringVar(p, name, value, also(usage, variable))
	f.fromEnv(name, variable)
}

func (f *envFlags) int(p *int, name, variable string, value int, usage string) {
	f.set.IntVar(p, name, value, also(usage, variable))
	f.fromEnv(name, variable)
}

func (f *envFlags) bool(p *bool, name, variable, usage string) {
	f.set.BoolVar(p, name, false, also(usage, variable))
	f.fromEnv(name, variable)
}

func (f *envFlags) duration(p *time.Duration, name, variable string, value time.Duration, usage string) {
	f.set.DurationVar(p, name, value, also(usage, variable))
	f.fromEnv(name, variable)
}

// isTold reports whether the flag package has printed all there is to say.
func isTold(err error) bool { return errors.Is(err, errUsage) || errors.Is(err, flag.ErrHelp) }

// parse reads the command line. The flag package has told what is wrong with it.
func (f *envFlags) parse(args []string) error {
	if err := f.set.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	return errors.Join(f.faults...)
}
