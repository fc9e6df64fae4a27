package importer

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDocument compares import.md with the findings in the examples, the columns and the
// flags.
func TestDocument(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../../import.md")
	require.NoError(t, err)
	document := string(content)

	documented := make(map[string]map[int]bool)
	for _, row := range regexp.MustCompile("(?m)^\\| `(orders\\.\\w+)` \\| (\\d+) \\|").FindAllStringSubmatch(document, -1) {
		if documented[row[1]] == nil {
			documented[row[1]] = make(map[int]bool)
		}
		line, err := strconv.Atoi(row[2])
		require.NoError(t, err)
		documented[row[1]][line] = true
	}
	for file := range exampleOutcomes {
		got := runWith(t.Context(), nil, "", "-f", file)
		printed := make(map[int]bool)
		for _, found := range regexp.MustCompile(`(?m)^`+regexp.QuoteMeta(file)+`:(\d+):`).FindAllStringSubmatch(got.stderr, -1) {
			line, err := strconv.Atoi(found[1])
			require.NoError(t, err)
			printed[line] = true
		}
		assert.Equal(t, documented[file], printed, file)
	}

	for i := range columns {
		if columns[i].level != levelLicense || strings.Contains(columns[i].name, ".") {
			name := strings.TrimPrefix(columns[i].name, "customer")
			assert.Contains(t, document, name+"`", "column %s", columns[i].name)
		}
	}
	// --random-faults is a flag of the fake.
	help := runWith(t.Context(), nil, "", "-h").stdout + " --random-faults --help "
	for _, flag := range regexp.MustCompile("(?m)(?:^| |`)(--[a-z][a-z-]+)").FindAllStringSubmatch(document, -1) {
		assert.Contains(t, help, " "+flag[1]+" ", "flag %s", flag[1])
	}
}
