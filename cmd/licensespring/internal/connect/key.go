package connect

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

var errNoKey = errors.New("no management key: set " + EnvKey + ", or " + EnvKeyFile + " to the name of a file with mode 0600")

// maxKeyFile is the maximum size of a key file in bytes.
const maxKeyFile = 4096

// Key returns the management key. The flag of the file precedes the environment.
func (s *Settings) Key() (string, error) {
	key, file := s.Getenv(EnvKey), s.Getenv(EnvKeyFile)
	switch {
	case s.KeyFile != "":
		return readKey(s.KeyFile)
	case key != "" && file != "":
		return "", exit.Usagef("%s and %s are set: use one of them", EnvKey, EnvKeyFile)
	case key != "":
		return key, nil
	case file != "":
		return readKey(file)
	default:
		return "", exit.With(exit.Usage, errNoKey)
	}
}

// readKey reads a key from a file that only its owner can access.
func readKey(name string) (string, error) {
	file, err := os.Open(name) //nolint:gosec // the user names the file
	if err != nil {
		return "", exit.Usagef("key file: %w", err)
	}
	defer func() { _ = file.Close() }() // read only
	info, err := file.Stat()
	if err != nil {
		return "", exit.Usagef("key file: %w", err)
	}
	if err := CheckPrivate("key file "+name, info); err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(file, maxKeyFile+1))
	if err != nil {
		return "", exit.Usagef("key file: %w", err)
	}
	if len(text) > maxKeyFile {
		return "", exit.With(exit.Usage, fmt.Errorf("key file %s: larger than %d bytes", name, maxKeyFile))
	}
	return strings.TrimSpace(string(text)), nil
}

// CheckPrivate returns an error if a regular file that contains secrets can be accessed
// by others than its owner.
func CheckPrivate(name string, info os.FileInfo) error {
	// Windows has no such permissions.
	if mode := info.Mode(); mode.IsRegular() && mode.Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		return exit.Usagef("%s: mode %04o lets other users read the file: run chmod 600 on it", name, mode.Perm())
	}
	return nil
}
