package connect

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

var errNoKey = errors.New("no management key: set " + EnvKey + ", or " + EnvKeyFile + " to the name of a file with mode 0600")

// envCredentials is the variable with which systemd names the directory of credentials.
const envCredentials = "CREDENTIALS_DIRECTORY"

// maxKeyFile is the maximum size of a key file in bytes.
const maxKeyFile = 4096

// Key returns the management key. The flag of the file precedes the environment.
func (s *Settings) Key() (string, error) {
	key, file := s.Getenv(EnvKey), s.Getenv(EnvKeyFile)
	switch {
	case s.KeyFile != "":
		return s.readKey(s.KeyFile)
	case key != "" && file != "":
		return "", exit.Usagef("%s and %s are set: use one of them", EnvKey, EnvKeyFile)
	case key != "":
		return key, nil
	case file != "":
		return s.readKey(file)
	default:
		return "", exit.With(exit.Usage, errNoKey)
	}
}

// readKey reads a key from a file that only its owner can access, or that the system
// has mounted for this program.
func (s *Settings) readKey(name string) (string, error) {
	// Opening a pipe would wait for its writer.
	info, err := os.Stat(name)
	if err != nil {
		return "", exit.Usagef("key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return "", exit.Usagef("key file %s: want a regular file", name)
	}
	// Those who mount secrets set modes such as 0440 and 0444, and control who can
	// reach the directory.
	if readOnly := info.Mode().Perm()&0o022 == 0; !readOnly || !s.isMounted(name) {
		if err := CheckPrivate("key file "+name, info); err != nil {
			return "", err
		}
	}
	file, err := os.Open(name) //nolint:gosec // the user names the file
	if err != nil {
		return "", exit.Usagef("key file: %w", err)
	}
	defer func() { _ = file.Close() }() // read only
	text, err := io.ReadAll(io.LimitReader(file, maxKeyFile+1))
	if err != nil {
		return "", exit.Usagef("key file: %w", err)
	}
	if len(text) > maxKeyFile {
		return "", exit.With(exit.Usage, fmt.Errorf("key file %s: larger than %d bytes", name, maxKeyFile))
	}
	return strings.TrimSpace(string(text)), nil
}

// isMounted reports whether a file is below a directory of secrets: that of containers,
// or that of LoadCredential of systemd.
func (s *Settings) isMounted(name string) bool {
	path, err := filepath.Abs(name)
	if err != nil {
		return false
	}
	for _, dir := range [...]string{"/run/secrets", "/var/run/secrets", s.Getenv(envCredentials)} {
		if below, err := filepath.Rel(dir, path); dir != "" && err == nil && filepath.IsLocal(below) {
			return true
		}
	}
	return false
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
