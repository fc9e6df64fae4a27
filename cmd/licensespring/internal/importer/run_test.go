package importer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/connect"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// runResult is the exit code and the output of a run.
type runResult struct {
	code           int
	stdout, stderr string
}

// runWith runs the command. With a nil server it uses its own fake.
func runWith(ctx context.Context, srv *licensespringtest.Server, stdin string, args ...string) runResult {
	var stdout, stderr bytes.Buffer
	code := runCommand(ctx, args, environmentOf(srv), strings.NewReader(stdin), &stdout, &stderr)
	return runResult{code: code, stdout: stdout.String(), stderr: stderr.String()}
}

// environment is the environment of a run. Nil stands for the fake of the program.
type environment struct{ key, baseURL string }

// runCommand runs the command with an environment.
func runCommand(
	ctx context.Context, args []string, env *environment, stdin io.Reader, stdout, stderr io.Writer,
) int {
	settings := &connect.Settings{Getenv: func(name string) string {
		switch {
		case env == nil:
			return ""
		case name == connect.EnvKey:
			return env.key
		case name == connect.EnvBaseURL:
			return env.baseURL
		}
		return ""
	}}
	cmd := NewCommand(settings)
	settings.AddFlags(cmd)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	if env == nil {
		args = append([]string{"--fake"}, args...)
	}
	if args == nil {
		args = []string{} // cobra would take those of the test binary
	}
	cmd.SetArgs(args)
	cmd.SetIn(stdin)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	return exit.Report(stderr, cmd.ExecuteContext(ctx))
}

// environmentOf returns the environment for a server, and nil for no server.
func environmentOf(srv *licensespringtest.Server) *environment {
	if srv == nil {
		return nil
	}
	return &environment{srv.APIKey(), srv.URL()}
}

// shownResult is a line of the results as another program decodes it.
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
			Want string `json:"want"`
			Got  string `json:"got"`
			Rule string `json:"rule"`
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

// readResults decodes results. Every line must be one.
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

// byLine returns the results by their line of the input.
func byLine(t *testing.T, text string) map[int]shownResult {
	t.Helper()
	lines := make(map[int]shownResult)
	for _, r := range readResults(t, text) {
		require.NotContains(t, lines, r.Line, "two results for one line")
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

// exampleOutcomes are the outcomes in import.md.
var exampleOutcomes = map[string]map[int]string{
	"orders.jsonl": {
		1: "not sent", 2: "created", 3: "not sent", 4: "not sent", 5: "created", 7: "not sent",
		8: "created", 9: "rejected", 10: "created", 11: "not sent", 12: "created",
	},
	"orders.csv": {
		2: "created", 3: "created", 6: "not sent", 7: "not sent", 8: "created", 9: "not sent",
		11: "not sent", 13: "created", 14: "rejected", 15: "created",
	},
}

var exampleFindings = map[string]map[int][]string{
	"orders.jsonl": {
		1:  {"id: repeated_id"},
		3:  {": invalid_json"},
		4:  {"items[0].licenses[0].max_activations: wrong_type", "items[0].licenses[0].valid_duration: invalid_duration"},
		7:  {"items[0].licenses[0].valid_duration: duration_on_perpetual", "customer.email: malformed_email"},
		10: {"items[0].licenses[0].product_features[1].code: feature_dropped"},
		11: {"id: repeated_id"},
	},
	"orders.csv": {
		6:  {"items[0].licenses[0].max_activations: wrong_type"},
		7:  {": invalid_csv"},
		9:  {": invalid_csv"},
		11: {"12: customer.email: rows_differ", "12: items[0].licenses[1].max_activations: negative"},
	},
}

func TestExamples(t *testing.T) {
	t.Parallel()
	for file, outcomes := range exampleOutcomes {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			srv := licensespringtest.NewServer(t)
			got := runWith(t.Context(), srv, "", "-f", file, "--rate-limit", "none")
			assert.Equal(t, exit.Rejected, got.code, got.stderr)
			results := byLine(t, got.stdout)
			created := 0
			for line, r := range results {
				assert.Equal(t, outcomes[line], r.Outcome, "line %d", line)
				assert.Equal(t, exampleFindings[file][line], r.findings(), "line %d", line)
				if r.Outcome == "created" {
					created++
				}
			}
			assert.Len(t, results, len(outcomes))
			assert.Len(t, srv.Orders(), created)

			// A second run creates nothing.
			again := runWith(t.Context(), srv, "", "-f", file, "--rate-limit", "none")
			assert.Equal(t, exit.Rejected, again.code)
			for line, r := range byLine(t, again.stdout) {
				want := strings.Replace(outcomes[line], "created", "existing", 1)
				assert.Equal(t, want, r.Outcome, "line %d", line)
			}
			assert.Len(t, srv.Orders(), created)
		})
	}
}

func TestRunWithDefaults(t *testing.T) {
	t.Parallel()
	got := runWith(t.Context(), nil, "")
	assert.Equal(t, exit.Rejected, got.code, "the example contains invalid lines")
	assert.Len(t, readResults(t, got.stdout), len(exampleOutcomes["orders.jsonl"]))
	for _, want := range []string{
		"Using a fake of the service at http://127.0.0.1:",
		"orders.jsonl:3: error: unexpected end of JSON input, at byte ",
		"orders.jsonl:4: error: items[0].licenses[0].max_activations: ",
		"orders.jsonl:9: rejected: ensure order \"inv-2031-0008\": invalid request",
		"orders.jsonl:10: warning: items[0].licenses[0].product_features[1].code: ",
		"orders.jsonl:11: error: id: line 1 has the same id and is another order",
		"orders.jsonl: 11 orders in ",
		": 5 created, 5 invalid, 1 rejected; 1 with warnings.\n",
		"The fake stores 5 orders with 7 licenses.\n",
		"Correct the input",
	} {
		assert.Contains(t, got.stderr, want)
	}
}

func TestDryRun(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t)
	for file, outcomes := range exampleOutcomes {
		got := runWith(t.Context(), srv, "", "-f", file, "--dry-run")
		assert.Equal(t, exit.Rejected, got.code)
		results := byLine(t, got.stdout)
		assert.Len(t, results, len(outcomes))
		for line, r := range results {
			want := outcomes[line]
			if want != "not sent" { // found by the service only
				want = "valid"
			}
			assert.Equal(t, want, r.Outcome, "%s:%d", file, line)
			if want != "valid" {
				assert.Equal(t, exampleFindings[file][line], r.findings(), "%s:%d", file, line)
			}
		}
	}
	assert.Empty(t, srv.Requests())

	good := runWith(t.Context(), nil, `{"id": "a", "items": [{"product_code": "acmecad", "licenses": [{}]}]}`, "--dry-run", "-f", "-")
	assert.Equal(t, exit.Done, good.code)
	assert.JSONEq(t, `{"line":1,"id":"a","outcome":"valid"}`, good.stdout)
	assert.Contains(t, good.stderr, "Dry run: nothing is sent.\n")
	assert.Contains(t, good.stderr, ": 1 valid.\n")
}

func TestDryRunRejectsAppendWithoutKeys(t *testing.T) {
	t.Parallel()
	input := `{"id": "a", "append": true, "items": [{"product_code": "acmecad", "licenses": [{}]}]}
{"id": "a", "append": true, "items": [{"product_code": "acmecad"}]}
{"id": "a", "append": true, "items": [{"product_code": "acmecad", "licenses": [{"key": "AB2C-D3EF-GH4J-K5MN"}]}]}
`
	for _, args := range [][]string{{"--dry-run"}, {"--rate-limit", "none"}} {
		got := runWith(t.Context(), licensespringtest.NewServer(t), input, append(args, "-f", "-")...)
		assert.Equal(t, exit.Rejected, got.code, got.stderr)
		results := byLine(t, got.stdout)
		for line := 1; line <= 2; line++ {
			assert.Contains(t, results[line].findings(), "items: append_without_keys", "line %d", line)
		}
		assert.Nil(t, results[3].Error)
	}
}

func TestUnknownMembers(t *testing.T) {
	t.Parallel()
	input := `{"id": "a", "x": 1, "customer": {"email": "a@example.com", "name": "A"}, "items": [
		{"product_code": "acmeweb", "y": 1, "licenses": [{"max_activation": 3,
		"users": [{"email": "a@example.com", "role": 1}], "product_features": [{"code": "teams", "z": 1}]}]}]}`
	got := runWith(t.Context(), nil, strings.ReplaceAll(input, "\n", " "), "--dry-run", "-f", "-")
	assert.Equal(t, exit.Done, got.code)
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
	input := `{"id": "a", "items": [{"product_code": "acmeweb", "licenses": [{"users": [{"email": "ada@example.com", "is_manager": true}]}]},
		{"product_code": "acmecad", "licenses": [{"key": "AB2C-D3EF-GH4J-K5MN"}, {}]}]}`
	input = strings.ReplaceAll(input, "\n", " ")
	got := runWith(t.Context(), srv, input, "-f", "-")
	require.Equal(t, exit.Done, got.code, got.stderr)

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

func TestIncludePasswords(t *testing.T) {
	t.Parallel()
	for _, include := range []bool{false, true} {
		srv := licensespringtest.NewServer(t)
		file := filepath.Join(t.TempDir(), "results.jsonl")
		args := []string{"--generate", "6", "--out", file, "--progress", "on"}
		if include {
			args = append(args, "--show-secrets")
		}
		got := runWith(t.Context(), srv, "", args...)
		require.Equal(t, exit.Done, got.code, got.stderr)
		results, err := os.ReadFile(file)
		require.NoError(t, err)
		users := 0
		for _, order := range srv.Orders() {
			for _, license := range order.Licenses() {
				for _, u := range license.Users {
					users++
					assert.Equal(t, include, bytes.Contains(results, []byte(u.InitialPassword)), "password in the results")
					assert.NotContains(t, got.stdout+got.stderr, u.InitialPassword)
				}
			}
		}
		assert.Equal(t, 8, users)
		info, err := os.Stat(file)
		require.NoError(t, err)
		if runtime.GOOS != "windows" {
			assert.Zero(t, info.Mode().Perm()&0o077, "only the owner can read the file")
		}
	}
}

// Other users can read neither passwords in an existing file nor results in a new one.
func TestReadableResults(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there are no such permissions")
	}
	file := writeFile(t, "results.jsonl", "")
	require.NoError(t, os.Chmod(file, 0o644))
	args := []string{"--generate", "1", "--out", file}
	got := runWith(t.Context(), nil, "", append(args, "--show-secrets")...)
	assert.Equal(t, exit.Usage, got.code)
	assert.Contains(t, got.stderr, "mode 0644 lets other users read the file")
	assert.Equal(t, exit.Done, runWith(t.Context(), nil, "", args...).code, "without passwords")
}

// TestInputAsOutput appends the results to the file that is the standard input.
func TestInputAsOutput(t *testing.T) {
	t.Parallel()
	name := writeFile(t, "orders.jsonl", "")
	for range 2 { // an empty file, and one of results
		file, err := os.OpenFile(name, os.O_RDWR|os.O_APPEND, 0)
		require.NoError(t, err)
		for out, stdout := range map[string]io.Writer{name: io.Discard, "-": file} {
			var stderr bytes.Buffer
			code := runCommand(t.Context(), []string{"-f", "-", "--out", out}, nil, file, stdout, &stderr)
			assert.Equal(t, exit.Usage, code)
			assert.Contains(t, stderr.String(), "cannot append the results to the input")
		}
		require.NoError(t, file.Close())
		require.NoError(t, os.WriteFile(name, []byte(`{"line":1}`+"\n"), 0o600))
	}
}

func TestResultsAreAppended(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t)
	// A killed program left the last line incomplete.
	file := writeFile(t, "results.jsonl", `{"line":1,"id":"x","outcome":"created"}`+"\n"+`{"line":2,"id`)
	for range 2 {
		got := runWith(t.Context(), srv, "", "--generate", "3", "--out", file)
		require.Equal(t, exit.Done, got.code, got.stderr)
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
	valid := func(n int) string {
		return fmt.Sprintf(`{"id": "o-%d", "items": [{"product_code": "acmecad", "licenses": [{}]}]}`+"\n", n)
	}
	for name, invalid := range map[string]string{
		"not JSON": "{\n",
		"invalid":  `{"id": "invalid"}` + "\n",
		"rejected": `{"id": "rejected", "items": [{"product_code": "no-such"}]}` + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := licensespringtest.NewServer(t)
			input := valid(1) + invalid
			for n := 2; n < 100; n++ {
				input += valid(n)
			}
			got := runWith(t.Context(), srv, input, "-f", "-", "--stop-on-error", "--concurrency", "1", "--rate-limit", "none")
			assert.Equal(t, exit.Rejected, got.code, got.stderr)
			assert.Less(t, len(srv.Orders()), 10)
			assert.Contains(t, got.stdout, `"line":2,`)
			assert.Contains(t, got.stderr, "; any further orders were not started.")
			again := runWith(t.Context(), nil, "", "-f", writeFile(t, "orders.jsonl", input), "--stop-on-error", "--concurrency", "1")
			assert.Regexp(t, `\d\d not started\.`, again.stderr)

			dry := runWith(t.Context(), nil, input, "-f", "-", "--stop-on-error", "--dry-run")
			assert.Equal(t, name == "rejected", dry.code == exit.Done, dry.stderr)
			if name != "rejected" {
				assert.Len(t, readResults(t, dry.stdout), 2)
			}
			all := runWith(t.Context(), srv, input, "-f", "-", "--rate-limit", "none")
			assert.Equal(t, exit.Rejected, all.code, "without the flag the import continues")
			assert.Len(t, srv.Orders(), 99)
		})
	}
}

func TestSameIDIsSequential(t *testing.T) {
	t.Parallel()
	// Appends with keys after their order. If they were sent concurrently, an append
	// could create the order.
	srv := licensespringtest.NewServer(t)
	var input strings.Builder
	for n := range 50 {
		fmt.Fprintf(&input, `{"id": "o-%d", "items": [{"product_code": "acmecad", "licenses": [{}]}]}`+"\n", n)
		for k := range 3 {
			fmt.Fprintf(&input, `{"id": "o-%d", "append": true, "items": [{"product_code": "acmecad", "licenses": [{"key": "K-%d-%d"}]}]}`+"\n", n, n, k)
		}
	}
	got := runWith(t.Context(), srv, input.String(), "-f", "-", "--rate-limit", "none")
	require.Equal(t, exit.Done, got.code, got.stderr)
	require.Len(t, srv.Orders(), 50)
	for _, order := range srv.Orders() {
		assert.Len(t, order.Licenses(), 4)
	}
	assert.Contains(t, got.stderr, "50 created, 150 appended.")
}

// TestDifferences checks that each difference from an existing order is printed.
func TestDifferences(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t)
	earlier := `{"id":"a","items":[{"product_code":"acmecad","licenses":[{"key":"K-1","max_activations":2}]}]}`
	require.Equal(t, exit.Done, runWith(t.Context(), srv, earlier, "-f", "-").code)
	got := runWith(t.Context(), srv, strings.Replace(earlier, "K-1", "K-2", 1), "-f", "-", "--format", "jsonl")
	assert.Equal(t, exit.Conflict, got.code)
	assert.Contains(t, got.stderr, "1 conflict.")
	assert.Contains(t, got.stderr, "\nstandard input:1: items[0].licenses[0].key: want [redacted], got nothing [value_mismatch]\n")
}

func TestUnauthorized(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t)
	var stdout, stderr bytes.Buffer
	code := runCommand(t.Context(), []string{"--generate", "5000"}, &environment{"wrong", srv.URL()}, nil, &stdout, &stderr)
	assert.Equal(t, exit.Usage, code)
	assert.Contains(t, stderr.String(), "The service rejected the key: check "+connect.EnvKey)
	assert.Less(t, len(readResults(t, stdout.String())), 100)
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t)
	require.NoError(t, srv.Offline())
	got := runWith(t.Context(), srv, "", "--generate", "3", "--rate-limit", "none")
	assert.Equal(t, exit.NotSent, got.code, got.stderr)
	assert.Contains(t, got.stderr, "3 not sent.")
	assert.Contains(t, got.stderr, "Run the same command again")
	require.NoError(t, srv.Online())
	got = runWith(t.Context(), srv, "", "--generate", "3", "--rate-limit", "none")
	assert.Equal(t, exit.Done, got.code, got.stderr)
}

func TestDialect(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t, licensespringtest.WithDialect(licensespringtest.DialectCurrent))
	input := `{"id": "a", "customer": {"email": "a@example.com", "company": "A"}, "items": [{"product_code": "acmecad", "licenses": [{}]}]}`
	got := runWith(t.Context(), srv, input, "-f", "-", "--dialect", "current")
	assert.Equal(t, exit.Done, got.code, got.stderr)
	own := runWith(t.Context(), nil, input, "-f", "-", "--dialect", "current")
	assert.Equal(t, exit.Done, own.code, own.stderr)
}

// TestRateLimit uses a fake that enforces the same rate limit: it would reject requests
// if the client exceeded the limit.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	got := runWith(t.Context(), nil, "", "--generate", "20", "--rate-limit", "free")
	assert.Equal(t, exit.Done, got.code, got.stderr)
}

func TestProgress(t *testing.T) {
	t.Parallel()
	got := runWith(t.Context(), nil, "", "-f", "orders.csv", "--progress", "on")
	assert.Contains(t, got.stderr, "5 failed")
	assert.Contains(t, got.stderr, "10/10")
	unknownTotal := runWith(t.Context(), nil, string(example), "-f", "-", "--progress", "on")
	assert.Contains(t, unknownTotal.stderr, "/-)")
	quiet := runWith(t.Context(), nil, "", "-f", "orders.csv")
	assert.NotContains(t, quiet.stderr, "10/10")
}

func TestFrom(t *testing.T) {
	t.Parallel()
	for file, outcomes := range exampleOutcomes {
		got := runWith(t.Context(), nil, "", "-f", file, "--from", "8", "--progress", "on")
		results := byLine(t, got.stdout)
		for line := range outcomes {
			assert.Equal(t, line >= 8, results[line].Line > 0, "%s:%d", file, line)
		}
		assert.Contains(t, got.stderr, fmt.Sprintf("%d/%d", len(results), len(results)), "the total excludes skipped orders")
	}
	got := runWith(t.Context(), nil, "", "--generate", "10", "--from", "8")
	assert.Len(t, readResults(t, got.stdout), 3)
	assert.Equal(t, exit.Done, runWith(t.Context(), nil, "", "--generate", "10", "--from", "11").code)
}

func TestMessagesAreLimited(t *testing.T) {
	t.Parallel()
	got := runWith(t.Context(), nil, strings.Repeat("{\n", 200), "-f", "-")
	assert.Len(t, readResults(t, got.stdout), 200)
	assert.Equal(t, maxShown, strings.Count(got.stderr, ": error: "))
	assert.Equal(t, 1, strings.Count(got.stderr, "further messages are in the results only"))
}

func TestResultsCannotBeWritten(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t)
	var stderr bytes.Buffer
	stdout := &brokenPipe{after: 10}
	code := runCommand(t.Context(), []string{"--generate", "1000", "--concurrency", "4", "--rate-limit", "none"},
		environmentOf(srv), nil, stdout, &stderr)
	assert.Equal(t, exit.Failed, code)
	assert.Contains(t, stderr.String(), "cannot write the results: broken pipe\nThe import stopped early. Run the same command again")
	created := len(srv.Orders())
	assert.Less(t, created, 50, "a lost result may contain a password")
	assert.Contains(t, stderr.String(), fmt.Sprintf("%d created, %d not started.", created, 1000-created))

	// The results that the output lacks are on standard error.
	var lost strings.Builder
	for line := range strings.Lines(stderr.String()) {
		if strings.HasPrefix(line, "{") {
			lost.WriteString(line)
		}
	}
	requireReported(t, srv, stdout.text.String()+lost.String())
}

type brokenPipe struct {
	after int
	text  bytes.Buffer
}

func (b *brokenPipe) Write(p []byte) (int, error) {
	if b.after--; b.after < 0 {
		return 0, errors.New("broken pipe")
	}
	return b.text.Write(p)
}

func TestInputCannotBeRead(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t)
	var stdout, stderr bytes.Buffer
	broken := io.MultiReader(strings.NewReader(`{"id": "a", "items": [{"product_code": "acmecad", "licenses": [{}]}]}`+"\n"), brokenReader{})
	code := runCommand(t.Context(), []string{"-f", "-"}, environmentOf(srv), broken, &stdout, &stderr)
	assert.Equal(t, exit.Failed, code)
	assert.Contains(t, stderr.String(), "standard input: broken disk")
	assert.Len(t, srv.Orders(), 1, "orders before the error are created")
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("broken disk") }

func TestHelp(t *testing.T) {
	t.Parallel()
	got := runWith(t.Context(), nil, "", "-h")
	assert.Equal(t, exit.Done, got.code)
	assert.Empty(t, got.stderr)
	for _, want := range []string{"--dry-run", "-f, --file file", "exit codes"} {
		assert.Contains(t, got.stdout, want)
	}
}

func TestInvalidCommandLine(t *testing.T) {
	t.Parallel()
	vendor := &environment{"12345678.key", "https://saas.licensespring.com"}
	var none *environment
	input := writeFile(t, "input.jsonl", "{}\n")
	rows := map[string]struct {
		args []string
		env  *environment
		want string
	}{
		"unknown flag":      {[]string{"--frobnicate"}, none, "unknown flag: --frobnicate"},
		"stray argument":    {[]string{"orders.csv"}, none, `unexpected argument "orders.csv": use -f for an input file`},
		"rate limit":        {[]string{"--rate-limit", "gold"}, none, "want free, business-starter,"},
		"zero rate limit":   {[]string{"--rate-limit", "0"}, none, "want free, business-starter,"},
		"progress":          {[]string{"--progress", "maybe"}, none, "want auto, on or off"},
		"dialect":           {[]string{"--dialect", "klingon"}, none, "want classic or current"},
		"format":            {[]string{"--format", "xml"}, none, "want jsonl or csv"},
		"suffix":            {[]string{"-f", "source.go"}, none, "source.go: unknown format: set it with --format"},
		"no file":           {[]string{"-f", "no-such.csv"}, none, "open no-such.csv: "},
		"directory for out": {[]string{"--out", "."}, none, "open .: "},
		"input as output":   {[]string{"-f", input, "--out", input}, none, "cannot append the results to the input"},
		"concurrency":       {[]string{"--concurrency", "1001"}, none, "want a number from 1 to 1000"},
		"grace":             {[]string{"--grace", "-1s"}, none, "want a duration that is not negative"},
		"from":              {[]string{"--from", "-1"}, none, "want a positive number"},
		"generate":          {[]string{"--generate", "-1"}, none, "want a positive number"},
		"two inputs":        {[]string{"--generate", "1", "-f", "-"}, none, "--generate and -f: use one of them"},
		"no key":            {[]string{"-f", input}, &environment{"", "https://example.com"}, "no management key"},
		"wrong key": {
			[]string{"-f", input},
			&environment{"secret\n", "https://example.com"},
			"api_key: ",
		},
		"samples for a real service": {[]string{"--generate", "5"}, vendor, "sample orders are for a fake on this machine only"},
		"example for a real service": {nil, vendor, "name the orders to create"},
		"a real service has limits":  {[]string{"-f", input, "--rate-limit", "none"}, vendor, "only a fake on this machine has no rate limit"},
		"faults of a real service":   {[]string{"-f", input, "--faults"}, vendor, "the fake of --fake only"},
		"fake and address":           {[]string{"--fake", "--base-url", "http://127.0.0.1:1"}, vendor, "--fake and --base-url: use one of them"},
		"fake and key":               {[]string{"--fake", "--key-file", input}, vendor, "--fake and --key-file: the fake needs no key"},
		"several errors": {
			[]string{"--generate", "5", "-f", "-", "--concurrency", "-1", "--faults"},
			vendor,
			"--concurrency -1: want a number from 1 to 1000\n--generate and -f: use one of them\n" +
				"--faults: faults can be injected into the fake of --fake only\n" +
				"--generate: sample orders are for a fake on this machine only\n",
		},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			code := runCommand(t.Context(), row.args, row.env, strings.NewReader(""), &stdout, &stderr)
			assert.Equal(t, exit.Usage, code)
			assert.Empty(t, stdout.String())
			assert.Contains(t, stderr.String(), row.want)
			assert.NotContains(t, stderr.String(), "secret")
		})
	}
}
