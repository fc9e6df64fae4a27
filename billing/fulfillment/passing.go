package fulfillment

import (
	"context"
	"errors"
	"net/http"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// codeDuplicateConflict is JetStream's code for a message whose first copy is
// being stored at this moment.
const codeDuplicateConflict jetstream.ErrorCode = 10158

// isPassing reports whether an error of JetStream comes from a server or a leader
// that is away for a while. Everything that is repeated after one can be: it
// changes nothing the second time.
func isPassing(err error) bool {
	for _, passing := range [...]error{
		nats.ErrNoResponders, nats.ErrTimeout, nats.ErrDisconnected, nats.ErrConnectionReconnecting,
		nats.ErrReconnectBufExceeded, nats.ErrStaleConnection, jetstream.ErrNoStreamResponse,
		context.DeadlineExceeded,
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
