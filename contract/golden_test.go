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

// TestGoldenFiles holds the golden files of the SDK against the schema. They
// have extra members too, by which one gets around it: just these are taken out.
func TestGoldenFiles(t *testing.T) {
	t.Parallel()
	extras := map[string]bool{"hardware_ids": true, "bundle_items": true, "vat_id": true, "area": true, "zone": true}
	for _, d := range dialects {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			body, err := os.ReadFile(filepath.Join(root, "testdata", "order_"+d.name+".json"))
			require.NoError(t, err)
			require.Error(t, judge(t, d, body), "with its extra members the schema does not know it")
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
			require.NoError(t, judge(t, d, encoded(t, tree)))
			assert.Error(t, judge(t, d.other(), encoded(t, tree)))
		})
	}
}

// TestExampleOrders holds every order that the examples show against the
// schemas, as the SDK sends it: those in files, and those that are printed.
func TestExampleOrders(t *testing.T) {
	t.Parallel()
	documents := append(fileOrders(t), printedOrders(t)...)
	judged := 0
	for _, text := range documents {
		var order licensespring.Order
		if json.Unmarshal([]byte(text), &order) != nil || order.Validate() != nil || len(order.Extra) > 0 {
			continue // some show what is refused, or the way around the schema
		}
		if slices.ContainsFunc(order.Check(), func(f licensespring.Finding) bool { return f.Rule == licensespring.RuleUnknownValue }) {
			continue // the types are open, the page is not
		}
		for _, d := range dialects {
			client, _ := joined(t, d)
			preview, err := client.Preview(&order)
			require.NoError(t, err)
			assert.NoError(t, judge(t, d, preview.Body), "%s", preview.Body)
		}
		judged++
	}
	assert.GreaterOrEqual(t, judged, 5, "of %d", len(documents))
}

// fileOrders are the orders in the files beside the examples.
func fileOrders(t *testing.T) []string {
	t.Helper()
	var all []string
	require.NoError(t, filepath.WalkDir(filepath.Join(root, "examples"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path) //nolint:gosec // our own tree
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

// printedOrders are the JSON objects in the output of the documentation's
// examples that have the members of an order.
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
