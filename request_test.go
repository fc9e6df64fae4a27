package licensespring

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// The service reports paths in the order that was sent; the caller knows the
// whole order.
func TestSubmissionWholePath(t *testing.T) {
	t.Parallel()
	// One license of the first of three items, and two of the last, were sent.
	s := &submission{places: []place{{0, 4}, {2, 1}, {2, 3}}}
	for _, row := range []struct{ sent, whole string }{
		{"items[0].licenses[0].key", "items[0].licenses[4].key"},
		{"items[1].licenses[0]", "items[2].licenses[1]"},
		{"items[1].licenses[1].users[0].email", "items[2].licenses[3].users[0].email"},
		{"items[1].product_code", "items[2].product_code"},
		{"items[1]", "items[2]"},
		{"items[1].licenses", "items[2].licenses"},
		{"items[1].licenses[2].key", "items[1].licenses[2].key"}, // no such license was sent
		{"items[2].licenses[0]", "items[2].licenses[0]"},
		{"items[12].note", "items[12].note"},
		{"customer.email", "customer.email"},
		{"", ""},
	} {
		assert.Equal(t, row.whole, s.wholePath(row.sent), row.sent)
	}
	s = &submission{} // the whole order was sent
	assert.Equal(t, "items[1]", s.wholePath("items[1]"))
}
