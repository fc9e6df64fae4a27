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

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/connect"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

// NewCommand returns the command "import" for a service.
func NewCommand(connection *connect.Settings) *cobra.Command {
	set := &settings{progress: "auto", connection: connection}
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
			if err := set.check(cmd.InOrStdin(), cmd.OutOrStdout()); err != nil {
				return err
			}
			return run(cmd.Context(), set, cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	set.addFlags(cmd.Flags())
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return exit.With(exit.Usage, err) })
	connect.Complete(cmd, "format", "jsonl", "csv")
	connect.Complete(cmd, "progress", "auto", "on", "off")
	return cmd
}

// run imports the orders. An error that has been reported has no text.
func run(ctx context.Context, set *settings, stdin io.Reader, stdout, stderr io.Writer) error {
	src, err := set.source(ctx, stdin)
	switch {
	case err != nil && ctx.Err() != nil: // interrupted while reading the header row
		return exit.Silent(exit.Interrupted)
	case err != nil:
		return err
	}
	defer src.close()
	con := newConsole(stderr, set.showsProgress(stdout, stderr), src.total)
	svc, err := set.service(con.message)
	if err != nil {
		return err
	}
	defer svc.close()
	out, err := openResults(set.out, set.includePasswords, stdout)
	if err != nil {
		return err
	}
	printLine(stderr, "%s", svc.greeting)

	if set.checkProducts {
		if src.products, err = readProducts(ctx, svc.client); err != nil {
			return errors.Join(err, out.close())
		}
	}
	sum := &summary{dryRun: set.dryRun, total: src.total}
	if set.dryRun {
		err = dryRun(ctx, svc.client, set, src, out, con, sum)
	} else {
		err = newImporter(svc.client, set, src, out, con, sum).run(ctx)
	}
	con.close()
	if errClose := out.close(); err == nil {
		err = errClose
	}
	sum.stopped = err != nil || sum.interrupted || set.stopOnError && sum.failed > 0
	sum.print(stderr, src.name)
	if svc.fake != nil {
		printStored(stderr, svc.fake)
	}
	if err != nil {
		exit.Report(stderr, err)
		code := exit.Code(err)
		if code != exit.Usage { // the input has to be corrected
			sum.hintStopped(stderr, svc)
		}
		return exit.Silent(code)
	}
	sum.hint(stderr, svc)
	return exit.Silent(sum.exitCode())
}

// printLine writes a message. Errors of writing a message cannot be reported.
func printLine(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
