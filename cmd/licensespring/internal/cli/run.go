// Package cli is the command line of the program: its commands, its output and its
// exit codes.
package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/importer"
)

// app is one run of the program: its environment and its global flags.
type app struct {
	getenv         func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer

	// started reports that a command has begun: before, every error is one of the
	// command line.
	started bool
}

// Run runs the program and returns its exit code.
func Run(
	ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer,
) int {
	a := &app{getenv: getenv, stdin: stdin, stdout: stdout, stderr: stderr}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err != nil && !a.started {
		err = exit.Usagef("%w\nRun with --help for help.", err)
	}
	return exit.Report(stderr, err)
}

// root returns the command of the program.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "licensespring",
		Short:         "Create and change license orders at LicenseSpring",
		SilenceErrors: true, // Run reports them
		SilenceUsage:  true,
	}
	root.AddCommand(a.order())
	root.CompletionOptions.HiddenDefaultCmd = false
	a.markStart(root)
	return root
}

// markStart makes every command record that it has begun.
func (a *app) markStart(cmd *cobra.Command) {
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			a.started = true
			return run(cmd, args)
		}
	}
	for _, sub := range cmd.Commands() {
		a.markStart(sub)
	}
}

// order returns the command "order".
func (a *app) order() *cobra.Command {
	cmd := &cobra.Command{Use: "order", Short: "Create and read orders"}
	cmd.AddCommand(importer.NewCommand(a.connection))
	return cmd
}

// connection returns the key and the address of the service.
func (a *app) connection() (importer.Connection, error) {
	key := a.getenv("LICENSESPRING_MANAGEMENT_KEY")
	if key == "" {
		return importer.Connection{}, exit.Usagef("no management key: set LICENSESPRING_MANAGEMENT_KEY")
	}
	return importer.Connection{Key: key, BaseURL: a.getenv("LICENSESPRING_BASE_URL")}, nil
}
