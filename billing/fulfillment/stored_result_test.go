package fulfillment

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring"
)

func TestMerge(t *testing.T) {
	t.Parallel()
	early, late := time.Unix(1, 0), time.Unix(2, 0)
	found := storedResult{Outcome: licensespring.Existing, Licenses: 1, Contents: []string{"a"}, Enqueued: late}
	made := storedResult{
		Outcome: licensespring.Created, Licenses: 1, Contents: []string{"a"}, Enqueued: early,
		Passwords: map[string]string{"1": "first"},
	}
	appended := storedResult{
		Outcome: licensespring.Appended, Licenses: 2, Contents: []string{"b"}, Enqueued: late,
		Passwords: map[string]string{"2": "second"},
	}

	s := found
	assert.True(t, s.merge(&made), "who made it knows more than who found it")
	assert.Equal(t, made, s)
	assert.False(t, s.merge(&found))
	assert.Equal(t, made, s)

	both := map[string]string{"1": "first", "2": "second"}
	for name, order := range map[string][2]storedResult{"in order": {made, appended}, "the other way": {appended, made}} {
		first, second := order[0], order[1]
		first.Passwords = nil
		assert.True(t, first.merge(&order[0]) || order[0].Passwords == nil, name)
		assert.True(t, first.merge(&second), name)
		assert.Equal(t, licensespring.Appended, first.Outcome, name)
		assert.ElementsMatch(t, []string{"a", "b"}, first.Contents, name)
		assert.Equal(t, both, first.Passwords, name)
	}
}
