package fulfillment

import (
	"errors"
	"fmt"
	"math"

	"github.com/nats-io/nats.go/jetstream"
)

// maxReserve bounds the reserved part of a large store.
const maxReserve = 256 << 20

// JetStream's codes for an exceeded limit of a server or an account.
const (
	codeServerFull  jetstream.ErrorCode = 10023
	codeStorageFull jetstream.ErrorCode = 10047
	codeAccountFull jetstream.ErrorCode = 10002
)

// checkCapacity reports whether the embedded server can store n more bytes without
// using its reserve. At its limit the server rejects results too, and the initial
// passwords of an order that is created then would be lost.
func (p *Pipeline) checkCapacity(n int) error {
	free, reserve := p.capacity()
	return errIfBelow(free-int64(n), reserve)
}

// checkWorkerCapacity reports whether the embedded server can store results.
// Workers may use half of the reserve, because a result is larger than the order
// that its acknowledgment removes.
func (p *Pipeline) checkWorkerCapacity() error {
	free, reserve := p.capacity()
	return errIfBelow(free, reserve/2)
}

func errIfBelow(free, required int64) error {
	if free < required {
		return fmt.Errorf("%w: %d MiB free", ErrStoreFull, max(free, 0)>>20)
	}
	return nil
}

// capacity returns the free bytes of the embedded server, and the part of them
// that is reserved for orders in the queue. The capacity of other servers is
// unknown and counts as unlimited.
func (p *Pipeline) capacity() (free, reserve int64) {
	if p.server == nil {
		return math.MaxInt64, 0
	}
	info, err := p.server.nats.Jsz(nil)
	if err != nil || info.Disabled { // the server is shutting down
		return math.MaxInt64, 0
	}
	limit := info.Config.MaxStore
	return limit - int64(info.Store), min(limit/8, maxReserve) //nolint:gosec // bytes on a disk
}

// translateFull returns ErrStoreFull for a server that rejects a write because of
// its storage limit.
func translateFull(err error) error {
	var apiErr *jetstream.APIError
	if !errors.As(err, &apiErr) {
		return err
	}
	switch apiErr.ErrorCode {
	case codeServerFull, codeStorageFull, codeAccountFull:
		return fmt.Errorf("%w: %w", ErrStoreFull, err)
	default:
		return err
	}
}
