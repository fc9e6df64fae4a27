package contract_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a program grows by when it uses the SDK, stripped, in bytes on linux/amd64,
// and in steps of a page of memory. Of the first number some 490,000 bytes are the
// libraries that the SDK stands on. The numbers are no target but what was last
// thought right: who makes the SDK larger should know it, and raise them.
const (
	overBare      = 1_200_000
	overLibraries = 710_000
)

func TestBinarySize(t *testing.T) {
	t.Parallel()
	bare, libraries, sdk := sizeOf(t, "bare"), sizeOf(t, "libraries"), sizeOf(t, "sdk")
	t.Logf("over bare net/http: libraries %d, sdk %d", libraries-bare, sdk-bare)
	assert.Less(t, sdk-bare, int64(overBare))
	assert.Less(t, sdk-libraries, int64(overLibraries))
	assert.Greater(t, sdk, libraries, "and it does link the SDK")
}

// sizeOf builds one of the programs under size, stripped, and returns its size.
func sizeOf(t *testing.T, program string) int64 {
	t.Helper()
	file := filepath.Join(t.TempDir(), program)
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", file, "./size/"+program) //nolint:gosec // our own programs
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64", "GOFLAGS=")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	info, err := os.Stat(file)
	require.NoError(t, err)
	return info.Size()
}
