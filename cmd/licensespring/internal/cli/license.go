package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/view"
)

// license returns the command "license".
func (a *app) license() *cobra.Command {
	return group("license", "Read and change licenses",
		a.licenseGet(), a.licenseList(),
		a.licenseUpdate(), a.licenseEnable(), a.licenseDisable(), a.licenseRenew(), a.licenseEnsure(),
		a.licenseUsers(), a.licenseFeatures())
}

const licenseNameHelp = `A license is named by its id of the service or by its license key. Write a license key
that consists of digits only as key:12345.`

// findLicense reads the license that an argument names.
func findLicense(ctx context.Context, client *licensespring.Client, name string) (*licensespring.LicenseRecord, error) {
	key, isKey := strings.CutPrefix(name, "key:")
	if id, err := strconv.ParseInt(name, 10, 64); err == nil && !isKey {
		return client.GetLicense(ctx, id)
	}
	record, err := client.GetLicenseByKey(ctx, key)
	if err != nil {
		return nil, err
	}
	return record, nil
}

// licenseID returns the id of the license that an argument names. An id is not looked
// up.
func licenseID(ctx context.Context, client *licensespring.Client, name string) (int64, error) {
	if id, err := strconv.ParseInt(name, 10, 64); err == nil {
		if id <= 0 {
			return 0, exit.Usagef("license %d: want a positive id", id)
		}
		return id, nil
	}
	record, err := findLicense(ctx, client, name)
	if err != nil {
		return 0, err
	}
	return record.ID, nil
}

// licenseGet returns the command "license get".
func (a *app) licenseGet() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "get LICENSE",
		Short: "Show a license",
		Long:  "Get shows a license.\n\n" + licenseNameHelp,
		Example: `  licensespring license get 1933000000000021
  licensespring license get AB2C-D3EF-GH4J-K5MN -o json`,
		Args: wantArgs("LICENSE"),
	}
	out := a.addOutput(cmd)
	out.addSecrets(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		client, err := a.client()
		if err != nil {
			return err
		}
		defer client.CloseIdleConnections()
		record, err := findLicense(cmd.Context(), client, args[0])
		if err != nil {
			return err
		}
		return writing(show(out, licenseColumns(), view.LicenseOf(record, out.secrets), nil))
	}
	return cmd
}

// licenseList returns the command "license list".
func (a *app) licenseList() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List licenses, newest first",
		Long: `List lists the licenses that match all filters. Each license is compared with the
filters: a filter that the service ignores is an error.`,
		Example: `  licensespring license list --order inv-417
  licensespring license list --enabled false --limit 0 -o csv
  licensespring license list --ends-before 2031-06-01 --customer-email ada@example.com`,
		Args: cobra.NoArgs,
	}
	filter := addFilter(cmd)
	limit := addLimit(cmd)
	out := a.addOutput(cmd)
	out.addSecrets(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		client, err := a.client()
		if err != nil {
			return err
		}
		defer client.CloseIdleConnections()
		writer := list(out, licenseColumns())
		more := false
		for record, err := range client.ListLicenses(cmd.Context(), *filter) {
			if err != nil {
				return listError(writer, err)
			}
			if more = limit.reached(); more {
				break
			}
			if err := writer.Write(view.LicenseOf(record, out.secrets)); err != nil {
				return writing(err)
			}
		}
		limit.note(a, more)
		return writing(writer.Close())
	}
	return cmd
}

// addFilter adds the flags that select licenses.
func addFilter(cmd *cobra.Command) *licensespring.LicenseFilter {
	f := &licensespring.LicenseFilter{}
	flags := cmd.Flags()
	flags.StringVar(&f.OrderStoreID, "order", "", "`id` of the order")
	flags.StringVar(&f.SubscriptionID, "subscription", "", "`id` of the subscription in the billing system")
	flags.StringVar(&f.ProductShortCode, "product", "", "`code` of the product")
	flags.StringVar(&f.CustomerEmail, "customer-email", "", "e-mail `address` of the customer")
	flags.Var(positive{&f.CustomerID}, "customer-id", "`id` of the customer at the service")
	flags.StringVar(&f.LicenseUserEmail, "user", "", "e-mail `address` of a user of the license")
	flags.Var(optionalBool{&f.Enabled}, "enabled", "enabled licenses, or disabled ones (`true|false`)")
	flags.Var(optionalBool{&f.Active}, "active", "active licenses, or others (`true|false`)")
	flags.Var(date{&f.ValidityPeriodFrom}, "ends-from", "licenses that end on or after this `date`")
	flags.Var(date{&f.ValidityPeriodBefore}, "ends-before", "licenses that end before this `date`")
	return f
}

// usesFilter reports whether a command has one of the flags of addFilter.
func usesFilter(cmd *cobra.Command) bool {
	for _, name := range [...]string{
		"order", "subscription", "product", "customer-email", "customer-id", "user", "enabled", "active", "ends-from", "ends-before",
	} {
		if cmd.Flags().Changed(name) {
			return true
		}
	}
	return false
}

// plural returns a number of things.
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
