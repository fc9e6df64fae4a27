package fulfillment

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"

	"github.com/nats-io/nats-server/v2/server"
)

// checkReadable reports whether the embedded server loaded every stream in its
// directory, including those of queues that are not open. The server skips a stream
// that it cannot read. Creating the stream again would delete its files.
func (p *Pipeline) checkReadable() error {
	directories, err := os.ReadDir(streamsDir(p.cfg.storeDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", ErrStoreUnreadable, err)
	}
	for _, directory := range directories {
		stream := directory.Name()
		if p.server.streamHealth(stream).StatusCode != http.StatusServiceUnavailable {
			continue
		}
		// A kill during the creation of the stream leaves an empty directory.
		if empty, err := p.server.isEmpty(stream); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrStoreUnreadable, stream, err)
		} else if !empty {
			return fmt.Errorf("%w: %s", ErrStoreUnreadable, stream)
		}
	}
	return nil
}

// checkWritable reports whether the embedded server still writes. It stops at the
// first failed write, but continues to respond to reads.
func (p *Pipeline) checkWritable() error {
	if p.server == nil || p.conn.IsClosed() { // a server that shuts down has no streams either
		return nil
	}
	streams := p.names.streams()
	for _, stream := range append(p.queues.names(), streams[:]...) {
		if p.server.streamHealth(stream).StatusCode == http.StatusServiceUnavailable {
			return fmt.Errorf("%w: %s", ErrStoreFailed, stream)
		}
	}
	return nil
}

// Health returns nil if orders can be stored. Otherwise it returns
// [ErrStoreFailed], [ErrStoreFull] (never with [WithURL]), [ErrClosed], or the
// error of reaching the server. It is cheap enough for a probe every few seconds.
func (p *Pipeline) Health(ctx context.Context) error {
	if err := p.checkWritable(); err != nil {
		return err
	}
	if _, err := p.orders.stream.Info(ctx); err != nil {
		return wrap("health", err)
	}
	return errIfBelow(p.capacity())
}

// Probe returns nil if orders can be stored now: it does what [Pipeline.Health]
// does, and replaces one small message. A cluster without a quorum continues to
// respond to Health for a while, but not to Probe. Probe does not retry, and waits
// at most 5 seconds.
func (p *Pipeline) Probe(ctx context.Context) error {
	if err := p.Health(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	_, err := p.js.Publish(ctx, p.names.acceptedSubject(probeKey), nil)
	if failed := p.checkWritable(); failed != nil {
		err = failed
	}
	return wrap("probe", translateFull(err))
}

// write is retryTransient for writes. It returns early if the store cannot be
// written.
func (p *Pipeline) write(ctx context.Context, do func(context.Context) error) error {
	err := retryTransient(ctx, func(ctx context.Context) error {
		err := do(ctx)
		if err == nil {
			return nil
		}
		if failed := p.checkWritable(); failed != nil {
			return failed
		}
		return err
	})
	return translateFull(err)
}

func (s *embeddedServer) streamHealth(stream string) *server.HealthStatus {
	return s.nats.Healthz(&server.HealthzOptions{Account: server.DEFAULT_GLOBAL_ACCOUNT, Stream: stream})
}

// isEmpty reports whether the files of a stream contain nothing.
func (s *embeddedServer) isEmpty(stream string) (bool, error) {
	return isEmptyDir(filepath.Join(streamsDir(s.storeDir), stream, "msgs"))
}

// isEmptyDir reports whether the files in a directory contain nothing.
func isEmptyDir(dir string) (bool, error) {
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

// encodeJSON encodes v without HTML escapes, which would enlarge an order beyond
// the checked message size.
func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
