package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

var update = flag.Bool("update", false, "write the output of the commands to README.md")

// console is a block of the README with commands and their output.
var console = regexp.MustCompile("(?s)```console\n(.*?)```\n")

// varying matches what differs from run to run: times, waits and rates.
var varying = regexp.MustCompile(
	`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z|\d+(\.\d+)?ms|( in )?\d+(\.\d+)?m?s \(\d+ per second\)|devel[-\w.]*|v0\.0\.0-[-\w.+]*`)

// TestReadme runs the two sessions of README.md, each against a fake of its own, and
// compares the output.
func TestReadme(t *testing.T) {
	t.Parallel()
	tools := shellTools(t)
	binary := build(t)
	content, err := os.ReadFile("README.md")
	require.NoError(t, err)
	readme := string(content)
	var mu sync.Mutex // of the changed text
	for _, name := range []string{"session", "curl"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			section := sectionOf(t, string(content), name)
			fake := startFake(t, binary, "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0")
			got := fake.rename(run(t, tools, binary, fake.real(section)))
			if *update {
				mu.Lock()
				defer mu.Unlock()
				readme = strings.Replace(readme, section, got, 1)
				require.NoError(t, os.WriteFile("README.md", []byte(readme), 0o600))
				return
			}
			assert.Equal(t, varying.ReplaceAllString(section, "…"), varying.ReplaceAllString(got, "…"))
		})
	}
}

// sectionOf returns the part of the README from a comment with a name to the next
// heading.
func sectionOf(t *testing.T, readme, name string) string {
	t.Helper()
	_, rest, ok := strings.Cut(readme, "<!-- "+name+":")
	require.True(t, ok)
	end := strings.Index(rest, "\n## ")
	require.Positive(t, end)
	return rest[:end]
}

// run runs the commands of a section in one shell, and returns the section with their
// output.
func run(t *testing.T, tools map[string]string, binary, section string) string {
	t.Helper()
	var script strings.Builder
	// The status of a command is that which the next one sees.
	script.WriteString("exec 2>&1\nstatus=0\n")
	const mark = "\x01"
	var blocks [][]string
	for _, block := range console.FindAllStringSubmatch(section, -1) {
		commands := commandsOf(block[1])
		blocks = append(blocks, commands)
		for _, command := range commands {
			text := strings.ReplaceAll(strings.TrimPrefix(command, "$ "), "\n> ", "\n")
			fmt.Fprintf(&script, "(exit $status)\n%s\nstatus=$?\nprintf '%s'\n", text, mark)
		}
	}
	cmd := exec.CommandContext(t.Context(), tools["bash"], "-c", script.String())
	cmd.Dir = t.TempDir()
	cmd.Env = []string{"PATH=" + filepath.Dir(binary) + ":" + os.Getenv("PATH"), "HOME=" + cmd.Dir}
	printed, err := cmd.Output()
	require.NoError(t, err, string(printed))
	outputs := strings.Split(string(printed), mark)

	return console.ReplaceAllStringFunc(section, func(string) string {
		var text strings.Builder
		text.WriteString("```console\n")
		for _, command := range blocks[0] {
			text.WriteString(command + "\n" + outputs[0])
			if outputs[0] != "" && !strings.HasSuffix(outputs[0], "\n") {
				text.WriteString("\n")
			}
			outputs = outputs[1:]
		}
		blocks = blocks[1:]
		return text.String() + "```\n"
	})
}

// commandsOf returns the commands of a block, with their continuation lines.
func commandsOf(block string) []string {
	var commands []string
	for line := range strings.Lines(block) {
		line = strings.TrimSuffix(line, "\n")
		switch last := len(commands) - 1; {
		case strings.HasPrefix(line, "$ "):
			commands = append(commands, line)
		case strings.HasPrefix(line, "> ") && last >= 0 && strings.Contains(commands[last], "<<"):
			commands[last] += "\n" + line
		}
	}
	return commands
}

// shellTools returns the paths of the programs that the README uses.
func shellTools(t *testing.T) map[string]string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the sessions are those of a Unix shell")
	}
	paths := make(map[string]string)
	for _, name := range []string{"bash", "curl"} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Skip(name + " is not installed")
		}
		paths[name] = path
	}
	return paths
}

// The table of exit codes in the README is that of the help.
func TestReadmeExitCodes(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	var help strings.Builder
	for _, row := range regexp.MustCompile(`(?m)^\| (\d) \| ([a-z ]+) \| (.*) \|$`).FindAllSubmatch(readme, -1) {
		fmt.Fprintf(&help, "  %s  %s: %s\n", row[1], row[2], row[3])
	}
	table, order, _ := strings.Cut(exit.Table, "\n\n")
	assert.Equal(t, table+"\n", help.String())
	assert.Contains(t, string(bytes.ReplaceAll(readme, []byte("\n"), []byte(" "))), order)
}

// The example of a file of products is one that the fake accepts.
func TestReadmeProducts(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(readme), "```json\n")
	require.True(t, ok)
	example, _, _ := strings.Cut(rest, "```")
	file := filepath.Join(t.TempDir(), "products.json")
	require.NoError(t, os.WriteFile(file, []byte(example), 0o600))
	startFake(t, build(t), "--listen", "127.0.0.1:0", "--control", "none", "--products", file)
}
