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

func TestNextCapacity(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name            string
		current         int
		declared, limit int64
		want            int
	}{
		{"declared", 64 << 10, 170_000, 1 << 20, 170_001},
		{"not declared", 4096, -1, 1 << 20, 8192},
		{"above what is trusted", 1000, 8001, 1 << 20, 2000},
		{"shorter than what was sent", 1000, 500, 1 << 20, 2000},
		{"as long as what was sent", 1000, 1000, 1 << 20, 1001},
		{"above the limit", 1000, 1 << 30, 1500, 1501},
		{"declared above the limit", 1000, 7000, 1500, 1501},
		{"at the limit", 1000, -1, 1000, 1001},
		{"the largest int64", 1000, math.MaxInt64, math.MaxInt64, 2000},
		{"no limit", 1000, 5000, math.MaxInt64, 5001},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, row.want, exchange.NextCapacity(row.current, row.declared, row.limit))
		})
	}
}
