package licensespring_test

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// README.md shows the two commands word for word, since its readers type them.
func TestReadmeCommands(t *testing.T) {
	t.Parallel()
	readme := readFile(t, "README.md")
	for _, command := range []string{"go run ./examples/createorder", "go test ./..."} {
		if !strings.Contains(readme, "\n```sh\n"+command+"\n```\n") {
			t.Errorf("README.md does not say: %s", command)
		}
	}
}

// Files and headings that the documents link to exist.
func TestReadmeLinks(t *testing.T) {
	t.Parallel()
	documents, err := filepath.Glob("*.md")
	require.NoError(t, err)
	more, err := filepath.Glob("deploy/*.md")
	require.NoError(t, err)
	links := 0
	for _, document := range append(documents, more...) {
		for i, text := range strings.Split(readFile(t, document), "```") {
			if i%2 == 1 {
				continue // code
			}
			for _, rest := range strings.Split(text, "](")[1:] {
				target, _, _ := strings.Cut(rest, ")")
				if strings.Contains(target, "://") {
					continue
				}
				links++
				file, heading, _ := strings.Cut(target, "#")
				if file == "" {
					file = document
				} else {
					file = filepath.Join(filepath.Dir(document), file)
				}
				if assert.FileExists(t, file, document) && heading != "" {
					assert.Contains(t, headings(readFile(t, file)), heading, document)
				}
			}
		}
	}
	assert.Positive(t, links)
}

// headings returns the anchors of the headings of a document.
func headings(text string) []string {
	var anchors []string
	for line := range strings.Lines(text) {
		if title := strings.TrimLeft(line, "#"); title != line {
			title = strings.ToLower(strings.TrimSpace(title))
			title = regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(title, "")
			anchors = append(anchors, strings.ReplaceAll(title, " ", "-"))
		}
	}
	return anchors
}

// Every Go block of the README and of the migration page compiles and passes vet.
func TestReadmeCode(t *testing.T) {
	t.Parallel()
	var blocks []block
	for _, file := range []string{"README.md", "MIGRATION.md"} {
		found := goBlocks(file, readFile(t, file))
		require.NotEmpty(t, found, file)
		blocks = append(blocks, found...)
	}
	for _, b := range blocks {
		formatted, err := format.Source([]byte(b.code))
		if assert.NoError(t, err, b.position()) {
			assert.Equal(t, strings.TrimSuffix(string(formatted), "\n"), b.code, "%s is not formatted", b.position())
		}
	}
	said, err := vetBlocks(t, blocks)
	assert.NoError(t, err, said)
}

// A block that does not compile is found, and named by its line.
func TestReadmeCodeFindsFaults(t *testing.T) {
	t.Parallel()
	rows := []struct{ code, want string }{
		{"client.Create(ctx, order)", "client.Create undefined"},
		{"x := 1", "declared and not used: x"},
		{"order.ID = 1", "cannot use 1"},
		{"package main\n\nfunc main() { undefined() }", "undefined: undefined"},
		{"func f() { g() }", "undefined: g"},
		{`fmt.Printf("%d\n", order.ID)`, "order.ID of wrong type string"}, // by vet, not by the compiler
	}
	var readme strings.Builder
	lines := make([]int, len(rows))
	for i, row := range rows {
		readme.WriteString("Text.\n\n```go\n")
		lines[i] = 1 + strings.Count(readme.String(), "\n") + strings.Count(row.code, "\n")
		readme.WriteString(row.code + "\n```\n")
	}
	said, err := vetBlocks(t, goBlocks("README.md", readme.String()))
	require.Error(t, err)
	for i, row := range rows {
		assert.Regexp(t, fmt.Sprintf(`README\.md:%d:.*%s`, lines[i], regexp.QuoteMeta(row.want)), said)
	}

	_, err = vetBlocks(t, goBlocks("README.md", "```go\norder :=\n```\n"))
	assert.ErrorContains(t, err, "README.md:")
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(text)
}

// block is a Go block of a document.
type block struct {
	document string
	line     int // of its first line of code
	code     string
}

func (b block) position() string { return fmt.Sprintf("%s:%d", b.document, b.line) }

func goBlocks(document, text string) []block {
	var (
		blocks []block
		code   []string
		inside bool
	)
	for i, line := range strings.Split(text, "\n") {
		switch {
		case !inside && line == "```go":
			inside, code = true, nil
			blocks = append(blocks, block{document: document, line: i + 2})
		case inside && line == "```":
			inside = false
			blocks[len(blocks)-1].code = strings.Join(code, "\n")
		case inside:
			code = append(code, line)
		}
	}
	return blocks
}

// vetBlocks runs go vet over the blocks, each a package of its own in a module
// that needs just what this one needs, and returns what go vet says.
func vetBlocks(t *testing.T, blocks []block) (string, error) {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, content []byte) {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, content, 0o600))
	}
	for i, b := range blocks {
		file, err := b.file()
		if err != nil {
			return "", err
		}
		write(fmt.Sprintf("block%d/block.go", i), file)
	}
	root, err := os.Getwd()
	require.NoError(t, err)
	mod, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	sum, err := os.ReadFile("go.sum")
	require.NoError(t, err)
	module := packages["licensespring"]
	write("go.sum", sum)
	write("go.mod", fmt.Appendf(nil, "%s\nrequire %s v0.0.0\nreplace %s => %s\n",
		strings.Replace(string(mod), "module "+module, "module readme", 1), module, module, strconv.Quote(root)))

	cmd := exec.CommandContext(t.Context(), "go", "vet", "-mod=mod", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOPROXY=off")
	said, err := cmd.CombinedOutput()
	return string(said), err
}

// given is what a snippet of the README can use without saying where it is
// from.
const given = `ctx context.Context, client *licensespring.Client, order *licensespring.Order,
	key string, httpClient *http.Client, logger *slog.Logger, err error`

// packages are those that a snippet can use without importing them.
var packages = map[string]string{
	"context": "context", "errors": "errors", "fmt": "fmt", "http": "net/http", "json": "encoding/json",
	"slog": "log/slog", "testing": "testing", "time": "time",
	"licensespring":     "github.com/licensespring-go/licensespring",
	"licensespringtest": "github.com/licensespring-go/licensespring/licensespringtest",
}

// file makes a whole Go file of a block: as it is, if it is one; with a package
// and imports around it, if it is made of functions; else in a function of its
// own, which has a name for everything that the README says is given.
func (b block) file() ([]byte, error) {
	at := "//line " + b.position() + "\n"
	if strings.HasPrefix(b.code, "package ") {
		return []byte(at + b.code), nil
	}
	body := at + b.code
	if _, err := parser.ParseFile(token.NewFileSet(), "", "package readme\n"+body, 0); err != nil {
		result, end := "", ""
		if strings.Contains(b.code, "return err") {
			result, end = "error", "\n//line README.md:1\nreturn nil"
		}
		// In a block of its own, so that a snippet can declare what is given.
		body = "func _(" + given + ") " + result + " {\n{\n" + body + "\n}" + end + "\n}\n"
	}
	file, err := parser.ParseFile(token.NewFileSet(), b.document, "package readme\n"+body, 0)
	if err != nil {
		return nil, err
	}
	return []byte("package readme\n" + imports(file) + body), nil
}

// imports are the import declarations for the packages that a file uses.
func imports(file *ast.File) string {
	used := make(map[string]bool)
	ast.Inspect(file, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := selector.X.(*ast.Ident); ok && packages[x.Name] != "" {
				used[packages[x.Name]] = true
			}
		}
		return true
	})
	var text strings.Builder
	for path := range used {
		fmt.Fprintf(&text, "import %q\n", path)
	}
	return text.String()
}
