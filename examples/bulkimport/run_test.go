package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/licensespringtest"
)

// ending is what a run left behind.
type ending struct {
	code           int
	stdout, stderr string
}

// runWith runs the program. A nil server is the program's own.
func runWith(ctx context.Context, srv *licensespringtest.Server, stdin string, args ...string) ending {
	var stdout, stderr bytes.Buffer
	code := run(ctx, args, environment(srv), strings.NewReader(stdin), &stdout, &stderr)
	return ending{code: code, stdout: stdout.String(), stderr: stderr.String()}
}

// environment makes a run talk to a server.
func environment(srv *licensespringtest.Server) func(string) string {
	if srv == nil {
		return func(string) string { return "" }
	}
	return environmentOf(srv.APIKey(), srv.URL())
}

func environmentOf(key, baseURL string) func(string) string {
	return func(name string) string {
		return map[string]string{envKey: key, envBaseURL: baseURL}[name]
	}
}

// shownResult is a line of the results, as somebody else reads it.
type shownResult struct {
	Line        int      `json:"line"`
	ID          string   `json:"id"`
	Outcome     string   `json:"outcome"`
	OrderID     int64    `json:"order_id"`
	LicenseKeys []string `json:"license_keys"`
	Users       []struct {
		Email           string  `json:"email"`
		IsManager       bool    `json:"is_manager"`
		InitialPassword *string `json:"initial_password"`
	} `json:"users"`
	Warnings []shownFinding `json:"warnings"`
	Error    *struct {
		Kind        string         `json:"kind"`
		Message     string         `json:"message"`
		Status      int            `json:"status"`
		Code        string         `json:"code"`
		Findings    []shownFinding `json:"findings"`
		Differences []struct {
			Path string `json:"path"`
		} `json:"differences"`
	} `json:"error"`
}

type shownFinding struct {
	Line     int    `json:"line"`
	Path     string `json:"path"`
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	Message  string `json:"message"`
}

// String returns the finding without its message: "12: path: rule".
func (f shownFinding) String() string {
	s := f.Path + ": " + f.Rule
	if f.Line > 0 {
		s = fmt.Sprintf("%d: %s", f.Line, s)
	}
	return s
}

func (r shownResult) findings() []string {
	var all []string
	if r.Error != nil {
		for _, f := range r.Error.Findings {
			all = append(all, f.String())
		}
	}
	for _, f := range r.Warnings {
		all = append(all, f.String())
	}
	return all
}

// readResults reads results strictly: every line is one.
func readResults(t *testing.T, text string) []shownResult {
	t.Helper()
	var all []shownResult
	for line := range strings.Lines(text) {
		decoder := json.NewDecoder(strings.NewReader(line))
		var r shownResult
		require.NoError(t, decoder.Decode(&r), line)
		require.True(t, strings.HasSuffix(line, "\n"), line)
		all = append(all, r)
	}
	return all
}

// byLine returns the results by the line of the input they are about.
func byLine(t *testing.T, text string) map[int]shownResult {
	t.Helper()
	lines := make(map[int]shownResult)
	for _, r := range readResults(t, text) {
		require.NotContains(t, lines, r.Line, "two results of one line")
		lines[r.Line] = r
	}
	return lines
}

func writeFile(t *testing.T, name, content string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(name, []byte(content), 0o600))
	return name
}

// What README.md says of the two examples.
var exampleOutcomes = map[string]map[int]string{
	"orders.jsonl": {
		1: "created", 2: "created", 3: "not sent", 4: "not sent", 5: "created", 7: "not sent",
		8: "created", 9: "refused", 10: "created", 11: "refused", 12: "created",
	},
	"orders.csv": {
		2: "created", 3: "created", 6: "not sent", 7: "not sent", 8: "created", 9: "not sent",
		11: "not sent", 13: "created", 14: "refused", 15: "created",
	},
}

var exampleFindings = map[string]map[int][]string{
	"orders.jsonl": {
		3:  {": invalid_json"},
		4:  {"items[0].licenses[0].max_activations: wrong_type", "items[0].licenses[0].valid_duration: invalid_duration"},
		7:  {"items[0].licenses[0].valid_duration: duration_on_perpetual", "customer.email: malformed_email"},
		10: {"items[0].licenses[0].product_features[1].code: feature_dropped"},
	},
	"orders.csv": {
		6:  {"items[0].licenses[0].max_activations: wrong_type"},
		7:  {": csv"},
		9:  {": csv"},
		11: {"12: customer.email: rows_differ", "12: items[0].licenses[1].max_activations: negative"},
	},
}

func TestExamples(t *testing.T) {
	t.Parallel()
	for file, outcomes := range exampleOutcomes {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			srv := licensespringtest.NewServer(t)
			got := runWith(t.Context(), srv, "", "-f", file, "-plan", "unlimited")
			assert.Equal(t, exitRefused, got.code, got.stderr)
			results := byLine(t, got.stdout)
			made := 0
			for line, r := range results {
				assert.Equal(t, outcomes[line], r.Outcome, "line %d", line)
				assert.Equal(t, exampleFindings[file][line], r.findings(), "line %d", line)
				if r.Outcome == "created" {
					made++
				}
			}
			assert.Len(t, results, len(outcomes))
			assert.Len(t, srv.Orders(), made)

			// The same again makes nothing, whatever else is wrong.
			again := runWith(t.Context(), srv, "", "-f", file, "-plan", "unlimited")
			assert.Equal(t, exitRefused, again.code)
			for line, r := range byLine(t, again.stdout) {
				want := strings.Replace(outcomes[line], "created", "existing", 1)
				assert.Equal(t, want, r.Outcome, "line %d", line)
			}
			assert.Len(t, srv.Orders(), made)
		})
	}
}

func TestRunWithoutAnything(t *testing.T) {
	t.Parallel()
	got := runWith(t.Context(), nil, "")
	assert.Equal(t, exitRefused, got.code, "the example has lines that are wrong")
	assert.Len(t, readResults(t, got.stdout), len(exampleOutcomes["orders.jsonl"]))
	for _, want := range []string{
		"Talking to a fake of the service, started at http://127.0.0.1:",
		"orders.jsonl:3: fault: unexpected end of JSON input, at byte ",
		"orders.jsonl:4: fault: items[0].licenses[0].max_activations: want a number [wrong_type]\n",
		"orders.jsonl:9: refused: ensure order \"inv-2031-0008\": invalid request",
		"orders.jsonl:10: warning: items[0].licenses[0].product_features[1].code: ",
		"orders.jsonl:11: refused: ensure order \"inv-2031-0001\": order conflict",
		"orders.jsonl: 11 orders in ",
		": 6 created, 3 wrong, 2 refused; 1 with warnings.\n",
		"The fake holds 6 orders with 8 licenses.\n",
		"Correct what is wrong",
	} {
		assert.Contains(t, got.stderr, want)
	}
}

func TestDryRun(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t)
	for file, outcomes := range exampleOutcomes {
		got := runWith(t.Context(), srv, "", "-f", file, "-dry-run")
		assert.Equal(t, exitRefused, got.code)
		results := byLine(t, got.stdout)
		assert.Len(t, results, len(outcomes))
		for line, r := range results {
			want := outcomes[line]
			if want != "not sent" { // what only the service knows
				want = "valid"
			}
			assert.Equal(t, want, r.Outcome, "%s:%d", file, line)
			if want != "valid" {
				assert.Equal(t, exampleFindings[file][line], r.findings(), "%s:%d", file, line)
			}
		}
	}
	assert.Empty(t, srv.Requests())

	good := runWith(t.Context(), nil, `{"id": "a", "items": [{"product_code": "acme-cad", "licenses": [{}]}]}`, "-dry-run", "-f", "-")
	assert.Equal(t, exitDone, good.code)
	assert.JSONEq(t, `{"line":1,"id":"a","outcome":"valid"}`, good.stdout)
	assert.Contains(t, good.stderr, "Dry run: nothing is sent.\n")
	assert.Contains(t, good.stderr, ": 1 valid.\n")
}

func TestDryRunFindsWhatARepeatableImportCannotSend(t *testing.T) {
	t.Parallel()
	input := `{"id": "a", "append": true, "items": [{"product_code": "acme-cad", "licenses": [{}]}]}
{"id": "a", "append": true, "items": [{"product_code": "acme-cad"}]}
{"id": "a", "append": true, "items": [{"product_code": "acme-cad", "licenses": [{"key": "AB2C-D3EF-GH4J-K5MN"}]}]}
`
	for _, args := range [][]string{{"-dry-run"}, {"-plan", "unlimited"}} {
		got := runWith(t.Context(), licensespringtest.NewServer(t), input, append(args, "-f", "-")...)
		assert.Equal(t, exitRefused, got.code, got.stderr)
		results := byLine(t, got.stdout)
		for line := 1; line <= 2; line++ {
			assert.Contains(t, results[line].findings(), "items: append_without_keys", "line %d", line)
		}
		assert.Nil(t, results[3].Error)
	}
}

func TestMisspeltMembersAreToldOf(t *testing.T) {
	t.Parallel()
	input := `{"id": "a", "x": 1, "customer": {"email": "a@example.com", "name": "A"}, "items": [
		{"product_code": "acme-web", "y": 1, "licenses": [{"max_activation": 3,
		"users": [{"email": "a@example.com", "role": 1}], "product_features": [{"code": "teams", "z": 1}]}]}]}`
	got := runWith(t.Context(), nil, strings.ReplaceAll(input, "\n", " "), "-dry-run", "-f", "-")
	assert.Equal(t, exitDone, got.code)
	results := readResults(t, got.stdout)
	require.Len(t, results, 1)
	assert.ElementsMatch(t, []string{
		"x: extra_member",
		"customer.name: extra_member",
		"items[0].y: extra_member",
		"items[0].licenses[0].max_activation: extra_member",
		"items[0].licenses[0].users[0].role: extra_member",
		"items[0].licenses[0].product_features[0].z: extra_member",
	}, results[0].findings())
	assert.Contains(t, got.stderr, "standard input:1: warning: items[0].licenses[0].max_activation: ")
}

func TestResults(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t)
	input := `{"id": "a", "items": [{"product_code": "acme-web", "licenses": [{"users": [{"email": "ada@example.com", "is_manager": true}]}]},
		{"product_code": "acme-cad", "licenses": [{"key": "AB2C-D3EF-GH4J-K5MN"}, {}]}]}`
	input = strings.ReplaceAll(input, "\n", " ")
	got := runWith(t.Context(), srv, input, "-f", "-")
	require.Equal(t, exitDone, got.code, got.stderr)

	order, ok := srv.Order("a")
	require.True(t, ok)
	licenses := order.Licenses()
	require.Len(t, licenses, 3)
	results := readResults(t, got.stdout)
	require.Len(t, results, 1)
	r := results[0]
	assert.Equal(t, 1, r.Line)
	assert.Equal(t, "a", r.ID)
	assert.Equal(t, "created", r.Outcome)
	assert.Equal(t, order.ID, r.OrderID)
	assert.Equal(t, []string{"AB2C-D3EF-GH4J-K5MN", licenses[2].Key}, r.LicenseKeys)
	require.Len(t, r.Users, 1)
	assert.Equal(t, "ada@example.com", r.Users[0].Email)
	assert.True(t, r.Users[0].IsManager)
	assert.Nil(t, r.Users[0].InitialPassword)
	assert.Empty(t, r.Warnings)
	assert.Nil(t, r.Error)

	password := licenses[0].Users[0].InitialPassword
	require.NotEmpty(t, password)
	assert.NotContains(t, got.stdout+got.stderr, password)
	assert.NotContains(t, got.stdout+got.stderr, srv.APIKey())
}

func TestPasswordsAreWrittenOnlyWhenAskedFor(t *testing.T) {
	t.Parallel()
	for _, asked := range []bool{false, true} {
		srv := licensespringtest.NewServer(t)
		file := filepath.Join(t.TempDir(), "results.jsonl")
		args := []string{"-generate", "6", "-out", file, "-progress", "on"}
		if asked {
			args = append(args, "-include-passwords")
		}
		got := runWith(t.Context(), srv, "", args...)
		require.Equal(t, exitDone, got.code, got.stderr)
		results, err := os.ReadFile(file)
		require.NoError(t, err)
		users := 0
		for _, order := range srv.Orders() {
			for _, license := range order.Licenses() {
				for _, u := range license.Users {
					users++
					assert.Equal(t, asked, bytes.Contains(results, []byte(u.InitialPassword)), "password in the results")
					assert.NotContains(t, got.stdout+got.stderr, u.InitialPassword)
				}
			}
		}
		assert.Equal(t, 8, users)
		info, err := os.Stat(file)
		require.NoError(t, err)
		assert.Zero(t, info.Mode().Perm()&0o077, "the file is for its owner only")
	}
}

func TestResultsAreAddedToTheFile(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t)
	// The last line is that of a program that was killed while it wrote.
	file := writeFile(t, "results.jsonl", `{"line":1,"id":"x","outcome":"created"}`+"\n"+`{"line":2,"id`)
	for range 2 {
		got := runWith(t.Context(), srv, "", "-generate", "3", "-out", file)
		require.Equal(t, exitDone, got.code, got.stderr)
		assert.Empty(t, got.stdout)
	}
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")
	require.Len(t, lines, 8)
	assert.Equal(t, `{"line":2,"id`, lines[1])
	var outcomes []string
	for _, r := range readResults(t, strings.Join(lines[2:], "\n")+"\n") {
		outcomes = append(outcomes, r.Outcome)
	}
	assert.Equal(t, []string{"created", "created", "created", "existing", "existing", "existing"}, outcomes)
}

func TestStopOnError(t *testing.T) {
	t.Parallel()
	good := func(n int) string {
		return fmt.Sprintf(`{"id": "o-%d", "items": [{"product_code": "acme-cad", "licenses": [{}]}]}`+"\n", n)
	}
	for name, bad := range map[string]string{
		"not readable": "{\n",
		"wrong":        `{"id": "wrong"}` + "\n",
		"refused":      `{"id": "refused", "items": [{"product_code": "no-such"}]}` + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := licensespringtest.NewServer(t)
			input := good(1) + bad
			for n := 2; n < 100; n++ {
				input += good(n)
			}
			got := runWith(t.Context(), srv, input, "-f", "-", "-stop-on-error", "-concurrency", "1", "-plan", "unlimited")
			assert.Equal(t, exitRefused, got.code, got.stderr)
			assert.Less(t, len(srv.Orders()), 10)
			assert.Contains(t, got.stdout, `"line":2,`)

			all := runWith(t.Context(), srv, input, "-f", "-", "-plan", "unlimited")
			assert.Equal(t, exitRefused, all.code, "without the flag one order stops nothing")
			assert.Len(t, srv.Orders(), 99)
		})
	}
}

func TestOrdersWithOneIDComeOneAfterTheOther(t *testing.T) {
	t.Parallel()
	// Appends whose keys are known, behind the order they are for: sent side by
	// side the append would make the order, and the order would be in its way.
	srv := licensespringtest.NewServer(t)
	var input strings.Builder
	for n := range 50 {
		fmt.Fprintf(&input, `{"id": "o-%d", "items": [{"product_code": "acme-cad", "licenses": [{}]}]}`+"\n", n)
		for k := range 3 {
			fmt.Fprintf(&input, `{"id": "o-%d", "append": true, "items": [{"product_code": "acme-cad", "licenses": [{"key": "K-%d-%d"}]}]}`+"\n", n, n, k)
		}
	}
	got := runWith(t.Context(), srv, input.String(), "-f", "-", "-plan", "unlimited")
	require.Equal(t, exitDone, got.code, got.stderr)
	require.Len(t, srv.Orders(), 50)
	for _, order := range srv.Orders() {
		assert.Len(t, order.Licenses(), 4)
	}
	assert.Contains(t, got.stderr, "50 created, 150 appended.")
}

// An order that differs is told of a difference a line, in the SDK's words.
func TestDifferencesAreTold(t *testing.T) {
	t.Parallel()
	input := `{"id":"a","items":[{"product_code":"acme-cad","licenses":[{"key":"K-1","max_activations":2}]}]}
{"id":"a","items":[{"product_code":"acme-cad","licenses":[{"key":"K-2","max_activations":2}]}]}
`
	got := runWith(t.Context(), nil, input, "-f", "-", "-format", "jsonl")
	assert.Equal(t, exitRefused, got.code)
	assert.Contains(t, got.stderr, "\nstandard input:2: items[0].licenses[0].key: asked for [redacted], found nothing\n")
}

func TestUnauthorized(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t)
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"-generate", "5000"}, environmentOf("wrong", srv.URL()), nil, &stdout, &stderr)
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stderr.String(), "The service does not accept the key in "+envKey)
	assert.Less(t, len(readResults(t, stdout.String())), 100)
}

func TestServiceThatIsNotThere(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t)
	require.NoError(t, srv.Offline())
	got := runWith(t.Context(), srv, "", "-generate", "3", "-plan", "unlimited")
	assert.Equal(t, exitNotSent, got.code, got.stderr)
	assert.Contains(t, got.stderr, "3 not sent.")
	assert.Contains(t, got.stderr, "Run the same again")
	require.NoError(t, srv.Online())
	got = runWith(t.Context(), srv, "", "-generate", "3", "-plan", "unlimited")
	assert.Equal(t, exitDone, got.code, got.stderr)
}

func TestDialect(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t, licensespringtest.WithDialect(licensespringtest.DialectCurrent))
	input := `{"id": "a", "customer": {"email": "a@example.com", "company": "A"}, "items": [{"product_code": "acme-cad", "licenses": [{}]}]}`
	got := runWith(t.Context(), srv, input, "-f", "-", "-dialect", "current")
	assert.Equal(t, exitDone, got.code, got.stderr)
	own := runWith(t.Context(), nil, input, "-f", "-", "-dialect", "current")
	assert.Equal(t, exitDone, own.code, own.stderr)
}

// The fake keeps to the plan as well: a budget that lets too much through would
// be told so.
func TestPlan(t *testing.T) {
	t.Parallel()
	got := runWith(t.Context(), nil, "", "-generate", "20", "-plan", "free")
	assert.Equal(t, exitDone, got.code, got.stderr)
}

func TestProgress(t *testing.T) {
	t.Parallel()
	got := runWith(t.Context(), nil, "", "-f", "orders.csv", "-progress", "on")
	assert.Contains(t, got.stderr, "5 failed")
	assert.Contains(t, got.stderr, "10/10")
	unknownTotal := runWith(t.Context(), nil, string(example), "-f", "-", "-progress", "on")
	assert.Contains(t, unknownTotal.stderr, "/-)")
	quiet := runWith(t.Context(), nil, "", "-f", "orders.csv")
	assert.NotContains(t, quiet.stderr, "10/10")
}

func TestFrom(t *testing.T) {
	t.Parallel()
	for file, outcomes := range exampleOutcomes {
		got := runWith(t.Context(), nil, "", "-f", file, "-from", "8", "-progress", "on")
		results := byLine(t, got.stdout)
		for line := range outcomes {
			assert.Equal(t, line >= 8, results[line].Line > 0, "%s:%d", file, line)
		}
		assert.Contains(t, got.stderr, fmt.Sprintf("%d/%d", len(results), len(results)), "the total is that of the rest")
	}
	got := runWith(t.Context(), nil, "", "-generate", "10", "-from", "8")
	assert.Len(t, readResults(t, got.stdout), 3)
	assert.Equal(t, exitDone, runWith(t.Context(), nil, "", "-generate", "10", "-from", "11").code)
}

func TestManyFailuresAreNotAllShown(t *testing.T) {
	t.Parallel()
	got := runWith(t.Context(), nil, strings.Repeat("{\n", 200), "-f", "-")
	assert.Len(t, readResults(t, got.stdout), 200)
	assert.Equal(t, maxShown, strings.Count(got.stderr, ": fault: "))
	assert.Equal(t, 1, strings.Count(got.stderr, "the rest is in the results only"))
}

func TestResultsCannotBeWritten(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t)
	var stderr bytes.Buffer
	code := run(t.Context(), []string{"-generate", "1000", "-concurrency", "4", "-plan", "unlimited"},
		environment(srv), nil, &brokenPipe{after: 10}, &stderr)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, stderr.String(), "the results cannot be written: broken pipe")
	assert.Less(t, len(srv.Orders()), 50, "an order whose result is lost may be one with a password that is lost")
}

type brokenPipe struct{ after int }

func (b *brokenPipe) Write(p []byte) (int, error) {
	if b.after--; b.after < 0 {
		return 0, errors.New("broken pipe")
	}
	return len(p), nil
}

func TestInputCannotBeRead(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t)
	var stdout, stderr bytes.Buffer
	broken := io.MultiReader(strings.NewReader(`{"id": "a", "items": [{"product_code": "acme-cad", "licenses": [{}]}]}`+"\n"), brokenReader{})
	code := run(t.Context(), []string{"-f", "-"}, environment(srv), broken, &stdout, &stderr)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, stderr.String(), "standard input: broken disk")
	assert.Len(t, srv.Orders(), 1, "what was read before is made")
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("broken disk") }

func TestHelp(t *testing.T) {
	t.Parallel()
	got := runWith(t.Context(), nil, "", "-h")
	assert.Equal(t, exitDone, got.code)
	assert.Empty(t, got.stderr)
	for _, want := range []string{envKey, envBaseURL, "-dry-run", "-f file", "Exit codes"} {
		assert.Contains(t, got.stdout, want)
	}
}

func TestWrongCommandLine(t *testing.T) {
	t.Parallel()
	vendor := environmentOf("12345678.key", "https://saas.licensespring.com")
	none := environmentOf("", "")
	input := writeFile(t, "input.jsonl", "{}\n")
	rows := map[string]struct {
		args []string
		env  func(string) string
		want string
	}{
		"unknown flag":      {[]string{"-frobnicate"}, none, "flag provided but not defined: -frobnicate\nWith -h"},
		"stray argument":    {[]string{"orders.csv"}, none, `unexpected argument "orders.csv": a file is named with -f`},
		"plan":              {[]string{"-plan", "gold"}, none, "want free, business-starter,"},
		"no plan":           {[]string{"-plan", "0"}, none, "want free, business-starter,"},
		"progress":          {[]string{"-progress", "maybe"}, none, "want auto, on or off"},
		"dialect":           {[]string{"-dialect", "klingon"}, none, "want page or current"},
		"format":            {[]string{"-format", "xml"}, none, "want jsonl or csv"},
		"suffix":            {[]string{"-f", "main.go"}, none, "main.go: the name does not tell whether this is jsonl or csv"},
		"no file":           {[]string{"-f", "no-such.csv"}, none, "open no-such.csv: "},
		"directory for out": {[]string{"-out", "."}, none, "open .: "},
		"input as output":   {[]string{"-f", input, "-out", input}, none, "results cannot be added to the input"},
		"concurrency":       {[]string{"-concurrency", "1001"}, none, "want a number from 1 to 1000"},
		"grace":             {[]string{"-grace", "-1s"}, none, "want a duration that is not negative"},
		"from":              {[]string{"-from", "-1"}, none, "want a number above 0"},
		"generate":          {[]string{"-generate", "-1"}, none, "want a number above 0"},
		"two inputs":        {[]string{"-generate", "1", "-f", "-"}, none, "the orders come from one or the other"},
		"serve":             {[]string{"-serve", ":8080"}, none, "want an address of this machine"},
		"serve and dry run": {[]string{"-serve", "127.0.0.1:0", "-dry-run"}, none, "one or the other"},
		"address taken":     {[]string{"-serve", "127.0.0.1:999999"}, none, "invalid port"},
		"address alone": {
			nil, environmentOf("", "https://example.com"),
			"LICENSESPRING_BASE_URL is set and LICENSESPRING_MANAGEMENT_KEY is not: there is no key to talk to that service with",
		},
		"wrong key": {
			[]string{"-f", input},
			environmentOf("secret\n", "https://example.com"),
			"api_key: has space or a line break around it",
		},
		"samples for a real service": {[]string{"-generate", "5"}, vendor, "sample orders are for a fake on this machine"},
		"example for a real service": {nil, vendor, "say which orders are to be created"},
		"a real service has limits":  {[]string{"-f", input, "-plan", "unlimited"}, vendor, "only a fake on this machine has no limits"},
		"faults of a real service":   {[]string{"-f", input, "-faults"}, vendor, "fails when it wants to"},
		"everything at once": {
			[]string{"-generate", "5", "-f", "-", "-concurrency", "-1", "-faults"},
			vendor,
			"-concurrency -1: want a number from 1 to 1000\n-generate and -f: the orders come from one or the other\n" +
				"-faults: a service that is not this program's own fails when it wants to\n" +
				"-generate: sample orders are for a fake on this machine\n",
		},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), row.args, row.env, strings.NewReader(""), &stdout, &stderr)
			assert.Equal(t, exitUsage, code)
			assert.Empty(t, stdout.String())
			assert.Contains(t, stderr.String(), row.want)
			assert.NotContains(t, stderr.String(), "secret")
		})
	}
}

func TestIsLocal(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"127.0.0.1:80": true, "127.0.0.1": true, "localhost:80": true, "[::1]:80": true, "[::1]": true, "::1": true,
		"": false, ":80": false, "0.0.0.0:80": false, "example.com": false, "192.168.1.1:80": false, "[::]:80": false,
	} {
		assert.Equal(t, want, isLocal(address), address)
	}
}
