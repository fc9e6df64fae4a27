//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package fulfillment

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockDir keeps the directory for this process. The server does not look
// whether another one works in its files, and two would ruin them: as when a new
// process is started before the old one has ended. The kernel lets go of the
// lock when the process ends, in whatever way.
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
