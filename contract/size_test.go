package contract_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The maximum growth of a stripped program that uses the SDK, in bytes on
// linux/amd64. Sizes grow in steps of a memory page. The dependencies of the SDK
// account for about 490,000 bytes of overBare. A change that makes the SDK larger
// must raise these numbers deliberately.
const (
	overBare      = 1_460_000
	overLibraries = 970_000
)

func TestBinarySize(t *testing.T) {
	t.Parallel()
	bare, libraries, sdk := sizeOf(t, "bare"), sizeOf(t, "libraries"), sizeOf(t, "sdk")
	t.Logf("growth over net/http: libraries %d, sdk %d", libraries-bare, sdk-bare)
	assert.Less(t, sdk-bare, int64(overBare))
	assert.Less(t, sdk-libraries, int64(overLibraries))
	assert.Greater(t, sdk, libraries, "the program links the SDK")
}

// sizeOf builds one of the programs under size, stripped, and returns its size.
func sizeOf(t *testing.T, program string) int64 {
	t.Helper()
	file := filepath.Join(t.TempDir(), program)
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", file, "./size/"+program)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64", "GOFLAGS=")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	info, err := os.Stat(file)
	require.NoError(t, err)
	return info.Size()
}
