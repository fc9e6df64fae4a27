package fulfillment_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// A restored backup continues where the store was.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{"plain": "", "encrypted": "secret"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := []fulfillment.Option{shortAckWait}
			if key != "" {
				options = append(options, fulfillment.WithEncryptionKey(licensespring.NewSecret(key)))
			}
			const n = 30
			s := licensespringtest.NewServer(t)
			dir, backup := t.TempDir(), filepath.Join(t.TempDir(), "monday")
			p := openDir(t, dir, options...)
			enqueue(t, p, n)
			require.NoError(t, p.Reject(t.Context(), fulfillment.Rejection{ID: "evt_1", Reason: "no"}))
			stop := run(t, p, newClient(t, s))
			require.Eventually(t, func() bool { return stats(t, p).Done > 3 }, testTimeout, time.Millisecond)
			stop()
			require.ErrorIs(t, fulfillment.Backup(dir, backup), fulfillment.ErrStoreInUse)
			require.NoError(t, p.Close())
			require.NoError(t, fulfillment.Backup(dir, backup))
			require.Error(t, fulfillment.Backup(dir, backup), "a backup is not overwritten")
			require.Error(t, fulfillment.Backup(t.TempDir(), t.TempDir()), "the source is no store")
			require.NoError(t, filepath.WalkDir(backup, func(path string, entry fs.DirEntry, err error) error {
				require.NoError(t, err)
				info, err := entry.Info()
				require.NoError(t, err)
				assert.Zero(t, info.Mode().Perm()&0o077, "%s contains customer data", path)
				return nil
			}))

			// The service continues after the backup, and then loses its disk.
			p = openDir(t, dir, options...)
			stop = run(t, p, newClient(t, s))
			waitUntilEmpty(t, p)
			stop()
			require.NoError(t, p.Close())
			require.Error(t, fulfillment.Restore(backup, dir), "a store is not overwritten")
			require.NoError(t, os.RemoveAll(dir))
			require.NoError(t, fulfillment.Restore(backup, dir))
			p = openDir(t, dir, options...)
			assert.Empty(t, p.Missing())
			assert.Positive(t, stats(t, p).Depth)
			run(t, p, newClient(t, s))
			waitUntilEmpty(t, p)
			assert.Equal(t, fulfillment.Stats{Done: n, Dead: 1}, stats(t, p))
			assert.Equal(t, n, s.LicenseCount(), "orders in the backup are not created again")
		})
	}
}
