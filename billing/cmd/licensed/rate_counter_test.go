package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestRateCounter(t *testing.T) {
	t.Parallel()
	var c rateCounter
	start := time.Unix(1_800_000_000, 0)
	assert.Zero(t, c.sum(start))
	for i := range 120 {
		c.add(start.Add(time.Duration(i) * time.Second))
	}
	assert.Equal(t, 60, c.sum(start.Add(119*time.Second)))
	assert.Equal(t, 31, c.sum(start.Add(148*time.Second)))
	assert.Zero(t, c.sum(start.Add(time.Hour)))
}
