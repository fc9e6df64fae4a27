package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/assign"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/view"
)

// licenseUpdate returns the command "license update".
func (a *app) licenseUpdate() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "update LICENSE {-f FILE | NAME=VALUE...}",
		Short: "Set values of a license, whatever they are now",
		Long: `Update sends one change of a license without reading the license before. Prefer "license
ensure", which compares first and never ends a license earlier by mistake. The members
of a change are:

  ` + strings.ReplaceAll(wrapNames(assign.Names(&licensespring.LicenseUpdate{})), "\n", "\n  ") + `

Members that are absent stay as they are. A value is JSON or a text.

` + licenseNameHelp,
		Example: `  licensespring license update AB2C-D3EF-GH4J-K5MN max_activations=5 note="paid by invoice"
  licensespring license update 1933000000000021 -f change.json --dry-run`,
		Args: cobra.MinimumNArgs(1),
	}
	file := cmd.Flags().StringP("file", "f", "", "read the change from this JSON `file`; - is standard input")
	return a.change(cmd, func(client *licensespring.Client, args []string) (*change, error) {
		var update licensespring.LicenseUpdate
		if (*file == "") == (len(args) == 1) {
			return nil, exit.Usagef("name the change: -f FILE, or name=value")
		}
		var err error
		if *file != "" {
			err = readStrict(*file, a.stdin, &update)
		} else {
			err = exit.With(exit.Usage, assign.Into(&update, args[1:]))
		}
		return &change{
			license: args[0],
			preview: func(id int64) (*licensespring.Preview, error) { return client.PreviewUpdateLicense(id, update) },
			write: func(ctx context.Context, id int64) (*licensespring.LicenseResult, error) {
				return client.UpdateLicense(ctx, id, update)
			},
		}, err
	})
}

// licenseFeatures returns the command "license features".
func (a *app) licenseFeatures() *cobra.Command {
	get := &cobra.Command{
		Use:   "list LICENSE",
		Short: "List the features of a license",
		Long:  "List lists the features of a license.\n\n" + licenseNameHelp,
		Args:  wantArgs("LICENSE"),
	}
	out := a.addOutput(get)
	get.RunE = func(cmd *cobra.Command, args []string) error {
		client, err := a.client()
		if err != nil {
			return err
		}
		defer client.CloseIdleConnections()
		record, err := findLicense(cmd.Context(), client, args[0])
		if err != nil {
			return err
		}
		writer := list(out, featureColumns())
		for i := range record.ProductFeatures {
			if err := writer.Write(&record.ProductFeatures[i]); err != nil {
				return writing(err)
			}
		}
		return writing(writer.Close())
	}

	set := &cobra.Command{
		Use:   "set LICENSE [CODE[=MAX_CONSUMPTION]...]",
		Short: "Replace all features of a license",
		Long: `Set replaces all features of a license: those that are not named are removed. Counters
stay as they are. --none removes all features.

` + licenseNameHelp,
		Example: `  licensespring license features set AB2C-D3EF-GH4J-K5MN render export
  licensespring license features set AB2C-D3EF-GH4J-K5MN calls=500`,
		Args: cobra.MinimumNArgs(1),
	}
	none := set.Flags().Bool("none", false, "remove all features")
	a.change(set, func(client *licensespring.Client, args []string) (*change, error) {
		features, err := parseFeatures(args[1:])
		if err == nil && *none != (len(features) == 0) {
			err = exit.Usagef("name the features, or use --none")
		}
		return &change{
			license: args[0],
			preview: func(id int64) (*licensespring.Preview, error) { return client.PreviewUpdateFeatures(id, features) },
			write: func(ctx context.Context, id int64) (*licensespring.LicenseResult, error) {
				return client.UpdateFeatures(ctx, id, features)
			},
		}, err
	})
	return group("features", "Read and replace the features of a license", get, set)
}

// parseFeatures parses features such as calls=500.
func parseFeatures(args []string) ([]licensespring.ProductFeature, error) {
	features := []licensespring.ProductFeature{}
	for _, arg := range args {
		code, limit, given := strings.Cut(arg, "=")
		feature := licensespring.ProductFeature{Code: code}
		if given {
			n, err := strconv.Atoi(limit)
			if err != nil {
				return nil, exit.Usagef("%s: want CODE or CODE=NUMBER", arg)
			}
			feature.MaxConsumption = &n
		}
		features = append(features, feature)
	}
	return features, nil
}

// licenseResult prints the result of a change and returns its error.
func (p *printer) licenseResult(id int64, res *licensespring.LicenseResult, err error) error {
	r := view.LicenseResultOf(id, res, err, p.secrets)
	p.app.warn(r.Warnings)
	failed := p.app.fail(err)
	errWrite := p.writeLicenseResult(r)
	var users []licensespring.UserRecord
	for _, u := range r.NewUsers {
		users = append(users, *u.UserRecord)
	}
	p.noteSecrets(users)
	if failed == nil {
		return writingResult(errWrite, licenseName(id), r.Outcome)
	}
	return failed
}

// licenseName names what a result is about. A password belongs to no license.
func licenseName(id int64) string {
	if id == 0 {
		return "password"
	}
	return fmt.Sprintf("license %d", id)
}
