package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/connect"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// result is the exit code and the output of a run.
type result struct {
	code           int
	stdout, stderr string
}

// environment is the environment of a run.
type environment map[string]string

func environmentOf(srv *licensespringtest.Server) environment {
	return environment{connect.EnvKey: srv.APIKey(), connect.EnvBaseURL: srv.URL()}
}

func (e environment) run(ctx context.Context, stdin string, args ...string) result {
	var stdout, stderr bytes.Buffer
	code := Run(ctx, args, func(name string) string { return e[name] }, strings.NewReader(stdin), &stdout, &stderr)
	return result{code, stdout.String(), stderr.String()}
}

// session is a fake with its environment.
type session struct {
	*licensespringtest.Server

	t   *testing.T
	env environment
}

// newSession starts a fake with the order "o-1", which has two licenses, and "o-2", which
// has a user.
func newSession(t *testing.T, options ...licensespringtest.Option) *session {
	t.Helper()
	srv := licensespringtest.NewServer(t, options...)
	s := &session{srv, t, environmentOf(srv)}
	s.done("order", "create", "o-1", "--product", "acmecad", "--licenses", "2", "license_type=time-limited", "valid_duration=1y",
		"--customer", "email=ada@example.com", "--customer", "reference=crm-1")
	s.done("order", "create", "o-2", "--product", "acmeweb", "--user", "grace@example.com")
	return s
}

// run runs a command and checks its exit code.
func (s *session) run(code int, args ...string) result {
	s.t.Helper()
	got := s.env.run(s.t.Context(), "", args...)
	require.Equal(s.t, code, got.code, "%v\n%s", args, got.stderr)
	s.noSecrets(got, args)
	return got
}

// done runs a command that must succeed.
func (s *session) done(args ...string) result {
	s.t.Helper()
	return s.run(exit.Done, args...)
}

// noSecrets checks that no output contains the key, and a password only if it is
// requested.
func (s *session) noSecrets(got result, args []string) {
	s.t.Helper()
	all := got.stdout + got.stderr
	assert.NotContains(s.t, all, s.APIKey(), "%v", args)
	for _, l := range s.Licenses() {
		for _, u := range l.Users {
			if !strings.Contains(strings.Join(args, " "), "--show-secrets") {
				assert.NotContains(s.t, all, u.Password, "%v", args)
			}
			assert.NotContains(s.t, got.stderr, u.Password, "%v", args)
		}
	}
}

// id returns the id of a license as an argument.
func (s *session) id(i int) string { return strconv.FormatInt(s.Licenses()[i].ID, 10) }

// decode decodes the output of -o json.
func decode[T any](t *testing.T, got result) T {
	t.Helper()
	var v T
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &v), got.stdout)
	return v
}

func writeFile(t *testing.T, mode os.FileMode, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(name, []byte(content), mode))
	return name
}

func TestUsage(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	requests := len(s.Requests())
	// After the subtests, which run in parallel.
	t.Cleanup(func() {
		for _, r := range s.Requests()[requests:] {
			assert.Equal(t, http.MethodGet, r.Method, "a request that changes something")
		}
	})
	for name, row := range map[string]struct {
		args []string
		want string
	}{
		"unknown command":     {[]string{"odrer"}, `unknown command "odrer"`},
		"unknown subcommand":  {[]string{"order", "creat"}, `unknown command "creat" for "licensespring order": did you mean create?`},
		"unknown flag":        {[]string{"order", "list", "--frobnicate"}, "unknown flag: --frobnicate"},
		"format":              {[]string{"order", "list", "-o", "xml"}, "want table, json, jsonl or csv"},
		"dialect":             {[]string{"order", "list", "--dialect", "klingon"}, "want classic or current"},
		"rate limit":          {[]string{"order", "list", "--rate-limit", "gold"}, "want free, business-starter"},
		"no license":          {[]string{"license", "get"}, "want 1 argument: LICENSE"},
		"no user":             {[]string{"license", "users", "assign", "1"}, "want 2 arguments: LICENSE EMAIL"},
		"no order":            {[]string{"order", "create"}, "name an order: -f FILE, or an id and --product"},
		"no file":             {[]string{"order", "create", "-f", "none.json"}, "open none.json"},
		"file and id":         {[]string{"order", "create", "o-3", "-f", "none.json"}, "omit the other arguments"},
		"licenses":            {[]string{"order", "create", "o-3", "--product", "acmecad", "--licenses", "0"}, "want a number from 1 to 10000"},
		"assignment":          {[]string{"order", "create", "o-3", "--product", "acmecad", "max_activations"}, `"max_activations": want name=value`},
		"member":              {[]string{"order", "create", "o-3", "--product", "acmecad", "max_activation=1"}, "max_activation: unknown name"},
		"customer":            {[]string{"order", "create", "o-3", "--product", "acmecad", "--customer", "mail=x"}, "--customer: mail: unknown name"},
		"order get":           {[]string{"order", "get"}, "name an order"},
		"no selection":        {[]string{"license", "disable"}, "select licenses: name them, or use filters, or --all"},
		"two selections":      {[]string{"license", "disable", "1", "--all"}, "select licenses"},
		"negative id":         {[]string{"license", "disable", "--", "-1"}, "want a positive id"},
		"several licenses":    {[]string{"license", "disable", "--order", "o-1"}, "2 licenses: confirm with --yes"},
		"empty filter":        {[]string{"license", "disable", "--subscription", "", "--yes"}, "--subscription: the value is empty"},
		"filter 0":            {[]string{"license", "enable", "--customer-id", "0", "--yes"}, "want a positive id"},
		"empty filters":       {[]string{"license", "disable", "--order", "", "--user=", "--dry-run"}, "--order: the value is empty\n--user: the value is empty"},
		"empty list filter":   {[]string{"license", "list", "--customer-email", ""}, "--customer-email: the value is empty"},
		"empty prefix":        {[]string{"order", "list", "--prefix", ""}, "--prefix: the value is empty"},
		"empty customer":      {[]string{"customer", "get", ""}, "argument 1 is empty"},
		"empty license":       {[]string{"license", "disable", "1", "", "--yes"}, "argument 2 is empty"},
		"empty key file":      {[]string{"order", "list", "--key-file", ""}, "--key-file: the value is empty"},
		"empty address":       {[]string{"order", "list", "--base-url", ""}, "--base-url: the value is empty"},
		"negative limit":      {[]string{"order", "list", "--limit", "-1"}, "want a number that is not negative"},
		"limit of licenses":   {[]string{"license", "list", "--limit", "-1"}, "want a number that is not negative"},
		"help of no command":  {[]string{"help", "nosuch"}, `unknown command "nosuch"`},
		"help of no order":    {[]string{"help", "order", "creat"}, `unknown command "creat" for "licensespring order"`},
		"no date":             {[]string{"license", "renew", "1"}, "--until is required"},
		"invalid date":        {[]string{"license", "renew", "1", "--until", "tomorrow"}, "want a date such as 2031-05-07"},
		"no state":            {[]string{"license", "ensure", "1"}, "name the state: -f FILE, or name=value"},
		"state":               {[]string{"license", "ensure", "1", "max_activations=many"}, "max_activations: want a whole number"},
		"no change":           {[]string{"license", "update", "1"}, "name the change"},
		"no features":         {[]string{"license", "features", "set", "1"}, "name the features, or use --none"},
		"feature":             {[]string{"license", "features", "set", "1", "calls=x"}, "calls=x: want CODE or CODE=NUMBER"},
		"no password":         {[]string{"license", "users", "set-password", "grace@example.com"}, "no password on standard input"},
		"customer get":        {[]string{"customer", "get"}, "name a customer"},
		"fault":               {[]string{"fake", "--fault", "explode"}, "--fault explode: unknown kind of fault"},
		"group":               {[]string{"license"}, ""},
		"import":              {[]string{"order", "import"}, "name the orders to create"},
		"file that is no key": {[]string{"order", "list", "--key-file", "none"}, "key file: stat none"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := s.env.run(t.Context(), "", row.args...)
			assert.Equal(t, exit.Usage, got.code, got.stderr)
			assert.Contains(t, got.stderr, row.want)
		})
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t)
	good := writeFile(t, 0o600, srv.APIKey()+"\n")
	mounted := writeFile(t, 0o440, srv.APIKey()+"\n")
	for name, row := range map[string]struct {
		env  environment
		args []string
		code int
		want string
	}{
		"environment": {environment{connect.EnvKey: srv.APIKey()}, nil, exit.Done, ""},
		"file":        {environment{connect.EnvKeyFile: good}, nil, exit.Done, ""},
		"flag":        {environment{connect.EnvKey: "FAKEFAKE.wrong"}, []string{"--key-file", good}, exit.Done, ""},
		"none":        {environment{}, nil, exit.Usage, "no management key: set LICENSESPRING_MANAGEMENT_KEY"},
		"both":        {environment{connect.EnvKey: srv.APIKey(), connect.EnvKeyFile: good}, nil, exit.Usage, "use one of them"},
		"readable":    {environment{connect.EnvKeyFile: writeFile(t, 0o644, srv.APIKey())}, nil, exit.Usage, "mode 0644 lets other users read the file: run chmod 600"},
		"credential": {
			environment{connect.EnvKeyFile: mounted, "CREDENTIALS_DIRECTORY": filepath.Dir(mounted)}, nil, exit.Done, "",
		},
		"other credential": {
			environment{connect.EnvKeyFile: mounted, "CREDENTIALS_DIRECTORY": t.TempDir()}, nil, exit.Usage, "mode 0440 lets other users",
		},
		"directory":    {environment{connect.EnvKeyFile: t.TempDir()}, nil, exit.Usage, "want a regular file"},
		"empty file":   {environment{connect.EnvKeyFile: writeFile(t, 0o600, "\n")}, nil, exit.Usage, "api_key"},
		"large file":   {environment{connect.EnvKeyFile: writeFile(t, 0o600, strings.Repeat("x", 5000))}, nil, exit.Usage, "larger than 4096 bytes"},
		"rejected key": {environment{connect.EnvKey: "FAKEFAKE.wrong"}, nil, exit.Usage, "The service rejected the key: check"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if (name == "readable" || name == "other credential") && runtime.GOOS == "windows" {
				t.Skip("there are no such permissions")
			}
			env := environment{connect.EnvBaseURL: srv.URL()}
			maps.Copy(env, row.env)
			got := env.run(t.Context(), "", append([]string{"order", "list"}, row.args...)...)
			assert.Equal(t, row.code, got.code, got.stderr)
			assert.Contains(t, got.stderr, row.want)
			assert.NotContains(t, got.stdout+got.stderr, "FAKEFAKE.")
			if row.code != exit.Done {
				assert.Empty(t, got.stdout)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	env := environment{}
	got := env.run(t.Context(), "", "--help")
	assert.Equal(t, exit.Done, got.code)
	assert.Contains(t, got.stdout, exit.Table)
	for _, args := range [][]string{{"--version"}, {"completion", "bash"}, {"order", "create", "--help"}, {"license", "ensure", "--help"}, {"fake", "--help"}, {"help", "order", "create"}, {"help"}} {
		got := env.run(t.Context(), "", args...)
		assert.Equal(t, exit.Done, got.code, got.stderr)
		assert.NotEmpty(t, got.stdout)
		assert.Empty(t, got.stderr)
	}
	got = env.run(t.Context(), "", "__complete", "order", "list", "-o", "")
	assert.Contains(t, got.stdout, "jsonl\n")
}

// Every command has a description or an example to learn from.
func TestHelpOfAllCommands(t *testing.T) {
	t.Parallel()
	a := &app{connection: &connect.Settings{}}
	commands := 0
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
		if len(cmd.Commands()) == 0 {
			commands++
			assert.NotEmpty(t, cmd.Short, cmd.CommandPath())
			assert.NotEmpty(t, cmd.Long+cmd.Example, cmd.CommandPath())
		}
	}
	visit(a.root())
	assert.Equal(t, 24, commands)
}
