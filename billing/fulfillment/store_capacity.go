package fulfillment

import (
	"bytes"
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
	if maxPayload > 0 {
		size = int(min(int64(size), maxPayload-headerReserve))
	}
	message := append(make([]byte, 0, max(size, len(order))), order...)
	return append(message, bytes.Repeat([]byte(" "), max(size-len(order), 0))...)
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
