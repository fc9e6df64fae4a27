package licensespringtest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestCombine(t *testing.T) {
	t.Parallel()
	f := lst.Combine(lst.SlowDrip(1, time.Second), lst.Status(502))
	assert.Equal(t, "Combine(SlowDrip(1, 1s), Status(502))", f.String())
	inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
		t.Helper()
		srv.Inject(f)
		start := time.Now()
		assert.Equal(t, 502, do(t, srv, http.MethodGet, ordersPath, "").status)
		assert.Greater(t, time.Since(start), time.Minute)
	})
	assert.Panics(t, func() { lst.Combine(lst.DropConnection()) })
}
