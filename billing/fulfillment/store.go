package fulfillment

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"

	"github.com/nats-io/nats-server/v2/server"
)

// checkReadable looks whether the embedded server has read in all that is in its
// directory. It passes over a stream that it cannot read, and to make that stream
// anew, as is done with one that is missing, would remove the files of the old.
func (p *Pipeline) checkReadable() error {
	if p.server == nil {
		return nil
	}
	for _, stream := range p.names.streams() {
		if p.server.streamHealth(stream).StatusCode != http.StatusServiceUnavailable {
			continue
		}
		// A kill while the stream was being made leaves a directory behind as well.
		if empty, err := p.server.isEmpty(stream); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrStoreUnreadable, stream, err)
		} else if !empty {
			return fmt.Errorf("%w: %s", ErrStoreUnreadable, stream)
		}
	}
	return nil
}

// checkStore finds out whether the embedded server has given up writing. It does
// so at the first write that fails, and answers questions as if nothing was wrong.
func (p *Pipeline) checkStore() error {
	if p.server == nil || p.conn.IsClosed() { // a server that is being stopped has no streams either
		return nil
	}
	for _, stream := range p.names.streams() {
		if p.server.streamHealth(stream).StatusCode == http.StatusServiceUnavailable {
			return fmt.Errorf("%w: %s", ErrStoreFailed, stream)
		}
	}
	return nil
}

// Health returns nil if orders can be stored now. Otherwise it returns
// [ErrStoreFailed], [ErrStoreFull] (which is not seen here with [WithURL]),
// [ErrClosed], or why the server does not answer. It asks for little, so that a probe
// may call it every few seconds.
func (p *Pipeline) Health(ctx context.Context) error {
	if err := p.checkStore(); err != nil {
		return err
	}
	if _, err := p.orders.Info(ctx); err != nil {
		return wrap("health", err)
	}
	return p.checkRoom(0)
}

// persist is the function of that name for what is written, which ends early when
// nothing can be.
func (p *Pipeline) persist(ctx context.Context, do func(context.Context) error) error {
	err := persist(ctx, func(ctx context.Context) error {
		err := do(ctx)
		if err == nil {
			return nil
		}
		if failed := p.checkStore(); failed != nil {
			return failed
		}
		return err
	})
	return asFull(err)
}

func (e *embedded) streamHealth(stream string) *server.HealthStatus {
	return e.Healthz(&server.HealthzOptions{Account: server.DEFAULT_GLOBAL_ACCOUNT, Stream: stream})
}

// isEmpty reports whether nothing was ever stored in a stream.
func (e *embedded) isEmpty(stream string) (bool, error) {
	dir := filepath.Join(e.JetStreamConfig().StoreDir, server.DEFAULT_GLOBAL_ACCOUNT, "streams", stream, "msgs")
	empty := true
	err := filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Size() > 0 {
			empty = false
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	return empty, err
}
