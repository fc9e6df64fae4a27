package cli

import (
	"bufio"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/output"
)

// selection is the licenses that a command changes: those that it names, or those that
// match a filter.
type selection struct {
	filter *licensespring.LicenseFilter
	all    bool
	yes    bool
}

const selectionHelp = `The licenses are named, or selected by filters; --all selects all licenses. A change of
several licenses has to be confirmed, on the terminal or with --yes.

` + licenseNameHelp

func addSelection(cmd *cobra.Command) *selection {
	s := &selection{filter: addFilter(cmd)}
	cmd.Flags().BoolVar(&s.all, "all", false, "select all licenses of the account")
	cmd.Flags().BoolVar(&s.yes, "yes", false, "change several licenses without confirmation")
	return s
}

// check checks the command line: names, filters or --all.
func (s *selection) check(cmd *cobra.Command, names []string) error {
	given := 0
	for _, is := range [...]bool{len(names) > 0, usesFilter(cmd), s.all} {
		if is {
			given++
		}
	}
	if given != 1 {
		return exit.Usagef("select licenses: name them, or use filters, or --all")
	}
	return nil
}

// ids returns the ids of the selected licenses, each once.
func (s *selection) ids(ctx context.Context, client *licensespring.Client, names []string) ([]int64, error) {
	var ids []int64
	for i, name := range names {
		id, err := licenseID(ctx, client, name)
		if err != nil && len(names) > 1 { // the text of the error contains no key
			err = fmt.Errorf("license %d of %d: %w", i+1, len(names), err)
		}
		if err != nil {
			return nil, err
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if len(names) > 0 {
		return ids, nil
	}
	if !s.all && reflect.ValueOf(*s.filter).IsZero() {
		return nil, exit.Usagef("the filters select all licenses: use --all")
	}
	for record, err := range client.ListLicenses(ctx, *s.filter) {
		if err != nil {
			return nil, err
		}
		ids = append(ids, record.ID)
	}
	if len(ids) == 0 {
		return nil, exit.With(exit.Rejected, fmt.Errorf("no license matches"))
	}
	return ids, nil
}

// confirm lets the user confirm a change of several licenses.
func (a *app) confirm(ctx context.Context, what string, n int, yes bool) error {
	if n == 1 || yes {
		return nil
	}
	if !output.IsTerminal(a.stdin) {
		return exit.Usagef("%s: confirm with --yes, after a look at --dry-run", plural(n, "license"))
	}
	_, _ = fmt.Fprintf(a.stderr, "%s %s? [y/N] ", what, plural(n, "license"))
	line := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(a.stdin).ReadString('\n') // an error is no confirmation
		line <- text
	}()
	select {
	case <-ctx.Done():
		a.message("")
		return exit.Silent(exit.Interrupted)
	case text := <-line:
		switch strings.ToLower(strings.TrimSpace(text)) {
		case "y", "yes":
			return nil
		}
		return exit.Usagef("not confirmed: nothing was changed")
	}
}
