package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/importer"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/output"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/view"
)

// order returns the command "order".
func (a *app) order() *cobra.Command {
	return group("order", "Create and read orders",
		a.orderCreate(), a.orderEnsure(), a.orderPreview(),
		a.orderGet(), a.orderList(), a.orderDiff(),
		importer.NewCommand(a.connection))
}

const orderInputHelp = `The order comes from a file in the form of the Create Order request, or from the
command line: an id, a product, and members of its licenses as name=value, such as
license_type=time-limited valid_duration=1y max_activations=3. A value is JSON or a
text.`

// orderCreate returns the command "order create".
func (a *app) orderCreate() *cobra.Command {
	return a.orderWrite(&cobra.Command{
		Use:   "create {-f FILE | ID --product CODE [NAME=VALUE...]}",
		Short: "Create an order; fail if the id is taken",
		Long: `Create creates an order. The service creates at most one order per id, so an id of
your own records, such as an invoice number, makes the command safe to repeat.

` + orderInputHelp,
		Example: `  licensespring order create inv-417 --product acmecad license_type=perpetual
  licensespring order create inv-418 --product acmeweb --user ada@example.com --show-secrets
  licensespring order create -f order.json --dry-run`,
	}, (*licensespring.Client).CreateOrder)
}

// orderEnsure returns the command "order ensure".
func (a *app) orderEnsure() *cobra.Command {
	return a.orderWrite(&cobra.Command{
		Use:   "ensure {-f FILE | ID --product CODE [NAME=VALUE...]}",
		Short: "Create an order unless the same order exists",
		Long: `Ensure creates an order, or reports that the same order exists. It can be repeated
any number of times. If a different order has the id, it changes nothing, lists the
differences and exits with code 6.

` + orderInputHelp,
		Example: `  licensespring order ensure inv-417 --product acmecad license_type=perpetual
  licensespring order ensure -f order.json -o json`,
	}, (*licensespring.Client).EnsureOrder)
}

// orderWrite completes a command that writes an order.
func (a *app) orderWrite(
	cmd *cobra.Command, write func(*licensespring.Client, context.Context, *licensespring.Order) (*licensespring.OrderResult, error),
) *cobra.Command {
	input := addOrderInput(cmd)
	out := a.addOutput(cmd)
	out.addSecrets(cmd)
	dryRun := addDryRun(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		order, err := input.order(a.stdin, args)
		if err != nil {
			return err
		}
		if *dryRun {
			return out.previewOrder(order)
		}
		client, err := a.client()
		if err != nil {
			return err
		}
		defer client.CloseIdleConnections()
		ctx, end := a.beginWrite(cmd.Context())
		defer end()
		res, err := write(client, ctx, order)
		return out.orderResult(order.ID, res, err)
	}
	return cmd
}

// orderPreview returns the command "order preview".
func (a *app) orderPreview() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "preview {-f FILE | ID --product CODE [NAME=VALUE...]}",
		Short: "Print the request that creates an order",
		Long: `Preview validates an order and prints the request that "order create" would send. It
sends nothing and needs no key.

` + orderInputHelp,
		Example: `  licensespring order preview -f order.json`,
	}
	input := addOrderInput(cmd)
	out := a.addOutput(cmd)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		order, err := input.order(a.stdin, args)
		if err != nil {
			return err
		}
		return out.previewOrder(order)
	}
	return cmd
}

// previewOrder prints the request that creates an order.
func (p *printer) previewOrder(order *licensespring.Order) error {
	client, err := p.app.connection.OfflineClient()
	if err != nil {
		return err
	}
	preview, err := client.Preview(order)
	if err != nil {
		return p.app.fail(err)
	}
	return p.previews([]*licensespring.Preview{preview}, exit.Done)
}

// orderResult prints the result of a write and returns its error. A table shows the
// order only if it exists.
func (p *printer) orderResult(orderID string, res *licensespring.OrderResult, err error) error {
	r := view.OrderResultOf(orderID, res, err, p.secrets)
	p.app.warn(r.Warnings)
	failed := p.app.fail(err)
	if failed != nil && p.format == output.Table {
		return failed
	}
	errWrite := show(p, orderResultColumns(), r, func(w io.Writer, o output.Options) error {
		return writeLicenses(w, o, r.Order)
	})
	if r.Order != nil {
		p.noteSecrets(r.Order.Users())
	}
	if failed == nil {
		return writingResult(errWrite, fmt.Sprintf("order %q", orderID), r.Outcome)
	}
	return failed
}

// writeLicenses writes the licenses of an order as a table.
func writeLicenses(w io.Writer, o output.Options, order *view.Order) error {
	if order == nil || len(order.OrderRecord.Licenses()) == 0 {
		return nil
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return err
	}
	out := output.NewWriter(w, o, licenseColumns())
	var users []view.User
	for i := range order.OrderItems {
		for j := range order.OrderItems[i].Licenses {
			l := &order.OrderItems[i].Licenses[j]
			users = append(users, l.LicenseUsers...)
			if err := out.Write(l); err != nil {
				return err
			}
		}
	}
	if err := out.Close(); err != nil || len(users) == 0 {
		return err
	}
	return writeUsers(w, o, users)
}

// writeUsers writes users as a table.
func writeUsers(w io.Writer, o output.Options, users []view.User) error {
	if _, err := io.WriteString(w, "\n"); err != nil {
		return err
	}
	out := output.NewWriter(w, o, userColumns())
	for _, u := range users {
		if err := out.Write(u); err != nil {
			return err
		}
	}
	return out.Close()
}

// noteSecrets tells the user about initial passwords that are not shown.
func (p *printer) noteSecrets(users []licensespring.UserRecord) {
	if p.secrets {
		return
	}
	for i := range users {
		if !users[i].InitialPassword.IsZero() {
			p.app.message("note: initial passwords are redacted. --show-secrets shows them, but the service may show them only once:" +
				" \"license users set-password\" sets another one.")
			return
		}
	}
}
