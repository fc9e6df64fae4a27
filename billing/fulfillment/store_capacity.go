package fulfillment

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/nats-io/nats.go/jetstream"
)

// maxReserve bounds the reserved part of a large store.
const maxReserve = 256 << 20

// The size of a result, apart from what it repeats of the order: about 1 KiB, and
// 0.5 KiB for each license with a few product features. An order reserves twice
// that.
const (
	resultReserve  = 2 << 10
	licenseReserve = 1 << 10
)

// reserveResult returns the message of an order: its JSON, followed by spaces. The
// spaces reserve the space of the result, or of the dead letter, from the moment
// the order is accepted until its acknowledgment removes the message.
func reserveResult(order []byte, maxPayload int64) []byte {
	var items struct {
		Items []struct {
			Licenses []json.RawMessage `json:"licenses"`
		} `json:"items"`
	}
	_ = json.Unmarshal(order, &items) // what cannot be decoded becomes a dead letter
	size := 2*len(order) + resultReserve
	for i := range items.Items {
		size += len(items.Items[i].Licenses) * licenseReserve
	}
	return pad(order, size, maxPayload)
}

// reserveOrder returns the message of a [Queue]: its body, followed by spaces. They
// reserve the space of an order with one license, or of the dead letter.
func reserveOrder(body []byte, maxPayload int64) []byte {
	return pad(body, 2*len(body)+resultReserve+licenseReserve, maxPayload)
}

// pad appends spaces up to a size, which the maximum message size limits.
func pad(data []byte, size int, maxPayload int64) []byte {
	if maxPayload > 0 {
		size = int(min(int64(size), maxPayload-headerReserve))
	}
	message := append(make([]byte, 0, max(size, len(data))), data...)
	return append(message, bytes.Repeat([]byte(" "), max(size-len(data), 0))...)
}

// orderOf returns the JSON in the message of an order.
func orderOf(message []byte) []byte { return bytes.TrimRight(message, " ") }

// headerReserve is the space for the headers of a message, which count toward the
// maximum message size.
const headerReserve = 4 << 10

// JetStream's codes for an exceeded limit of a server or an account.
const (
	codeServerFull  jetstream.ErrorCode = 10023
	codeStorageFull jetstream.ErrorCode = 10047
	codeAccountFull jetstream.ErrorCode = 10002
)

// allocate returns an error if the embedded server cannot store n more bytes without
// using its reserve. At its limit the server rejects results too, and the initial
// passwords of an order that is created then would be lost. The caller calls release
// after the write: concurrent writes must not use the reserve together.
//
// The order of a message of a [Queue] is stored before the message is removed, and may
// be larger. It may use a quarter of the reserve, so that accepted messages can be
// processed in a full store. The workers of orders keep another quarter.
func (p *Pipeline) allocate(ctx context.Context, n int) (release func(), err error) {
	allocated := p.allocated.Add(int64(n))
	release = func() { p.allocated.Add(-int64(n)) }
	free, reserve := p.capacity()
	if ctx.Value(reservedSpaceKey{}) != nil {
		reserve -= reserve / 4
	}
	if err := errIfBelow(free-allocated, reserve); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// reservedSpaceKey is the key of the context of the function of [Queue.Run].
type reservedSpaceKey struct{}

func withReservedSpace(ctx context.Context) context.Context {
	return context.WithValue(ctx, reservedSpaceKey{}, true)
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
