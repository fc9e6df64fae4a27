package licensespringtest_test

import (
	"net"
	"net/http"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestOffline(t *testing.T) {
	t.Parallel()
	test := func(t *testing.T, srv *lst.Server) {
		t.Helper()
		create(t, srv, order("a"))
		url := srv.URL()
		require.NoError(t, srv.Offline())
		require.NoError(t, srv.Offline())
		_, err := try(t, srv, http.MethodPost, createPath, order("b"))
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		require.NoError(t, srv.Online())
		require.NoError(t, srv.Online())
		assert.Equal(t, url, srv.URL())
		create(t, srv, order("b"))
		assert.Len(t, srv.Orders(), 2)

		// net/http retries a GET on a closed idle connection, but not a create.
		srv.CloseConnections()
		assert.Equal(t, http.StatusOK, do(t, srv, http.MethodGet, ordersPath, "").status)
		require.NoError(t, srv.Offline())
		srv.Close()
		require.Error(t, srv.Online(), "closed")
	}
	t.Run("loopback", func(t *testing.T) {
		t.Parallel()
		test(t, lst.NewServer(t, lst.WithBasePath("base")))
	})
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
			t.Helper()
			test(t, srv)
		})
	})
	t.Run("listener of the caller", func(t *testing.T) {
		t.Parallel()
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		srv := lst.NewServer(t, lst.WithListener(l))
		require.Error(t, srv.Offline())
		create(t, srv, order("a"))
	})
}
