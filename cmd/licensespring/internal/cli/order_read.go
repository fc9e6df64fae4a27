package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/output"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/view"
)

// orderGet returns the command "order get".
func (a *app) orderGet() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "get {ID | --order-id N}",
		Short: "Show an order and its licenses",
		Long:  `Get shows the order with an id of your own records, or with an id of the service.`,
		Example: `  licensespring order get inv-417
  licensespring order get --order-id 1933000000000021 -o json`,
		Args: cobra.MaximumNArgs(1),
	}
	orderID := cmd.Flags().Int64("order-id", 0, "id of the service")
	out := a.addOutput(cmd)
	out.addSecrets(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if (len(args) == 1) == (*orderID != 0) {
			return exit.Usagef("name an order: its id, or --order-id")
		}
		client, err := a.client()
		if err != nil {
			return err
		}
		defer client.CloseIdleConnections()
		record, err := findOrder(cmd.Context(), client, args, *orderID)
		if err != nil {
			return err
		}
		order := view.OrderOf(record, out.secrets)
		err = show(out, orderColumns(), order, func(w io.Writer, o output.Options) error { return writeLicenses(w, o, order) })
		out.noteSecrets(record.Users())
		return writing(err)
	}
	return cmd
}

func findOrder(ctx context.Context, client *licensespring.Client, args []string, orderID int64) (*licensespring.OrderRecord, error) {
	if orderID != 0 {
		return client.GetOrder(ctx, orderID)
	}
	return client.GetOrderByStoreID(ctx, args[0])
}

// orderList returns the command "order list".
func (a *app) orderList() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List orders, newest first",
		Example: `  licensespring order list --prefix inv-2031- --limit 0 -o csv
  licensespring order list --customer-email ada@example.com`,
		Args: cobra.NoArgs,
	}
	var filter licensespring.OrderFilter
	flags := cmd.Flags()
	flags.StringVar(&filter.StoreIDPrefix, "prefix", "", "`prefix` of the ids of the orders")
	flags.StringVar(&filter.CustomerEmail, "customer-email", "", "e-mail `address` of the customer")
	flags.Var(optionalBool{&filter.IsArchived}, "archived", "archived orders (`true`), or others (false)")
	limit := addLimit(cmd)
	out := a.addOutput(cmd)
	out.addSecrets(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		client, err := a.client()
		if err != nil {
			return err
		}
		defer client.CloseIdleConnections()
		writer := list(out, orderColumns())
		more := false
		for record, err := range client.ListOrders(cmd.Context(), filter) {
			if err != nil {
				return listError(writer, err)
			}
			if more = limit.reached(); more {
				break
			}
			if err := writer.Write(view.OrderOf(record, out.secrets)); err != nil {
				return writing(err)
			}
		}
		limit.note(a, more)
		return writing(writer.Close())
	}
	return cmd
}

// listError ends a list that failed, so that what was written stays readable.
func listError[T any](w *output.Writer[T], err error) error {
	if w.Written() == 0 {
		return err
	}
	_ = w.Close() // the error of the list comes first
	return fmt.Errorf("the list is incomplete: %w", err)
}

// listLimit is the maximum number of records of a list.
type listLimit struct{ limit, count int }

func addLimit(cmd *cobra.Command) *listLimit {
	l := &listLimit{limit: 100}
	cmd.Flags().Var(l, "limit", "maximum `number` of records; 0 lists all")
	return l
}

// String returns the limit.
func (l *listLimit) String() string { return strconv.Itoa(l.limit) }

// Type returns the name of the value in the help.
func (*listLimit) Type() string { return "number" }

// Set parses a limit.
func (l *listLimit) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return errors.New("want a number that is not negative")
	}
	l.limit = n
	return nil
}

// reached counts a record and reports whether it exceeds the limit.
func (l *listLimit) reached() bool {
	l.count++
	return l.limit > 0 && l.count > l.limit
}

func (l *listLimit) note(a *app, more bool) {
	if more {
		a.message("note: there are more records than --limit %d; --limit 0 lists all.", l.limit)
	}
}

// orderDiff returns the command "order diff".
func (a *app) orderDiff() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "diff {-f FILE | ID --product CODE [NAME=VALUE...]}",
		Short: "Compare an order with the existing one",
		Long: `Diff compares an order with the existing order of the same id, as "order ensure" does,
and changes nothing. It exits with code 0 if they are the same, 6 if they differ, and 3
if there is no such order. Texts of customers are redacted.

` + orderInputHelp,
		Example: `  licensespring order diff -f order.json`,
	}
	input := addOrderInput(cmd)
	out := a.addOutput(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		order, err := input.order(a.stdin, args)
		if err != nil {
			return err
		}
		client, err := a.client()
		if err != nil {
			return err
		}
		defer client.CloseIdleConnections()
		found, err := client.GetOrderByStoreID(cmd.Context(), order.ID)
		if err != nil {
			return err
		}
		// A list may omit the items.
		record, err := client.GetOrder(cmd.Context(), found.ID)
		if err != nil {
			return err
		}
		return out.differences(order.Diff(record))
	}
	return cmd
}

// differences prints differences. The error has code 6 if one of them is not tolerated.
func (p *printer) differences(differences []licensespring.Difference) error {
	writer := list(p, differenceColumns())
	code := exit.Done
	for i, d := range view.Differences(differences) {
		if !differences[i].Tolerated() {
			code = exit.Conflict
		}
		if err := writer.Write(d); err != nil {
			return writing(err)
		}
	}
	if err := writer.Close(); err != nil {
		return writing(err)
	}
	return exit.Silent(code)
}
