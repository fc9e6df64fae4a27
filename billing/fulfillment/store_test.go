package fulfillment_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// A store that is opened with a wrong key or without its key must not be treated as
// an empty one, which would delete its contents.
func TestUnreadableStoreIsUnchanged(t *testing.T) {
	t.Parallel()
	key := func(text string) fulfillment.Option {
		return fulfillment.WithEncryptionKey(licensespring.NewSecret(text))
	}
	for name, with := range map[string][]fulfillment.Option{"wrong key": {key("two")}, "no key": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			p := openDir(t, dir, key("one"))
			enqueue(t, p, 5)
			require.NoError(t, p.Reject(t.Context(), fulfillment.Rejection{ID: "evt_1", Reason: "no"}))
			require.NoError(t, p.Close())

			_, err := fulfillment.Open(t.Context(), append(with, fulfillment.WithStoreDir(dir))...)
			require.ErrorIs(t, err, fulfillment.ErrStoreUnreadable)
			assert.NotContains(t, err.Error(), "two")

			have := stats(t, openDir(t, dir, key("one")))
			assert.Equal(t, 5, have.Depth)
			assert.Equal(t, 1, have.Dead)
		})
	}
}

// An unencrypted store can be opened with a key.
func TestEncryptionOfExistingStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := openDir(t, dir)
	enqueue(t, p, 5)
	require.NoError(t, p.Close())
	p = openDir(t, dir, fulfillment.WithEncryptionKey(licensespring.NewSecret("one")))
	assert.Equal(t, 5, stats(t, p).Depth)
}

// A damaged file must not be treated as a missing stream.
func TestDamagedStoreIsUnchanged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := openDir(t, dir)
	enqueue(t, p, 5)
	require.NoError(t, p.Close())
	meta := filepath.Join(streamDir(dir, "licensespring-orders"), "meta.inf")
	whole, err := os.ReadFile(meta)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(meta, whole[:len(whole)/2], 0o600))
	_, err = fulfillment.Open(t.Context(), fulfillment.WithStoreDir(dir))
	require.ErrorIs(t, err, fulfillment.ErrStoreUnreadable)
	require.NoError(t, os.WriteFile(meta, whole, 0o600))
	assert.Equal(t, 5, stats(t, openDir(t, dir)).Depth)
}

// A kill during the creation of the store leaves a stream without its metadata.
func TestPartiallyCreatedStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(streamDir(dir, "licensespring-orders"), "msgs"), 0o700))
	require.NoError(t, os.MkdirAll(streamDir(dir, "licensespring-dead-letters"), 0o700))
	p := openDir(t, dir)
	enqueue(t, p, 1)
	require.NoError(t, p.Health(t.Context()))
}

// Enqueue and Health report a full disk immediately. A restart with free space
// recovers the stored orders.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("/dev/full does not exist")
	}
	dir := t.TempDir()
	require.NoError(t, openDir(t, dir).Close())
	// Writes to the first block of the stream fail.
	block := filepath.Join(streamDir(dir, "licensespring-orders"), "msgs", "1.blk")
	require.NoError(t, os.Remove(block))
	require.NoError(t, os.Symlink("/dev/full", block))
	p := openDir(t, dir)
	require.NoError(t, p.Health(t.Context()))
	start := time.Now()
	require.ErrorIs(t, p.Enqueue(t.Context(), newOrder("inv-1")), fulfillment.ErrStoreFailed)
	assert.Less(t, time.Since(start), 29*time.Second, "a full disk is not transient, so that it is not retried for 30 seconds")
	require.ErrorIs(t, p.Health(t.Context()), fulfillment.ErrStoreFailed)
	require.NoError(t, p.Close())
	require.ErrorIs(t, p.Health(t.Context()), fulfillment.ErrClosed)

	require.NoError(t, os.Remove(block))
	p = openDir(t, dir)
	require.NoError(t, p.Health(t.Context()))
	require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-1")))
	assert.Equal(t, 1, stats(t, p).Depth)
}

// No order is created while results cannot be stored, because its initial passwords
// would be lost.
func TestNoOrderIsCreatedWithoutStorage(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("/dev/full does not exist")
	}
	dir := t.TempDir()
	require.NoError(t, openDir(t, dir).Close())
	block := filepath.Join(streamDir(dir, "licensespring-dead-letters"), "msgs", "1.blk")
	require.NoError(t, os.Remove(block))
	require.NoError(t, os.Symlink("/dev/full", block))
	p := openDir(t, dir)
	enqueue(t, p, 5)
	require.ErrorIs(t, p.Reject(t.Context(), fulfillment.Rejection{ID: "evt_1", Reason: "no"}), fulfillment.ErrStoreFailed)

	s := licensespringtest.NewServer(t)
	stop := run(t, p, newClient(t, s))
	<-time.After(2 * time.Second)
	stop()
	assert.Empty(t, s.Requests())
	assert.Equal(t, 5, stats(t, p).Depth)
}

func streamDir(dir, stream string) string {
	return filepath.Join(dir, "jetstream", "$G", "streams", stream)
}
