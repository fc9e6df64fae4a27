package main

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "update CONFIGURATION.md")

// CONFIGURATION.md lists the flags of serve and check, and all variables.
func TestConfigurationReference(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(`# Configuration of licensed

All settings of ` + "`licensed serve` and `licensed check`" + `. A flag has precedence over its variable. This
page is generated from the program; [README.md](README.md) explains the settings.

## Secrets

Secrets have no flags. Each is a variable, or a file that the variable with the suffix
` + "`_FILE`" + ` names, such as ` + "`STRIPE_API_KEY_FILE`" + `.

| variable | meaning |
| --- | --- |
`)
	for _, secret := range new(secrets).variables() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", secret.name, secret.usage)
	}
	b.WriteString("\n## Flags\n\n| flag | variable | default | meaning |\n| --- | --- | --- | --- |\n")
	flags := new(settings).flagsOf("licensed serve", env(), &output{})
	flags.set.VisitAll(func(f *flag.Flag) {
		kind, usage := flag.UnquoteUsage(f)
		name := strings.TrimSpace("-" + f.Name + " " + kind)
		variable := ""
		if i := strings.LastIndex(usage, " ("); i >= 0 && regexp.MustCompile(`^ \([A-Z_]+\)$`).MatchString(usage[i:]) {
			usage, variable = usage[:i], "`"+usage[i+2:len(usage)-1]+"`"
		}
		value := f.DefValue
		if value != "" && value != "false" {
			value = "`" + value + "`"
		} else {
			value = ""
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", name, variable, value, usage)
	})
	page := filepath.Join("..", "..", "CONFIGURATION.md")
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(b.String()), 0o644))
	}
	assert.Equal(t, readDocument(t, page), b.String(), "run: go test ./cmd/licensed -run TestConfigurationReference -update")
}

func readDocument(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

// deployDir holds the files of a deployment.
var deployDir = filepath.Join("..", "..", "..", "deploy")

// Every alert has an entry in the runbook, and every metric of an alert exists.
func TestAlerts(t *testing.T) {
	t.Parallel()
	runbook := readDocument(t, filepath.Join(deployDir, "RUNBOOK.md"))
	alerts := readDocument(t, filepath.Join(deployDir, "alerts.yml"))
	names := regexp.MustCompile(`- alert: (\w+)`).FindAllStringSubmatch(alerts, -1)
	require.Len(t, names, strings.Count(alerts, "runbook_url:"))
	for _, name := range names {
		assert.Contains(t, runbook, "\n### "+name[1]+"\n")
		assert.Contains(t, alerts, "/deploy/RUNBOOK.md#"+strings.ToLower(name[1])+"\n")
	}
	for _, heading := range regexp.MustCompile(`\n### (Licensed\w+)\n`).FindAllStringSubmatch(runbook, -1) {
		assert.Contains(t, alerts, "- alert: "+heading[1]+"\n")
	}

	r := startServe(t, env("LICENSED_AUDIT_INTERVAL", "1h", "STRIPE_API_KEY", "rk_test", "STRIPE_WEBHOOK_SECRET", "whsec_test",
		"STRIPE_BASE_URL", (&fakeStripe{}).start(t)), "-fake")
	for _, metric := range regexp.MustCompile(`licensed_\w+`).FindAllString(alerts, -1) {
		if metric == "licensed_admin_token" {
			continue // the name of a file in a comment
		}
		eventually(t, metric+" exists", func() bool {
			_, body, _ := get(t, r.admin+"/metrics", nil)
			return strings.Contains(body, "# TYPE "+metric+" ")
		})
	}
}

// Every reason of a dead letter has an entry in the runbook. The reasons are the texts of
// errors of stripehook, and of reviews of lifecycle and reconcile.
func TestDeadLetterReasons(t *testing.T) {
	t.Parallel()
	runbook := readDocument(t, filepath.Join(deployDir, "RUNBOOK.md"))
	reasons := append(errorTexts(t, "../../stripehook/event.go", "../../stripehook/inbox.go", "../../stripehook/line_items.go"),
		reviewTexts(t, "../../lifecycle", "../../reconcile")...)
	require.Greater(t, len(reasons), 20)
	for _, reason := range reasons {
		found := false
		for _, part := range reason {
			if i := strings.IndexAny(part, ":;("); i >= 0 {
				part = part[:i]
			}
			part = strings.TrimSpace(part)
			found = found || len(part) > 12 && strings.Contains(runbook, part)
		}
		assert.True(t, found, "%q", reason)
	}
}

// errorTexts returns the literal parts of the arguments of errors.New.
func errorTexts(t *testing.T, files ...string) (texts [][]string) {
	t.Helper()
	for _, file := range files {
		inspectCalls(t, file, func(name string, args []ast.Expr) {
			if name == "New" && len(args) == 1 {
				texts = append(texts, literals(args[0]))
			}
		})
	}
	return texts
}

// reviewTexts returns the literal parts of the reasons of reviews.
func reviewTexts(t *testing.T, dirs ...string) (texts [][]string) {
	t.Helper()
	for _, dir := range dirs {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		require.NoError(t, err)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			inspectCalls(t, file, func(name string, args []ast.Expr) {
				if name == "review" && len(args) == 3 && len(literals(args[1])) > 0 {
					texts = append(texts, literals(args[1]))
				}
			})
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			require.NoError(t, err)
			ast.Inspect(parsed, func(n ast.Node) bool {
				if pair, ok := n.(*ast.KeyValueExpr); ok && fmt.Sprint(pair.Key) == "Reason" {
					if list := literals(pair.Value); len(list) > 0 && isReason(n, parsed) {
						texts = append(texts, list)
					}
				}
				return true
			})
		}
	}
	return texts
}

// isReason reports whether a member belongs to a Review or a Rejection.
func isReason(member ast.Node, in ast.Node) (is bool) {
	ast.Inspect(in, func(n ast.Node) bool {
		if lit, ok := n.(*ast.CompositeLit); ok && lit.Pos() <= member.Pos() && member.End() <= lit.End() {
			name := ""
			switch kind := lit.Type.(type) {
			case *ast.Ident:
				name = kind.Name
			case *ast.SelectorExpr:
				name = kind.Sel.Name
			case *ast.ArrayType:
				name = fmt.Sprint(kind.Elt)
			}
			is = is || name == "Review" || name == "Rejection"
		}
		return true
	})
	return is
}

func inspectCalls(t *testing.T, file string, visit func(name string, args []ast.Expr)) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	require.NoError(t, err)
	ast.Inspect(parsed, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if selector, ok := call.Fun.(*ast.SelectorExpr); ok {
				visit(selector.Sel.Name, call.Args)
			}
		}
		return true
	})
}

// literals returns the string literals of an expression.
func literals(e ast.Expr) (list []string) {
	ast.Inspect(e, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			text, err := strconv.Unquote(lit.Value)
			if err == nil {
				list = append(list, text)
			}
		}
		return true
	})
	return list
}
