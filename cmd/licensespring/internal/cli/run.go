// Package cli is the command line of the program: its commands, its output and its
// exit codes.
package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/connect"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/fake"
)

// app is one run of the program: its environment and its global flags.
type app struct {
	getenv         func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer

	connection *connect.Settings

	// started reports that a command has begun: before, every error is one of the
	// command line.
	started bool
}

// Run runs the program and returns its exit code.
func Run(
	ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer,
) int {
	a := &app{
		getenv: getenv, stdin: stdin, stdout: stdout, stderr: &messages{w: stderr},
		connection: &connect.Settings{Getenv: getenv, UserAgent: "licensespring-cli/" + version()},
	}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err != nil && !a.started {
		err = exit.Usagef("%w\nRun with --help for help.", err)
	}
	return exit.Code(a.fail(err))
}

// root returns the command of the program.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "licensespring",
		Short: "Create and change license orders at LicenseSpring",
		Long: `Licensespring creates orders, reads and changes licenses, and runs a fake of the
service. It needs a management key in ` + connect.EnvKey + `, or the name of a
file with mode 0600 that contains one in ` + connect.EnvKeyFile + `.

Records go to standard output, messages to standard error. Commands that change orders
or licenses have --dry-run, and can be repeated after an interruption unless their help
states otherwise. It is an independent program, not made by LicenseSpring.

Exit codes:

` + exit.Table,
		Version:       version(),
		SilenceErrors: true, // Run reports them
		SilenceUsage:  true,
	}
	a.connection.AddFlags(root)
	root.AddCommand(a.order(), a.license(), a.customer(), a.keys(), fake.NewCommand(a.connection))
	a.markStart(root)
	checkHelp(root)
	return root
}

// checkHelp makes the help of an unknown command an error.
func checkHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "help" {
			cmd.Args = func(_ *cobra.Command, args []string) error {
				found, rest, err := root.Find(args)
				if err == nil && len(rest) > 0 {
					err = fmt.Errorf("unknown command %q for %q", rest[0], found.CommandPath())
				}
				return err
			}
		}
	}
}

// markStart makes every command reject empty values and record that it has begun.
func (a *app) markStart(cmd *cobra.Command) {
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			a.started = true
			if err := rejectEmpty(cmd, args); err != nil {
				return err
			}
			return run(cmd, args)
		}
	}
	for _, sub := range cmd.Commands() {
		a.markStart(sub)
	}
}

// group returns a command that only has subcommands.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			err := fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath())
			if similar := cmd.SuggestionsFor(args[0]); len(similar) > 0 {
				err = fmt.Errorf("%w: did you mean %s?", err, strings.Join(similar, " or "))
			}
			return err
		},
		SuggestionsMinimumDistance: 2,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_ = cmd.Help() // an error of writing it cannot be reported
			return exit.Silent(exit.Usage)
		},
	}
	cmd.AddCommand(commands...)
	return cmd
}

// client returns a client. The caller must close its idle connections.
func (a *app) client(options ...licensespring.Option) (*licensespring.Client, error) {
	return a.connection.Client(append(a.connection.Observe(a.message), options...)...)
}

// message writes a message. Errors of writing a message cannot be reported.
func (a *app) message(format string, args ...any) {
	_, _ = fmt.Fprintf(a.stderr, format+"\n", args...)
}

// messages is standard error. An interrupt writes to it from another goroutine.
type messages struct {
	mu sync.Mutex
	w  io.Writer
}

// Write writes a message.
func (m *messages) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.w.Write(p)
}
