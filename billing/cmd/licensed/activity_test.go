package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring/billing/fulfillment"
)

func TestTruncate(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "short", truncate("short"))
	assert.Equal(t, strings.Repeat("ä", 150)+"…", truncate(strings.Repeat("ä", 200)))
	assert.Equal(t, "x"+strings.Repeat("ä", 149)+"…", truncate("x"+strings.Repeat("ä", 200)))
}

// Orders that a paused worker returns must not displace the cause of the pause.
func TestPauseIsNoFailure(t *testing.T) {
	t.Parallel()
	a := newActivity()
	a.recordDelivery(fulfillment.Event{Disposition: fulfillment.DispositionRetry, Err: fulfillment.ErrPaused})
	a.recordDelivery(fulfillment.Event{Disposition: fulfillment.DispositionRetry, Err: errors.New("down")})
	s := a.snapshot()
	assert.Equal(t, 2, s.deliveries[fulfillment.DispositionRetry])
	if assert.Len(t, s.failures, 1) {
		assert.Equal(t, "down", s.failures[0].Reason)
	}
}
