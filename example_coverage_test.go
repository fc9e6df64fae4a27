package licensespring

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sharesExample lists the methods that need no example of their own, with their
// callers. The example of their type shows them.
var sharesExample = map[string]string{
	"AppendText":      "encoding/json and log/slog call it",
	"Error":           "fmt calls it",
	"Format":          "fmt calls it",
	"LogValue":        "log/slog calls it",
	"MarshalBSON":     "the MongoDB driver calls it",
	"UnmarshalBSON":   "the MongoDB driver calls it",
	"MarshalBinary":   "encoding/gob calls it",
	"UnmarshalBinary": "encoding/gob calls it",
	"MarshalJSON":     "encoding/json calls it",
	"MarshalText":     "encoding/json and log/slog call it",
	"String":          "fmt calls it",
	"UnmarshalJSON":   "encoding/json calls it",
	"UnmarshalText":   "encoding/json calls it",
}

// TestExamples checks that every exported function and method has an example
// with an output, under the name that pkg.go.dev expects.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{".", "licensespringtest"} {
		t.Run(dir, func(t *testing.T) {
			t.Parallel()
			pkg := documentation(t, dir)
			var missing []string
			checked := 0
			check := func(name string, examples []*doc.Example) {
				checked++
				shown := slices.ContainsFunc(examples, func(e *doc.Example) bool { return e.Output != "" })
				if !shown && !slices.Contains(missing, name) {
					missing = append(missing, name)
				}
			}
			for _, f := range pkg.Funcs {
				check("Example"+f.Name, f.Examples)
			}
			for _, typ := range pkg.Types {
				for _, f := range typ.Funcs {
					check("Example"+f.Name, f.Examples)
				}
				for _, m := range typ.Methods {
					if sharesExample[m.Name] != "" && len(m.Examples) == 0 {
						check("Example"+typ.Name, typ.Examples)
						continue
					}
					check("Example"+typ.Name+"_"+m.Name, m.Examples)
				}
			}
			assert.Empty(t, missing, "write these examples, with an output")
			assert.Greater(t, checked, 50, "the package was not read")
		})
	}
}

// documentation reads a package and its tests as pkg.go.dev does.
func documentation(t *testing.T, dir string) *doc.Package {
	t.Helper()
	fset := token.NewFileSet()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	var files []*ast.File
	for _, name := range names {
		file, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		require.NoError(t, err)
		files = append(files, file)
	}
	pkg, err := doc.NewFromFiles(fset, files, thisModule)
	require.NoError(t, err)
	return pkg
}
