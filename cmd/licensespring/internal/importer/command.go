// Package importer creates many license orders from JSON Lines or CSV. It can be
// interrupted and run again at any time: existing orders are not created twice.
//
// Results go to standard output or to the file of --out, one JSON object per line,
// in the order of completion. All messages go to standard error. import.md describes
// the input and the results.
package importer

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

// A Connection is the key and the address of the service. An empty address means
// that of the vendor.
type Connection struct{ Key, BaseURL string }

// NewCommand returns the command "import". Connect returns the connection to the
// service; it is not called for an import into the fake of the program.
func NewCommand(connect func() (Connection, error)) *cobra.Command {
	set := &settings{progress: "auto"}
	cmd := &cobra.Command{
		Use:   "import -f FILE",
		Short: "Create many orders from JSON Lines or CSV",
		Long: `Import creates the orders of a file: one JSON object per line, or one license per
row of a CSV file. It can be interrupted with Ctrl-C and run again at any time:
existing orders are not created twice. Each order has one line in the results.

If several exit codes apply, the first of 1, 2, 7, 5, 4, 6, 3 is returned.`,
		Example: `  licensespring order import -f orders.csv --dry-run --check-products
  licensespring order import -f orders.csv --rate-limit business-plus --out results.jsonl
  licensespring order import --fake --generate 20000 --faults --out results.jsonl`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return exit.Usagef("unexpected argument %q: use -f for an input file", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := set.connect(connect); err != nil {
				return err
			}
			if err := set.check(); err != nil {
				return err
			}
			return run(cmd.Context(), set, cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	set.addFlags(cmd.Flags())
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return exit.With(exit.Usage, err) })
	for name, values := range map[string][]cobra.Completion{
		"format":     {"jsonl", "csv"},
		"progress":   {"auto", "on", "off"},
		"dialect":    {"classic", "current"},
		"rate-limit": {"free", "business-starter", "business-plus", "enterprise", "none"},
	} {
		// The error says that there is no such flag.
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	return cmd
}

// connect sets the key and the address. A dry run that reads no products needs
// neither.
func (s *settings) connect(connect func() (Connection, error)) error {
	if s.usesOwnFake() {
		return nil
	}
	c, err := connect()
	if err != nil && s.dryRun && !s.checkProducts {
		return nil //nolint:nilerr // nothing is sent
	}
	s.key, s.baseURL = c.Key, c.BaseURL
	return err
}

// run imports the orders. An error that has been reported has no text.
func run(ctx context.Context, set *settings, stdin io.Reader, stdout, stderr io.Writer) error {
	if set.serve != "" {
		return serve(ctx, set, stdout, stderr)
	}
	src, err := set.source(ctx, stdin)
	switch {
	case err != nil && ctx.Err() != nil: // interrupted while reading the header row
		return exit.Silent(exit.Interrupted)
	case err != nil:
		return err
	}
	defer src.close()
	svc := set.service()
	defer svc.close()
	client, err := svc.client(set)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	out, err := openResults(set.out, stdout)
	if err != nil {
		return err
	}
	printLine(stderr, "%s", svc.greeting)

	if set.checkProducts {
		if src.products, err = readProducts(ctx, client); err != nil {
			return errors.Join(err, out.close())
		}
	}
	sum := &summary{dryRun: set.dryRun}
	con := newConsole(stderr, set.showsProgress(stdout, stderr), src.total)
	if set.dryRun {
		err = dryRun(ctx, client, src, out, con, sum)
	} else {
		err = newImporter(client, set, src, out, con, sum).run(ctx)
	}
	con.close()
	if errClose := out.close(); err == nil {
		err = errClose
	}
	sum.print(stderr, src.name)
	if svc.fake != nil {
		printStored(stderr, svc.fake)
	}
	if err != nil {
		return err
	}
	sum.hint(stderr, svc)
	return exit.Silent(sum.exitCode())
}

// printLine writes a message. Errors of writing a message cannot be reported.
func printLine(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
