package wire_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring/internal/wire"
)

func TestMember(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, classic, current string }{
		{"company", "company", "company_name"},
		{"enable_maintenance_duration", "enable_maintenance_duration", "enable_maintenance_period"},
		{"max_activations", "max_activations", "max_activations"},
		// The current name is not a classic name, so it is not translated.
		{"company_name", "company_name", "company_name"},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.classic, wire.Classic.Member(tt.name))
		assert.Equal(t, tt.current, wire.Current.Member(tt.name))
		other, renamed := wire.OtherSpelling(tt.name)
		assert.Equal(t, tt.classic != tt.current, renamed)
		if renamed {
			assert.Equal(t, tt.current, other)
		}
	}
}

func TestPeriod(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in, classic, current, neutral string
		inClassic, inCurrent, known   bool
	}{
		{"week", "week", "weekly", "weekly", true, true, true},
		{"weekly", "week", "weekly", "weekly", true, true, true},
		{"month", "month", "monthly", "monthly", true, true, true},
		{"monthly", "month", "monthly", "monthly", true, true, true},
		{"year", "year", "annually", "annually", true, true, true},
		{"annually", "year", "annually", "annually", true, true, true},
		{"daily", "daily", "daily", "daily", false, true, true}, // classic has no daily period
		{"quarter", "quarter", "quarter", "quarter", false, false, false},
		{"", "", "", "", false, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.classic, wire.Classic.Period(tt.in))
			assert.Equal(t, tt.current, wire.Current.Period(tt.in))
			assert.Equal(t, tt.inClassic, wire.Classic.HasPeriod(tt.in))
			assert.Equal(t, tt.inCurrent, wire.Current.HasPeriod(tt.in))
			neutral, known := wire.NeutralPeriod(tt.in)
			assert.Equal(t, tt.neutral, neutral)
			assert.Equal(t, tt.known, known)
		})
	}
}
