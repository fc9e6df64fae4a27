package cli

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/output"
)

// The README documents the columns, and programs rely on them.
func TestColumns(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	readme := string(content)
	for records, names := range map[string][]string{
		"orders":                 names(orderColumns()),
		"licenses":               names(licenseColumns()),
		"customers":              names(customerColumns()),
		"users":                  names(userColumns()),
		"features":               names(featureColumns()),
		"results of orders":      names(orderResultColumns()),
		"results of licenses":    names(licenseResultColumns()),
		"differences":            names(differenceColumns()),
		"requests of a dry run":  names(previewColumns()),
		"generated license keys": names(keyColumns()),
	} {
		assert.Contains(t, readme, "\n| "+records+" | `"+strings.Join(names, "`, `")+"` |\n")
	}
}

func names[T any](columns []output.Column[T]) []string {
	var all []string
	for _, c := range columns {
		all = append(all, c.Name)
	}
	return all
}
