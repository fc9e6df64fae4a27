package fulfillment

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
)

// streamsDir returns the directory of the streams in a store directory.
func streamsDir(storeDir string) string {
	return filepath.Join(storeDir, server.JetStreamStoreDir, server.DEFAULT_GLOBAL_ACCOUNT, "streams")
}

// removeIndexes removes the index of each stream, so that the server reads every
// message and compares its checksum when it starts. It trusts an index of a clean
// shutdown: one changed byte in a message file then loses orders silently, or makes
// the server allocate all memory.
func removeIndexes(storeDir string) error {
	blocks, err := filepath.Glob(filepath.Join(streamsDir(storeDir), "*", "msgs", "*.blk"))
	for _, block := range blocks {
		info, statErr := os.Stat(block)
		if statErr != nil || info.Size() == 0 { // nothing to verify
			continue
		}
		if removeErr := os.Remove(filepath.Join(filepath.Dir(block), "index.db")); !errors.Is(removeErr, fs.ErrNotExist) {
			err = errors.Join(err, removeErr)
		}
	}
	if err != nil {
		return fmt.Errorf("fulfillment: remove an index of the store: %w", err)
	}
	return nil
}

// consumerDir returns the directory of the state of the consumer.
func (p *Pipeline) consumerDir() string {
	return filepath.Join(streamsDir(p.cfg.storeDir), p.names.orders(), "obs", p.names.consumer())
}

// consumerIsDamaged reports whether the embedded server did not load the state of
// the consumer, for example because the disk was damaged.
func (p *Pipeline) consumerIsDamaged(ctx context.Context) bool {
	if p.server == nil {
		return false
	}
	if _, err := os.Stat(p.consumerDir()); err != nil {
		return false
	}
	_, err := p.js.Consumer(ctx, p.names.orders(), p.names.consumer())
	var apiErr *jetstream.APIError
	return errors.Is(err, jetstream.ErrConsumerNotFound) || (errors.As(err, &apiErr) && apiErr.ErrorCode == codeConsumerOffline)
}

// codeConsumerOffline is JetStream's code for a consumer whose settings it cannot
// read. It stops the stream as well.
const codeConsumerOffline jetstream.ErrorCode = 10195

// setConsumerAside moves the damaged state of the consumer out of the stream. A new
// consumer delivers every order in the queue, and a worker finds the results of
// those that are finished.
func (p *Pipeline) setConsumerAside(ctx context.Context) error {
	aside := filepath.Join(p.cfg.storeDir, "damaged-consumer-"+time.Now().UTC().Format("20060102T150405.000000000Z"))
	if err := os.Rename(p.consumerDir(), aside); err != nil {
		return fmt.Errorf("%w: set the state of the consumer aside: %w", ErrStoreUnreadable, err)
	}
	p.cfg.logger.LogAttrs(ctx, slog.LevelError, "fulfillment consumer damaged, delivering all orders again",
		slog.String("moved_to", filepath.Base(aside)))
	return nil
}
