package fulfillment

import (
	"errors"
	"fmt"
	"math"

	"github.com/nats-io/nats.go/jetstream"
)

// mostReserve bounds what is kept free of a large store.
const mostReserve = 256 << 20

// JetStream's codes for a server and for an account that hold all they may.
const (
	codeServerFull  jetstream.ErrorCode = 10023
	codeStorageFull jetstream.ErrorCode = 10047
	codeAccountFull jetstream.ErrorCode = 10002
)

// checkRoom finds out whether the embedded server would still take n bytes more.
// It refuses all that is written once it holds as much as it allows itself, results
// as well, and an order made then would lose its initial passwords.
func (p *Pipeline) checkRoom(n int) error {
	left, reserve := p.room()
	return lacking(left-int64(n), reserve)
}

// checkWorkRoom finds out whether there is room for what calls bring. New orders
// stop coming before that, so that those in the queue can be finished: a result
// takes more than its order gives back.
func (p *Pipeline) checkWorkRoom() error {
	left, reserve := p.room()
	return lacking(left, reserve/2)
}

func lacking(left, want int64) error {
	if left < want {
		return fmt.Errorf("%w: %d MiB left", ErrStoreFull, max(left, 0)>>20)
	}
	return nil
}

// room is how much the embedded server takes yet, and how much of its store is not
// for new orders. Without such a server there is no end of it.
func (p *Pipeline) room() (left, reserve int64) {
	if p.server == nil {
		return math.MaxInt64, 0
	}
	info, err := p.server.Jsz(nil)
	if err != nil || info.Disabled { // it is being stopped
		return math.MaxInt64, 0
	}
	most := info.Config.MaxStore
	return most - int64(info.Store), min(most/8, mostReserve) //nolint:gosec // bytes on a disk
}

// asFull names the refusal of a server that is full.
func asFull(err error) error {
	var refused *jetstream.APIError
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.ErrorCode {
	case codeServerFull, codeStorageFull, codeAccountFull:
		return fmt.Errorf("%w: %w", ErrStoreFull, err)
	default:
		return err
	}
}
