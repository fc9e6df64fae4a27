package contract_test

import (
	"encoding/json"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
)

const root = ".."

// TestGoldenFiles validates the golden files of the SDK after removing their
// extra members, which the schema does not define.
func TestGoldenFiles(t *testing.T) {
	t.Parallel()
	extras := map[string]bool{"hardware_ids": true, "bundle_items": true, "vat_id": true, "area": true, "zone": true}
	for _, d := range dialects {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			body, err := os.ReadFile(filepath.Join(root, "testdata", "order_"+d.name+".json"))
			require.NoError(t, err)
			require.Error(t, validate(t, d, body), "the schema does not define the extra members")
			tree := decoded(t, body)
			var strip func(v any, inFeature, inUser bool)
			strip = func(v any, inFeature, inUser bool) {
				switch v := v.(type) {
				case map[string]any:
					for name := range v {
						if extras[name] || inFeature && name == "can_borrow" || inUser && name == "first_name" {
							delete(v, name)
							continue
						}
						strip(v[name], name == "product_features", name == "users")
					}
				case []any:
					for _, el := range v {
						strip(el, inFeature, inUser)
					}
				}
			}
			strip(tree, false, false)
			require.NoError(t, validate(t, d, encoded(t, tree)))
			assert.Error(t, validate(t, d.other(), encoded(t, tree)))
		})
	}
}

// TestExampleOrders validates every order of the examples, as the SDK sends it:
// orders in files and orders in example output.
func TestExampleOrders(t *testing.T) {
	t.Parallel()
	documents := append(fileOrders(t), printedOrders(t)...)
	validated := 0
	for _, text := range documents {
		var order licensespring.Order
		if json.Unmarshal([]byte(text), &order) != nil || order.Validate() != nil || len(order.Extra) > 0 {
			continue // invalid on purpose, or with extra members
		}
		if slices.ContainsFunc(order.Check(), func(f licensespring.Finding) bool { return f.Rule == licensespring.RuleUnknownValue }) {
			continue // the Go types allow more values than the documentation
		}
		for _, d := range dialects {
			client, _ := connect(t, d)
			preview, err := client.Preview(&order)
			require.NoError(t, err)
			assert.NoError(t, validate(t, d, preview.Body), "%s", preview.Body)
		}
		validated++
	}
	assert.GreaterOrEqual(t, validated, 5, "of %d", len(documents))
}

// fileOrders returns the orders in the files of the examples.
func fileOrders(t *testing.T) []string {
	t.Helper()
	var all []string
	require.NoError(t, filepath.WalkDir(filepath.Join(root, "examples"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		switch filepath.Ext(path) {
		case ".json":
			all = append(all, string(text))
		case ".jsonl":
			all = append(all, strings.Split(string(text), "\n")...)
		}
		return err
	}))
	return all
}

// printedOrders returns the orders in the output of the documentation's examples.
func printedOrders(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(root, "example*_test.go"))
	require.NoError(t, err)
	require.NotEmpty(t, names)
	var files []*ast.File
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		require.NoError(t, err)
		files = append(files, file)
	}
	var all []string
	for _, example := range doc.Examples(files...) {
		for at := strings.IndexByte(example.Output, '{'); at >= 0; {
			var value json.RawMessage
			rest := example.Output[at:]
			dec := json.NewDecoder(strings.NewReader(rest))
			step := 1
			if dec.Decode(&value) == nil {
				step = int(dec.InputOffset())
				if strings.Contains(string(value), `"items"`) {
					all = append(all, string(value))
				}
			}
			next := strings.IndexByte(rest[step:], '{')
			if next < 0 {
				break
			}
			at += step + next
		}
	}
	return all
}
