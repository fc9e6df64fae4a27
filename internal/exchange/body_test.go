package exchange_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

func TestFirstSize(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name                   string
		announced, limit, want int64
	}{
		{"known", 1000, 1 << 20, 1001},
		{"unknown", -1, 1 << 20, 4096},
		{"none", 0, 1 << 20, 4096},
		{"more than is trusted", 1 << 30, 1 << 40, 64<<10 + 1},
		{"more than is allowed", 1000, 10, 11},
		{"more than there is", math.MaxInt64, 1 << 20, 64<<10 + 1}, // plus one, it would be negative
		{"no limit", 1000, math.MaxInt64, 1001},
		{"neither", math.MaxInt64, math.MaxInt64, 64<<10 + 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, row.want, exchange.FirstSize(row.announced, row.limit))
		})
	}
}
