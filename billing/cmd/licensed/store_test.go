package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
)

// fullDisk creates a store whose disk is full until free is called.
func fullDisk(t *testing.T) (store string, free func()) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("/dev/full does not exist")
	}
	store = t.TempDir()
	p, err := fulfillment.Open(t.Context(), fulfillment.WithStoreDir(store))
	require.NoError(t, err)
	require.NoError(t, p.Close())
	block := filepath.Join(store, "jetstream", "$G", "streams", "licensespring-orders", "msgs", "1.blk")
	require.NoError(t, os.Remove(block))
	require.NoError(t, os.Symlink("/dev/full", block))
	return store, func() { require.NoError(t, os.Remove(block)) }
}

// The service exits when the disk is full, because only a restart recovers the store.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	store, free := fullDisk(t)
	r := startServe(t, env(), "-fake", "-store", store)
	orders := file(t, `{"id": "inv-1", "items": [{"product_code": "acmecad", "licenses": [{}]}]}`)
	code, out, _ := r.command("enqueue", orders)
	assert.Equal(t, exitFailed, code)
	assert.Equal(t, "0 queued, 0 rejected\n", out)
	select {
	case code = <-r.code:
		r.code <- code
	case <-time.After(testTimeout):
		require.Fail(t, "the service did not exit")
	}
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, r.stderr.String(), "the store failed")

	free()
	r = startServe(t, env(), "-fake", "-store", store)
	code, _, stderr := r.command("enqueue", orders)
	require.Equal(t, exitOK, code, stderr)
	r.waitUntilEmpty(1, 0)
}

// The health check, the status page and the metrics report a full disk.
func TestFullDiskIsReported(t *testing.T) {
	t.Parallel()
	store, _ := fullDisk(t)
	set, err := newSettings([]string{"-fake", "-store", store}, env(), &output{})
	require.NoError(t, err)
	a, err := newApp(t.Context(), set, &output{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = a.close() })
	for _, handler := range []http.Handler{a.publicHandler(), a.adminHandler()} {
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		status, body, _ := get(t, server.URL+"/healthz", nil)
		assert.Equal(t, 200, status, body)
	}
	order := licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense())
	require.ErrorIs(t, a.pipeline.Enqueue(t.Context(), order), fulfillment.ErrStoreFailed)

	admin := httptest.NewServer(a.adminHandler())
	t.Cleanup(admin.Close)
	status, body, _ := get(t, admin.URL+"/healthz", nil)
	assert.Equal(t, 503, status)
	assert.Contains(t, body, "the disk is full")
	_, body, _ = get(t, admin.URL+"/", nil)
	assert.Contains(t, body, "the disk is full")
	_, body, _ = get(t, admin.URL+"/metrics", nil)
	assert.Contains(t, body, "\nlicensed_queue_up 0\n")
}
