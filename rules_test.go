package licensespring

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRulesAreDocumentedAndTested reads the constants of rules.go: each has a
// comment that begins with its name and says its severity, stands in the table,
// and is broken by at least one row of the tests.
func TestRulesAreDocumentedAndTested(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "rules.go", nil, parser.ParseComments)
	require.NoError(t, err)
	table, rules := rulesOf(t, file)
	require.Greater(t, len(rules), 40)

	broken := brokenRules()
	for rule, comment := range rules {
		assert.Regexp(t, `^[a-z]+(_[a-z]+)*$`, rule)
		assert.Regexp(t, `^Rule\w+ is a (fault|warning): `, comment)
		faults, warnings, found := strings.Cut(table, "Warnings:")
		require.True(t, found)
		if strings.Contains(comment, "is a fault") {
			assert.Regexp(t, `\t`+rule+` `, faults)
		} else {
			assert.Regexp(t, `\t`+rule+` `, warnings)
		}
		if rule != RuleOption { // the client's, tested with it
			severity, ok := broken[rule]
			assert.True(t, ok, "no test breaks %s", rule)
			assert.Contains(t, comment, "is a "+severity.String()+": ")
		}
	}
	for _, row := range regexp.MustCompile(`(?m)^\t([a-z_]+) `).FindAllStringSubmatch(table, -1) {
		assert.Contains(t, rules, row[1], "the table has a rule that is none")
	}
}

func rulesOf(t *testing.T, file *ast.File) (table string, rules map[string]string) {
	t.Helper()
	rules = make(map[string]string)
	for _, decl := range file.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.CONST {
			continue
		}
		if strings.Contains(gen.Doc.Text(), "Warnings:") {
			table = gen.Doc.Text()
		}
		for _, spec := range gen.Specs {
			value, ok := spec.(*ast.ValueSpec)
			require.True(t, ok)
			if !value.Names[0].IsExported() {
				continue
			}
			literal, ok := value.Values[0].(*ast.BasicLit)
			require.True(t, ok)
			rule, err := strconv.Unquote(literal.Value)
			require.NoError(t, err)
			rules[rule] = value.Doc.Text()
		}
	}
	return table, rules
}

// brokenRules returns the rules that the tests of checking and reading break.
func brokenRules() map[string]Severity {
	broken := make(map[string]Severity)
	for _, tt := range checkCases() {
		for _, f := range tt.order.Check() {
			broken[f.Rule] = f.Severity
		}
	}
	for _, in := range []string{`{`, `{"id":1}`, `{"id":"a","id":"a"}`, `{"customer":{"company":"a","company_name":"b"}}`, `{"items":[{"licenses":[{"custom_fields":[{"a":1}]}]}]}`, `{"items":[` + strings.Repeat("0,", 1000) + `0]}`} {
		var o Order
		if all, ok := o.UnmarshalJSON([]byte(in)).(*ValidationError); ok { //nolint:errorlint // it is returned as it is
			for _, f := range all.Findings {
				broken[f.Rule] = f.Severity
			}
		}
	}
	return broken
}
