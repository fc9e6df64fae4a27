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

// fullDisk is a store whose disk takes no order, until free is called.
func fullDisk(t *testing.T) (store string, free func()) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("there is no /dev/full")
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

// TestFullDisk ends the service when the disk is full, since only a new start
// mends that.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	store, free := fullDisk(t)
	r := start(t, env(), "-fake", "-store", store)
	orders := file(t, `{"id": "inv-1", "items": [{"product_code": "acme-cad", "licenses": [{}]}]}`)
	code, out, _ := r.command("enqueue", orders)
	assert.Equal(t, exitFailed, code)
	assert.Equal(t, "0 queued, 0 refused\n", out)
	select {
	case code = <-r.code:
		r.code <- code
	case <-time.After(patience):
		require.Fail(t, "it goes on")
	}
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, r.stderr.String(), "the store failed")

	free()
	r = start(t, env(), "-fake", "-store", store)
	code, _, fault := r.command("enqueue", orders)
	require.Equal(t, exitOK, code, fault)
	r.settled(1, 0)
}

// TestFullDiskIsShown has everybody who asks told of the full disk.
func TestFullDiskIsShown(t *testing.T) {
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
	order := licensespring.NewOrder("inv-1").AddItem("acme-cad", licensespring.NewLicense())
	require.ErrorIs(t, a.pipeline.Enqueue(t.Context(), order), fulfillment.ErrStoreFailed)

	admin := httptest.NewServer(a.adminHandler())
	t.Cleanup(admin.Close)
	status, body, _ := get(t, admin.URL+"/healthz", nil)
	assert.Equal(t, 503, status)
	assert.Contains(t, body, "its disk is full")
	_, body, _ = get(t, admin.URL+"/", nil)
	assert.Contains(t, body, "its disk is full")
	_, body, _ = get(t, admin.URL+"/metrics", nil)
	assert.Contains(t, body, "\nlicensed_queue_up 0\n")
}
