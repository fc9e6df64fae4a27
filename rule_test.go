package licensespring

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each constant of rule.go has a comment with its severity. Each rule of
// checking or decoding an order is broken by at least one test case.
func TestRulesAreDocumentedAndTested(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "rule.go", nil, parser.ParseComments)
	require.NoError(t, err)
	rules := rulesOf(t, file)
	require.Greater(t, len(rules), 40)

	ofCalls := []Rule{ // tested with the calls that report them
		RuleOption, RuleAppendWithoutKeys, RuleOutOfRange,
		RuleValueMismatch, RuleFeatureDropped, RuleDialectSuspected, RuleUnreadableMember, RuleNoLicensesShown,
		RuleNotShown, RulePasswordLost,
	}
	broken := brokenRules()
	for rule, comment := range rules {
		assert.Regexp(t, `^[a-z]+(_[a-z]+)*$`, rule)
		assert.Regexp(t, `^Rule\w+ is (an error|a warning)[ :]`, comment)
		if slices.Contains(ofCalls, rule) {
			continue
		}
		severity, ok := broken[rule]
		assert.True(t, ok, "no test breaks %s", rule)
		assert.Regexp(t, ` is an? `+severity.String()+`\b`, comment)
	}
}

func rulesOf(t *testing.T, file *ast.File) map[Rule]string {
	t.Helper()
	rules := make(map[Rule]string)
	for _, decl := range file.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.CONST {
			continue
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
			rules[Rule(rule)] = value.Doc.Text()
		}
	}
	return rules
}

// brokenRules returns the rules that the tests break, with their severities.
func brokenRules() map[Rule]Severity {
	broken := make(map[Rule]Severity)
	for _, tt := range checkCases() {
		for _, f := range tt.order.Check() {
			broken[f.Rule] = f.Severity
		}
	}
	order := NewOrder("inv-1").AddItem("acmecad", NewUserLicense("grace@example.com").WithFeatures("export")).AddItem("acmesuite").AddItem("acmeold").AddItem("acmepaint")
	for _, f := range order.CheckProducts([]ProductRecord{
		{ShortCode: "acmecad", AuthorizationMethod: AuthorizationLicenseKey, Features: []ProductFeatureRecord{}},
		{ShortCode: "acmesuite", IsBundle: new(true)},
		{ShortCode: "acmeold", IsArchived: new(true)},
	}) {
		broken[f.Rule] = f.Severity
	}
	for _, in := range []string{`{`, `{"id":1}`, `{"id":"a","id":"a"}`, `{"customer":{"company":"a","company_name":"b"}}`, `{"items":[{"licenses":[{"custom_fields":[{"a":1}]}]}]}`, `{"items":[` + strings.Repeat("0,", 1000) + `0]}`} {
		var o Order
		if all, ok := o.UnmarshalJSON([]byte(in)).(*ValidationError); ok { //nolint:errorlint // returned unwrapped
			for _, f := range all.Findings {
				broken[f.Rule] = f.Severity
			}
		}
	}
	for _, row := range updateCases() {
		for _, f := range row.update.Check() {
			broken[f.Rule] = f.Severity
		}
	}
	for _, row := range stateCases() {
		for _, f := range row.state.Check() {
			broken[f.Rule] = f.Severity
		}
	}
	return broken
}
