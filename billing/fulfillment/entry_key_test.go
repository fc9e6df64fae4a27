package fulfillment

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestEntryKey(t *testing.T) {
	t.Parallel()
	n := names{prefix: "p"}
	k := newEntryKey("a.b > *", []byte("body"))
	assert.Equal(t, k, parseEntryKey(n.orderSubject(k)))
	assert.Equal(t, k, parseEntryKey(n.deadLetterSubject(k)))
	assert.Regexp(t, `^p\.orders\.[0-9a-f]{32}\.[0-9a-f]{16}$`, n.orderSubject(k))
	assert.Equal(t, k.order, newEntryKey("a.b > *", []byte("other")).order)
	assert.NotEqual(t, k, newEntryKey("a.b > *", []byte("other")))
	assert.Equal(t, entryKey{}, parseEntryKey("p.orders"))
}
