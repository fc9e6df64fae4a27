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
	blocks, err := globStreams(storeDir, "*/msgs/*.blk")
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

// globStreams returns the files in the directory of the streams that match a pattern.
func globStreams(storeDir, pattern string) ([]string, error) {
	dir := streamsDir(storeDir)
	names, err := fs.Glob(os.DirFS(dir), pattern)
	for i := range names {
		names[i] = filepath.Join(dir, filepath.FromSlash(names[i]))
	}
	return names, err
}

// storedConsumer is the state of a consumer in the store directory.
type storedConsumer struct{ stream, name, dir string }

// damagedConsumers returns the consumers of all streams whose state the embedded
// server did not load, for example because the disk was damaged.
func (p *Pipeline) damagedConsumers(ctx context.Context) []storedConsumer {
	if p.server == nil {
		return nil
	}
	dirs, _ := globStreams(p.cfg.storeDir, "*/obs/*") // the pattern is valid
	var damaged []storedConsumer
	for _, dir := range dirs {
		c := storedConsumer{stream: filepath.Base(filepath.Dir(filepath.Dir(dir))), name: filepath.Base(dir), dir: dir}
		_, err := p.js.Consumer(ctx, c.stream, c.name)
		var apiErr *jetstream.APIError
		if !errors.Is(err, jetstream.ErrConsumerNotFound) && (!errors.As(err, &apiErr) || apiErr.ErrorCode != codeConsumerOffline) {
			continue
		}
		// A kill during the creation of the consumer leaves an empty directory.
		if empty, err := isEmptyDir(dir); err != nil || !empty {
			damaged = append(damaged, c)
		}
	}
	return damaged
}

// codeConsumerOffline is JetStream's code for a consumer whose settings it cannot
// read. It stops the stream as well.
const codeConsumerOffline jetstream.ErrorCode = 10195

// asidePrefix begins the name of the directory of a consumer that was set aside. The
// time, the stream and the consumer follow.
const asidePrefix = "damaged-consumer-"

// setAside moves the damaged states of consumers out of their streams. New consumers
// deliver every message. A worker finds the results of finished orders.
func (p *Pipeline) setAside(ctx context.Context, damaged []storedConsumer) error {
	for _, c := range damaged {
		aside := asidePrefix + time.Now().UTC().Format("20060102T150405.000000000Z") + "." + c.stream + "." + c.name
		if err := os.Rename(c.dir, filepath.Join(p.cfg.storeDir, aside)); err != nil {
			return fmt.Errorf("%w: set the state of a consumer aside: %w", ErrStoreUnreadable, err)
		}
		p.cfg.logger.LogAttrs(ctx, slog.LevelError, "fulfillment consumer damaged, delivering all messages again",
			slog.String("stream", c.stream), slog.String("moved_to", aside))
	}
	return nil
}

// wasSetAside reports whether a damaged state of the consumer was moved out of the
// stream.
func (p *Pipeline) wasSetAside(stream, consumer string) bool {
	if p.server == nil {
		return false
	}
	found, _ := fs.Glob(os.DirFS(p.cfg.storeDir), asidePrefix+"*Z."+stream+"."+consumer) // the pattern is valid
	return len(found) > 0
}
