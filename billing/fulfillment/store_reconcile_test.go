package fulfillment

import (
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
)

func TestQueueState(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		messages, pending  uint64
		ackPending         int
		inFlight, stranded int
	}{
		"empty":            {},
		"consistent":       {messages: 10, pending: 7, ackPending: 3, inFlight: 3},
		"acknowledged":     {messages: 10, pending: 4, ackPending: 3, inFlight: 3, stranded: 3},
		"left the queue":   {ackPending: 6}, // the stored state of the consumer is older
		"partly left":      {messages: 2, pending: 1, ackPending: 6, inFlight: 1},
		"enqueued between": {messages: 1, pending: 2}, // the two states are read one after the other
	} {
		s := queueState{
			messages: jetstream.StreamState{Msgs: tt.messages},
			consumer: &jetstream.ConsumerInfo{NumPending: tt.pending, NumAckPending: tt.ackPending},
		}
		assert.Equal(t, tt.inFlight, s.inFlight(), name)
		assert.Equal(t, tt.stranded, s.stranded(), name)
	}
}
