package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestMeter(t *testing.T) {
	t.Parallel()
	var m meter
	begin := time.Unix(1_800_000_000, 0)
	assert.Zero(t, m.sum(begin))
	for i := range 120 {
		m.add(begin.Add(time.Duration(i) * time.Second))
	}
	assert.Equal(t, 60, m.sum(begin.Add(119*time.Second)))
	assert.Equal(t, 31, m.sum(begin.Add(148*time.Second)))
	assert.Zero(t, m.sum(begin.Add(time.Hour)))
}
