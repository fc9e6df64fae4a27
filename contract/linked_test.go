package contract_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	ls "github.com/licensespring-go/licensespring"
)

const sdk = "github.com/licensespring-go/licensespring"

// run runs the go command in a directory.
func run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "%s", stderr.String())
	return string(out)
}

// TestModulesLinked checks which modules a program links that imports the SDK, and
// which a test links that imports the fake.
func TestModulesLinked(t *testing.T) {
	t.Parallel()
	for pkg, want := range map[string][]string{
		sdk: {
			"github.com/google/go-querystring", "github.com/hashicorp/go-cleanhttp", "github.com/hashicorp/go-retryablehttp", sdk, "golang.org/x/time",
		},
		sdk + "/licensespringtest": {sdk},
	} {
		t.Run(pkg, func(t *testing.T) {
			t.Parallel()
			out := run(t, ".", "list", "-mod=readonly", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}\t{{.ImportPath}}", pkg)
			var modules []string
			for line := range strings.Lines(out) {
				module, path, _ := strings.Cut(strings.TrimSpace(line), "\t")
				if module != "" && strings.Contains(line, "\t") && strings.Contains(strings.SplitN(module, "/", 2)[0], ".") {
					modules = append(modules, module)
				}
				assert.NotContains(t, []string{"testing", "flag", "net/http/httptest", "net/http/pprof", "expvar", "os/exec", "plugin"}, path, "linked by %s", pkg)
			}
			slices.Sort(modules)
			assert.Equal(t, want, slices.Compact(modules))
		})
	}
}

// TestRequirements checks the direct requirements in the SDK's go.mod: the run-time
// modules and two modules for tests.
func TestRequirements(t *testing.T) {
	t.Parallel()
	var mod struct {
		Go, Toolchain any
		Require       []struct {
			Path     string
			Indirect bool
		}
		Replace, Exclude, Tool []any
	}
	require.NoError(t, json.Unmarshal([]byte(run(t, root, "mod", "edit", "-json")), &mod))
	permitted := []string{
		"github.com/hashicorp/go-retryablehttp", "github.com/hashicorp/go-cleanhttp", "github.com/google/go-querystring", "golang.org/x/time",
		"github.com/stretchr/testify", "github.com/jarcoal/httpmock",
	}
	for _, r := range mod.Require {
		if !r.Indirect {
			assert.Contains(t, permitted, r.Path)
		}
	}
	assert.Empty(t, mod.Replace, "a replace has no effect in importing modules")
	assert.Empty(t, mod.Exclude)
	assert.Empty(t, mod.Tool)
	assert.Nil(t, mod.Toolchain)
}

// TestImportHasNoSideEffects runs a program that imports the SDK and calls New. The
// initialization of the SDK's packages allocates almost nothing, and New starts no
// goroutine and opens no file.
func TestImportHasNoSideEffects(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	here, err := filepath.Abs(root)
	require.NoError(t, err)
	own, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	_, requirements, _ := strings.Cut(string(own), "\nrequire")
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	require.NoError(t, err)
	write("go.mod", "module importer\n\ngo 1.26.0\n\nrequire "+sdk+" v0.0.0-00010101000000-000000000000\n\nrequire"+requirements+"\nreplace "+sdk+" => "+strconv.Quote(here)+"\n")
	write("go.sum", string(sums))
	write("main.go", `package main

import (
	"fmt"
	"os"
	"runtime"

	"`+sdk+`"
)

func main() {
	goroutines, open := runtime.NumGoroutine(), files()
	client, err := licensespring.New("FAKEFAKE.0123456789abcdef0123456789abcdef")
	fmt.Println(client != nil, err, goroutines, runtime.NumGoroutine(), files()-open)
}

// files counts the open files, on systems with /proc.
func files() int {
	list, _ := os.ReadDir("/proc/self/fd")
	return len(list)
}
`)
	program := filepath.Join(dir, "importer")
	run(t, dir, "build", "-o", program, ".")
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	var trace bytes.Buffer
	cmd.Stderr = &trace
	out, err := cmd.Output()
	require.NoError(t, err, "%s", trace.String())
	assert.Equal(t, "true <nil> 1 1 0\n", string(out), "one goroutine before and after New, no file opened")

	// init PACKAGE @… ms, 0.012 ms clock, 1160 bytes, 12 allocs
	line := regexp.MustCompile(`init (\S+) @\S+ ms, (\S+) ms clock, (\d+) bytes, (\d+) allocs`)
	traced := line.FindAllStringSubmatch(trace.String(), -1)
	require.NotEmpty(t, traced)
	for _, found := range traced {
		if !strings.HasPrefix(found[1], sdk) {
			continue
		}
		size, err := strconv.Atoi(found[3])
		require.NoError(t, err)
		assert.Less(t, size, 4096, "%s: only errors and tables", found[0])
	}
}

// TestNewStartsNoGoroutine creates a thousand clients.
func TestNewStartsNoGoroutine(t *testing.T) { //nolint:paralleltest // it counts goroutines
	before := runtime.NumGoroutine()
	for range 1000 {
		_, err := ls.New("FAKEFAKE.0123456789abcdef0123456789abcdef")
		require.NoError(t, err)
	}
	assert.LessOrEqual(t, runtime.NumGoroutine(), before)
}
