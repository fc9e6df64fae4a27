package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestBounded(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "short", bounded("short"))
	assert.Equal(t, strings.Repeat("ä", 150)+"…", bounded(strings.Repeat("ä", 200)))
	assert.Equal(t, "x"+strings.Repeat("ä", 149)+"…", bounded("x"+strings.Repeat("ä", 200)))
}
