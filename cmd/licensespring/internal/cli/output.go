package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/connect"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/output"
)

// printer is the output of a command.
type printer struct {
	app     *app
	format  output.Format
	secrets bool
}

// addOutput adds the flag of the format.
func (a *app) addOutput(cmd *cobra.Command) *printer {
	p := &printer{app: a, format: output.Table}
	cmd.Flags().VarP(&p.format, "output", "o", "`format` of the output: table, json, jsonl or csv")
	connect.Complete(cmd, "output", "table", "json", "jsonl", "csv")
	return p
}

// addSecrets adds the flag of a command that can show initial passwords.
func (p *printer) addSecrets(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&p.secrets, "show-secrets", false, "show the initial passwords of users")
}

func (p *printer) options() output.Options {
	return output.Options{Format: p.format, Color: output.UsesColor(p.app.stdout, p.app.getenv)}
}

// writing returns the error of a write to standard output.
func writing(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("cannot write the output: %w", err)
}

// writingResult returns the error of writing the result of a change, which the output
// lacks.
func writingResult(err error, what string, outcome licensespring.Outcome) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("cannot write the output (%s: %s): %w", what, outcome, err)
}

// list returns a writer of records.
func list[T any](p *printer, columns []output.Column[T]) *output.Writer[T] {
	return output.NewWriter(p.app.stdout, p.options(), columns)
}

// show writes one record. A table consists of its pairs, and of what more writes.
func show[T any](p *printer, columns []output.Column[T], v T, more func(w io.Writer, o output.Options) error) error {
	return output.WriteValue(p.app.stdout, p.options(), columns, v, func(w io.Writer, o output.Options, v T) error {
		var pairs []output.Pair
		for _, c := range columns {
			pairs = append(pairs, output.Pair{Name: c.Name, Value: c.Value(v)})
		}
		if err := output.WritePairs(w, pairs); err != nil || more == nil {
			return err
		}
		return more(w, o)
	})
}

// warn writes findings as messages.
func (a *app) warn(findings []licensespring.Finding) {
	for _, f := range findings {
		a.message("%s: %s", f.Severity, f)
	}
}
