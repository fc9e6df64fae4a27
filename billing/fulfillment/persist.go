package fulfillment

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// persist does something until it succeeds, ctx ends, or it fails in a way that
// waiting does not mend: while a cluster chooses a leader requests are refused
// or lost.
func persist(ctx context.Context, do func(context.Context) error) error {
	const first, ceiling = 25 * time.Millisecond, time.Second
	for wait := first; ; wait = min(2*wait, ceiling) {
		// Each try has a time of its own: a request that got lost with the server
		// it went to would use all of it up.
		try, cancel := context.WithTimeout(ctx, apiTimeout)
		err := do(try)
		cancel()
		if err == nil || !isPassing(err) {
			return err
		}
		if !sleep(ctx, wait) {
			return err
		}
	}
}

// codeDuplicateConflict is JetStream's code for a message whose first copy is
// being stored at this moment.
const codeDuplicateConflict jetstream.ErrorCode = 10158

// errAgain has persist try once more, where JetStream answered and the answer is
// overtaken: something else was changed at the same moment.
var errAgain = errors.New("fulfillment: changed meanwhile")

// isPassing reports whether an error of JetStream comes from a server or a leader
// that is away for a while. Everything that is repeated after one can be: it
// changes nothing the second time.
func isPassing(err error) bool {
	for _, passing := range [...]error{
		nats.ErrNoResponders, nats.ErrTimeout, nats.ErrDisconnected, nats.ErrConnectionReconnecting,
		nats.ErrReconnectBufExceeded, nats.ErrStaleConnection, jetstream.ErrNoStreamResponse,
		context.DeadlineExceeded, errAgain,
	} {
		if errors.Is(err, passing) {
			return true
		}
	}
	var refused *jetstream.APIError
	var js jetstream.JetStreamError
	switch {
	case errors.As(err, &refused):
	case errors.As(err, &js):
		refused = js.APIError()
	}
	return refused != nil && (refused.Code >= http.StatusInternalServerError || refused.ErrorCode == codeDuplicateConflict)
}

// isTaken reports whether a message was refused because there is one on its
// subject.
func isTaken(err error) bool {
	var refused *jetstream.APIError
	return errors.As(err, &refused) &&
		(refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}
