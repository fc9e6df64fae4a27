package fulfillment

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring"
)

func TestMergeResults(t *testing.T) {
	t.Parallel()
	early, late := time.Unix(1, 0), time.Unix(2, 0)
	existing := storedResult{Outcome: licensespring.OutcomeExisting, Licenses: 1, Contents: []string{"a"}, EnqueuedAt: late}
	created := storedResult{
		Outcome: licensespring.OutcomeCreated, Licenses: 1, Contents: []string{"a"}, EnqueuedAt: early,
		Passwords: map[string]string{"1": "first"},
	}
	appended := storedResult{
		Outcome: licensespring.OutcomeAppended, Licenses: 2, Contents: []string{"b"}, EnqueuedAt: late,
		Passwords: map[string]string{"2": "second"},
	}

	s := existing
	assert.True(t, s.merge(&created), "the call that created the order has more details")
	assert.Equal(t, created, s)
	assert.False(t, s.merge(&existing))
	assert.Equal(t, created, s)

	both := map[string]string{"1": "first", "2": "second"}
	for name, order := range map[string][2]storedResult{"in order": {created, appended}, "in reverse order": {appended, created}} {
		first, second := order[0], order[1]
		first.Passwords = nil
		assert.True(t, first.merge(&order[0]) || order[0].Passwords == nil, name)
		assert.True(t, first.merge(&second), name)
		assert.Equal(t, licensespring.OutcomeAppended, first.Outcome, name)
		assert.ElementsMatch(t, []string{"a", "b"}, first.Contents, name)
		assert.Equal(t, both, first.Passwords, name)
	}
}
