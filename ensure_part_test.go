package licensespring

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestPartPath: the service speaks of the part it was sent, the caller knows the
// whole.
func TestPartPath(t *testing.T) {
	t.Parallel()
	// Of three items, one license of the first, and two of the last, were sent.
	p := &part{places: []place{{0, 4}, {2, 1}, {2, 3}}}
	for _, row := range []struct{ sent, whole string }{
		{"items[0].licenses[0].key", "items[0].licenses[4].key"},
		{"items[1].licenses[0]", "items[2].licenses[1]"},
		{"items[1].licenses[1].users[0].email", "items[2].licenses[3].users[0].email"},
		{"items[1].product_code", "items[2].product_code"},
		{"items[1]", "items[2]"},
		{"items[1].licenses", "items[2].licenses"},
		{"items[1].licenses[2].key", "items[1].licenses[2].key"}, // there was no such license
		{"items[2].licenses[0]", "items[2].licenses[0]"},
		{"items[12].note", "items[12].note"},
		{"customer.email", "customer.email"},
		{"", ""},
	} {
		assert.Equal(t, row.whole, p.path(row.sent), row.sent)
	}
	p = nil // all of the order was sent
	assert.Equal(t, "items[1]", p.path("items[1]"))
}
