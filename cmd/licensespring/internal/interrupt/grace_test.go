package interrupt

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWithGrace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, interrupt := context.WithCancel(t.Context())
		extended, end := WithGrace(ctx, 15*time.Second)
		defer end()
		start := time.Now()
		interrupt()
		synctest.Wait()
		require.NoError(t, extended.Err(), "the grace period has begun")
		<-extended.Done()
		assert.Equal(t, 15*time.Second, time.Since(start))
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, interrupt := context.WithCancel(t.Context())
		extended, end := WithGrace(ctx, time.Hour)
		interrupt()
		end() // stops the timer: no goroutine remains
		require.ErrorIs(t, extended.Err(), context.Canceled)
	})
}
