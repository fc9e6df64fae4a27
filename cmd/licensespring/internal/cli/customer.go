package cli

import (
	"strconv"

	"github.com/spf13/cobra"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

// customer returns the command "customer".
func (a *app) customer() *cobra.Command {
	return group("customer", "Read customers", a.customerGet())
}

// customerGet returns the command "customer get".
func (a *app) customerGet() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "get {ID | EMAIL | --reference TEXT}",
		Short: "Show the customers with an id, an e-mail address or a reference",
		Long: `Get lists the customers with an id of the service, with an e-mail address, or with a
reference of your own records. It exits with code 3 if there is none.`,
		Example: `  licensespring customer get ada@example.com
  licensespring customer get --reference crm-17 -o json`,
		Args: cobra.MaximumNArgs(1),
	}
	reference := cmd.Flags().String("reference", "", "`reference` of the customer in your own records")
	out := a.addOutput(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if (len(args) == 1) == (*reference != "") {
			return exit.Usagef("name a customer: an id, an e-mail address, or --reference")
		}
		client, err := a.client()
		if err != nil {
			return err
		}
		defer client.CloseIdleConnections()
		writer := list(out, customerColumns())
		filter := licensespring.CustomerFilter{Reference: *reference}
		if len(args) == 1 {
			if id, err := strconv.ParseInt(args[0], 10, 64); err == nil {
				record, err := client.GetCustomer(cmd.Context(), id)
				if err != nil {
					return err
				}
				if err := writer.Write(record); err != nil {
					return writing(err)
				}
				return writing(writer.Close())
			}
			filter.Email = args[0]
		}
		found := false
		for record, err := range client.ListCustomers(cmd.Context(), filter) {
			if err != nil {
				return listError(writer, err)
			}
			found = true
			if err := writer.Write(record); err != nil {
				return writing(err)
			}
		}
		if err := writer.Close(); err != nil || found {
			return writing(err)
		}
		return exit.Silent(exit.Rejected)
	}
	return cmd
}
