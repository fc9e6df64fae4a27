package licensespring

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const thisModule = "github.com/licensespring-go/licensespring"

// TestAPI compares the exported API with the listing in testdata, so that a
// breaking change is deliberate: run the test with -update, and give the reason
// in the commit message.
func TestAPI(t *testing.T) {
	t.Parallel()
	lines := append(exportedAPI(t, "."), exportedAPI(t, "licensespringtest")...)
	slices.Sort(lines)
	file := filepath.Join("testdata", "api.txt")
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o644))
	}
	golden, err := os.ReadFile(file)
	require.NoError(t, err)
	listed := strings.Split(strings.TrimSpace(string(golden)), "\n")
	var diff strings.Builder
	for _, line := range listed {
		if _, there := slices.BinarySearch(lines, line); !there {
			fmt.Fprintln(&diff, "-", line)
		}
	}
	for _, line := range lines {
		if _, there := slices.BinarySearch(listed, line); !there {
			fmt.Fprintln(&diff, "+", line)
		}
	}
	assert.Empty(t, diff.String(), "the exported API has changed (- is a break, + an addition); if it is meant: go test -run '^TestAPI$' -update .\n%s", diff.String())
}

// exportedAPI lists the exported API of a package, one line for each part. The
// package is checked from its source; its imports come from the compiler.
func exportedAPI(t *testing.T, dir string) []string {
	t.Helper()
	fset := token.NewFileSet()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		files = append(files, file)
	}
	config := types.Config{Importer: importer.ForCompiler(fset, "gc", compiled(t, dir)), IgnoreFuncBodies: true}
	pkg, err := config.Check(thisModule, fset, files, nil)
	require.NoError(t, err)
	a := apiLister{pkg: pkg}
	for _, name := range pkg.Scope().Names() {
		if object := pkg.Scope().Lookup(name); object.Exported() {
			a.object(object)
		}
	}
	return a.lines
}

// compiled returns the location of the compiled form of each package that the
// package in dir imports.
func compiled(t *testing.T, dir string) func(path string) (io.ReadCloser, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}", "./"+dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "%s", stderr.String())
	exports := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		path, export, _ := strings.Cut(strings.TrimSpace(line), "\t")
		exports[path] = export
	}
	return func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) }
}

type apiLister struct {
	pkg   *types.Package
	lines []string
}

func (a *apiLister) add(parts ...string) {
	a.lines = append(a.lines, a.pkg.Name()+": "+strings.Join(parts, " "))
}

// text formats a type, with the names of other packages.
func (a *apiLister) text(typ types.Type) string {
	return types.TypeString(withoutNames(typ), func(p *types.Package) string {
		if p == a.pkg {
			return ""
		}
		return p.Name()
	})
}

// withoutNames removes the names of parameters: they can change freely.
func withoutNames(typ types.Type) types.Type {
	sig, ok := typ.(*types.Signature)
	if !ok {
		return typ
	}
	unnamed := func(tuple *types.Tuple) *types.Tuple {
		vars := make([]*types.Var, tuple.Len())
		for i := range vars {
			vars[i] = types.NewParam(token.NoPos, nil, "", withoutNames(tuple.At(i).Type()))
		}
		return types.NewTuple(vars...)
	}
	return types.NewSignatureType(nil, nil, nil, unnamed(sig.Params()), unnamed(sig.Results()), sig.Variadic())
}

func (a *apiLister) object(object types.Object) {
	switch o := object.(type) {
	case *types.Const:
		a.add("const", o.Name(), a.text(o.Type()), "=", o.Val().ExactString())
	case *types.Var:
		a.add("var", o.Name(), a.text(o.Type()))
	case *types.Func:
		a.add("func", o.Name()+strings.TrimPrefix(a.text(o.Type()), "func"))
	case *types.TypeName:
		a.typeName(o)
	}
}

func (a *apiLister) typeName(o *types.TypeName) {
	named, ok := o.Type().(*types.Named)
	if !ok || o.IsAlias() {
		a.add("type", o.Name(), "=", a.text(o.Type()))
		return
	}
	switch under := named.Underlying().(type) {
	case *types.Struct:
		equal := "not comparable"
		if types.Comparable(named) {
			equal = "comparable"
		}
		a.add("type", o.Name(), "struct,", equal)
		a.fields(o.Name(), under)
	case *types.Interface:
		a.add("type", o.Name(), "interface")
		for m := range under.Methods() {
			a.add("type", o.Name(), "interface, method", m.Name()+strings.TrimPrefix(a.text(m.Type()), "func"))
		}
	default:
		a.add("type", o.Name(), a.text(under))
	}
	for m := range named.Methods() {
		if !m.Exported() {
			continue
		}
		receiver := o.Name()
		if _, pointer := m.Signature().Recv().Type().(*types.Pointer); pointer {
			receiver = "*" + receiver
		}
		a.add("method", "("+receiver+")", m.Name()+strings.TrimPrefix(a.text(m.Type()), "func"))
	}
}

func (a *apiLister) fields(owner string, s *types.Struct) {
	for i := range s.NumFields() {
		f := s.Field(i)
		if !f.Exported() {
			continue
		}
		what := "field"
		if f.Embedded() {
			what = "embedded"
		}
		line := []string{what, owner + "." + f.Name(), a.text(f.Type())}
		if tag := s.Tag(i); tag != "" { // the JSON form of a record is part of the API
			line = append(line, strconv.Quote(tag))
		}
		a.add(line...)
	}
}
