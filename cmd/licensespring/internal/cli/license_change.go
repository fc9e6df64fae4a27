package cli

import (
	"context"
	"encoding/json"
	"io"

	"github.com/spf13/cobra"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/assign"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/output"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/view"
)

// change is one change of one license.
type change struct {
	license string // its name
	preview func(id int64) (*licensespring.Preview, error)
	write   func(ctx context.Context, id int64) (*licensespring.LicenseResult, error)
}

// change completes a command that changes one license.
func (a *app) change(cmd *cobra.Command, parse func(client *licensespring.Client, args []string) (*change, error)) *cobra.Command {
	out := a.addOutput(cmd)
	out.addSecrets(cmd)
	dryRun := addDryRun(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		client, err := a.client()
		if err != nil {
			return err
		}
		defer client.CloseIdleConnections()
		c, err := parse(client, args)
		if err != nil {
			return err
		}
		id, err := licenseID(cmd.Context(), client, c.license)
		if err != nil {
			return err
		}
		if *dryRun {
			preview, err := c.preview(id)
			if err != nil {
				return a.fail(err)
			}
			return out.previews([]*licensespring.Preview{preview}, exit.Done)
		}
		ctx, end := a.beginWrite(cmd.Context())
		defer end()
		res, err := c.write(ctx, id)
		return out.licenseResult(id, res, err)
	}
	return cmd
}

// writeLicenseResult writes the result of a change. A table shows no license after an
// error, but the users that were assigned before it.
func (p *printer) writeLicenseResult(r *view.LicenseResult) error {
	if p.format == output.Table && r.Error != nil {
		if len(r.NewUsers) == 0 {
			return nil
		}
		return writeUsers(p.app.stdout, p.options(), r.NewUsers)
	}
	return show(p, licenseResultColumns(), r, func(w io.Writer, o output.Options) error {
		if len(r.NewUsers) == 0 {
			return nil
		}
		return writeUsers(w, o, r.NewUsers)
	})
}

// readStrict reads one JSON value without unknown or repeated members from a file.
func readStrict(name string, stdin io.Reader, v any) error {
	var document json.RawMessage
	if err := readJSON(name, stdin, &document); err != nil {
		return err
	}
	if err := assign.Strict(document, v); err != nil {
		return exit.Usagef("%s: %w", name, err)
	}
	return nil
}
