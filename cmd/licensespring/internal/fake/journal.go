package fake

import (
	"encoding/json"
	"io"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/connect"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// journalEntry is a request in the journal.
type journalEntry struct {
	Time     time.Time  `json:"time"`
	Endpoint string     `json:"endpoint,omitzero"` // empty for an unknown path
	Method   string     `json:"method"`
	Path     string     `json:"path"`
	Query    url.Values `json:"query,omitempty"`
	// Authorized reports whether the request carried the key.
	Authorized bool `json:"authorized"`
	// Body is the body, as a text if it is not JSON.
	Body any `json:"body,omitzero"`
	// Status is that of the response, and 0 if the fake sent none.
	Status int `json:"status"`
	// Changed reports whether the fake applied the request, a write.
	Changed bool   `json:"changed"`
	Fault   string `json:"fault,omitzero"`
}

func entryOf(r licensespringtest.Request) journalEntry {
	e := journalEntry{
		Time: r.Time.UTC(), Endpoint: nameOf(r.Endpoint), Method: r.Method, Path: r.Path, Query: r.Query,
		Authorized: r.Authorized, Status: r.Status, Changed: r.Changed, Fault: r.Fault,
	}
	switch {
	case json.Valid(r.Body):
		e.Body = json.RawMessage(r.Body)
	case len(r.Body) > 0:
		e.Body = string(r.Body)
	}
	return e
}

// journal writes requests as JSON Lines.
type journal struct {
	mu     sync.Mutex
	encode *json.Encoder // nil for no journal
	file   *os.File      // nil for standard output
	failed error
}

// openJournal opens a journal: "" is none, and "-" standard output.
func openJournal(name string, stdout io.Writer) (*journal, error) {
	j := &journal{}
	var w io.Writer
	switch name {
	case "":
		return j, nil
	case "-":
		w = stdout
	default:
		// Only the owner can read it: it contains license keys and passwords.
		file, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600) //nolint:gosec // the user names the file
		if err != nil {
			return nil, err
		}
		info, err := file.Stat()
		if err == nil {
			err = connect.CheckPrivate("--journal "+name, info)
		}
		if err != nil {
			_ = file.Close() // nothing was written
			return nil, err
		}
		j.file, w = file, file
	}
	j.encode = json.NewEncoder(w)
	j.encode.SetEscapeHTML(false)
	return j, nil
}

func (j *journal) write(r licensespringtest.Request) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.encode == nil || j.failed != nil {
		return
	}
	j.failed = j.encode.Encode(entryOf(r))
}

// err returns the first error of writing.
func (j *journal) err() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.failed
}

func (j *journal) close() {
	if j.file != nil {
		_ = j.file.Close() // each entry was written by itself
	}
}
