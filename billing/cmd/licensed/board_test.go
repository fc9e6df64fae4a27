package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring/billing/fulfillment"
)

func TestBounded(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "short", bounded("short"))
	assert.Equal(t, strings.Repeat("ä", 150)+"…", bounded(strings.Repeat("ä", 200)))
	assert.Equal(t, "x"+strings.Repeat("ä", 149)+"…", bounded("x"+strings.Repeat("ä", 200)))
}

// An order that a pausing worker gives back would push out why it pauses.
func TestAPauseIsNoFailure(t *testing.T) {
	t.Parallel()
	b := newBoard()
	b.delivery(fulfillment.Event{Ending: fulfillment.Later, Err: fulfillment.ErrPaused})
	b.delivery(fulfillment.Event{Ending: fulfillment.Later, Err: errors.New("down")})
	s := b.snapshot()
	assert.Equal(t, 2, s.deliveries[fulfillment.Later])
	if assert.Len(t, s.failures, 1) {
		assert.Equal(t, "down", s.failures[0].Reason)
	}
}
