package licensespring

import (
	"math"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The room for records grows with the answer, also where an int is short, and
// once it is used up there is none.
func TestRecordReaderRoom(t *testing.T) {
	t.Parallel()
	license := reflect.TypeFor[LicenseRecord]()
	for _, size := range []int{0, 1 << 20, 128 << 20, math.MaxInt32 - 1_000} {
		r := newRecordReader(size)
		assert.True(t, r.take(1, license), size)
		assert.False(t, r.overfull())
		assert.False(t, r.take(size+1_000, license), size)
		assert.True(t, r.overfull())
		assert.False(t, r.take(1, license))
		assert.False(t, r.take(0, license))
	}
}
