package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/assign"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/connect"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/output"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/view"
)

// licenseEnable returns the command "license enable".
func (a *app) licenseEnable() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "enable LICENSE...",
		Short: "Enable licenses",
		Long: `Enable enables licenses. Enabled ones stay as they are.

` + selectionHelp,
		Example: `  licensespring license enable AB2C-D3EF-GH4J-K5MN
  licensespring license enable --order inv-417 --yes`,
	}
	return a.converge(cmd, "Enable", func(args []string) (licensespring.LicenseState, []string, error) {
		return licensespring.LicenseState{Enabled: new(true), AllowEnable: true}, args, nil
	})
}

// licenseDisable returns the command "license disable".
func (a *app) licenseDisable() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "disable LICENSE...",
		Short: "Disable licenses",
		Long: `Disable disables licenses: they can be neither activated nor checked. A device that is
offline learns of it at its next check. Disabled licenses stay as they are.

` + selectionHelp,
		Example: `  licensespring license disable AB2C-D3EF-GH4J-K5MN
  licensespring license disable --subscription sub_417 --dry-run`,
	}
	return a.converge(cmd, "Disable", func(args []string) (licensespring.LicenseState, []string, error) {
		return licensespring.LicenseState{Enabled: new(false)}, args, nil
	})
}

// licenseRenew returns the command "license renew".
func (a *app) licenseRenew() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "renew LICENSE... --until DATE",
		Short: "Move the end of licenses",
		Long: `Renew makes licenses paid ones, not trials, that end on a date. Whether the service
counts that day is not documented: add a day. An earlier end is a conflict, with code 6,
unless --allow-shorten is given.

` + selectionHelp,
		Example: `  licensespring license renew --subscription sub_417 --until 2031-06-08
  licensespring license renew AB2C-D3EF-GH4J-K5MN --until 2031-06-08 --enable`,
	}
	var until licensespring.Date
	cmd.Flags().Var(date{&until}, "until", "`date` on which the licenses end, required")
	enable := cmd.Flags().Bool("enable", false, "also enable the licenses")
	shorten := cmd.Flags().Bool("allow-shorten", false, "allow an earlier end")
	return a.converge(cmd, "Renew", func(args []string) (licensespring.LicenseState, []string, error) {
		if until.IsZero() {
			return licensespring.LicenseState{}, args, exit.Usagef("--until is required")
		}
		state := licensespring.LicenseState{LicenseUpdate: licensespring.ValidUntil(until), AllowShorten: *shorten}
		if *enable {
			state.Enabled, state.AllowEnable = new(true), true
		}
		return state, args, nil
	})
}

// licenseEnsure returns the command "license ensure".
func (a *app) licenseEnsure() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ensure LICENSE... {-f FILE | NAME=VALUE...}",
		Short: "Make licenses as a state wants them",
		Long: `Ensure reads licenses, compares them with a state, and sends only what differs. It can
be repeated any number of times. The state comes from a file or from the command line.
Its members are:

  ` + strings.ReplaceAll(wrapNames(assign.Names(&licensespring.LicenseState{})), "\n", "\n  ") + `

Members that are absent stay as they are. Features and users that a list omits are
removed. A value is JSON or a text.

` + selectionHelp,
		Example: `  licensespring license ensure AB2C-D3EF-GH4J-K5MN max_activations=5 validity_period=2031-06-08
  licensespring license ensure --subscription sub_417 -f state.json --dry-run`,
	}
	file := cmd.Flags().StringP("file", "f", "", "read the state from this JSON `file`; - is standard input")
	shorten := cmd.Flags().Bool("allow-shorten", false, "allow an earlier end")
	enable := cmd.Flags().Bool("allow-enable", false, "allow enabling a disabled license")
	return a.converge(cmd, "Change", func(args []string) (licensespring.LicenseState, []string, error) {
		var state licensespring.LicenseState
		names, assignments := cutAssignments(args)
		if (*file == "") == (len(assignments) == 0) {
			return state, names, exit.Usagef("name the state: -f FILE, or name=value")
		}
		var err error
		if *file != "" {
			err = readStrict(*file, a.stdin, &state)
		} else {
			err = exit.With(exit.Usage, assign.Into(&state, assignments))
		}
		state.AllowShorten = state.AllowShorten || *shorten
		state.AllowEnable = state.AllowEnable || *enable
		return state, names, err
	})
}

// cutAssignments separates names of licenses from assignments.
func cutAssignments(args []string) (names, assignments []string) {
	for _, arg := range args {
		if strings.Contains(arg, "=") {
			assignments = append(assignments, arg)
		} else {
			names = append(names, arg)
		}
	}
	return names, assignments
}

// wrapNames joins names to lines.
func wrapNames(names []string) string {
	const width = 76
	var lines []string
	line := ""
	for _, name := range names {
		if len(line)+len(name) > width {
			lines, line = append(lines, strings.TrimSuffix(line, " ")), ""
		}
		line += name + ", "
	}
	return strings.Join(append(lines, strings.TrimSuffix(line, ", ")), "\n")
}

// converge completes a command that makes licenses as a state wants them. The function
// returns the state and the names of the licenses.
func (a *app) converge(
	cmd *cobra.Command, verb string, stateOf func(args []string) (licensespring.LicenseState, []string, error),
) *cobra.Command {
	selected := addSelection(cmd)
	out := a.addOutput(cmd)
	out.addSecrets(cmd)
	dryRun := addDryRun(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		state, names, err := stateOf(args)
		if err = errors.Join(err, selected.check(cmd, names)); err != nil {
			return exit.With(exit.Usage, err)
		}
		if err := state.Validate(); err != nil {
			return a.fail(err)
		}
		client, err := a.client(connect.ReportWaits(a.message))
		if err != nil {
			return err
		}
		defer client.CloseIdleConnections()
		ids, err := selected.ids(cmd.Context(), client, names)
		if err != nil {
			return err
		}
		if *dryRun {
			return out.previewStates(cmd.Context(), client, ids, state)
		}
		if err := a.confirm(cmd.Context(), verb, len(ids), selected.yes); err != nil {
			return err
		}
		return out.ensureLicenses(cmd.Context(), client, ids, state)
	}
	return cmd
}

// previewStates prints the requests that would change licenses.
func (p *printer) previewStates(ctx context.Context, client *licensespring.Client, ids []int64, state licensespring.LicenseState) error {
	var previews []*licensespring.Preview
	code := exit.Done
	for _, id := range ids {
		record, err := client.GetLicense(ctx, id)
		if err != nil {
			return err
		}
		requests, err := client.PreviewEnsureLicense(record, state)
		if err != nil {
			code = exit.Worst(code, exit.Code(p.app.fail(err)))
		}
		previews = append(previews, requests...)
	}
	if err := p.previews(previews, code); err != nil {
		return err
	}
	return exit.Silent(code)
}

// ensureLicenses changes licenses and prints their results. After an interrupt it starts
// no further change and waits for those in flight.
func (p *printer) ensureLicenses(ctx context.Context, client *licensespring.Client, ids []int64, state licensespring.LicenseState) error {
	writer := list(p, licenseResultColumns())
	outcomes := make(map[licensespring.Outcome]int)
	code, done := exit.Done, 0
	var firstError error
	var lost []*view.LicenseResult // results that the output lacks
	changing, end := p.app.beginWrite(ctx)
	defer end()
	for r := range client.EnsureLicenses(changing, states(ctx, ids, state)) {
		result := view.LicenseResultOf(r.LicenseID, r.License, r.Err, p.secrets)
		done++
		outcomes[result.Outcome]++
		p.app.warn(result.Warnings)
		code = exit.Worst(code, exit.Code(p.app.fail(r.Err)))
		if firstError == nil {
			firstError = writer.Write(result)
		}
		if firstError != nil || p.format == output.Table { // Close writes a table
			lost = append(lost, result)
		}
	}
	if firstError == nil {
		firstError = writer.Close()
	}
	if firstError != nil {
		p.app.message("The results cannot be written. The remaining ones are:")
		remaining := output.NewWriter(p.app.stderr, output.Options{Format: output.JSONL}, licenseResultColumns())
		for _, result := range lost {
			_ = remaining.Write(result) // an error of writing a message cannot be reported
		}
	}
	p.app.message("%s: %s.", plural(len(ids), "license"), counts(outcomes, len(ids)-done))
	if done < len(ids) && ctx.Err() != nil {
		code = exit.Worst(code, exit.Interrupted)
	}
	if firstError != nil {
		return writing(firstError)
	}
	return exit.Silent(code)
}

// states yields the state for each license until ctx is done.
func states(ctx context.Context, ids []int64, state licensespring.LicenseState) iter.Seq2[int64, licensespring.LicenseState] {
	return func(yield func(int64, licensespring.LicenseState) bool) {
		for _, id := range ids {
			if ctx.Err() != nil || !yield(id, state) {
				return
			}
		}
	}
}

// counts returns the numbers of outcomes, sorted by name.
func counts(outcomes map[licensespring.Outcome]int, notStarted int) string {
	var parts []string
	for outcome, n := range outcomes {
		parts = append(parts, fmt.Sprintf("%d %s", n, outcome))
	}
	slices.SortFunc(parts, func(a, b string) int {
		_, a, _ = strings.Cut(a, " ")
		_, b, _ = strings.Cut(b, " ")
		return strings.Compare(a, b)
	})
	if notStarted > 0 {
		parts = append(parts, fmt.Sprintf("%d not started", notStarted))
	}
	return strings.Join(parts, ", ")
}
