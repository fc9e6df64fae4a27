package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A service that lost its disk continues from its backup.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	store, target := t.TempDir(), filepath.Join(t.TempDir(), "backup")
	r := startServe(t, env(), "-fake", "-store", store)
	orders := file(t, `{"id": "inv-1", "items": [{"product_code": "acmecad", "licenses": [{}]}]}`)
	code, _, stderr := r.command("enqueue", orders)
	require.Equal(t, exitOK, code, stderr)
	r.waitUntilEmpty(1, 0)
	code, _, stderr = r.command("backup", "-store", store, target)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, stderr, "in use by another process")
	r.stop()
	r.code <- <-r.code

	code, out, stderr := r.command("backup", "-store", store, target)
	require.Equal(t, exitOK, code, stderr)
	assert.Equal(t, "backed up to "+target+"\n", out)
	code, _, stderr = r.command("restore", "-store", store, target)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, stderr, "not empty")
	require.NoError(t, os.RemoveAll(store))
	code, out, stderr = r.command("restore", "-store", store, target)
	require.Equal(t, exitOK, code, stderr)
	assert.Equal(t, "restored from "+target+"\n", out)

	r = startServe(t, env(), "-fake", "-store", store)
	r.waitUntilEmpty(1, 0)
	code, _, stderr = r.command("enqueue", file(t, `{"id": "inv-2", "items": [{"product_code": "acmecad", "licenses": [{}]}]}`))
	require.Equal(t, exitOK, code, stderr)
	r.waitUntilEmpty(2, 0)
	code, _, _ = r.command("backup")
	assert.Equal(t, exitUsage, code)
}
