package licensespring_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// The two commands of the README stand there word for word: whoever reads it
// types them.
func TestReadmeCommands(t *testing.T) {
	t.Parallel()
	readme := readReadme(t)
	for _, command := range []string{"go run ./examples/createorder", "go test ./..."} {
		if !strings.Contains(readme, "\n```sh\n"+command+"\n```\n") {
			t.Errorf("README.md does not say: %s", command)
		}
	}
}

// Files that the README links to are there.
func TestReadmeLinks(t *testing.T) {
	t.Parallel()
	links := 0
	for i, text := range strings.Split(readReadme(t), "```") {
		if i%2 == 1 {
			continue // code
		}
		for _, rest := range strings.Split(text, "](")[1:] {
			target, _, _ := strings.Cut(rest, ")")
			if !strings.Contains(target, "://") && !strings.HasPrefix(target, "#") {
				links++
				assert.FileExists(t, target)
			}
		}
	}
	assert.Positive(t, links)
}

// What "the same order" means is written once for users and once where it is
// done, in the same words.
func TestDocSaysWhatSameMeans(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	compare, err := os.ReadFile("compare.go")
	require.NoError(t, err)
	const begin = "// Two orders are the same if\n"
	_, text, ok := strings.Cut(string(compare), begin)
	require.True(t, ok)
	text, _, _ = strings.Cut(text, "\n\n")
	_, said, ok := strings.Cut(string(doc), begin)
	require.True(t, ok)
	assert.Equal(t, text, said[:min(len(text), len(said))])
}

// Every Go block of the README compiles and passes vet.
func TestReadmeCode(t *testing.T) {
	t.Parallel()
	blocks := goBlocks(readReadme(t))
	require.NotEmpty(t, blocks)
	for _, b := range blocks {
		formatted, err := format.Source([]byte(b.code))
		if assert.NoError(t, err, "README.md:%d", b.line) {
			assert.Equal(t, strings.TrimSuffix(string(formatted), "\n"), b.code, "README.md:%d is not formatted", b.line)
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
	said, err := vetBlocks(t, goBlocks(readme.String()))
	require.Error(t, err)
	for i, row := range rows {
		assert.Regexp(t, fmt.Sprintf(`README\.md:%d:.*%s`, lines[i], regexp.QuoteMeta(row.want)), said)
	}

	_, err = vetBlocks(t, goBlocks("```go\norder :=\n```\n"))
	assert.ErrorContains(t, err, "README.md:")
}

// Each row of the table of outcomes ends as it says, and stands in README.md.
func TestReadmeOutcomes(t *testing.T) {
	t.Parallel()
	const (
		create = licensespringtest.CreateOrder
		list   = licensespringtest.ListOrders
	)
	plain := func() *licensespring.Order {
		return licensespring.NewOrder("inv-1").AddItem("acme-cad", licensespring.NewLicense())
	}
	appending := func() *licensespring.Order { return plain().Appending() }
	withKey := func() *licensespring.Order {
		return licensespring.NewOrder("inv-1").Appending().AddItem("acme-cad", licensespring.NewKeyLicense("AB2C-D3EF-GH4J-K5MN"))
	}
	existing := func(t *testing.T, c *licensespring.Client) {
		t.Helper()
		_, err := c.CreateOrder(t.Context(), plain())
		require.NoError(t, err)
	}
	another := func(t *testing.T, c *licensespring.Client) {
		t.Helper()
		_, err := c.CreateOrder(t.Context(), licensespring.NewOrder("inv-1").AddItem("acme-web", licensespring.NewUserLicense()))
		require.NoError(t, err)
	}
	rows := []struct {
		row     string // the first cell
		name    string // where a row has several endings
		order   func() *licensespring.Order
		before  func(*testing.T, *licensespring.Client)
		faults  []licensespringtest.Fault
		ensure  bool
		offline bool
		giveUp  bool // the context ends when the request is at the service
		outcome licensespring.Outcome
		kinds   []error
	}{
		{row: "answered with the order", outcome: licensespring.Created},
		{row: "answered with the order", name: "append", order: appending, before: existing, outcome: licensespring.Appended},
		{
			row:     "the order has a fault",
			order:   func() *licensespring.Order { return licensespring.NewOrder("") },
			outcome: licensespring.NotSent,
			kinds:   []error{licensespring.ErrInvalidRequest, licensespring.ErrNotSent},
		},
		{
			row: "not sent: connection refused, DNS, TLS, dial timeout", offline: true,
			outcome: licensespring.NotSent, kinds: []error{licensespring.ErrNotSent},
		},
		{row: "429, or a budget used up", faults: faults(licensespringtest.Status(429).On(create)), outcome: licensespring.Created},
		{
			row: "429, or a budget used up", name: "for long", faults: faults(licensespringtest.Status(429).On(create).Forever()),
			outcome: licensespring.Refused, kinds: []error{licensespring.ErrRateLimited},
		},
		{
			row: "refused: another 4xx", faults: faults(licensespringtest.Status(403).On(create)),
			outcome: licensespring.Refused, kinds: []error{licensespring.ErrUnauthorized},
		},
		{
			row: "redirected", faults: faults(licensespringtest.Redirect(302, "/").On(create)),
			outcome: licensespring.Refused, kinds: []error{licensespring.ErrRedirected},
		},
		{
			row: "the id was taken before", before: existing,
			outcome: licensespring.Refused, kinds: []error{licensespring.ErrOrderExists},
		},
		{row: "the same, in `EnsureOrder`", before: existing, ensure: true, outcome: licensespring.Existing},
		{
			row: "the same, in `EnsureOrder`", name: "another", before: another, ensure: true,
			outcome: licensespring.Refused, kinds: []error{licensespring.ErrOrderConflict},
		},
		{
			row: "answer lost: cut, timed out, 5xx", faults: faults(licensespringtest.DropBefore().On(create)),
			outcome: licensespring.Created,
		},
		{
			row: "… every time, or until the id is taken", faults: faults(licensespringtest.DropAfter().On(create)),
			outcome: licensespring.Recovered,
		},
		{
			row: "… every time, or until the id is taken", name: "every time",
			faults:  faults(licensespringtest.DropAfter().On(create), licensespringtest.DropBefore().On(create).Forever()),
			outcome: licensespring.Recovered,
		},
		{
			row: "… every time, or until the id is taken", name: "another", before: another,
			faults:  faults(licensespringtest.DropBefore().On(create)),
			outcome: licensespring.Refused, kinds: []error{licensespring.ErrOrderExists},
		},
		{
			row: "… every time, or until the id is taken", name: "another, ensured", before: another, ensure: true,
			faults:  faults(licensespringtest.DropBefore().On(create)),
			outcome: licensespring.Refused, kinds: []error{licensespring.ErrOrderConflict},
		},
		{
			row:     "… and it is not to be found",
			faults:  faults(licensespringtest.Together(licensespringtest.DropAfter(), licensespringtest.InvisibleFor(time.Hour)).On(create)),
			outcome: licensespring.Unknown, kinds: []error{licensespring.ErrOutcomeUnknown},
		},
		{
			row:     "2xx, but cut, too large, not JSON, or without the order",
			faults:  faults(licensespringtest.CutResponse(150).On(create)),
			outcome: licensespring.Recovered,
		},
		{
			row: "2xx, but cut, too large, not JSON, or without the order", name: "and no lookup",
			faults:  faults(licensespringtest.CutResponse(150).On(create), licensespringtest.DropBefore().On(list).Forever()),
			outcome: licensespring.Unknown, kinds: []error{licensespring.ErrOutcomeUnknown},
		},
		{
			row:   "append, answer lost, a key on each license",
			order: withKey, before: existing, faults: faults(licensespringtest.DropAfter().On(create)),
			outcome: licensespring.Recovered,
		},
		{
			row: "append, answer lost, a key on each license", name: "not made",
			order: withKey, before: existing, faults: faults(licensespringtest.DropBefore().On(create)),
			outcome: licensespring.Appended,
		},
		{
			row:   "append, answer lost, a license without a key",
			order: appending, before: existing, faults: faults(licensespringtest.DropBefore().On(create)),
			outcome: licensespring.Unknown, kinds: []error{licensespring.ErrOutcomeUnknown},
		},
		{
			row:    "the context ended, after sending",
			faults: faults(licensespringtest.StallAfter().On(create)), giveUp: true,
			outcome: licensespring.Unknown, kinds: []error{licensespring.ErrOutcomeUnknown, context.Canceled},
		},
	}
	readme, doc := readReadme(t), readDoc(t)
	for _, row := range rows {
		t.Run(strings.TrimSpace(row.row+" "+row.name), func(t *testing.T) {
			t.Parallel()
			requireRow(t, readme, doc, row.row)
			srv := licensespringtest.NewServer(t, licensespringtest.WithStrictFaults())
			client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()),
				licensespring.WithRetryWaits(time.Millisecond, time.Millisecond))
			require.NoError(t, err)
			if row.before != nil {
				row.before(t, client)
			}
			srv.Inject(row.faults...)
			if row.offline {
				require.NoError(t, srv.Offline())
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if row.giveUp {
				time.AfterFunc(0, func() {
					for len(srv.Orders()) == 0 && ctx.Err() == nil {
						runtime.Gosched()
					}
					cancel()
				})
			}
			if row.order == nil {
				row.order = plain
			}
			call := client.CreateOrder
			if row.ensure {
				call = client.EnsureOrder
			}
			res, err := call(ctx, row.order())
			assert.Equal(t, row.outcome, outcomeOf(res, err), "%v", err)
			for _, kind := range row.kinds {
				assert.ErrorIs(t, err, kind)
			}
		})
	}

	t.Run("certificate not accepted", func(t *testing.T) {
		t.Parallel()
		requireRow(t, readme, doc, "certificate not accepted")
		srv := httptest.NewUnstartedServer(http.NotFoundHandler())
		srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
		srv.StartTLS()
		defer srv.Close()
		client, err := licensespring.New("key", licensespring.WithBaseURL(srv.URL))
		require.NoError(t, err)
		_, err = client.CreateOrder(t.Context(), plain())
		require.ErrorIs(t, err, licensespring.ErrNotSent)
		assert.Len(t, attemptsOf(err), 1)
	})
	t.Run("the context ended, before sending", func(t *testing.T) {
		t.Parallel()
		requireRow(t, readme, doc, "the context ended, before sending")
		client, err := licensespring.New("key")
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = client.CreateOrder(ctx, plain())
		require.ErrorIs(t, err, licensespring.ErrNotSent)
		assert.ErrorIs(t, err, context.Canceled)
	})
}

// The retry table of README.md says what is done, cell by cell.
func TestReadmeResends(t *testing.T) {
	t.Parallel()
	rows := []struct {
		row     string
		faults  []licensespringtest.Fault
		offline bool
	}{
		{row: "not sent: connection refused, DNS, TLS, dial timeout", offline: true},
		{row: "429", faults: faults(licensespringtest.Status(429))},
		{
			row:    "lost after the headers were written: cut, attempt timeout, 500, 502, 503, 504, other 5xx",
			faults: faults(licensespringtest.Status(502)),
		},
		{row: "lost, and it would be lost again: 501, 505, 303", faults: faults(licensespringtest.Status(501))},
		{row: "2xx, the body cut, too large or not JSON", faults: faults(licensespringtest.CutResponse(150))},
		{row: "other 4xx, other 3xx, certificate not accepted", faults: faults(licensespringtest.Status(400))},
	}
	order := licensespring.NewOrder("inv-1").AddItem("acme-cad", licensespring.NewLicense())
	calls := []func(context.Context, *licensespring.Client) ([]licensespring.Attempt, error){
		func(ctx context.Context, c *licensespring.Client) ([]licensespring.Attempt, error) {
			res, err := c.CreateOrder(ctx, order)
			return attempts(res), err
		},
		func(ctx context.Context, c *licensespring.Client) ([]licensespring.Attempt, error) {
			res, err := c.CreateOrder(ctx, order.Clone().Appending())
			return attempts(res), err
		},
		func(ctx context.Context, c *licensespring.Client) ([]licensespring.Attempt, error) {
			_, err := c.GenerateLicenseKeys(ctx, "acme-cad", 1)
			return nil, err
		},
	}
	for _, row := range rows {
		t.Run(row.row, func(t *testing.T) {
			t.Parallel()
			_, table, _ := strings.Cut(readReadme(t), "\n## What is sent again\n")
			_, rest, ok := strings.Cut(table, "\n| "+row.row+" |")
			require.True(t, ok, "README.md has no such row")
			line, _, _ := strings.Cut(rest, "\n")
			cells := strings.Split(line, "|")
			for i, call := range calls {
				srv := licensespringtest.NewServer(t)
				client, err := licensespring.New(srv.APIKey(), licensespring.WithBaseURL(srv.URL()),
					licensespring.WithRetryWaits(time.Millisecond, time.Millisecond))
				require.NoError(t, err)
				srv.Inject(row.faults...)
				if row.offline {
					require.NoError(t, srv.Offline())
				}
				made, err := call(t.Context(), client)
				again := err == nil && made == nil // a read that went well in the end
				for _, a := range append(made, attemptsOf(err)...) {
					again = again || a.Number > 1 && a.Op != "look up order"
				}
				assert.Equal(t, strings.HasPrefix(strings.TrimSpace(cells[i]), "yes"), again, "column %d", i+1)
			}
		})
	}
}

func attempts(res *licensespring.OrderResult) []licensespring.Attempt {
	if res == nil {
		return nil
	}
	return res.Attempts
}

// requireRow checks that both tables of outcomes have the row.
func requireRow(t *testing.T, readme, doc, row string) {
	t.Helper()
	if !strings.Contains(readme, "\n| "+row+" |") {
		t.Errorf("README.md has no row %q", row)
	}
	if !strings.Contains(doc, " "+strings.ReplaceAll(row, "`", "")+" ") {
		t.Errorf("doc.go has no row %q", row)
	}
}

// readDoc returns the text of the first column of all tables in doc.go: a cell
// takes as many lines as it needs, and has an empty line of its own after it.
func readDoc(t *testing.T) string {
	t.Helper()
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	var cells strings.Builder
	for line := range strings.Lines(string(doc)) {
		if cell, ok := strings.CutPrefix(line, "//\t"); ok {
			first, _, _ := strings.Cut(cell, "  ")
			cells.WriteString(" " + strings.TrimSpace(first))
		}
	}
	return cells.String() + " "
}

func faults(list ...licensespringtest.Fault) []licensespringtest.Fault { return list }

func outcomeOf(res *licensespring.OrderResult, err error) licensespring.Outcome {
	if e, ok := errors.AsType[*licensespring.Error](err); ok {
		return e.Outcome
	}
	return res.Outcome
}

func attemptsOf(err error) []licensespring.Attempt {
	if e, ok := errors.AsType[*licensespring.Error](err); ok {
		return e.Attempts
	}
	return nil
}

func readReadme(t *testing.T) string {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	return string(readme)
}

// block is a Go block of the README.
type block struct {
	line int // of its first line of code
	code string
}

func goBlocks(readme string) []block {
	var (
		blocks []block
		code   []string
		inside bool
	)
	for i, line := range strings.Split(readme, "\n") {
		switch {
		case !inside && line == "```go":
			inside, code = true, nil
			blocks = append(blocks, block{line: i + 2})
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
	at := fmt.Sprintf("//line README.md:%d\n", b.line)
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
	file, err := parser.ParseFile(token.NewFileSet(), "README.md", "package readme\n"+body, 0)
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
