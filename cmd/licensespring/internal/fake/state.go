package fake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/licensespring-go/licensespring/licensespringtest"
)

// saveDelay is the minimum time from a change to the save: one save stands for all
// changes meanwhile.
const saveDelay = time.Second

// stateFile is the file of --state.
type stateFile struct {
	name    string        // empty for none
	changes chan struct{} // holds an element after a change
}

func newStateFile(name string) *stateFile {
	return &stateFile{name: name, changes: make(chan struct{}, 1)}
}

// changed records a change.
func (f *stateFile) changed() {
	select {
	case f.changes <- struct{}{}:
	default: // recorded before
	}
}

// load loads the file, if it exists.
func (f *stateFile) load(server *licensespringtest.Server) error {
	if f.name == "" {
		return nil
	}
	file, err := os.Open(f.name)
	if errors.Is(err, fs.ErrNotExist) {
		return f.save(server) // reports a name that cannot be written at once
	}
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // read only
	if err := server.Load(file); err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	return nil
}

// saveUntil saves the state after changes until ctx is done, and then once more.
func (f *stateFile) saveUntil(ctx context.Context, server *licensespringtest.Server) error {
	var due <-chan time.Time
	var took time.Duration
	for {
		select {
		case <-ctx.Done():
			server.Close() // ends the requests
			return f.save(server)
		case <-f.changes:
			if due == nil {
				due = time.After(max(saveDelay, 10*took)) // large states are saved less often
			}
		case <-due:
			due = nil
			start := time.Now()
			if err := f.save(server); err != nil {
				return err
			}
			took = time.Since(start)
		}
	}
}

// save replaces the file, so that a crash leaves the former one.
func (f *stateFile) save(server *licensespringtest.Server) (err error) {
	if f.name == "" {
		return nil
	}
	// A temporary file can be read by its owner only: it contains passwords.
	file, err := os.CreateTemp(filepath.Dir(f.name), filepath.Base(f.name)+".*")
	if err != nil {
		return err
	}
	err = errors.Join(server.Save(file), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), f.name)
	}
	if err != nil {
		_ = os.Remove(file.Name()) // the error is that of the save
	}
	return err
}
