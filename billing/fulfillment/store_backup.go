package fulfillment

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nats-io/nats-server/v2/server"
)

// Backup copies a store directory of [WithStoreDir] that no process uses to a new
// directory. It returns [ErrStoreInUse] otherwise, because a copy of files that are
// being written can lack orders. An encrypted store stays encrypted.
//
// Open of a restored backup processes its orders again, which does no harm. Orders
// that were accepted after the backup are not in it, and are not reported as
// missing: let their sender repeat them.
func Backup(storeDir, target string) error {
	unlock, err := lockDir(storeDir)
	if err != nil {
		return err
	}
	defer unlock()
	if err := copyStore(storeDir, target); err != nil {
		return fmt.Errorf("fulfillment: backup: %w", err)
	}
	return nil
}

// Restore copies a backup of [Backup] to a store directory that does not exist or is
// empty. [Open] then verifies the checksum of every message.
func Restore(backup, storeDir string) error {
	if err := copyStore(backup, storeDir); err != nil {
		return fmt.Errorf("fulfillment: restore: %w", err)
	}
	return nil
}

// copyStore copies a directory. An incomplete copy keeps a name of its own.
func copyStore(from, to string) error {
	if _, err := os.Stat(streamsDir(from)); err != nil {
		return errors.New("the source is not a store")
	}
	// An empty directory may be a mount point. It is not replaced.
	entries, err := os.ReadDir(to)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = os.MkdirAll(to, 0o700)
	case err == nil && len(entries) > 0:
		err = errors.New("the target directory is not empty")
	}
	if err != nil {
		return err
	}
	source, partial := filepath.Join(from, server.JetStreamStoreDir), filepath.Join(to, "incomplete-copy")
	err = filepath.WalkDir(source, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(source, path)
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return os.Mkdir(filepath.Join(partial, name), 0o700)
		default:
			return copyFile(path, filepath.Join(partial, name))
		}
	})
	if err != nil {
		return err
	}
	return os.Rename(partial, filepath.Join(to, server.JetStreamStoreDir))
}

// copyFile copies a file, which only its owner can read, and syncs the copy.
func copyFile(from, to string) error {
	in, err := os.Open(from) //nolint:gosec // the directory is the caller's choice
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // the directory is the caller's choice
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}
