package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/connect"
)

// buildOnce builds the program once for all tests.
var buildOnce = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "licensespring")
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "licensespring")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	cmd := exec.Command("go", "build", "-trimpath", "-o", name, ".")
	cmd.Stderr = os.Stderr
	return name, cmd.Run()
})

// TestMain removes the program that the tests have built.
func TestMain(m *testing.M) {
	code := m.Run()
	if name, err := buildOnce(); err == nil {
		_ = os.RemoveAll(filepath.Dir(name))
	}
	os.Exit(code)
}

// build returns the path of the program.
func build(t *testing.T) string {
	t.Helper()
	name, err := buildOnce()
	require.NoError(t, err)
	return name
}

// fakeProcess is a running "licensespring fake".
type fakeProcess struct {
	cmd *exec.Cmd
	// env is the environment of its clients.
	env []string
	// address and control are the addresses, without a scheme.
	address, control string
	stderr           *sync.WaitGroup
	said             *strings.Builder
}

// startFake starts a fake and waits until it is running.
func startFake(t *testing.T, binary string, args ...string) *fakeProcess {
	t.Helper()
	f := &fakeProcess{cmd: exec.CommandContext(t.Context(), binary, append([]string{"fake"}, args...)...)}
	f.stderr, f.said = &sync.WaitGroup{}, &strings.Builder{}
	stderr, err := f.cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, f.cmd.Start())
	t.Cleanup(f.stop)
	lines := bufio.NewReader(stderr)
	var said strings.Builder
	for f.address == "" || (f.control == "" && !strings.Contains(strings.Join(args, " "), "--control none")) {
		line, err := lines.ReadString('\n')
		said.WriteString(line)
		require.NoError(t, err, said.String())
		line = strings.TrimSpace(line)
		if export, ok := strings.CutPrefix(line, "export "); ok {
			f.env = append(f.env, export)
		}
		if address, ok := strings.CutPrefix(line, "export "+connect.EnvBaseURL+"=http://"); ok {
			f.address = address
		}
		if address, ok := strings.CutPrefix(line, "The control API is at http://"); ok {
			f.control = strings.TrimSuffix(address, ".")
		}
	}
	f.stderr.Go(func() { _, _ = io.Copy(f.said, lines) })
	return f
}

// stop ends the process with an interrupt, or kills it where there are none.
func (f *fakeProcess) stop() {
	if f.cmd.ProcessState != nil {
		return
	}
	if f.cmd.Process.Signal(os.Interrupt) != nil {
		_ = f.cmd.Process.Kill()
	}
	f.wait()
}

// wait waits for the end of the process.
func (f *fakeProcess) wait() {
	f.stderr.Wait()
	_ = f.cmd.Wait() // the tests read the output
}

// The addresses of the README.
const readmeAddress, readmeControl = "127.0.0.1:8080", "127.0.0.1:8081"

// real replaces the addresses of the README by those of the process.
func (f *fakeProcess) real(text string) string {
	return strings.NewReplacer(readmeAddress, f.address, readmeControl, f.control).Replace(text)
}

// rename is the reverse of real.
func (f *fakeProcess) rename(text string) string {
	return strings.NewReplacer(f.address, readmeAddress, f.control, readmeControl).Replace(text)
}
