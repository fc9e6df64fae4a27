package reconcile_test

import (
	"testing"
	"time"

	"github.com/licensespring-go/licensespring/billing/internal/worldtest"
	"github.com/licensespring-go/licensespring/billing/stripetest"
)

const day = 24 * time.Hour

// world is a world with helpers of this package.
type world struct{ *worldtest.World }

func newWorld(t *testing.T, options ...stripetest.Option) *world {
	t.Helper()
	return &world{worldtest.New(t, options...)}
}
