package cli

import (
	"github.com/spf13/cobra"

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/output"
)

// key is a license key without a license.
type key struct {
	LicenseKey string `json:"license_key"`
}

// keys returns the command "keys".
func (a *app) keys() *cobra.Command { return group("keys", "Generate license keys", a.keysGenerate()) }

// keysGenerate returns the command "keys generate".
func (a *app) keysGenerate() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "generate PRODUCT",
		Short: "Generate license keys that belong to no license",
		Long: `Generate generates license keys for a product. They belong to no license: set them as the
keys of the licenses of an order. An append with keys is safe to repeat.`,
		Example: `  licensespring keys generate acmecad --count 10 -o jsonl`,
		Args:    wantArgs("PRODUCT"),
	}
	count := cmd.Flags().Int("count", 1, "`number` of keys, 1 to 1000")
	out := a.addOutput(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		client, err := a.client()
		if err != nil {
			return err
		}
		defer client.CloseIdleConnections()
		generated, err := client.GenerateLicenseKeys(cmd.Context(), args[0], *count)
		if err != nil {
			return a.fail(err)
		}
		writer := list(out, keyColumns())
		for _, text := range generated {
			if err := writer.Write(key{text}); err != nil {
				return writing(err)
			}
		}
		return writing(writer.Close())
	}
	return cmd
}

// keyColumns are the columns of generated license keys.
func keyColumns() []output.Column[key] {
	return []output.Column[key]{{Name: "license_key", Value: func(k key) string { return k.LicenseKey }}}
}
