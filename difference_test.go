package licensespring

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestDifferenceTexts(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "a: want nothing, got 2 [value_mismatch]", Difference{Path: "a", Got: "2"}.String())
	for rule, want := range map[Rule]string{
		"":                   "value_mismatch: want 1, got 2",
		RuleValueMismatch:    "value_mismatch: want 1, got 2",
		RuleFeatureDropped:   "feature_dropped: the license does not have the feature; the service drops unknown codes",
		RuleDialectSuspected: "dialect_suspected: was sent and is not in the record; the service may expect the other dialect",
	} {
		f := Difference{Path: "a", Want: "1", Got: "2", Rule: rule}.warning()
		assert.Equal(t, SeverityWarning, f.Severity)
		assert.Equal(t, "a", f.Path)
		assert.Equal(t, want, string(f.Rule)+": "+f.Message)
	}
}

func TestDifferenceTolerated(t *testing.T) {
	t.Parallel()
	for rule, want := range map[Rule]bool{"": false, RuleValueMismatch: false, RuleFeatureDropped: true, RuleDialectSuspected: true} {
		assert.Equal(t, want, Difference{Rule: rule}.Tolerated(), rule)
	}
}
