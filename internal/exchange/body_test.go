package exchange_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

func TestInitialCapacity(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name                  string
		declared, limit, want int64
	}{
		{"declared", 1000, 1 << 20, 1001},
		{"not declared", -1, 1 << 20, 4096},
		{"zero", 0, 1 << 20, 4096},
		{"above what is trusted", 1 << 30, 1 << 40, 64<<10 + 1},
		{"above the limit", 1000, 10, 11},
		{"the largest int64", math.MaxInt64, 1 << 20, 64<<10 + 1}, // must not overflow
		{"no limit", 1000, math.MaxInt64, 1001},
		{"largest int64, no limit", math.MaxInt64, math.MaxInt64, 64<<10 + 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, row.want, exchange.InitialCapacity(row.declared, row.limit))
		})
	}
}
