//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package fulfillment

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockDir locks the directory for this process. The NATS server does not detect a
// second process that uses its files, and two would corrupt them, for example
// during a restart. The kernel releases the lock when the process ends.
func lockDir(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "in-use"), os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the directory is the caller's choice
	if err != nil {
		return nil, fmt.Errorf("fulfillment: lock the store directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, ErrStoreInUse
		}
		return nil, fmt.Errorf("fulfillment: lock the store directory: %w", err)
	}
	return func() { _ = f.Close() }, nil
}
